// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's IOMMU units as the kernel runs them: sys/class/iommu, sys/kernel/iommu_groups, the presence of the
 * firmware's DMAR, IVRS or (of a virtual machine) VIOT table, and whether interrupts are remapped.
 *
 * A unit's ability to remap (Intel's ecap bit 3) says nothing about remapping being on: the kernel, the firmware's
 * opt-out or an argument may have kept it off. proc/interrupts is the witness: with remapping on, the interrupt chips
 * of devices and IOAPICs are called "IR-...". The firmware tables themselves are not decoded here.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/iommu.h"

#define ECAP_INTERRUPT_REMAPPING (1ull << 3)

static const struct {
	const char *unit, *table, *vendor;
} vendors[] = {
	{ "dmar", "DMAR", "intel" },
	{ "ivhd", "IVRS", "amd" },
	/* Its units are called like the PCI function or device that they are (drivers/iommu/virtio-iommu.c). */
	{ NULL, "VIOT", "virtio" },
};

static bool is_virtio(const char *unit)
{
	struct pci_addr addr;

	return !pci_addr_parse(unit, &addr) || text_starts_with(unit, "virtio");
}

/* A group that VFIO made for a device which nothing confines (enable_unsafe_noiommu_mode) is called so. */
static bool is_unconfined(const struct sysroot *root, const char *group)
{
	char name[32];

	return sysroot_read_text(root, name, sizeof(name), "sys/kernel/iommu_groups/%s/name", group) > 0 &&
	       !strcmp(name, PCI_GROUP_UNCONFINED);
}

static bool has_groups(const struct sysroot *root)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/kernel/iommu_groups");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !is_unconfined(root, entry->d_name))
			return true;
	return false;
}

static void read_units(const struct sysroot *root, struct iommu_host *host)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/class/iommu");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		host->unit_count++;
		for (size_t i = 0; i < array_size(vendors); i++)
			if (vendors[i].unit ? text_starts_with(entry->d_name, vendors[i].unit)
					    : is_virtio(entry->d_name))
				text_copy(host->vendor, sizeof(host->vendor), vendors[i].vendor);
	}
	for (size_t i = 0; i < array_size(vendors); i++) {
		if (!sysroot_exists(root, "sys/firmware/acpi/tables/%s", vendors[i].table))
			continue;
		host->firmware_table = true;
		if (!host->vendor[0])
			text_copy(host->vendor, sizeof(host->vendor), vendors[i].vendor);
	}
}

/* What the lines of proc/interrupts say about remapping. */
struct interrupt_chips {
	char remapped[32]; /* the first such chip */
	char direct[32];
};

static void take_chip(struct interrupt_chips *chips, const char *word)
{
	if (text_starts_with(word, "IR-")) {
		if (!chips->remapped[0])
			text_copy(chips->remapped, sizeof(chips->remapped), word);
	} else if (text_starts_with(word, "IO-APIC") || text_starts_with(word, "PCI-MSI")) {
		if (!chips->direct[0])
			text_copy(chips->direct, sizeof(chips->direct), word);
	}
}

static bool read_chips(const struct sysroot *root, struct interrupt_chips *chips)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/interrupts");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t space = 0;

	if (!file)
		return false;
	take_fd(&fd);
	while (getline(&line, &space, file) > 0) {
		char *rest = line;
		char *word;

		while ((word = strsep(&rest, " \t\n")))
			take_chip(chips, word);
	}
	return true;
}

/* No unit that could remap is a "no" that needs no witness. Returns the number of units asked. */
static size_t count_remapping_units(const struct sysroot *root, size_t *ret_able)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/class/iommu");
	struct dirent *entry;
	size_t asked = 0;

	*ret_able = 0;
	while (dir && (entry = readdir(dir))) {
		char text[32];

		if (sysroot_read_text(root, text, sizeof(text), "sys/class/iommu/%s/intel-iommu/ecap", entry->d_name) <=
			0)
			continue;
		asked++;
		*ret_able += (strtoull(text, NULL, 16) & ECAP_INTERRUPT_REMAPPING) != 0;
	}
	return asked;
}

static void judge_remapping(const struct sysroot *root, struct iommu_host *host)
{
	struct interrupt_chips chips = { 0 };
	size_t able;
	size_t asked = count_remapping_units(root, &able);
	bool read = read_chips(root, &chips);

	host->interrupt_remapping = IOMMU_UNKNOWN;
	if (chips.remapped[0]) {
		host->interrupt_remapping = IOMMU_YES;
		snprintf(host->evidence, sizeof(host->evidence), "/proc/interrupts has the remapped chip %s",
			chips.remapped);
	} else if (asked && !able) {
		host->interrupt_remapping = IOMMU_NO;
		snprintf(host->evidence, sizeof(host->evidence),
			"bit 3 (interrupt remapping) is clear in ecap of all %zu units", asked);
	} else if (!host->unit_count && !host->translating) {
		host->interrupt_remapping = IOMMU_NO;
		snprintf(host->evidence, sizeof(host->evidence), "/sys/class/iommu has no unit");
	} else if (chips.direct[0]) {
		host->interrupt_remapping = IOMMU_NO;
		snprintf(host->evidence, sizeof(host->evidence), "/proc/interrupts has %s, and no chip named IR-…",
			chips.direct);
	} else {
		snprintf(host->evidence, sizeof(host->evidence), "/proc/interrupts %s",
			read ? "names no interrupt chip" : "cannot be read");
	}
}

int iommu_host_read(const struct sysroot *root, struct iommu_host *ret_host, struct error *err)
{
	struct iommu_host host = { 0 };
	char text[8];

	if (!sysroot_exists(root, "sys/bus"))
		return fail_code(err, CODE_FAILED, ENOENT, "there is no sysfs in %s/sys", root->path);
	read_units(root, &host);
	host.translating = has_groups(root);
	judge_remapping(root, &host);
	if (sysroot_read_text(
		    root, text, sizeof(text), "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts") > 0)
		host.unsafe_interrupts = text[0] == 'Y' || text[0] == '1';
	*ret_host = host;
	return 0;
}
