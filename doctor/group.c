// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on a device's IOMMU group: whether it has one, who else is in it and what merges them (iommu/proof.h), whether VFIO
 * can take it, and memory that the firmware reserves for the device (iommu/table.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "iommu/proof.h"

enum {
	CLASS_PCI_BRIDGE = 0x0604
};

void check_group(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	if (device->iommu_group >= 0) {
		check_say(result, CHECK_OK, "group %d", device->iommu_group);
		check_evidence(result, "/sys/bus/pci/devices/%s/iommu_group: %d", result->subject, device->iommu_group);
		return;
	}
	check_say(result, CHECK_FAIL, "it is in no IOMMU group");
	check_evidence(result, "/sys/bus/pci/devices/%s/iommu_group does not exist", result->subject);
	if (doctor->host->iommu.translating)
		check_fix(result,
			"the firmware's table leaves this device out: update the firmware, or use another slot");
	else
		check_fix(result, "switch the IOMMU on: 'sluice doctor' says how");
}

static bool read_group(const struct doctor *doctor, const struct pci_device *device, struct iommu_group *ret_group,
	struct check_result *result)
{
	struct error err;

	if (device->iommu_group < 0)
		return false;
	if (!iommu_group_read(&doctor->host->root, device->iommu_group, ret_group, &err))
		return true;
	check_say(result, CHECK_UNMEASURED, "%.200s", err.msg);
	return false;
}

/* The members beside the device itself and bridges, as text; returns how many. */
static size_t other_members(const struct doctor *doctor, const struct pci_device *device,
	const struct iommu_group *group, char *buf, size_t size)
{
	size_t used = 0, count = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&doctor->host->pci, group->device[i]);
		char name[PCI_ADDR_TEXT_SIZE];

		if (!pci_addr_compare(group->device[i], device->addr) || (member && member->is_bridge))
			continue;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", count ? ", " : "",
				pci_addr_text(group->device[i], name));
		count++;
	}
	return count;
}

/* What puts the others into the group, and what would not: the proof's words. */
static void explain_sharing(
	const struct doctor *doctor, const struct pci_device *device, const char *others, struct check_result *result)
{
	int index = topology_find(&doctor->topology, device->addr);
	cleanup_free struct proof *proof = calloc(1, sizeof(*proof));
	const struct proof_step *cause;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!proof || index < 0 || !doctor->topology_group)
		return;
	proof_make(&doctor->host->root, &doctor->topology, doctor->topology_group, index, proof);
	cause = proof_cause(proof);
	if (!cause || !proof->agrees)
		return;
	check_say(result, CHECK_WARN, "group %d also holds %s, because of %s: %.80s", device->iommu_group, others,
		pci_addr_text(cause->device, name), cause->value);
	check_evidence(result, "/sys/bus/pci/devices/%s/config: %s %.60s: %.160s", name, cause->property, cause->value,
		cause->consequence);
	if (proof->advice_count)
		check_fix(result,
			"give all of them to the same guest; or: %.300s ('sluice why %s' has the whole proof)",
			proof->advice[0], result->subject);
}

/* A card's own functions, all of them with VFIO: they were given away together, as a graphics card and its sound are. */
static bool is_one_card_for_guests(
	const struct doctor *doctor, const struct pci_device *device, const struct iommu_group *group)
{
	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&doctor->host->pci, group->device[i]);

		if (!member || member->is_vf || member->addr.domain != device->addr.domain ||
			member->addr.bus != device->addr.bus || member->addr.device != device->addr.device ||
			!pci_driver_is_vfio(member->driver))
			return false;
	}
	return true;
}

void check_group_shared(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct iommu_group group;
	char others[160];

	if (!read_group(doctor, device, &group, result))
		return;
	check_evidence(result, "/sys/kernel/iommu_groups/%d/devices: %zu entries", group.id, group.device_count);
	if (!other_members(doctor, device, &group, others, sizeof(others))) {
		check_say(result, CHECK_OK, "nobody else is in group %d", group.id);
		return;
	}
	if (is_one_card_for_guests(doctor, device, &group)) {
		check_say(result, CHECK_OK, "group %d holds the card's other functions too: %s, for the same guest",
			group.id, others);
		return;
	}
	check_say(result, CHECK_WARN, "group %d also holds %s", group.id, others);
	check_fix(result, "give all of them to the same guest, or use a slot with a group of its own");
	explain_sharing(doctor, device, others, result);
}

