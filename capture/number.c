// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers of hardware in what is not text: the device serial number capability (PCI Express Base 6.0, 7.9.3), vital
 * product data (PCI Local Bus 3.0, appendix I), and the files in which sluice keeps them.
 */
#include <ctype.h>
#include <endian.h>
#include <string.h>

#include "assign/record.h"
#include "base/cleanup.h"
#include "capture/reduce.h"
#include "pci/capability.h"
#include "pci/identity.h"
#include "sriov/vf_text.h"

enum {
	SERIAL_OFFSET = 4,
	VPD_LARGE = 0x80,
	VPD_PRODUCT = 0x82,
	VPD_READ_ONLY = 0x90,
	VPD_READ_WRITE = 0x91,
	VPD_HEAD = 3,
};

bool reduce_config(struct capture *capture, char *text, size_t size, FILE *out)
{
	struct pci_config config = { .size = size < PCI_CONFIG_SIZE ? size : PCI_CONFIG_SIZE };
	const struct pci_capability *serial;
	struct pci_capabilities list = { 0 };
	char number[32];
	uint8_t octet[8];

	memcpy(config.byte, text, config.size);
	if (config.size > PCI_CONFIG_HEADER)
		pci_capabilities_list(&config, &list);
	serial = pci_capability_find(&list, true, PCI_EXT_SERIAL);
	if (serial && capture->redact && pci_serial_number(&config, &list, number, sizeof(number)) &&
		!pci_serial_is_useless(number)) {
		uint8_t *at = config.byte + serial->offset + SERIAL_OFFSET;

		/* In the space the least significant comes first. */
		for (size_t i = 0; i < sizeof(octet); i++)
			octet[i] = at[7 - i];
		redact_eui64(capture->redact, octet);
		for (size_t i = 0; i < sizeof(octet); i++)
			at[i] = octet[7 - i];
	}
	fwrite(config.byte, 1, config.size, out);
	return true;
}

/*
 * Vital product data ------------------------------------------------------------------------------------------------
 */

/* Fields that say of what kind a card is: part number, engineering change, manufacturer; RV is the checksum. */
static bool is_of_kind(const uint8_t *field)
{
	static const char *const kinds[] = { "PN", "EC", "MN", "RV" };

	for (size_t i = 0; i < array_size(kinds); i++)
		if (!memcmp(field, kinds[i], 2))
			return true;
	return false;
}

/* Of the same length, so that everything behind it stays where it is. */
static void redact_field(struct capture *capture, uint8_t *value, size_t length)
{
	char copy[256], to[256];
	size_t start = 0;

	while (length && (isspace(value[length - 1]) || !value[length - 1]))
		length--;
	while (start < length && isspace(value[start]))
		start++;
	for (size_t i = start; i < length; i++)
		copy[i - start] = isprint(value[i]) ? (char)value[i] : '.';
	copy[length - start] = '\0';
	redact_serial(capture->redact, copy, to, sizeof(to));
	for (size_t i = start; i < length && to[i - start]; i++)
		value[i] = (uint8_t)to[i - start];
}

static void redact_fields(struct capture *capture, uint8_t *data, size_t size)
{
	for (size_t at = 0; size - at >= VPD_HEAD;) {
		size_t length = data[at + 2];

		if (length > size - at - VPD_HEAD) {
			memset(data + at, 0, size - at);
			return;
		}
		if (!is_of_kind(data + at))
			redact_field(capture, data + at + VPD_HEAD, length);
		at += VPD_HEAD + length;
	}
}

/* All bytes up to and with the first of RV add up to zero. */
static void mend_checksum(uint8_t *data, size_t start, size_t size, const uint8_t *original)
{
	uint8_t before = 0, now = 0;

	for (size_t at = start; size - at >= VPD_HEAD;) {
		size_t length = data[at + 2];

		if (length > size - at - VPD_HEAD)
			return;
		if (data[at] == 'R' && data[at + 1] == 'V' && length) {
			for (size_t i = 0; i < at + VPD_HEAD; i++) {
				before = (uint8_t)(before + original[i]);
				now = (uint8_t)(now + data[i]);
			}
			data[at + VPD_HEAD] = (uint8_t)(data[at + VPD_HEAD] + before - now);
			return;
		}
		at += VPD_HEAD + length;
	}
}

bool reduce_vpd(struct capture *capture, char *text, size_t size, FILE *out)
{
	cleanup_free uint8_t *data = malloc(size + 1);
	const uint8_t *original = (const uint8_t *)text;
	size_t at = 0;

	if (!data)
		return false;
	memcpy(data, text, size);
	while (capture->redact && size - at >= VPD_HEAD && data[at] & VPD_LARGE) {
		size_t length = data[at + 1] | (size_t)data[at + 2] << 8;
		uint8_t tag = data[at];

		at += VPD_HEAD;
		if (length > size - at)
			length = size - at;
		if (tag == VPD_READ_ONLY || tag == VPD_READ_WRITE)
			redact_fields(capture, data + at, length);
		if (tag == VPD_READ_ONLY)
			mend_checksum(data, at, at + length, original);
		at += length;
	}
	/* What follows the end tag is nobody's, and anything. */
	if (capture->redact)
		memset(data + at, 0, size - at);
	fwrite(data, 1, size, out);
	return true;
}

