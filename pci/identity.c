// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identity of a function, from sysfs: the path of its link in sys/bus/pci/devices, ids, the device serial number
 * capability (PCI Express Base 6.0, 7.9.3; root only), what NVMe and other drivers read from the device, vital product
 * data, the permanent MAC.
 */
#include "pci/identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "pci/capability.h"
#include "pci/detail.h"

#define DEVICES "sys/bus/pci/devices"

/*
 * Attributes that hold a number of the device's own. child: a directory of the function, in which the first entry is
 * looked into.
 */
static const struct unique_source {
	uint8_t class; /* base class */
	const char *child, *attribute;
} unique_sources[] = {
	{ 0x01, "nvme", "serial" }, { 0x02, "infiniband", "node_guid" }, { 0x03, NULL, "unique_id" }, /* amdgpu */
};

/* Numbers, the most trustworthy first. A MAC can be rewritten, so it comes last. */
static const struct number {
	const char *key, *title;
	size_t offset, size;
} numbers[] = {
#define NUMBER(member) offsetof(struct pci_identity, member), sizeof(((struct pci_identity *)NULL)->member)
	{ "serial", "serial number", NUMBER(serial) },
	{ "unique", "the device's own number", NUMBER(unique) },
	{ "vpd", "serial number (VPD)", NUMBER(vpd) },
	{ "mac", "permanent MAC", NUMBER(mac) },
#undef NUMBER
};

static char *number_of(const struct pci_identity *identity, const struct number *number)
{
	return (char *)identity + number->offset;
}

/* Where it is ------------------------------------------------------------------------------------------------------ */

/*
 * "../../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0" becomes "0000:00/1c.0/00.0": bus numbers below the root are
 * given out anew at each boot. A root bus within the path (VMD) is the device's before it, and its number is as
 * fleeting.
 */
static void shorten_path(char *link, char *buf, size_t size)
{
	char *rest = strstr(link, "/pci");
	char *part;
	size_t used;

	buf[0] = '\0';
	if (!rest)
		return;
	rest += strlen("/pci");
	part = strsep(&rest, "/");
	used = (size_t)snprintf(buf, size, "%s", part);
	while ((part = strsep(&rest, "/")) && used < size) {
		struct pci_addr addr;

		if (!pci_addr_parse(part, &addr))
			used += (size_t)snprintf(buf + used, size - used, "/%02x.%x", addr.device, addr.function);
	}
	if (used >= size)
		buf[0] = '\0'; /* half a path would be another place */
}

void pci_identity_path(const struct sysroot *root, const struct pci_device *device, char *buf, size_t size)
{
	struct pci_addr addr = device->is_vf ? device->pf : device->addr;
	char name[PCI_ADDR_TEXT_SIZE];
	char link[1024];
	size_t used;

	buf[0] = '\0';
	if (sysroot_read_link(root, link, sizeof(link), DEVICES "/%s", pci_addr_text(addr, name)) < 0)
		return;
	shorten_path(link, buf, size);
	used = strlen(buf);
	if (used && device->is_vf &&
		(size_t)snprintf(buf + used, size - used, "/vf%d", device->vf_index) >= size - used)
		buf[0] = '\0';
}

/* Who it is -------------------------------------------------------------------------------------------------------- */

/* A MAC of zeros becomes 00-00-00-ff-ff-00-00-00 or 00-00-00-ff-fe-00-00-00. */
static bool is_made_of_nothing(const char *serial)
{
	return !strncasecmp(serial, "00-00-00-ff-f", 13) && !strcmp(serial + 14, "-00-00-00");
}

