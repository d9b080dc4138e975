// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What chooses a device's driver, or splits it, by sysfs and module options: driverctl's files, ids= and max_vfs= of
 * modules, udev rules that write driver_override or sriov_numvfs, and the places from where people write to sysfs at
 * boot (rc.local, sysfs.conf, tmpfiles.d, units, interfaces(5)). Udev rules are not evaluated as a whole: a rule counts
 * for the devices that all of those of its keys fit which name, identify or describe a device by its driver.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/conf_file.h"
#include "distro/kernel_log.h"
#include "distro/rival_scan.h"

/* driverctl: a file for each device, named BUS-ADDRESS, with the driver in it. */
static bool driverctl_line(const struct conf_line *line, void *context)
{
	struct rival rival = { .name = "driverctl", .aim = RIVAL_DRIVER, .stage = RIVAL_BY_UDEV, .vfs = -1 };
	struct rival_scan *scan = context;
	const char *name = strrchr(line->file, '/') + 1;
	const struct pci_device *device;
	struct pci_addr addr;

	if (!line->text[0] || !text_starts_with(name, "pci-") || pci_addr_parse(name + strlen("pci-"), &addr) < 0)
		return false;
	device = pci_inventory_find(scan->inventory, addr);
	rival_at(&rival, line);
	text_copy(rival.driver, sizeof(rival.driver), line->text);
	if (device)
		rival_add(scan, &rival, device, "binds it to %s when it appears", rival.driver);
	return false;
}

/* "(0000:01:00.0)(0000:02:00.*)", as xen-pciback's hide= has them: the parts may be left out or be any. */
static bool is_hidden(const char *list, const struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(device->addr, name);
	for (const char *at = list; (at = strchr(at, '('));) {
		char pattern[48], whole[64];

		snprintf(pattern, sizeof(pattern), "%.*s", (int)strcspn(at + 1, ")"), at + 1);
		snprintf(whole, sizeof(whole), "%s%s", strlen(pattern) < sizeof("00:00.0") ? "0000:" : "", pattern);
		if (!fnmatch(whole, name, FNM_CASEFOLD))
			return true;
		at++;
	}
	return false;
}

/* Options by which a module takes devices that no alias of it names. */
static const struct {
	const char *module, *option, *driver;
	bool (*match)(const char *value, const struct pci_device *device);
} takers[] = {
	{ "vfio-pci", "ids", "vfio-pci", modprobe_ids_match },
	{ "pci-stub", "ids", "pci-stub", modprobe_ids_match },
	{ "xen-pciback", "hide", "pciback", is_hidden },
};

static void scan_taker(struct rival_scan *scan, size_t taker, const struct modprobe_line *line, const char *value)
{
	struct rival rival = { .name = "modprobe", .aim = RIVAL_DRIVER, .stage = RIVAL_AT_LOAD, .vfs = -1 };

	text_copy(rival.driver, sizeof(rival.driver), takers[taker].driver);
	text_copy(rival.file, sizeof(rival.file), line->place);
	for (size_t i = 0; i < scan->inventory->count; i++)
		if (takers[taker].match(value, &scan->inventory->devices[i]))
			rival_add(scan, &rival, &scan->inventory->devices[i],
				"has %s take it when that is loaded (%s=%.100s)", takers[taker].module,
				takers[taker].option, value);
}

static void scan_ids(struct rival_scan *scan)
{
	char value[400];

	for (size_t i = 0; i < array_size(takers); i++)
		for (const struct modprobe_line *line = NULL;
			(line = modprobe_next(scan->conf, line, MODPROBE_OPTIONS, takers[i].module));)
			if (modprobe_option(line, takers[i].option, value, sizeof(value)))
				scan_taker(scan, i, line, value);
}

/* Options by which old drivers split their cards while they are loaded. */
static void scan_module_vfs(struct rival_scan *scan)
{
	static const char *const options[] = { "max_vfs", "num_vfs" };
	struct rival rival = { .name = "modprobe", .aim = RIVAL_VFS, .stage = RIVAL_AT_LOAD };
	const struct modprobe_line *line = NULL;
	uint64_t number;
	char value[32];

	while ((line = modprobe_next(scan->conf, line, MODPROBE_OPTIONS, NULL)))
		for (size_t k = 0; k < array_size(options); k++) {
			if (!modprobe_option(line, options[k], value, sizeof(value)))
				continue;
			value[strcspn(value, ",")] = '\0';
			rival.vfs = text_to_u64(value, UINT16_MAX, &number) ? -1 : (int64_t)number;
			text_copy(rival.file, sizeof(rival.file), line->place);
			for (size_t i = 0; i < scan->inventory->count; i++)
				if (scan->inventory->devices[i].sriov.capable &&
					modprobe_same_module(scan->inventory->devices[i].driver, line->module))
					rival_add(scan, &rival, &scan->inventory->devices[i],
						"has %s make it VFs while it is loaded (%s=%s)", line->module,
						options[k], value);
		}
}

