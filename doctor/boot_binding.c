// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on devices that vfio-pci is to take at boot, by ids= in modprobe.d or on the kernel's command line: whom
 * that takes, whether it did, and if not, why: the option was not read (built in), came too late (initramfs), or
 * another driver was faster.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

enum {
	IDS_SIZE = 400
};

static bool has_ids(const struct facts *facts)
{
	char ids[IDS_SIZE];

	return modprobe_next_ids(&facts->modprobe, NULL, ids, sizeof(ids)) != NULL;
}

/* Physical devices that a list takes, as text; returns how many. VFs are alike by nature. */
static size_t taken_by(const struct facts *facts, const char *ids, char *buf, size_t size)
{
	const struct pci_inventory *all = &facts->host->pci;
	size_t used = 0, count = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < all->count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];

		if (all->devices[i].is_vf || !modprobe_ids_match(ids, &all->devices[i]))
			continue;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", count ? ", " : "",
				pci_addr_text(all->devices[i].addr, name));
		count++;
	}
	return count;
}

/* The next single id of a list, behind *at; false at its end. */
static bool next_id(const char **at, char *buf, size_t size)
{
	size_t length;

	*at += strspn(*at, ",");
	length = strcspn(*at, ",");
	snprintf(buf, size, "%.*s", (int)length, *at);
	*at += length;
	return length > 0;
}

/* Where a line can be changed: /proc/cmdline only shows what the boot loader has. */
static const char *editable(const char *place)
{
	return strcmp(place, "/proc/cmdline") != 0
		       ? place
		       : "vfio-pci.ids= of the kernel's command line (in the boot loader's configuration)";
}

/* Does an earlier line have this id? Then it was told there, with all places. */
static bool was_told(const struct facts *facts, const struct modprobe_line *line, const char *id)
{
	const struct modprobe_line *earlier = NULL;
	char ids[IDS_SIZE], other[64];

	while ((earlier = modprobe_next_ids(&facts->modprobe, earlier, ids, sizeof(ids))) && earlier != line)
		for (const char *at = ids; next_id(&at, other, sizeof(other));)
			if (!strcasecmp(other, id))
				return true;
	return false;
}

/* ", /proc/cmdline": the other lines that have the id, in buf; "" for none. */
static const char *other_places(
	const struct facts *facts, const struct modprobe_line *line, const char *id, char *buf, size_t size)
{
	const struct modprobe_line *other = NULL;
	char ids[IDS_SIZE], own[64];
	size_t used = 0;

	buf[0] = '\0';
	while ((other = modprobe_next_ids(&facts->modprobe, other, ids, sizeof(ids))))
		for (const char *at = ids; other != line && used < size && next_id(&at, own, sizeof(own));)
			if (!strcasecmp(own, id)) {
				used += (size_t)snprintf(buf + used, size - used, " and %s", editable(other->place));
				break;
			}
	return buf;
}

static void check_twins(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct modprobe_line *line = NULL;
	char ids[IDS_SIZE], id[64], who[160], others[200];
	size_t found = 0;

	(void)device;
	while ((line = modprobe_next_ids(&facts->modprobe, line, ids, sizeof(ids))))
		for (const char *at = ids; next_id(&at, id, sizeof(id));) {
			size_t count = taken_by(facts, id, who, sizeof(who));

			if (count < 2 || was_told(facts, line, id))
				continue;
			found++;
			finding_new(findings);
			finding_say(findings, CHECK_WARN, "ids=%s takes %zu cards alike: %s", id, count, who);
			finding_evidence(findings, "%s: ids=%s", line->place, ids);
			finding_fix(findings,
				"remove %s from %s%s, and have the one that is meant bound by its address, with "
				"'sluice bind' or 'driverctl set-override'; they are %s",
				id, editable(line->place), other_places(facts, line, id, others, sizeof(others)), who);
		}
	if (found)
		return;
	finding_say(findings, CHECK_OK, has_ids(facts) ? "each id is one card's" : "none is taken by its id");
	finding_evidence(findings, has_ids(facts) ? "ids= of vfio-pci, against all devices"
						  : "no ids= of vfio-pci in modprobe.d or /proc/cmdline");
}

static void check_ids_stale(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct modprobe_line *line = NULL;
	char ids[IDS_SIZE], id[64], others[200];
	size_t found = 0;

	(void)device;
	if (!has_ids(facts))
		return;
	while ((line = modprobe_next_ids(&facts->modprobe, line, ids, sizeof(ids))))
		for (const char *at = ids; next_id(&at, id, sizeof(id));) {
			bool matches = false;

			for (size_t i = 0; i < facts->host->pci.count; i++)
				matches |= modprobe_ids_match(id, &facts->host->pci.devices[i]);
			if (matches || was_told(facts, line, id))
				continue;
			found++;
			finding_new(findings);
			finding_say(findings, CHECK_WARN, "ids=%s is no device of this host", id);
			finding_evidence(findings, "%s: ids=%s", line->place, ids);
			finding_fix(findings, "remove %s from %s%s; 'sluice list' shows what there is", id,
				editable(line->place), other_places(facts, line, id, others, sizeof(others)));
		}
	if (found)
		return;
	finding_say(findings, CHECK_OK, "each is a device of this host");
	finding_evidence(findings, "ids= of vfio-pci, against all devices");
}