bool pci_serial_is_useless(const char *text)
{
	static const char *const words[] = { "none", "n/a", "na", "unknown", "default", "serial" };
	size_t length = strlen(text);

	if (length < 3 && !isalnum((unsigned char)text[0]))
		return true;
	for (size_t i = 0; i < array_size(words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return strspn(text, "0-:. xX") == length || strspn(text, "fF-:. ") == length ||
	       strspn(text, "?.- ") == length || is_made_of_nothing(text);
}

/* Text that goes into one word of the compact form, and into what people read. */
static void take_number(char *buf, size_t size, const char *value)
{
	buf[0] = '\0';
	while (isspace((unsigned char)*value))
		value++;
	if (strlen(value) >= size)
		return;
	for (const char *at = value; *at; at++)
		if (!isprint((unsigned char)*at))
			return;
	if (!pci_serial_is_useless(value))
		text_chomp(strcpy(buf, value));
}

static void read_serial(const struct sysroot *root, struct pci_addr addr, struct pci_identity *identity)
{
	struct pci_capabilities list = { 0 };
	struct pci_config config;
	char serial[sizeof(identity->serial)];

	if (pci_config_read(root, addr, &config) < 0)
		return;
	pci_capabilities_list(&config, &list);
	if (pci_serial_number(&config, &list, serial, sizeof(serial)))
		take_number(identity->serial, sizeof(identity->serial), serial);
}

/* The first entry of sys/bus/pci/devices/NAME/CHILD: "nvme0". */
static bool first_child(const struct sysroot *root, const char *name, const char *child, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, DEVICES "/%s/%s", name, child);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return text_copy(buf, size, entry->d_name);
	return false;
}

static void read_unique(const struct sysroot *root, const struct pci_device *device, struct pci_identity *identity)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char value[128];

	pci_addr_text(device->addr, name);
	for (size_t i = 0; i < array_size(unique_sources); i++) {
		const struct unique_source *source = &unique_sources[i];
		char child[64];
		ssize_t length = -1;

		if (device->class >> 16 != source->class)
			continue;
		if (!source->child)
			length = sysroot_read_text(
				root, value, sizeof(value), DEVICES "/%s/%s", name, source->attribute);
		else if (first_child(root, name, source->child, child, sizeof(child)))
			length = sysroot_read_text(root, value, sizeof(value), DEVICES "/%s/%s/%s/%s", name,
				source->child, child, source->attribute);
		if (length > 0)
			take_number(identity->unique, sizeof(identity->unique), value);
	}
}

static void read_vpd(const struct sysroot *root, const struct pci_device *device, struct pci_identity *identity)
{
	struct pci_vpd vpd;

	if (pci_driver_is_vfio(device->driver) || pci_vpd_read(root, device->addr, &vpd) < 0)
		return;
	for (size_t i = 0; i < vpd.field_count; i++)
		if (!strcmp(vpd.field[i].keyword, "SN"))
			take_number(identity->vpd, sizeof(identity->vpd), vpd.field[i].value);
}

static void read_mac(const struct sysroot *root, const struct pci_device *device, struct pci_identity *identity)
{
	char mac[32];

	for (size_t i = 0; i < device->netdev_count && !identity->mac[0]; i++)
		if (pci_permanent_mac(root, device->netdevs[i].text, mac, sizeof(mac)))
			take_number(identity->mac, sizeof(identity->mac), mac);
}

/* Numbers belong to the card, so a VF's are its PF's: its own MAC is what somebody set. */
void pci_identity_read(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *device, bool with_vpd, struct pci_identity *ret_identity)
{
	const struct pci_device *pf = device->is_vf ? pci_inventory_find(inventory, device->pf) : NULL;
	const struct pci_device *card = pf ? pf : device;
	struct pci_identity identity = {
		.vendor_id = device->vendor_id,
		.device_id = device->device_id,
		.subsystem_vendor_id = device->subsystem_vendor_id,
		.subsystem_id = device->subsystem_id,
		.function = card->addr.function,
		.vf_index = device->is_vf ? device->vf_index : -1,
	};

	pci_identity_path(root, device, identity.path, sizeof(identity.path));
	read_serial(root, card->addr, &identity);
	read_unique(root, card, &identity);
	read_mac(root, card, &identity);
	if (with_vpd)
		read_vpd(root, card, &identity);
	*ret_identity = identity;
}

/* As text ---------------------------------------------------------------------------------------------------------- */

static void add(char *buf, size_t *used, const char *key, const char *value)
{
	if (!value[0] || *used >= PCI_IDENTITY_TEXT_SIZE)
		return;
	*used += (size_t)snprintf(buf + *used, PCI_IDENTITY_TEXT_SIZE - *used, " %s=", key);
	/* A space ends a word, and % begins an escape. */
	for (; *value && *used + 4 < PCI_IDENTITY_TEXT_SIZE; value++)
		*used += (size_t)snprintf(buf + *used, PCI_IDENTITY_TEXT_SIZE - *used,
			*value == ' ' || *value == '%' ? "%%%02x" : "%c", *value);
}

