// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on advice that guides spread, where it does nothing or does harm on this host: words of the kernel's command line, modules that
 * are gone, blacklists. Only what is known to be so is named: an argument that is not in these tables is nobody's business.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "pci/modalias.h"

struct advice {
	const char *key, *value; /* "pci=", "nomsi": one of the words between commas; value "": any */
	const char *vendor;      /* of the host: "intel", "amd"; NULL: any */
	const char *proof;       /* a file whose presence shows that it did nothing; NULL: it needs none */
	const char *says;
};

static const struct advice stale[] = {
	{ "intel_iommu=", "", "amd", NULL, "it is for Intel's IOMMU, and this host has AMD's, which is on by itself" },
	{ "amd_iommu=", "", "intel", NULL, "it is for AMD's IOMMU, and this host has Intel's" },
	{ "amd_iommu=", "on", "amd", NULL, "it has no such value: AMD's IOMMU is on by itself" },
	{ "amd_iommu=", "pt", "amd", NULL, "it has no such value: iommu=pt is meant" },
	{ "intel_iommu=", "pt", "intel", NULL, "it has no such value: iommu=pt is meant" },
	{ "iommu=", "on", NULL, NULL, "it has no such value" },
	{ "iommu=", "1", NULL, NULL, "it has no such value" },
	{ "initcall_blacklist=", "sysfb_init", NULL, "sys/bus/platform/devices/simple-framebuffer.0",
		"the boot's framebuffer is there all the same" },
	{ "video=", "efifb:off", NULL, "sys/bus/platform/devices/simple-framebuffer.0",
		"the boot's framebuffer is simpledrm's, not efifb's" },
	{ "video=", "vesafb:off", NULL, "sys/bus/platform/devices/simple-framebuffer.0",
		"the boot's framebuffer is simpledrm's, not vesafb's" },
};

static const struct advice harmful[] = {
	{ "pci=", "nomsi", NULL, NULL, "no device gets MSI or MSI-X, which guests need" },
	{ "pci=", "disable_acs_redir=", NULL, NULL, "devices may reach each other behind the IOMMU's back" },
	{ "iommu=", "soft", NULL, NULL, "it asks the kernel to do without the IOMMU, for hosts where that is broken" },
	{ "intel_iommu=", "igfx_off", "intel", NULL,
		"the processor's graphics is not confined, and cannot be given away" },
	{ "noapic", "", NULL, NULL, "without IOAPIC no interrupts are remapped" },
	{ "nolapic", "", NULL, NULL, "without local APIC there is no MSI, and no remapping" },
};

/* "intel" or "amd": the IOMMU's maker, or the processor's while no IOMMU is seen; "" unknown. */
static const char *host_vendor(const struct doctor *doctor)
{
	char text[512];

	if (doctor->host->iommu.vendor[0])
		return doctor->host->iommu.vendor;
	if (sysroot_read_text(&doctor->host->root, text, sizeof(text), "proc/cpuinfo") <= 0)
		return "";
	return strstr(text, "GenuineIntel") ? "intel" : strstr(text, "AuthenticAMD") ? "amd" : "";
}

/* Is value one of the comma-separated words behind the key of this argument, or the beginning of one ("x=")? */
static bool argument_has(const char *argument, const char *key, const char *value)
{
	size_t length = strlen(value);

	if (!length)
		return true;
	for (const char *at = argument + strlen(key); *at; at += strspn(at, ",;")) {
		size_t here = strcspn(at, ",;");

		if (!strncmp(at, value, length) && (here == length || value[length - 1] == '='))
			return true;
		at += here;
	}
	return false;
}

/* Does the advice hold for this host; the argument as it stands on the command line in buf. */
static bool advice_holds(
	const struct doctor *doctor, const struct advice *advice, const char *vendor, char *buf, size_t size)
{
	return doctor_argument(doctor, advice->key, buf, size) && argument_has(buf, advice->key, advice->value) &&
	       (!advice->vendor || !strcmp(advice->vendor, vendor)) &&
	       (!advice->proof || sysroot_exists(&doctor->host->root, "%s", advice->proof));
}

static void check_advice(const struct doctor *doctor, const struct advice *table, size_t count, const char *good,
	struct check_result *result)
{
	const char *vendor = host_vendor(doctor);
	size_t found = 0;
	char argument[128];

	if (!doctor->cmdline[0]) {
		check_say(result, CHECK_UNMEASURED, "/proc/cmdline cannot be read");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!advice_holds(doctor, &table[i], vendor, argument, sizeof(argument)))
			continue;
		if (!check_turn(result, &found))
			continue;
		check_say(result, CHECK_WARN, "%s: %s", argument, table[i].says);
		check_evidence(result, "/proc/cmdline has %s%s%s", argument, table[i].proof ? ", yet there is /" : "",
			table[i].proof ? table[i].proof : "");
		check_fix_drop_argument(doctor, result, argument);
	}
	if (found)
		return;
	check_say(result, CHECK_OK, "%s", good);
	check_evidence(result, "/proc/cmdline: %.250s", doctor->cmdline);
}

void check_cmdline_stale(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)device;
	check_advice(doctor, stale, array_size(stale), "none that is known", result);
}