static bool is_builtin(const struct facts *facts, const char *module)
{
	cleanup_free char *modules = NULL;
	int listed = facts_module_is_builtin(facts, module);
	char wanted[80];

	if (listed >= 0)
		return listed;
	/* Without the list: it is there, and was not loaded. */
	modules = calloc(1, 1 << 16);
	snprintf(wanted, sizeof(wanted), "%s ", module);
	return modules && sysroot_exists(&facts->host->root, "sys/module/%s", module) &&
	       sysroot_read_text(&facts->host->root, modules, 1 << 16, "proc/modules") > 0 && !strstr(modules, wanted);
}

static bool softdep_exists(const struct facts *facts, const char *driver)
{
	const struct modprobe_line *line = modprobe_next(&facts->modprobe, NULL, MODPROBE_SOFTDEP, driver);

	return line && strstr(line->text, "vfio");
}

/* ids= names the device, and it is with another driver, or with none. */
static void bind_lost(const struct facts *facts, const struct pci_device *device, const struct modprobe_line *line,
	const char *ids, struct findings *findings)
{
	char commands[320], argument[IDS_SIZE + 16], name[PCI_ADDR_TEXT_SIZE];
	const char *driver = device->driver[0] ? device->driver : "nothing";

	pci_addr_text(device->addr, name);
	finding_evidence(
		findings, "%s: ids=%.100s; /sys/bus/pci/devices/%s/driver: %s", line->place, ids, name, driver);
	if (strcmp(line->place, "/proc/cmdline") != 0 && is_builtin(facts, "vfio_pci")) {
		finding_say(
			findings, CHECK_WARN, "%s has %s: vfio-pci is built in and reads no modprobe.d", driver, name);
		snprintf(argument, sizeof(argument), "vfio-pci.ids=%s", ids);
		fix_add_argument(facts, findings, argument);
	} else if (!device->driver[0]) {
		finding_say(findings, CHECK_WARN, "nothing has %s: vfio-pci was not loaded at boot", name);
		finding_fix(findings, "%s",
			boot_loader_early_module(&facts->loader, "vfio-pci", commands, sizeof(commands)));
	} else if (facts_module_is_builtin(facts, device->driver) == 1) {
		finding_say(
			findings, CHECK_WARN, "%s has %s: it is built in, and comes before any module", driver, name);
		finding_fix(
			findings, "sluice bind %s after each boot, or driverctl set-override %s vfio-pci", name, name);
	} else if (softdep_exists(facts, device->driver)) {
		finding_say(findings, CHECK_WARN, "%s has %s, although vfio-pci is to come before it", driver, name);
		finding_fix(findings, "make the initramfs anew and reboot: %s",
			facts->loader.initramfs_fix[0] ? facts->loader.initramfs_fix : "see your distribution");
	} else {
		finding_say(findings, CHECK_WARN, "%s has %s: it was loaded before vfio-pci", driver, name);
		finding_fix(findings, "echo 'softdep %s pre: vfio-pci' >> /etc/modprobe.d/vfio.conf && %s, then reboot",
			driver, boot_loader_early_module(&facts->loader, "vfio-pci", commands, sizeof(commands)));
	}
}

/* The last line that takes the device, with its ids; NULL for none. The command line comes last, and is always read. */
static const struct modprobe_line *line_that_takes(
	const struct facts *facts, const struct pci_device *device, char ids[static IDS_SIZE])
{
	const struct modprobe_line *line = NULL, *last = NULL;
	char own[IDS_SIZE];

	while ((line = modprobe_next_ids(&facts->modprobe, line, own, sizeof(own))))
		if (modprobe_ids_match(own, device)) {
			last = line;
			text_copy(ids, IDS_SIZE, own);
		}
	return last;
}

static void check_early_bind(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct pci_inventory *all = &facts->host->pci;
	char ids[IDS_SIZE];
	size_t found = 0, taken = 0;

	(void)device;
	if (!has_ids(facts))
		return;
	for (size_t i = 0; i < all->count; i++) {
		const struct modprobe_line *line = line_that_takes(facts, &all->devices[i], ids);

		if (line && pci_driver_is_vfio(all->devices[i].driver))
			taken++;
		if (!line || pci_driver_is_vfio(all->devices[i].driver))
			continue;
		found++;
		finding_new(findings);
		bind_lost(facts, &all->devices[i], line, ids, findings);
	}
	if (found)
		return;
	finding_say(findings, CHECK_OK, "vfio-pci has all %zu devices that ids= names", taken);
	finding_evidence(findings, "/sys/bus/pci/devices/*/driver of those devices");
}

