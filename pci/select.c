// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DEVICE arguments (docs/cli.md): an address, a network or block device, an NVMe controller, PF/INDEX for a VF,
 * vendor:device where one function is meant, or what a card keeps when its address changes (serial:, mac:, path:).
 * Exactly one function, or an error that helps to name the right one.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/detail.h"
#include "pci/identity.h"
#include "pci/pci.h"

struct selection {
	const struct sysroot *root;
	const struct pci_inventory *inventory;
	const char *text;
};

static int no_such_device(const struct selection *s, struct error *err)
{
	return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "no device of this host is called '%s'", s->text);
}

/* Up to three functions on the same bus, which is where a mistyped address mostly lands. */
static int no_such_address(const struct selection *s, struct pci_addr addr, struct error *err)
{
	char near[128] = "";
	char name[PCI_ADDR_TEXT_SIZE];
	size_t shown = 0;

	for (size_t i = 0; i < s->inventory->count && shown < 3; i++) {
		const struct pci_device *device = &s->inventory->devices[i];
		size_t used = strlen(near);

		if (device->addr.domain != addr.domain || device->addr.bus != addr.bus)
			continue;
		snprintf(near + used, sizeof(near) - used, "%s%s", used ? ", " : "", pci_addr_text(device->addr, name));
		shown++;
	}
	fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no PCI device at %s", pci_addr_text(addr, name));
	if (shown)
		return fail_hint(err, "on that bus are %s; `sluice list` shows all", near);
	return fail_hint(err, "`sluice list` shows the devices of this host");
}

static int by_address(const struct selection *s, struct pci_addr addr, const struct pci_device **ret, struct error *err)
{
	const struct pci_device *device = pci_inventory_find(s->inventory, addr);

	if (!device)
		return no_such_address(s, addr, err);
	*ret = device;
	return 0;
}

/* "8086:10ca": four hexadecimal digits each. */
static bool parse_ids(const char *text, uint16_t *ret_vendor, uint16_t *ret_device)
{
	unsigned int vendor;
	unsigned int device;

	if (strlen(text) != 9 || text[4] != ':' || strspn(text, "0123456789abcdefABCDEF:") != 9 ||
		sscanf(text, "%4x:%4x", &vendor, &device) != 2)
		return false;
	*ret_vendor = (uint16_t)vendor;
	*ret_device = (uint16_t)device;
	return true;
}

/* All that fit, in one text. */
struct matches {
	const struct pci_device *first;
	char all[256];
	size_t count;
};

static void add_match(struct matches *matches, const struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE];
	size_t used = strlen(matches->all);

	snprintf(matches->all + used, sizeof(matches->all) - used, "%s%s", used ? ", " : "",
		pci_addr_text(device->addr, name));
	if (!matches->count++)
		matches->first = device;
}

static int settle_matches(
	const struct selection *s, const struct matches *matches, const struct pci_device **ret, struct error *err)
{
	if (matches->count > 1) {
		fail_code(err, CODE_AMBIGUOUS_DEVICE, ENOTUNIQ, "'%s' fits %zu devices: %s", s->text, matches->count,
			matches->all);
		return fail_hint(
			err, "name one by its address; `sluice list -o ADDRESS,PATH,SERIAL,MAC` tells them apart");
	}
	*ret = matches->first;
	return 0;
}

static int by_ids(
	const struct selection *s, uint16_t vendor, uint16_t id, const struct pci_device **ret, struct error *err)
{
	struct matches matches = { 0 };

	for (size_t i = 0; i < s->inventory->count; i++) {
		const struct pci_device *device = &s->inventory->devices[i];

		if (device->vendor_id == vendor && device->device_id == id)
			add_match(&matches, device);
	}
	if (!matches.count) {
		fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "no device of this host has the ids %s", s->text);
		return fail_hint(err, "`sluice list -o ADDRESS,IDS,NAME` shows the ids");
	}
	return settle_matches(s, &matches, ret, err);
}

/* Serial numbers are written with '-', ':' or nothing between the octets. */
static bool is_same_number(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "-:");
		b += strspn(b, "-:");
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

