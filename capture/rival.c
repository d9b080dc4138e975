// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is taken of the files of network daemons and of managers of guests: the keys that distro/rival_network.c and
 * distro/rival_guest.c read. Networks' names, passwords, keys and addresses are in the same files, and are not among
 * them.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "capture/reduce.h"
#include "distro/conf_file.h"

enum {
	SECTION_SIZE = 24,
	NETPLAN_DEPTH = 8,
};

/* A key that is taken, in the sections whose names begin so; "" before any. */
struct wanted_key {
	const char *section, *key;
	enum redact_mode mode;
};

struct sections {
	const struct wanted_key *keys;
	size_t count;
	char now[SECTION_SIZE];
};

static bool is_wanted_section(const struct sections *sections, const char *name)
{
	for (size_t i = 0; i < sections->count; i++)
		if (!strcmp(sections->keys[i].section, name))
			return true;
	return false;
}

static void keep_key(struct capture *capture, char *line, FILE *out, void *context)
{
	struct sections *sections = context;
	char copy[256], value_of[256];
	const char *name, *value;

	text_copy(copy, sizeof(copy), line);
	name = conf_section(copy);
	if (name) {
		text_copy(sections->now, sizeof(sections->now), name);
		if (is_wanted_section(sections, name))
			fprintf(out, "[%s]", name);
		return;
	}
	for (size_t i = 0; i < sections->count; i++) {
		const struct wanted_key *key = &sections->keys[i];

		if (strcmp(key->section, sections->now) != 0)
			continue;
		text_copy(value_of, sizeof(value_of), line);
		value = conf_value(value_of, key->key);
		if (!value)
			continue;
		fprintf(out, "%s=", key->key);
		capture_put(capture, key->mode, value, out);
		return;
	}
}

/*
 * Only a connection that splits its card is of interest: of others there is an empty file, which still hides one below
 * /usr.
 */
bool reduce_keyfile(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const struct wanted_key keys[] = {
		{ "connection", "id", REDACT_NAMES },
		{ "connection", "interface-name", REDACT_PATHS },
		{ "ethernet", "mac-address", REDACT_PATHS },
		{ "802-3-ethernet", "mac-address", REDACT_PATHS },
		{ "sriov", "total-vfs", REDACT_PATHS },
		{ "sriov", "preserve-on-down", REDACT_PATHS },
	};
	struct sections sections = { keys, array_size(keys), "" };

	(void)size;
	return !strstr(text, "[sriov]") || capture_lines(capture, text, out, true, keep_key, &sections);
}

bool reduce_ifcfg(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const struct wanted_key keys[] = {
		{ "", "NAME", REDACT_NAMES },
		{ "", "DEVICE", REDACT_PATHS },
		{ "", "HWADDR", REDACT_PATHS },
		{ "", "SRIOV_TOTAL_VFS", REDACT_PATHS },
	};
	struct sections sections = { keys, array_size(keys), "" };

	(void)size;
	return !strstr(text, "SRIOV_TOTAL_VFS") || capture_lines(capture, text, out, true, keep_key, &sections);
}

bool reduce_networkd(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const struct wanted_key keys[] = {
		{ "Match", "OriginalName", REDACT_PATHS },
		{ "Match", "Name", REDACT_PATHS },
		{ "Match", "MACAddress", REDACT_PATHS },
		{ "Match", "PermanentMACAddress", REDACT_PATHS },
		{ "Match", "Path", REDACT_PATHS },
		{ "Match", "Driver", REDACT_PATHS },
		{ "Link", "SR-IOVVirtualFunctions", REDACT_PATHS },
		{ "SR-IOV", "VirtualFunction", REDACT_PATHS },
	};
	struct sections sections = { keys, array_size(keys), "" };

	(void)size;
	if (!strstr(text, "SR-IOV"))
		return true;
	return capture_lines(capture, text, out, true, keep_key, &sections);
}

/*
 * netplan: two spaces for each level, "network:", "ethernets:", the device, its keys
 * ---------------------------------------
 */

struct netplan {
	struct {
		size_t indent;
		char key[48];
	} path[NETPLAN_DEPTH];
	size_t depth;
};

/* The key of the line, and its value cut off and bared; NULL for a line of another kind. */
static char *netplan_split(char *line, char **ret_value)
{
	char *key = line + strspn(line, " ");
	char *value = strchr(key, ':');

	if (!*key || *key == '#' || *key == '-' || !value)
		return NULL;
	*value++ = '\0';
	value += strspn(value, " \"'");
	value[strcspn(value, "\"'#")] = '\0';
	*ret_value = text_chomp(value);
	return key;
}

/* Is the line, whose key is the last of the path, one that is read; ret_leaf: with its value? */
static bool netplan_wants(const struct netplan *netplan, bool *ret_leaf)
{
	const char *key = netplan->path[netplan->depth - 1].key;
	bool below = netplan->depth > 1 && !strcmp(netplan->path[1].key, "ethernets");

	*ret_leaf = !strcmp(key, "link") || !strcmp(key, "virtual-function-count") || netplan->depth == 5;
	switch (netplan->depth) {
	case 1:
		return !strcmp(key, "network");
	case 2:
	case 3:
		return below;
	case 4:
		return below && (*ret_leaf || !strcmp(key, "match"));
	case 5:
		return below && !strcmp(netplan->path[3].key, "match") &&
		       (!strcmp(key, "macaddress") || !strcmp(key, "name"));
	default:
		return false;
	}
}

