// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on VFIO: its modules, nodes and options, loaded ones (sys/module) and those that wait in modprobe.d. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "iommu/unconfined.h"
#include "os/place.h"

enum {
	DMA_ENTRIES_WANTED = 64,
};

static bool is_yes(const char *value)
{
	return value[0] == 'Y' || value[0] == 'y' || value[0] == '1';
}

/* Where an option is set, "" when it is not; returns its truth. */
static bool option_place(const struct facts *facts, const char *module, const char *option, char *place, size_t size)
{
	char value[32];
	const struct modprobe_line *line = modprobe_setting(&facts->modprobe, module, option, value, sizeof(value));

	text_copy(place, size, line ? line->place : "");
	return line && is_yes(value);
}

/* An option that should be off: what is loaded, and what the next load would bring. */
struct bad_option {
	const char *module, *option, *file; /* of its value now */
	const char *on, *off;               /* what it means */
};

static void check_bad_option(const struct facts *facts, const struct bad_option *bad, struct findings *findings)
{
	bool loaded, configured;
	char value[8] = "", place[144];

	loaded = sysroot_read_text(&facts->host->root, value, sizeof(value), "%s", bad->file) > 0;
	configured = option_place(facts, bad->module, bad->option, place, sizeof(place));
	if (loaded)
		finding_evidence(findings, "/%s: %s%s%s%s", bad->file, value, place[0] ? "; set in " : "", place,
			place[0] ? configured ? " to on" : " to off" : "");
	else
		finding_evidence(findings, "%s: %s=%s", place, bad->option, configured ? "on" : "off");
	if ((loaded && is_yes(value)) || (configured && place[0])) {
		finding_say(findings, CHECK_WARN, "%s%s", bad->on,
			loaded && is_yes(value) ? "" : ", from the next load of the module on");
		if (place[0])
			finding_fix(findings, "remove %s from %s%s%s, and: echo 0 > /%s", bad->option, place,
				facts->loader.initramfs_fix[0] ? ", then " : "", facts->loader.initramfs_fix,
				bad->file);
		else
			finding_fix(findings, "echo 0 > /%s", bad->file);
	} else if (loaded) {
		finding_say(findings, CHECK_OK, "%s", bad->off);
	} else {
		finding_say(findings, CHECK_OK, "%s; %s is not loaded yet", bad->off, bad->module);
		finding_evidence(findings, "no modprobe.d and no kernel argument sets %s", bad->option);
	}
}

static void check_unsafe_interrupts(
	const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct bad_option bad = { "vfio_iommu_type1", "allow_unsafe_interrupts",
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "VFIO was told to accept them",
		"not accepted" };

	(void)device;
	check_bad_option(facts, &bad, findings);
}

/* Devices that are open to it already count for more than the option: they stay so when it is switched off. */
static bool say_unconfined(const struct facts *facts, struct findings *findings)
{
	const struct pci_inventory *all = &facts->host->pci;
	char node[64], first[64] = "", name[PCI_ADDR_TEXT_SIZE] = "";
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (!pci_driver_is_vfio(all->devices[i].driver) || all->devices[i].iommu_group >= 0 ||
			!iommu_unconfined_node(&facts->host->root, all->devices[i].addr, node, sizeof(node)))
			continue;
		if (count++)
			continue;
		text_copy(first, sizeof(first), node);
		pci_addr_text(all->devices[i].addr, name);
	}
	if (!count)
		return false;
	finding_say(findings, CHECK_FAIL, "%zu device%s can be opened with nothing that confines %s: %s", count,
		count == 1 ? "" : "s", count == 1 ? "it" : "them", name);
	finding_evidence(findings, "%s exists", first);
	finding_fix(findings,
		"sluice release %s%s; then echo 0 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode, and remove "
		"it "
		"from /etc/modprobe.d and the kernel's command line",
		name, count == 1 ? "" : " (and the others)");
	return true;
}

static void check_noiommu(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct bad_option bad = { "vfio", "enable_unsafe_noiommu_mode",
		"sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		"VFIO was told to give devices away although nothing confines them", "not allowed" };

	(void)device;
	if (!say_unconfined(facts, findings))
		check_bad_option(facts, &bad, findings);
}

static void check_vfio_modules(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct modprobe_line *line = modprobe_next(&facts->modprobe, NULL, MODPROBE_BLACKLIST, "vfio-pci");
	struct place place;

	(void)device;
	if (sysroot_exists(&facts->host->root, "sys/bus/pci/drivers/vfio-pci")) {
		finding_say(findings, CHECK_OK, "vfio-pci is loaded or built in");
		finding_evidence(findings, "/sys/bus/pci/drivers/vfio-pci exists");
		return;
	}
	if (!facts->release[0]) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/sys/kernel/osrelease cannot be read");
		return;
	}
	if (facts_module_exists(facts, "vfio-pci") == 1) {
		finding_say(findings, line ? CHECK_WARN : CHECK_OK, "vfio-pci is not loaded yet%s",
			line ? ", and blacklisted" : ", and is loaded when it is needed");
		finding_evidence(findings, "/lib/modules/%s/modules.dep has vfio-pci%s%s", facts->release,
			line ? "; blacklisted in " : "", line ? line->place : "");
		if (line)
			finding_fix(findings, "remove that line");
		return;
	}
	place_read(&facts->host->root, &place);
	if (place.is_container) {
		finding_say(
			findings, CHECK_UNMEASURED, "vfio-pci is not loaded, and a container does not show modules");
		return;
	}
	finding_evidence(findings, "neither /sys/bus/pci/drivers nor /lib/modules/%s has vfio-pci", facts->release);
	finding_say(findings, CHECK_FAIL, "vfio-pci is neither loaded nor loadable");
	finding_fix(findings,
		"install the kernel's full set of modules; cloud kernels leave VFIO out (Debian: apt install "
		"linux-image-amd64; Ubuntu: linux-modules-extra-$(uname -r))");
}