/*
 * udev --------------------------------------------------------------------------------------------------------------
 */

struct udev_rule {
	bool fits, narrow; /* all keys that are known fit; there was one */
	char driver[32];
	int64_t vfs;
};

static bool netdev_fits(const struct pci_device *device, const char *glob)
{
	for (size_t i = 0; i < device->netdev_count; i++)
		if (!fnmatch(glob, device->netdevs[i].text, 0))
			return true;
	return false;
}

/* One "KEY==value": does it fit the device? Keys that say nothing about which device it is leave the rule as it is. */
static void udev_match(struct udev_rule *rule, const struct pci_device *device, const char *key, const char *value)
{
	char addr[PCI_ADDR_TEXT_SIZE], vendor[8], product[8];
	bool fits;

	pci_addr_text(device->addr, addr);
	snprintf(vendor, sizeof(vendor), "0x%04x", device->vendor_id);
	snprintf(product, sizeof(product), "0x%04x", device->device_id);
	if (!strcmp(key, "KERNEL") || !strcmp(key, "KERNELS") || !strcmp(key, "NAME") ||
		!strcmp(key, "ENV{INTERFACE}") || !strcmp(key, "ENV{PCI_SLOT_NAME}"))
		fits = !fnmatch(value, addr, 0) || netdev_fits(device, value);
	else if (!strcmp(key, "ATTR{vendor}") || !strcmp(key, "ATTRS{vendor}"))
		fits = !fnmatch(value, vendor, FNM_CASEFOLD);
	else if (!strcmp(key, "ATTR{device}") || !strcmp(key, "ATTRS{device}"))
		fits = !fnmatch(value, product, FNM_CASEFOLD);
	else if (!strcmp(key, "DRIVER") || !strcmp(key, "DRIVERS") || !strcmp(key, "ENV{ID_NET_DRIVER}"))
		fits = !fnmatch(value, device->driver, 0);
	else
		return;
	rule->narrow = true;
	rule->fits &= fits;
}

static void udev_assign(struct udev_rule *rule, const char *key, const char *value)
{
	uint64_t number;

	if (!text_starts_with(key, "ATTR{"))
		return;
	if (strstr(key, "driver_override}"))
		text_copy(rule->driver, sizeof(rule->driver), value);
	else if (strstr(key, "sriov_numvfs}") && !text_to_u64(value, UINT16_MAX, &number))
		rule->vfs = (int64_t)number;
}

static void udev_token(struct udev_rule *rule, const struct pci_device *device, char *token)
{
	char *end = token + strcspn(token, "=!+-:");
	char *value = strchr(token, '"');
	bool equal = text_starts_with(end, "==");

	if (!*end || !value || !strchr(value + 1, '"'))
		return;
	*strchr(value + 1, '"') = '\0';
	value++;
	if (!equal && *end != '=' && *end != ':')
		return;
	*end = '\0';
	text_chomp(token);
	if (equal)
		udev_match(rule, device, token, value);
	else
		udev_assign(rule, token, value);
}

static void udev_evaluate(struct udev_rule *rule, const struct pci_device *device, const char *text)
{
	char copy[1024];
	char *rest = copy;
	char *token;

	*rule = (struct udev_rule){ .fits = true, .vfs = -1 };
	text_copy(copy, sizeof(copy), text);
	while ((token = strsep(&rest, ","))) {
		token += strspn(token, " \t");
		udev_token(rule, device, token);
	}
}

static bool udev_line(const struct conf_line *line, void *context)
{
	struct rival rival = { .name = "udev", .stage = RIVAL_BY_UDEV };
	struct rival_scan *scan = context;
	const char *text = line->text + strspn(line->text, " \t");

	if (*text == '#' || (!strstr(text, "driver_override}") && !strstr(text, "sriov_numvfs}")))
		return true;
	rival_at(&rival, line);
	for (size_t i = 0; i < scan->inventory->count; i++) {
		const struct pci_device *device = &scan->inventory->devices[i];
		struct udev_rule rule;

		udev_evaluate(&rule, device, text);
		if (!rule.fits || !rule.narrow || (!rule.driver[0] && rule.vfs < 0))
			continue;
		rival.aim = rule.driver[0] ? RIVAL_DRIVER : RIVAL_VFS;
		rival.vfs = rule.vfs;
		text_copy(rival.driver, sizeof(rival.driver), rule.driver);
		if (rule.driver[0])
			rival_add(scan, &rival, device, "binds it to %s when it appears", rule.driver);
		else if (device->sriov.capable)
			rival_add(scan, &rival, device, "makes it %lld VFs when it appears", (long long)rule.vfs);
	}
	return true;
}