static void keep_netplan(struct capture *capture, char *line, FILE *out, void *context)
{
	struct netplan *netplan = context;
	size_t indent = strspn(line, " ");
	char *value = NULL;
	char *key = netplan_split(line, &value);
	bool leaf;

	if (!key)
		return;
	while (netplan->depth && netplan->path[netplan->depth - 1].indent >= indent)
		netplan->depth--;
	if (netplan->depth == NETPLAN_DEPTH)
		return;
	netplan->path[netplan->depth].indent = indent;
	text_copy(netplan->path[netplan->depth++].key, sizeof(netplan->path[0].key), key);
	if (!netplan_wants(netplan, &leaf))
		return;
	fprintf(out, "%*s", (int)indent, "");
	capture_put(capture, REDACT_PATHS, key, out);
	fputc(':', out);
	if (leaf && *value) {
		fputs(" \"", out);
		capture_put(capture, REDACT_PATHS, value, out);
		fputc('"', out);
	}
}

bool reduce_netplan(struct capture *capture, char *text, size_t size, FILE *out)
{
	struct netplan netplan = { .depth = 0 };

	(void)size;
	if (!strstr(text, "virtual-function-count") && !strstr(text, "link:"))
		return true;
	return capture_lines(capture, text, out, true, keep_netplan, &netplan);
}

/*
 * libvirt: elements with those of their attributes that name PCI devices
 * ---------------------------------------------------
 */

static const struct element {
	const char *name;
	const char *attributes[5]; /* ends with NULL */
} elements[] = {
	{ "hostdev", { "type", "managed", NULL } },
	{ "interface", { "type", "managed", NULL } },
	{ "source", { NULL } },
	{ "address", { "domain", "bus", "slot", "function", NULL } },
	{ "pf", { "dev", NULL } },
	{ "/hostdev", { NULL } },
	{ "/interface", { NULL } },
	{ "/source", { NULL } },
};

static void put_attribute(struct capture *capture, const char *name, const char *text, size_t length, FILE *out)
{
	char wanted[16], value[64];
	const char *at, *end;

	snprintf(wanted, sizeof(wanted), " %s=", name);
	at = memmem(text, length, wanted, strlen(wanted));
	if (!at)
		return;
	at += strlen(wanted);
	end = *at == '\'' || *at == '"' ? memchr(at + 1, *at, (size_t)(text + length - at - 1)) : NULL;
	if (!end)
		return;
	snprintf(value, sizeof(value), "%.*s", (int)(end - at - 1), at + 1);
	fprintf(out, "%s%c", wanted, *at);
	capture_put(capture, REDACT_PATHS, value, out);
	fputc(*at, out);
}

/* "<address domain='0x0000' .../>"; text is what is between "<" and ">". */
static void put_element(struct capture *capture, const char *text, size_t length, FILE *out)
{
	size_t name = text[0] == '/' ? 1 + strcspn(text + 1, " \t>") : strcspn(text, " \t/>");

	for (size_t i = 0; i < array_size(elements); i++) {
		const char *const *attribute = elements[i].attributes;

		if (strlen(elements[i].name) != name || strncmp(text, elements[i].name, name) != 0)
			continue;
		fprintf(out, "<%s", elements[i].name);
		for (; *attribute; attribute++)
			put_attribute(capture, *attribute, text, length, out);
		/* Its reader wants a blank behind the name. */
		fputs(text[0] == '/' ? ">" : text[length - 1] == '/' ? " />" : " >", out);
		return;
	}
}

static void keep_element(struct capture *capture, char *line, FILE *out, void *context)
{
	bool *named = context;
	char *text = line + strspn(line, " \t");

	if (text_starts_with(text, "<name>") && !*named) {
		*named = true;
		fputs("<name>", out);
		redact_write(capture->redact, REDACT_NAMES, text + 6, strcspn(text + 6, "<"), out);
		fputs("</name>", out);
		return;
	}
	while ((text = strchr(text, '<'))) {
		size_t length = strcspn(++text, ">");

		if (!text[length])
			return;
		put_element(capture, text, length, out);
		text += length;
	}
}

bool reduce_libvirt(struct capture *capture, char *text, size_t size, FILE *out)
{
	bool named = false;

	(void)size;
	return capture_lines(capture, text, out, true, keep_element, &named);
}

static void keep_hostpci(struct capture *capture, char *line, FILE *out, void *context)
{
	char *value = strchr(line, ':');

	(void)capture;
	(void)context;
	if (!text_starts_with(line, "hostpci") || !value || !isdigit((unsigned char)line[strlen("hostpci")]))
		return;
	value += 1 + strspn(value + 1, " \t");
	fprintf(out, "hostpci%u: %.*s", (unsigned int)(line[strlen("hostpci")] - '0'),
		(int)strspn(value, "host=0123456789abcdefABCDEF:.;"), value);
}

bool reduce_proxmox(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_hostpci, NULL);
}