const char *pci_identity_text(const struct pci_identity *identity, char buf[static PCI_IDENTITY_TEXT_SIZE])
{
	size_t used = (size_t)snprintf(buf, PCI_IDENTITY_TEXT_SIZE, "path=%s ids=%04x:%04x:%04x:%04x function=%x",
		identity->path, identity->vendor_id, identity->device_id, identity->subsystem_vendor_id,
		identity->subsystem_id, identity->function & 0xfu);

	if (identity->vf_index >= 0)
		used += (size_t)snprintf(buf + used, PCI_IDENTITY_TEXT_SIZE - used, " vf=%d", identity->vf_index);
	for (size_t i = 0; i < array_size(numbers); i++)
		add(buf, &used, numbers[i].key, number_of(identity, &numbers[i]));
	return buf;
}

static bool unescape(const char *value, char *buf, size_t size)
{
	size_t used = 0;

	for (; *value; value++) {
		unsigned int code = (unsigned char)*value;

		if (used + 1 >= size || !isprint((int)code))
			return false;
		if (*value == '%') {
			if (!isxdigit((unsigned char)value[1]) || !isxdigit((unsigned char)value[2]))
				return false;
			code = (unsigned int)strtoul((char[]){ value[1], value[2], '\0' }, NULL, 16);
			value += 2;
			if (!isprint((int)code))
				return false;
		}
		buf[used++] = (char)code;
	}
	buf[used] = '\0';
	return used > 0;
}

static bool take_ids(const char *value, struct pci_identity *identity)
{
	unsigned int id[4];

	if (strlen(value) != sizeof("ffff:ffff:ffff:ffff") - 1 || strspn(value, "0123456789abcdef:") != strlen(value) ||
		sscanf(value, "%4x:%4x:%4x:%4x", &id[0], &id[1], &id[2], &id[3]) != 4)
		return false;
	identity->vendor_id = (uint16_t)id[0];
	identity->device_id = (uint16_t)id[1];
	identity->subsystem_vendor_id = (uint16_t)id[2];
	identity->subsystem_id = (uint16_t)id[3];
	return true;
}

static bool take_word(char *word, struct pci_identity *identity, bool *has_ids)
{
	char *value = strchr(word, '=');
	uint64_t index;

	if (!value)
		return false;
	*value++ = '\0';
	if (!strcmp(word, "path"))
		return unescape(value, identity->path, sizeof(identity->path));
	if (!strcmp(word, "ids"))
		return *has_ids = take_ids(value, identity);
	if (!strcmp(word, "function") || !strcmp(word, "vf")) {
		if (text_to_u64(value, word[0] == 'v' ? INT32_MAX : 7, &index) < 0)
			return false;
		if (word[0] == 'v')
			identity->vf_index = (int)index;
		else
			identity->function = (uint8_t)index;
		return true;
	}
	for (size_t i = 0; i < array_size(numbers); i++)
		if (!strcmp(word, numbers[i].key))
			return unescape(value, number_of(identity, &numbers[i]), numbers[i].size);
	return true;
}

int pci_identity_parse(const char *text, struct pci_identity *ret_identity)
{
	struct pci_identity identity = { .vf_index = -1 };
	char copy[PCI_IDENTITY_TEXT_SIZE];
	char *rest = copy;
	char *word;
	bool has_ids = false;

	if (!text_copy(copy, sizeof(copy), text))
		return -EINVAL;
	while ((word = strsep(&rest, " ")))
		if (*word && !take_word(word, &identity, &has_ids))
			return -EINVAL;
	if (!identity.path[0] || !has_ids)
		return -EINVAL;
	*ret_identity = identity;
	return 0;
}

const char *pci_identity_describe(const struct pci_identity *identity, char *buf, size_t size)
{
	size_t used = (size_t)snprintf(buf, size, "%04x:%04x", identity->vendor_id, identity->device_id);

	if (identity->vf_index >= 0 && used < size)
		used += (size_t)snprintf(buf + used, size - used, " (VF %d)", identity->vf_index);
	for (size_t i = 0; i < array_size(numbers) && used < size; i++)
		if (number_of(identity, &numbers[i])[0]) {
			snprintf(
				buf + used, size - used, ", %s %s", numbers[i].title, number_of(identity, &numbers[i]));
			return buf;
		}
	if (identity->path[0] && used < size)
		snprintf(buf + used, size - used, ", in %s", identity->path);
	return buf;
}