/* Bridges stay with the kernel's port driver; binding one of them too is a mistake that guides lead to. */
void check_group_bridges(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct pci_device *first = NULL, *wrong = NULL;
	struct iommu_group group;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!read_group(doctor, device, &group, result))
		return;
	for (size_t i = 0; i < group.device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&doctor->host->pci, group.device[i]);

		if (!member || member->class >> 8 != CLASS_PCI_BRIDGE || member == device)
			continue;
		first = first ? first : member;
		if (member->driver[0] && strcmp(member->driver, "pcieport") != 0 &&
			strcmp(member->driver, "pci-stub") != 0)
			wrong = member;
	}
	if (!first)
		return;
	pci_addr_text(wrong ? wrong->addr : first->addr, name);
	check_evidence(result, "/sys/bus/pci/devices/%s/driver: %s", name,
		wrong              ? wrong->driver
		: first->driver[0] ? first->driver
				   : "none");
	if (!wrong) {
		check_say(result, CHECK_OK, "the bridge %s is in it, and stays as it is: it is not to be bound", name);
		return;
	}
	check_say(result, CHECK_WARN, "the bridge %s is with %s", name, wrong->driver);
	check_fix(result,
		"sluice release %s; if it stays: echo > /sys/bus/pci/devices/%s/driver_override; echo %s > "
		"/sys/bus/pci/drivers/%s/unbind; echo %s > /sys/bus/pci/drivers_probe",
		name, name, name, wrong->driver, name);
}

/* Which entry of the firmware's table reserves this region for the device. */
static void name_reservation(const struct doctor *doctor, const struct pci_device *device,
	const struct iommu_reserved *region, struct check_result *result)
{
	static const char *const kinds[] = { "RMRR", "IVMD (unity map)", "IVMD (exclusion)" };
	const struct iommu_table *table = &doctor->table;

	for (size_t i = 0; i < table->reservation_count; i++) {
		const struct iommu_reservation *reservation = &table->reservation[i];

		if (reservation->base > region->end || reservation->end < region->start)
			continue;
		for (size_t k = 0; k < reservation->device_count; k++) {
			if (pci_addr_compare(reservation->device[k], device->addr))
				continue;
			check_evidence(result,
				"/sys/kernel/iommu_groups/%d/reserved_regions: 0x%llx-0x%llx direct; %s of %s, offset "
				"0x%x: "
				"0x%llx-0x%llx",
				device->iommu_group, (unsigned long long)region->start, (unsigned long long)region->end,
				kinds[reservation->kind], table->acpi.signature,
				table->acpi.item[reservation->item].offset, (unsigned long long)reservation->base,
				(unsigned long long)reservation->end);
			return;
		}
	}
}

void check_reserved_memory(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct iommu_group group;

	if (!read_group(doctor, device, &group, result))
		return;
	for (size_t i = 0; i < group.reserved_count; i++) {
		if (strcmp(group.reserved[i].kind, "direct") != 0)
			continue;
		check_evidence(result, "/sys/kernel/iommu_groups/%d/reserved_regions: 0x%llx-0x%llx direct", group.id,
			(unsigned long long)group.reserved[i].start, (unsigned long long)group.reserved[i].end);
		name_reservation(doctor, device, &group.reserved[i], result);
		check_say(result, CHECK_FAIL, "the firmware reserves memory for it that it must always reach");
		check_fix(result, "switch the reservation off in the firmware's set-up (HPE: conrep, 'shared memory "
				  "features'; else legacy "
				  "USB or management of the card), or use another slot");
		return;
	}
	check_evidence(result, "/sys/kernel/iommu_groups/%d/reserved_regions: no 'direct' among %zu", group.id,
		group.reserved_count);
	check_say(result, CHECK_OK, "none that a guest could not live with");
}