static void check_modprobe_ignored(
	const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const char *const modules[] = { "vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1", "kvm",
		"kvm_intel", "kvm_amd" };
	const struct modprobe_line *line = NULL;
	size_t found = 0, asked = 0;
	char argument[256];

	(void)device;
	while ((line = modprobe_next(&facts->modprobe, line, MODPROBE_OPTIONS, NULL)))
		for (size_t i = 0; i < array_size(modules); i++) {
			if (!line->by_admin || strcmp(line->module, modules[i]) != 0 ||
				!strcmp(line->place, "/proc/cmdline"))
				continue;
			asked++;
			if (!is_builtin(facts, modules[i]))
				continue;
			found++;
			finding_new(findings);
			finding_say(findings, CHECK_WARN, "%s is built into the kernel: \"%.100s\" is not read",
				modules[i], line->text);
			finding_evidence(findings, "%s: options %s; /lib/modules/%.60s/modules.builtin has %s",
				line->place, line->module, facts->release, modules[i]);
			snprintf(argument, sizeof(argument), "%s.%.*s", modules[i], (int)strcspn(line->text, " \t"),
				line->text);
			fix_add_argument(facts, findings, argument);
		}
	if (found || !asked)
		return;
	finding_say(findings, CHECK_OK, "read when the modules are loaded");
	finding_evidence(findings, "%zu lines for modules of VFIO and KVM, none of which is built in", asked);
}

/* Lines that only count at boot when the initramfs has them. */
static bool belongs_into_initramfs(const struct modprobe_line *line)
{
	if (!line->by_admin || !text_starts_with(line->place, "/etc/"))
		return false;
	return (line->kind == MODPROBE_OPTIONS && !strcmp(line->module, "vfio_pci")) ||
	       (line->kind == MODPROBE_SOFTDEP && strstr(line->text, "vfio")) ||
	       (line->kind == MODPROBE_LOAD && text_starts_with(line->module, "vfio") &&
		       !strstr(line->place, "modules-load.d") && !text_starts_with(line->place, "/etc/modules:"));
}

/* When the file of a place "/etc/x.conf:3" was written; -1 unknown. */
static int64_t written(const struct sysroot *root, const char *place)
{
	char file[144];
	int64_t when;

	snprintf(file, sizeof(file), "%.*s", (int)strcspn(place + 1, ":"), place + 1);
	return boot_loader_file_time(root, file, &when) ? when : -1;
}

/* The latest of the settings that the initramfs should have; NULL: none. */
static const struct modprobe_line *newest_setting(const struct facts *facts, int64_t *ret_last)
{
	const struct modprobe_line *newest = NULL;

	*ret_last = -1;
	for (size_t i = 0; i < facts->modprobe.count; i++) {
		const struct modprobe_line *line = &facts->modprobe.line[i];
		int64_t when = -1;

		if (!belongs_into_initramfs(line))
			continue;
		when = written(&facts->host->root, line->place);
		if (newest && when <= *ret_last)
			continue;
		newest = line;
		*ret_last = when;
	}
	return newest;
}

static void check_initramfs(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct sysroot *root = &facts->host->root;
	const struct modprobe_line *newest;
	char image[160];
	int64_t made, last;

	(void)device;
	newest = newest_setting(facts, &last);
	if (!newest)
		return;
	if (!facts->release[0] || !boot_loader_initramfs(root, facts->release, image, sizeof(image), &made)) {
		finding_say(findings, CHECK_UNMEASURED, "the initramfs of this kernel was not found in /boot");
		return;
	}
	if (last < 0 || made < 0) {
		finding_say(findings, CHECK_UNMEASURED, "a captured host's files have the times of the capture");
		return;
	}
	finding_evidence(findings, "%s was written %lld s %s /%s was made", newest->place,
		(long long)(last > made ? last - made : made - last), last > made ? "after" : "before", image);
	if (last <= made) {
		finding_say(findings, CHECK_OK, "newer than the settings for vfio-pci");
	} else {
		finding_say(findings, CHECK_WARN, "older than %s, which counts at boot only from there", newest->place);
		finding_fix(findings, "%s, then reboot",
			facts->loader.initramfs_fix[0] ? facts->loader.initramfs_fix : "make the initramfs anew");
	}
}

const struct check boot_binding_checks[] = {
	{ CODE_DEV_TWIN, SECTION_SETTINGS, SCOPE_HOST, "Devices taken by id", "ids= takes every card of a kind",
		check_twins },
	{ CODE_IDS_STALE, SECTION_SETTINGS, SCOPE_HOST, "Ids of devices",
		"the setting is for a card that this host does not have (any more)", check_ids_stale },
	{ CODE_EARLY_BIND_LOST, SECTION_SETTINGS, SCOPE_HOST, "Binding at boot",
		"the device's own driver was faster than vfio-pci", check_early_bind },
	{ CODE_MODPROBE_IGNORED, SECTION_SETTINGS, SCOPE_HOST, "Options in modprobe.d",
		"what is built into the kernel never asks modprobe", check_modprobe_ignored },
	{ CODE_INITRAMFS_STALE, SECTION_SETTINGS, SCOPE_HOST, "Initramfs",
		"drivers are loaded with the options that the initramfs was made with", check_initramfs },
	{ .run = NULL },
};