/* Compared --------------------------------------------------------------------------------------------------------- */

bool pci_identity_is_certain(const struct pci_identity *identity)
{
	for (size_t i = 0; i < array_size(numbers); i++)
		if (number_of(identity, &numbers[i])[0])
			return true;
	return false;
}

static bool is_same_kind(const struct pci_identity *a, const struct pci_identity *b)
{
	return a->vendor_id == b->vendor_id && a->device_id == b->device_id &&
	       a->subsystem_vendor_id == b->subsystem_vendor_id && a->subsystem_id == b->subsystem_id &&
	       a->function == b->function && a->vf_index == b->vf_index;
}

/* The best number that both know; NULL for none. */
static const struct number *common_number(const struct pci_identity *a, const struct pci_identity *b)
{
	for (size_t i = 0; i < array_size(numbers); i++)
		if (number_of(a, &numbers[i])[0] && number_of(b, &numbers[i])[0])
			return &numbers[i];
	return NULL;
}

static enum pci_identity_match compare(
	const struct pci_identity *before, const struct pci_identity *now, char *evidence, size_t size)
{
	bool same_place = !strcmp(before->path, now->path);
	const struct number *number = common_number(before, now);
	bool is_equal = number && !strcasecmp(number_of(before, number), number_of(now, number));

	if (!is_same_kind(before, now)) {
		snprintf(evidence, size, "%04x:%04x, not %04x:%04x", now->vendor_id, now->device_id, before->vendor_id,
			before->device_id);
		return same_place ? PCI_IDENTITY_SWAPPED : PCI_IDENTITY_OTHER;
	}
	if (!number) {
		snprintf(evidence, size, "%s",
			same_place ? "place and kind alone" : "of one kind, without a number to tell");
		return same_place ? PCI_IDENTITY_SAME : PCI_IDENTITY_UNKNOWN;
	}
	if (is_equal)
		snprintf(evidence, size, "%s %s", number->title, number_of(now, number));
	else
		snprintf(evidence, size, "%s %s, not %s", number->title, number_of(now, number),
			number_of(before, number));
	if (is_equal)
		return same_place ? PCI_IDENTITY_SAME : PCI_IDENTITY_MOVED;
	return same_place ? PCI_IDENTITY_SWAPPED : PCI_IDENTITY_OTHER;
}

enum pci_identity_match pci_identity_compare(
	const struct pci_identity *before, const struct pci_identity *now, char *evidence, size_t size)
{
	char unwanted[8];

	if (before->path[0] && now->path[0])
		return compare(before, now, evidence ? evidence : unwanted, evidence ? size : sizeof(unwanted));
	if (evidence)
		snprintf(evidence, size, "nothing known");
	return PCI_IDENTITY_UNKNOWN;
}

/* The path without its last step's function: ports of one card may share its number, and so do a PF and its VFs. */
static bool is_one_card(const struct pci_identity *a, const struct pci_identity *b)
{
	const char *dot_a = strchr(a->path, '.') ? strrchr(a->path, '.') : a->path;
	const char *dot_b = strchr(b->path, '.') ? strrchr(b->path, '.') : b->path;

	return dot_a - a->path == dot_b - b->path && !strncmp(a->path, b->path, (size_t)(dot_a - a->path));
}

void pci_identities_settle(struct pci_identity *const *list, size_t count)
{
	cleanup_free bool *shared = calloc(count * array_size(numbers) + 1, sizeof(*shared));

	for (size_t i = 0; shared && i < count; i++)
		for (size_t k = 0; k < i; k++)
			for (size_t n = 0; n < array_size(numbers); n++) {
				const char *one = number_of(list[i], &numbers[n]);

				if (!one[0] || strcasecmp(one, number_of(list[k], &numbers[n])) ||
					is_one_card(list[i], list[k]))
					continue;
				shared[i * array_size(numbers) + n] = true;
				shared[k * array_size(numbers) + n] = true;
			}
	for (size_t i = 0; shared && i < count * array_size(numbers); i++)
		if (shared[i])
			number_of(list[i / array_size(numbers)], &numbers[i % array_size(numbers)])[0] = '\0';
}