/*
 * sluice's own files -------------------------------------------------------------------------------------------------
 */

static void redact_identity(struct capture *capture, struct pci_identity *identity)
{
	char copy[sizeof(identity->unique)];
	struct {
		char *text;
		size_t size;
	} numbers[] = {
		{ identity->serial, sizeof(identity->serial) },
		{ identity->unique, sizeof(identity->unique) },
		{ identity->vpd, sizeof(identity->vpd) },
		{ identity->mac, sizeof(identity->mac) },
	};

	for (size_t i = 0; i < array_size(numbers); i++) {
		text_copy(copy, sizeof(copy), numbers[i].text);
		redact_serial(capture->redact, copy, numbers[i].text, numbers[i].size);
	}
}

static void redact_record(struct capture *capture, struct record *record)
{
	char copy[sizeof(record->boot_id)];

	text_copy(copy, sizeof(copy), record->boot_id);
	redact_put(capture->redact, REDACT_NUMBERS, copy, record->boot_id, sizeof(record->boot_id));
	for (size_t i = 0; i < record->count; i++) {
		struct record_device *device = &record->device[i];

		redact_identity(capture, &device->identity);
		for (size_t k = 0; k < device->netdev_count; k++) {
			struct pci_name name = device->netdevs[k];

			redact_put(capture->redact, REDACT_PATHS, name.text, device->netdevs[k].text,
				sizeof(device->netdevs[k].text));
		}
	}
}

/* One that makes no sense still makes none. */
bool reduce_json(struct capture *capture, char *text, size_t size, FILE *out)
{
	cleanup(record_done) struct record record = { 0 };
	cleanup_free char *json = NULL;

	if (!capture->redact) {
		fwrite(text, 1, size, out);
		return true;
	}
	if (record_from_json(text, size, &record, NULL) < 0) {
		fputs("{}\n", out);
		return true;
	}
	redact_record(capture, &record);
	json = record_to_json(&record);
	fputs(json ? json : "{}\n", out);
	return true;
}

/* Lines of a lease or of an unclean mark that say nothing of anybody: drivers, device nodes, numbers of users. */
static bool is_kept(const char *line)
{
	static const char *const beginnings[] = {
		"driver=", "override=", "bound=", "user=", "node=", "generation=", "sluice-lease ", "sluice-unclean "
	};

	for (size_t i = 0; i < array_size(beginnings); i++)
		if (text_starts_with(line, beginnings[i]))
			return true;
	return !strcmp(line, "end");
}

/* A GUID is the number of a port, as a card's own number is made. */
static void redact_guid(struct redact *redact, uint64_t *guid)
{
	uint64_t octets = htobe64(*guid);

	redact_eui64(redact, (uint8_t *)&octets);
	*guid = be64toh(octets);
}

void redact_settings(struct capture *capture, struct vf_settings *settings)
{
	redact_mac(capture->redact, &settings->mac);
	redact_guid(capture->redact, &settings->node_guid);
	redact_guid(capture->redact, &settings->port_guid);
}

/* "vf_before=mac=... vlan=...": a VF's settings, which its lease puts back. */
static void keep_settings(struct capture *capture, const char *line, FILE *out)
{
	const char *value = strchr(line, '=') + 1;
	struct vf_settings settings;
	char text[VF_TEXT_SIZE];

	fprintf(out, "%.*s", (int)(value - line), line);
	if (vf_settings_from_text(value, &settings) < 0)
		return;
	redact_settings(capture, &settings);
	fputs(vf_settings_to_text(&settings, text, sizeof(text)), out);
}

static void keep_lease(struct capture *capture, char *line, FILE *out, void *context)
{
	char text[PCI_IDENTITY_TEXT_SIZE];
	struct pci_identity identity;
	char *value = strchr(line, '=');

	(void)context;
	if (value && text_starts_with(line, "identity=")) {
		if (pci_identity_parse(value + 1, &identity) < 0) {
			fputs("identity=", out);
			return;
		}
		redact_identity(capture, &identity);
		fprintf(out, "identity=%s", pci_identity_text(&identity, text));
	} else if (text_starts_with(line, "vf_before=") || text_starts_with(line, "vf_guest=")) {
		keep_settings(capture, line, out);
	} else if (text_starts_with(line, "guest=")) {
		fputs("guest=", out);
		capture_put(capture, REDACT_NAMES, value + 1, out);
	} else if (text_starts_with(line, "why=")) {
		fputs("why=", out);
		capture_put(capture, REDACT_RUNNING, value + 1, out);
	} else if (is_kept(line)) {
		fputs(line, out);
	} else {
		fputc('?', out);
	}
}

bool reduce_lease(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_lease, NULL);
}

bool reduce_note(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	capture_put(capture, REDACT_RUNNING, text, out);
	return true;
}
