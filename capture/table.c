// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is taken of tables that name disks, directories and addresses (proc_pid_mountinfo(5), fstab(5), crypttab(5),
 * proc_net(5), udev's database): the columns that are read, in their places.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "capture/reduce.h"

enum {
	FIELD_SIZE = 1024
};

/* The next field of a line, cut off; NULL at its end. */
static char *next_field(char **rest)
{
	char *field = *rest;

	if (!field)
		return NULL;
	field += strspn(field, " \t");
	if (!*field)
		return NULL;
	*rest = field + strcspn(field, " \t");
	if (**rest)
		*(*rest)++ = '\0';
	else
		*rest = NULL;
	return field;
}

/*
 * File systems and disks ----------------------------------------------------------------------------------------------
 */

void capture_put_spec(struct capture *capture, const char *spec, FILE *out)
{
	static const char *const numbers[] = { "UUID=", "PARTUUID=", "/dev/disk/by-uuid/", "/dev/disk/by-partuuid/" };
	static const char *const labels[] = { "LABEL=", "PARTLABEL=" };

	for (size_t i = 0; i < array_size(numbers); i++)
		if (text_starts_with(spec, numbers[i])) {
			fputs(numbers[i], out);
			capture_put(capture, REDACT_NUMBERS, spec + strlen(numbers[i]), out);
			return;
		}
	for (size_t i = 0; i < array_size(labels); i++)
		if (text_starts_with(spec, labels[i])) {
			fputs(labels[i], out);
			spec += strlen(labels[i]);
			break;
		}
	capture_put(capture, REDACT_NAMES, spec, out);
}

/* nfs(5) and others keep the server's address in "addr=". */
static void put_server(struct capture *capture, const char *options, FILE *out)
{
	const char *at = options;

	while ((at = strstr(at, "addr="))) {
		if (at == options || at[-1] == ',') {
			fputs(" addr=", out);
			redact_write(capture->redact, REDACT_NAMES, at + 5, strcspn(at + 5, ","), out);
			return;
		}
		at += 5;
	}
	fputs(" rw", out);
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static void keep_mount(struct capture *capture, char *line, FILE *out, void *context)
{
	char *behind = strstr(line, " - ");
	char *rest = line, *id, *parent, *device, *where, *type, *source, *options;

	(void)context;
	if (!behind)
		return;
	*behind = '\0';
	behind += 3;
	id = next_field(&rest);
	parent = next_field(&rest);
	device = next_field(&rest);
	next_field(&rest);
	where = next_field(&rest);
	type = next_field(&behind);
	source = next_field(&behind);
	options = next_field(&behind);
	if (!where || !source)
		return;
	fprintf(out, "%s %s %s / ", id, parent, device);
	capture_put(capture, REDACT_NAMES, where, out);
	fprintf(out, " rw - %s ", type);
	capture_put(capture, REDACT_NAMES, source, out);
	put_server(capture, options ? options : "", out);
}

bool reduce_mounts(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_mount, NULL);
}

static void keep_swap(struct capture *capture, char *line, FILE *out, void *context)
{
	char *rest = line;
	const char *path = next_field(&rest);

	(void)context;
	if (!path || path[0] != '/')
		return;
	capture_put(capture, REDACT_NAMES, path, out);
	fputs(" partition 0 0 0", out);
}

bool reduce_swaps(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_swap, NULL);
}

/* Does a device of this form name a disk here? Others are servers, which have passwords beside them. */
static bool is_disk_spec(const char *spec)
{
	static const char *const starts[] = { "/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=" };

	for (size_t i = 0; i < array_size(starts); i++)
		if (text_starts_with(spec, starts[i]))
			return true;
	return false;
}

static void keep_fstab(struct capture *capture, char *line, FILE *out, void *context)
{
	char *rest = line, *option;
	const char *spec = next_field(&rest), *where = next_field(&rest), *type = next_field(&rest);
	char *options = next_field(&rest);

	(void)context;
	if (!type || !is_disk_spec(spec))
		return;
	capture_put_spec(capture, spec, out);
	fputc(' ', out);
	capture_put(capture, REDACT_NAMES, where, out);
	fprintf(out, " %.31s defaults", type);
	while (options && (option = strsep(&options, ",")))
		if (!strcmp(option, "noauto") || !strcmp(option, "nofail"))
			fprintf(out, ",%s", option);
}

bool reduce_fstab(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_fstab, NULL);
}

static void keep_crypttab(struct capture *capture, char *line, FILE *out, void *context)
{
	char *rest = line;
	const char *name = next_field(&rest), *spec = next_field(&rest);

	(void)context;
	if (!spec || name[0] == '#' || !is_disk_spec(spec))
		return;
	capture_put(capture, REDACT_NAMES, name, out);
	fputc(' ', out);
	capture_put_spec(capture, spec, out);
	fputs(" none", out);
}

bool reduce_crypttab(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_crypttab, NULL);
}