static bool has_serial(const struct selection *s, const struct pci_device *device, const char *value)
{
	struct pci_identity identity;

	if (device->is_vf)
		return false;
	pci_identity_read(s->root, s->inventory, device, true, &identity);
	return (identity.serial[0] && is_same_number(identity.serial, value)) ||
	       (identity.unique[0] && is_same_number(identity.unique, value)) ||
	       (identity.vpd[0] && is_same_number(identity.vpd, value));
}

static bool has_mac(const struct selection *s, const struct pci_device *device, const char *value)
{
	char mac[32];

	for (size_t i = 0; i < device->netdev_count; i++)
		if (pci_permanent_mac(s->root, device->netdevs[i].text, mac, sizeof(mac)) && is_same_number(mac, value))
			return true;
	return false;
}

static bool has_path(const struct selection *s, const struct pci_device *device, const char *value)
{
	char path[sizeof(((struct pci_identity *)NULL)->path)];

	pci_identity_path(s->root, device, path, sizeof(path));
	return path[0] && !strcasecmp(path, value);
}

/* "serial:VALUE": what a card keeps. blind: why one that is there may not be seen. */
static const struct kept {
	const char *prefix, *title, *blind;
	bool (*has)(const struct selection *s, const struct pci_device *device, const char *value);
} kept[] = {
	{ "serial:", "serial number", "most serial numbers are shown to root only", has_serial },
	{ "mac:", "permanent MAC address", "a device without its network driver does not say its MAC", has_mac },
	{ "path:", "path", "`sluice list -o ADDRESS,PATH` shows them", has_path },
};

static const struct kept *find_kept(const char *text)
{
	for (size_t i = 0; i < array_size(kept); i++)
		if (text_starts_with(text, kept[i].prefix))
			return &kept[i];
	return NULL;
}

static int by_kept(const struct selection *s, const struct kept *kind, const char *value, const struct pci_device **ret,
	struct error *err)
{
	struct matches matches = { 0 };

	for (size_t i = 0; *value && i < s->inventory->count; i++)
		if (kind->has(s, &s->inventory->devices[i], value))
			add_match(&matches, &s->inventory->devices[i]);
	if (!matches.count) {
		fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "no device of this host shows the %s '%s'", kind->title,
			value);
		return fail_hint(err, "%s", kind->blind);
	}
	return settle_matches(s, &matches, ret, err);
}

/* Classes whose entries are named by people: where their links lead is the function. */
static const char *const named_classes[] = { "class/net", "class/block", "class/nvme" };

static bool find_named(const struct selection *s, const char *name, const struct pci_device **ret)
{
	for (size_t i = 0; i < array_size(named_classes); i++) {
		char target[512];
		struct pci_addr addr;
		const struct pci_device *device;

		if (sysroot_read_link(s->root, target, sizeof(target), "sys/%s/%s", named_classes[i], name) < 0 ||
			pci_addr_in_path(target, &addr) < 0)
			continue;
		device = pci_inventory_find(s->inventory, addr);
		if (device) {
			*ret = device;
			return true;
		}
	}
	return false;
}

/* Children that hang off a function by more than their path: the namespaces of an NVMe subsystem. */
static size_t find_child(const struct selection *s, const char *name, const struct pci_device **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < s->inventory->count; i++) {
		const struct pci_device *device = &s->inventory->devices[i];

		for (size_t j = 0; j < device->block_count; j++) {
			if (strcmp(device->block_devices[j].text, name))
				continue;
			*ret = device;
			count++;
		}
	}
	return count;
}

static bool is_virtual(const struct selection *s, const char *name)
{
	return sysroot_exists(s->root, "sys/devices/virtual/net/%s", name) ||
	       sysroot_exists(s->root, "sys/devices/virtual/block/%s", name);
}