/* What options of vfio-pci mean when they are on. Others are told, and judged by nobody. */
static void check_vfio_pci_options(
	const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct {
		const char *option, *harm; /* NULL: none */
	} known[] = {
		{ "disable_denylist", "devices that are known to break out are given away too" },
		{ "nointxmask", "interrupt lines cannot be shared" },
		{ "enable_sriov", NULL },
		{ "disable_idle_d3", NULL },
		{ "disable_vga", NULL },
	};
	char on[160] = "";
	size_t used = 0;

	(void)device;
	if (!sysroot_exists(&facts->host->root, "sys/module/vfio_pci/parameters")) {
		finding_say(findings, CHECK_UNMEASURED, "vfio-pci is not loaded");
		return;
	}
	for (size_t i = 0; i < array_size(known); i++) {
		char value[8], place[144];

		if (sysroot_read_text(&facts->host->root, value, sizeof(value), "sys/module/vfio_pci/parameters/%s",
			    known[i].option) <= 0 ||
			!is_yes(value))
			continue;
		used += (size_t)snprintf(on + used, sizeof(on) - used, "%s%s", used ? ", " : "", known[i].option);
		if (!known[i].harm)
			continue;
		option_place(facts, "vfio-pci", known[i].option, place, sizeof(place));
		finding_say(findings, CHECK_WARN, "%s is on: %s", known[i].option, known[i].harm);
		finding_evidence(findings, "/sys/module/vfio_pci/parameters/%s: %s%s%s", known[i].option, value,
			place[0] ? "; set in " : "", place);
		finding_fix(findings,
			"remove %s from %s, then load vfio-pci anew: modprobe -r vfio-pci; modprobe vfio-pci",
			known[i].option, place[0] ? place : "where it is set");
		return;
	}
	finding_evidence(findings, "/sys/module/vfio_pci/parameters: %s", on[0] ? on : "all off");
	finding_say(findings, CHECK_OK, "%s", on[0] ? on : "all off");
}

static void check_dma_limit(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const char file[] = "sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
	char place[144];
	uint64_t limit;

	(void)device;
	option_place(facts, "vfio_iommu_type1", "dma_entry_limit", place, sizeof(place));
	if (sysroot_read_u64(&facts->host->root, &limit, "%s", file)) {
		finding_say(findings, CHECK_UNMEASURED, "vfio_iommu_type1 is not loaded");
		return;
	}
	finding_evidence(findings, "/%s: %llu", file, (unsigned long long)limit);
	finding_say(findings, limit < DMA_ENTRIES_WANTED ? CHECK_FAIL : CHECK_OK, "%llu mappings for each guest",
		(unsigned long long)limit);
	if (limit < DMA_ENTRIES_WANTED && place[0])
		finding_fix(findings, "remove dma_entry_limit from %s; until then, echo 65535 > /%s", place, file);
	else if (limit < DMA_ENTRIES_WANTED)
		finding_fix(findings, "the default is 65535: echo 65535 > /%s", file);
}

const struct check vfio_checks[] = {
	{ CODE_VFIO_NO_MODULE, SECTION_VFIO, SCOPE_HOST, "VFIO", "devices are given to guests by vfio-pci",
		check_vfio_modules },
	{ CODE_UNSAFE_INTERRUPTS, SECTION_VFIO, SCOPE_HOST, "Unsafe interrupts",
		"the setting hides that interrupts are not confined", check_unsafe_interrupts },
	{ CODE_VFIO_NOIOMMU, SECTION_VFIO, SCOPE_HOST, "VFIO without IOMMU",
		"whoever has such a device has all of the host's memory", check_noiommu },
	{ CODE_VFIO_PCI_OPTIONS, SECTION_VFIO, SCOPE_HOST, "Options of vfio-pci",
		"some options give devices away that should stay", check_vfio_pci_options },
	{ CODE_DMA_LIMIT, SECTION_VFIO, SCOPE_HOST, "DMA mappings", "each range of guest memory is one mapping",
		check_dma_limit },
	{ .run = NULL },
};