/*
 * Writers to sysfs --------------------------------------------------------------------------------------------------
 */

/* The device of a path in a line: .../devices/0000:01:00.0/... or .../class/net/eth0/device/... */
static const struct pci_device *device_of_path(const struct rival_scan *scan, const char *text)
{
	const char *net = strstr(text, "class/net/");
	struct pci_addr addr;
	char name[48];

	if (!net)
		return kernel_message_device(text, &addr) ? pci_inventory_find(scan->inventory, addr) : NULL;
	net += strlen("class/net/");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(net, "/ \t"), net);
	return rival_next_netdev(scan, NULL, name, "");
}

/* "echo 10de 1eb8 > .../new_id" is for all of these ids; "echo 0000:01:00.0 > .../bind" for one device. */
static void take_bind(struct rival_scan *scan, struct rival *rival, const char *text)
{
	const struct pci_inventory *inventory = scan->inventory;
	const struct pci_device *device = NULL;
	unsigned int vendor, product;
	struct pci_addr addr;
	char word[32], id[16];

	rival->aim = RIVAL_DRIVER;
	conf_echoed(text, word, sizeof(word));
	if (!pci_addr_parse(word, &addr))
		device = pci_inventory_find(inventory, addr);
	if (device)
		rival_add(scan, rival, device, "binds it to %s at boot", rival->driver);
	if (device || sscanf(word, "%4x%*1[ :]%4x", &vendor, &product) != 2)
		return;
	snprintf(id, sizeof(id), "%04x:%04x", vendor, product);
	for (size_t i = 0; i < inventory->count; i++)
		if (modprobe_ids_match(id, &inventory->devices[i]))
			rival_add(scan, rival, &inventory->devices[i], "has %s take all of %s at boot (new_id)",
				rival->driver, id);
}

static bool writer_line(const struct conf_line *line, void *context)
{
	struct rival rival = { .name = "boot script", .stage = RIVAL_BY_SERVICE, .vfs = -1 };
	struct rival_scan *scan = context;
	const char *text = line->text + strspn(line->text, " \t");
	bool vfs = strstr(text, "sriov_numvfs") != NULL;
	const struct pci_device *device;
	char value[32];
	uint64_t number;

	if (*text == '#')
		return true;
	if (conf_binds(text, rival.driver, sizeof(rival.driver))) {
		rival_at(&rival, line);
		take_bind(scan, &rival, text);
		return true;
	}
	if (!vfs && !strstr(text, "driver_override"))
		return true;
	device = device_of_path(scan, text);
	if (!device)
		return true;
	conf_written(text, value, sizeof(value));
	rival_at(&rival, line);
	rival.aim = vfs ? RIVAL_VFS : RIVAL_DRIVER;
	if (!vfs) {
		text_copy(rival.driver, sizeof(rival.driver), value);
		rival_add(scan, &rival, device, "sets its driver_override to %s at boot", value);
	} else if (!text_to_u64(value, UINT16_MAX, &number)) {
		rival.vfs = (int64_t)number;
		rival_add(scan, &rival, device, "makes it %s VFs at boot", value);
	} else {
		rival_add(scan, &rival, device, "writes its sriov_numvfs at boot");
	}
	return true;
}

static void scan_writers(struct rival_scan *scan)
{
	static const char *const files[] = { "etc/rc.local", "etc/rc.d/rc.local", "etc/sysfs.conf",
		"etc/network/interfaces" };
	static const char *const dirs[][2] = { { "etc/sysfs.d", NULL }, { "etc/tmpfiles.d", NULL },
		{ "etc/network/interfaces.d", NULL }, { "etc/systemd/system", NULL } };
	static const char *const suffixes[] = { ".conf", ".conf", "", ".service" };

	for (size_t i = 0; i < array_size(files); i++)
		if (conf_file_each(scan->root, files[i], writer_line, scan) == -EACCES)
			scan->rivals.incomplete = true;
	for (size_t i = 0; i < array_size(dirs); i++)
		if (!conf_dirs_each(scan->root, dirs[i], suffixes[i], writer_line, scan))
			scan->rivals.incomplete = true;
}

void rival_scan_driver(struct rival_scan *scan)
{
	static const char *const driverctl[] = { "etc/driverctl.d", NULL };
	static const char *const udev[] = { "etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d",
		"usr/lib/udev/rules.d", "lib/udev/rules.d", NULL };

	scan_ids(scan);
	scan_module_vfs(scan);
	if (!conf_dirs_each(scan->root, driverctl, "", driverctl_line, scan) ||
		!conf_dirs_each(scan->root, udev, ".rules", udev_line, scan))
		scan->rivals.incomplete = true;
	scan_writers(scan);
}