static int hint_nearest(const struct selection *s, const char *name, struct error *err)
{
	const char *nearest = NULL;
	unsigned int best = 3;

	for (size_t i = 0; i < s->inventory->count; i++) {
		const struct pci_device *device = &s->inventory->devices[i];

		for (size_t j = 0; j < device->netdev_count + device->block_count; j++) {
			const char *other = j < device->netdev_count
						    ? device->netdevs[j].text
						    : device->block_devices[j - device->netdev_count].text;
			unsigned int distance = text_distance(name, other);

			if (distance < best) {
				best = distance;
				nearest = other;
			}
		}
	}
	if (nearest)
		return fail_hint(err, "did you mean '%s'? `sluice list` shows all", nearest);
	return fail_hint(err, "`sluice list` shows the devices of this host, with all their names");
}

static int by_name(const struct selection *s, const char *name, const struct pci_device **ret, struct error *err)
{
	size_t count;

	if (text_starts_with(name, "/dev/"))
		name += strlen("/dev/");
	if (!*name || strlen(name) >= PCI_NAME_MAX || strchr(name, '/') || name[0] == '.') {
		no_such_device(s, err);
		return fail_hint(err, "`sluice list` shows the devices of this host, with all their names");
	}
	if (find_named(s, name, ret))
		return 0;
	count = find_child(s, name, ret);
	if (count == 1)
		return 0;
	if (count > 1) {
		fail_code(err, CODE_AMBIGUOUS_DEVICE, ENOTUNIQ, "the disk '%s' is reached by %zu controllers", name,
			count);
		return fail_hint(err, "name the controller (nvme0), or its address");
	}
	no_such_device(s, err);
	if (is_virtual(s, name))
		return fail_hint(err, "'%s' is made by software; name the hardware below it", name);
	return hint_nearest(s, name, err);
}

static int by_name_or_address(
	const struct selection *s, const char *text, const struct pci_device **ret, struct error *err)
{
	const struct kept *kind = find_kept(text);
	struct pci_addr addr;
	uint16_t vendor;
	uint16_t device;

	if (kind)
		return by_kept(s, kind, text + strlen(kind->prefix), ret, err);
	if (!pci_addr_parse(text, &addr))
		return by_address(s, addr, ret, err);
	if (parse_ids(text, &vendor, &device))
		return by_ids(s, vendor, device, ret, err);
	return by_name(s, text, ret, err);
}

static int vf_of(const struct selection *s, const struct pci_device *pf, uint64_t index, const struct pci_device **ret,
	struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(pf->addr, name);
	if (!pf->sriov.capable) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s is no physical function: it has no VFs", name);
		return fail_hint(err, "`sluice vf list` shows the devices that can be split");
	}
	for (size_t i = 0; i < s->inventory->count; i++) {
		const struct pci_device *vf = &s->inventory->devices[i];

		if (vf->is_vf && !pci_addr_compare(vf->pf, pf->addr) && vf->vf_index == (int)index) {
			*ret = vf;
			return 0;
		}
	}
	fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s has no VF %" PRIu64 ": it has %u now", name, index,
		pf->sriov.num_vfs);
	if (pf->sriov.num_vfs)
		return fail_hint(err, "VFs are numbered from 0");
	return fail_hint(err, "make them with `sluice vf create %s COUNT` (up to %u)", name, pf->sriov.total_vfs);
}

int pci_select(const struct sysroot *root, const struct pci_inventory *inventory, const char *text,
	const struct pci_device **ret_device, struct error *err)
{
	const struct selection s = { root, inventory, text };
	const char *slash = strrchr(text, '/');
	const struct pci_device *pf;
	char pf_text[192];
	uint64_t index;
	int ret;

	if (!slash || slash == text || !isdigit((unsigned char)slash[1]) ||
		text_to_u64(slash + 1, INT32_MAX, &index) < 0)
		return by_name_or_address(&s, text, ret_device, err);
	if ((size_t)(slash - text) >= sizeof(pf_text))
		return no_such_device(&s, err);
	memcpy(pf_text, text, (size_t)(slash - text));
	pf_text[slash - text] = '\0';
	ret = by_name_or_address(&s, pf_text, &pf, err);
	return ret < 0 ? ret : vf_of(&s, pf, index, ret_device, err);
}