static void keep_udev_data(struct capture *capture, char *line, FILE *out, void *context)
{
	static const struct {
		const char *key;
		enum redact_mode mode;
	} keys[] = { { "E:ID_FS_TYPE=", REDACT_PATHS }, { "E:ID_FS_UUID=", REDACT_NUMBERS },
		{ "E:ID_FS_LABEL=", REDACT_NAMES }, { "E:ID_PART_ENTRY_UUID=", REDACT_NUMBERS },
		{ "E:ID_PART_ENTRY_NAME=", REDACT_NAMES } };

	(void)context;
	for (size_t i = 0; i < array_size(keys); i++)
		if (text_starts_with(line, keys[i].key)) {
			fputs(keys[i].key, out);
			capture_put(capture, keys[i].mode, line + strlen(keys[i].key), out);
			return;
		}
}

bool reduce_udev_data(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_udev_data, NULL);
}

static void keep_node_name(struct capture *capture, char *line, FILE *out, void *context)
{
	(void)context;
	if (text_starts_with(line, "DEVNAME="))
		capture_put(capture, REDACT_PATHS, line, out);
}

bool reduce_node_name(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_node_name, NULL);
}

/*
 * Routes and sessions ------------------------------------------------------------------------------------------------
 */

/* A link's name may be made of a MAC. */
static void put_link(struct capture *capture, const char *link, FILE *out)
{
	capture_put(capture, REDACT_PATHS, link, out);
}

/* "eth0 0002000A 00000000 0001 0 0 100 00FFFFFF 0 0 0": numbers of the host's byte order. */
static void keep_route4(struct capture *capture, char *line, FILE *out, void *context)
{
	uint32_t to, gateway, mask, metric;
	unsigned int flags;
	char link[64];

	(void)context;
	if (sscanf(line, "%63s %" SCNx32 " %" SCNx32 " %x %*s %*s %" SCNu32 " %" SCNx32, link, &to, &gateway, &flags,
		    &metric, &mask) != 6)
		return;
	redact_ipv4(capture->redact, (uint8_t *)&to, (unsigned int)__builtin_popcount(mask));
	redact_ipv4(capture->redact, (uint8_t *)&gateway, 32);
	put_link(capture, link, out);
	fprintf(out, "\t%08" PRIX32 "\t%08" PRIX32 "\t%04X\t0\t0\t%" PRIu32 "\t%08" PRIX32 "\t0\t0\t0", to, gateway,
		flags, metric, mask);
}

bool reduce_route4(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_route4, NULL);
}

/* Bytes in their order, two digits each. */
static bool parse_bytes(const char *text, uint8_t *bytes, size_t count)
{
	if (strlen(text) != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1)
			return false;
	return true;
}

static void put_bytes(const uint8_t *bytes, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%02x", bytes[i]);
}

static void keep_route6(struct capture *capture, char *line, FILE *out, void *context)
{
	static const unsigned int local = 0x80000000u;
	char to_text[33], gateway_text[33], link[64];
	unsigned int prefix, metric, flags;
	uint8_t to[16], gateway[16];

	(void)context;
	/* The host's own addresses are here too, a route each, which nobody reads. */
	if (sscanf(line, "%32s %x %*32s %*x %32s %x %*x %*x %x %63s", to_text, &prefix, gateway_text, &metric, &flags,
		    link) != 6 ||
		flags & local || prefix > 128 || !parse_bytes(to_text, to, 16) ||
		!parse_bytes(gateway_text, gateway, 16))
		return;
	redact_ipv6(capture->redact, to, prefix);
	redact_ipv6(capture->redact, gateway, 128);
	put_bytes(to, 16, out);
	fprintf(out, " %02x %032d 00 ", prefix, 0);
	put_bytes(gateway, 16, out);
	fprintf(out, " %08x 00000000 00000000 %08x ", metric, flags);
	put_link(capture, link, out);
}

bool reduce_route6(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_route6, NULL);
}

/* "0F02000A:0016": 32-bit words of the host's byte order; 1 of them, or 4. */
static bool put_end(struct capture *capture, char *text, FILE *out)
{
	size_t words = strlen(text) / 8;
	uint32_t word[4] = { 0 };

	if (strlen(text) != words * 8 + 5 || (words != 1 && words != 4))
		return false;
	for (size_t i = 0; i < words; i++)
		if (sscanf(text + 8 * i, "%8" SCNx32, &word[i]) != 1)
			return false;
	if (words == 1)
		redact_ipv4(capture->redact, (uint8_t *)word, 32);
	else
		redact_ipv6(capture->redact, (uint8_t *)word, 128);
	for (size_t i = 0; i < words; i++)
		fprintf(out, "%08" PRIX32, word[i]);
	fprintf(out, "%s", text + 8 * words);
	return true;
}

static void keep_session(struct capture *capture, char *line, FILE *out, void *context)
{
	char number[16], local[48], remote[48];
	unsigned long long inode;
	unsigned int state;

	(void)context;
	if (sscanf(line, "%15s %47s %47s %x %*s %*s %*s %*s %*s %llu", number, local, remote, &state, &inode) != 5 ||
		state != 1)
		return;
	fprintf(out, "%s ", number);
	if (!put_end(capture, local, out))
		return;
	fputc(' ', out);
	put_end(capture, remote, out);
	fprintf(out, " 01 0 0 0 0 0 %llu", inode);
}

bool reduce_tcp(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_session, NULL);
}