void check_cmdline_harmful(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)device;
	check_advice(doctor, harmful, array_size(harmful), "none that is known", result);
}

/* Modules -------------------------------------------------------------------------------------------------------- */

/* A module of VFIO that is to be loaded and is not there (any more). */
static bool is_gone(const struct doctor *doctor, const struct modprobe_line *line)
{
	if (!text_starts_with(line->module, "vfio") ||
		line->module[strspn(line->module, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return false;
	switch (doctor_module_exists(doctor, line->module)) {
	case 0:
		return true;
	case 1:
		return false;
	default:
		return !strcmp(line->module, "vfio_virqfd") && doctor_kernel_at_least(doctor, 6, 2);
	}
}

void check_module_gone(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct modprobe_line *line = NULL;
	size_t found = 0, asked = 0;

	(void)device;
	while ((line = modprobe_next(&doctor->modprobe, line, MODPROBE_LOAD, NULL))) {
		asked += text_starts_with(line->module, "vfio");
		if (!is_gone(doctor, line))
			continue;
		if (!check_turn(result, &found))
			continue;
		check_say(result, CHECK_WARN, "%s is to be loaded, and this kernel has none%s", line->module,
			!strcmp(line->module, "vfio_virqfd") ? ": it is part of vfio since Linux 6.2" : "");
		check_evidence(result, "%s names %s; Linux %s", line->place, line->module, doctor->release);
		check_fix(result, "remove %s from %s%s%s", line->module, line->place,
			doctor->loader.initramfs_fix[0] ? ", then: " : "", doctor->loader.initramfs_fix);
	}
	if (found)
		return;
	check_say(result, CHECK_OK, "none of VFIO's that is to be loaded");
	check_evidence(result,
		"%zu words of /etc/modules, modules-load.d and the initramfs's lists name VFIO's modules", asked);
}

struct blacklisting {
	const struct doctor *doctor;
	struct pci_modaliases aliases;
};

static void blacklisting_done(struct blacklisting *blacklisting)
{
	pci_modaliases_done(&blacklisting->aliases);
}

static bool wants_module(const struct blacklisting *with, const struct pci_device *device, const char *module)
{
	struct pci_name names[16];
	int count = pci_modaliases_find(&with->aliases, device, names, array_size(names));

	for (int i = 0; i < count && i < (int)array_size(names); i++)
		if (modprobe_same_module(names[i].text, module))
			return true;
	return false;
}

/* Is it meant for guests: with VFIO, or taken by ids=. */
static bool is_for_guests(const struct doctor *doctor, const struct pci_device *device)
{
	const struct modprobe_line *line = NULL;
	char ids[400];

	if (pci_driver_is_vfio(device->driver))
		return true;
	while ((line = modprobe_next_ids(&doctor->modprobe, line, ids, sizeof(ids))))
		if (modprobe_ids_match(ids, device))
			return true;
	return false;
}

/*
 * The card that pays: without driver, although the blacklisted one is for it, while another card of the kind is what the
 * blacklist was written for. A single card without driver is what its operator wanted.
 */
static const struct pci_device *blacklist_victim(const struct blacklisting *with, const char *module)
{
	const struct pci_inventory *all = &with->doctor->host->pci;
	const struct pci_device *victim = NULL;
	bool meant = false;

	for (size_t i = 0; i < all->count; i++) {
		const struct pci_device *device = &all->devices[i];

		if (!wants_module(with, device, module))
			continue;
		if (is_for_guests(with->doctor, device))
			meant = true;
		else if (!device->driver[0])
			victim = victim ? victim : device;
	}
	return meant ? victim : NULL;
}

void check_blacklist(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	cleanup(blacklisting_done) struct blacklisting with = { .doctor = doctor };
	const struct modprobe_line *line = NULL;
	size_t found = 0, asked = 0;
	char name[PCI_ADDR_TEXT_SIZE];

	(void)device;
	pci_modaliases_read(&doctor->host->root, &with.aliases);
	while ((line = modprobe_next(&doctor->modprobe, line, MODPROBE_BLACKLIST, NULL))) {
		const struct pci_device *victim = line->by_admin ? blacklist_victim(&with, line->module) : NULL;

		asked += line->by_admin;
		if (!victim)
			continue;
		if (!check_turn(result, &found))
			continue;
		check_say(result, CHECK_WARN, "%s is blacklisted, which leaves %s without driver too", line->module,
			pci_addr_text(victim->addr, name));
		check_evidence(result, "%s: blacklist %s; /sys/bus/pci/devices/%s has no driver", line->place,
			line->module, name);
		check_fix(result, "remove that line and name the one card that is meant: sluice bind DEVICE, or "
				  "driverctl set-override "
				  "DEVICE vfio-pci");
	}
	if (found || !asked)
		return;
	if (!with.aliases.text) {
		check_say(result, CHECK_UNMEASURED, "/lib/modules/%s/modules.alias cannot be read", doctor->release);
		return;
	}
	check_say(result, CHECK_OK, "no card pays for what another is meant for");
	check_evidence(result, "%zu blacklist lines that are not the distribution's", asked);
}
