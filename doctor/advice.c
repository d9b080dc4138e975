// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on advice that guides spread, where it does nothing or does harm on this host: words of the kernel's
 * command line, modules that are gone, blacklists. Only what is known to be so is named: an argument that is not in
 * these tables is nobody's business.
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
static const char *host_vendor(const struct facts *facts)
{
	char text[512];

	if (facts->host->iommu.vendor[0])
		return facts->host->iommu.vendor;
	if (sysroot_read_text(&facts->host->root, text, sizeof(text), "proc/cpuinfo") <= 0)
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
	const struct facts *facts, const struct advice *advice, const char *vendor, char *buf, size_t size)
{
	return facts_argument(facts, advice->key, buf, size) && argument_has(buf, advice->key, advice->value) &&
	       (!advice->vendor || !strcmp(advice->vendor, vendor)) &&
	       (!advice->proof || sysroot_exists(&facts->host->root, "%s", advice->proof));
}

static void check_advice(const struct facts *facts, const struct advice *table, size_t count, const char *good,
	struct findings *findings)
{
	const char *vendor = host_vendor(facts);
	size_t found = 0;
	char argument[128];

	if (!facts->cmdline[0]) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/cmdline cannot be read");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!advice_holds(facts, &table[i], vendor, argument, sizeof(argument)))
			continue;
		found++;
		finding_new(findings);
		finding_say(findings, CHECK_WARN, "%s: %s", argument, table[i].says);
		finding_evidence(findings, "/proc/cmdline has %s%s%s", argument,
			table[i].proof ? ", yet there is /" : "", table[i].proof ? table[i].proof : "");
		fix_drop_argument(facts, findings, argument);
	}
	if (found)
		return;
	finding_say(findings, CHECK_OK, "%s", good);
	finding_evidence(findings, "/proc/cmdline: %.250s", facts->cmdline);
}

static void check_cmdline_stale(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	(void)device;
	check_advice(facts, stale, array_size(stale), "none that is known", findings);
}

static void check_cmdline_harmful(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	(void)device;
	check_advice(facts, harmful, array_size(harmful), "none that is known", findings);
}

/* Modules -------------------------------------------------------------------------------------------------------- */

/* A module of VFIO that is to be loaded and is not there (any more). */
static bool is_gone(const struct facts *facts, const struct modprobe_line *line)
{
	if (!text_starts_with(line->module, "vfio") ||
		line->module[strspn(line->module, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return false;
	switch (facts_module_exists(facts, line->module)) {
	case 0:
		return true;
	case 1:
		return false;
	default:
		return !strcmp(line->module, "vfio_virqfd") && facts_kernel_at_least(facts, 6, 2);
	}
}

static void check_module_gone(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct modprobe_line *line = NULL;
	size_t found = 0, asked = 0;

	(void)device;
	while ((line = modprobe_next(&facts->modprobe, line, MODPROBE_LOAD, NULL))) {
		asked += text_starts_with(line->module, "vfio");
		if (!is_gone(facts, line))
			continue;
		found++;
		finding_new(findings);
		finding_say(findings, CHECK_WARN, "%s is to be loaded, and this kernel has none%s", line->module,
			!strcmp(line->module, "vfio_virqfd") ? ": it is part of vfio since Linux 6.2" : "");
		finding_evidence(findings, "%s names %s; Linux %s", line->place, line->module, facts->release);
		finding_fix(findings, "remove %s from %s%s%s", line->module, line->place,
			facts->loader.initramfs_fix[0] ? ", then: " : "", facts->loader.initramfs_fix);
	}
	if (found)
		return;
	finding_say(findings, CHECK_OK, "none of VFIO's that is to be loaded");
	finding_evidence(findings,
		"%zu words of /etc/modules, modules-load.d and the initramfs's lists name VFIO's modules", asked);
}

struct blacklisting {
	const struct facts *facts;
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
static bool is_for_guests(const struct facts *facts, const struct pci_device *device)
{
	const struct modprobe_line *line = NULL;
	char ids[400];

	if (pci_driver_is_vfio(device->driver))
		return true;
	while ((line = modprobe_next_ids(&facts->modprobe, line, ids, sizeof(ids))))
		if (modprobe_ids_match(ids, device))
			return true;
	return false;
}

/*
 * The card that pays: without driver, although the blacklisted one is for it, while another card of the kind is what
 * the blacklist was written for. A single card without driver is what its operator wanted.
 */
static const struct pci_device *blacklist_victim(
	const struct blacklisting *with, const char *module, const struct pci_device **ret_meant)
{
	const struct pci_inventory *all = &with->facts->host->pci;
	const struct pci_device *victim = NULL;
	const struct pci_device *meant = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct pci_device *device = &all->devices[i];

		if (!wants_module(with, device, module))
			continue;
		if (is_for_guests(with->facts, device))
			meant = meant ? meant : device;
		else if (!device->driver[0])
			victim = victim ? victim : device;
	}
	*ret_meant = meant;
	return meant ? victim : NULL;
}

static void check_blacklist(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	cleanup(blacklisting_done) struct blacklisting with = { .facts = facts };
	const struct modprobe_line *line = NULL;
	size_t found = 0, asked = 0;
	char name[PCI_ADDR_TEXT_SIZE], wanted[PCI_ADDR_TEXT_SIZE];
	const struct pci_device *meant;

	(void)device;
	pci_modaliases_read(&facts->host->root, &with.aliases);
	while ((line = modprobe_next(&facts->modprobe, line, MODPROBE_BLACKLIST, NULL))) {
		const struct pci_device *victim = line->by_admin ? blacklist_victim(&with, line->module, &meant) : NULL;

		asked += line->by_admin;
		if (!victim)
			continue;
		found++;
		finding_new(findings);
		finding_say(findings, CHECK_WARN, "%s is blacklisted, which leaves %s without driver too", line->module,
			pci_addr_text(victim->addr, name));
		finding_evidence(findings, "%s: blacklist %s; /sys/bus/pci/devices/%s has no driver", line->place,
			line->module, name);
		finding_fix(findings,
			"remove 'blacklist %s' from %s, and have the card that is meant bound by its address: "
			"driverctl set-override %s vfio-pci",
			line->module, line->place, pci_addr_text(meant->addr, wanted));
	}
	if (found || !asked)
		return;
	if (!with.aliases.text) {
		finding_say(findings, CHECK_UNMEASURED, "/lib/modules/%s/modules.alias cannot be read", facts->release);
		return;
	}
	finding_say(findings, CHECK_OK, "no card pays for what another is meant for");
	finding_evidence(findings, "%zu blacklist lines that are not the distribution's", asked);
}

const struct check advice_checks[] = {
	{ CODE_CMDLINE_HARMFUL, SECTION_SETTINGS, SCOPE_HOST, "Harmful kernel arguments",
		"the argument takes away what passing devices through needs", check_cmdline_harmful },
	{ CODE_CMDLINE_STALE, SECTION_SETTINGS, SCOPE_HOST, "Kernel arguments without effect",
		"who reads them believes that something is set up which is not", check_cmdline_stale },
	{ CODE_MODULE_GONE, SECTION_SETTINGS, SCOPE_HOST, "Modules that are gone",
		"lists that name them make initramfs tools fail, or boots wait", check_module_gone },
	{ CODE_BLACKLIST_HARMS, SECTION_SETTINGS, SCOPE_HOST, "Blacklisted drivers",
		"a blacklist takes the driver from all cards of a kind", check_blacklist },
	{ .run = NULL },
};
