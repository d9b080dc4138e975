// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on a device's IOMMU group: whether it has one, who else is in it and what merges them (iommu/proof.h),
 * whether VFIO can take it, and memory that the firmware reserves for the device (iommu/table.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "iommu/proof.h"
#include "iommu/unconfined.h"

enum {
	CLASS_PCI_BRIDGE = 0x0604
};

static void check_group(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char node[64];

	if (device->iommu_group >= 0) {
		finding_say(findings, CHECK_OK, "group %d", device->iommu_group);
		finding_evidence(findings, "/sys/bus/pci/devices/%s/iommu_group: %d", findings->about.subject,
			device->iommu_group);
		return;
	}
	if (iommu_unconfined_node(&facts->host->root, device->addr, node, sizeof(node))) {
		finding_say(findings, CHECK_FAIL, "it is in no IOMMU group, only in one that VFIO made up");
		finding_evidence(findings, "/sys/kernel/iommu_groups/*/name: %s; %s", PCI_GROUP_UNCONFINED, node);
		finding_fix(findings, "see: sluice explain VFIO-NOIOMMU");
		return;
	}
	finding_say(findings, CHECK_FAIL, "it is in no IOMMU group");
	finding_evidence(findings, "/sys/bus/pci/devices/%s/iommu_group does not exist", findings->about.subject);
	if (facts->host->iommu.translating)
		finding_fix(findings,
			"the firmware's table leaves this device out: update the firmware, or use another slot");
	else
		finding_fix(findings, "switch the IOMMU on: 'sluice doctor' says how");
}

/* NULL, with the reason as the finding, where it cannot be read; NULL alone without a group. */
static const struct iommu_group *read_group(
	const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_group *group = facts_group(facts, device);

	if (!group && device->iommu_group >= 0)
		finding_say(findings, CHECK_UNMEASURED, "its group's devices cannot be read");
	return group;
}

/* The members beside the device itself and bridges, as text; returns how many. */
static size_t other_members(const struct facts *facts, const struct pci_device *device, const struct iommu_group *group,
	char *buf, size_t size)
{
	size_t used = 0, count = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&facts->host->pci, group->device[i]);
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
	const struct facts *facts, const struct pci_device *device, const char *others, struct findings *findings)
{
	int index = topology_find(&facts->topology, device->addr);
	cleanup_free struct proof *proof = calloc(1, sizeof(*proof));
	const struct proof_step *cause;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!proof || index < 0 || !facts->topology_group)
		return;
	proof_make(&facts->host->root, &facts->topology, facts->topology_group, index, proof);
	cause = proof_cause(proof);
	if (!cause || !proof->agrees)
		return;
	finding_say(findings, CHECK_WARN, "group %d also holds %s, because of %s: %.80s", device->iommu_group, others,
		pci_addr_text(cause->device, name), cause->value);
	finding_evidence(findings, "/sys/bus/pci/devices/%s/config: %s %.60s: %.160s", name, cause->property,
		cause->value, cause->consequence);
	if (proof->advice_count)
		finding_fix(findings,
			"give all of them to the same guest; or: %.300s ('sluice why %s' has the whole proof)",
			proof->advice[0], findings->about.subject);
}

/*
 * A card's own functions, all of them with VFIO: they were given away together, as a graphics card and its sound are.
 */
static bool is_one_card_for_guests(
	const struct facts *facts, const struct pci_device *device, const struct iommu_group *group)
{
	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&facts->host->pci, group->device[i]);

		if (!member || member->is_vf || member->addr.domain != device->addr.domain ||
			member->addr.bus != device->addr.bus || member->addr.device != device->addr.device ||
			!pci_driver_is_vfio(member->driver))
			return false;
	}
	return true;
}

static void check_group_shared(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_group *group = read_group(facts, device, findings);
	char others[160];

	if (!group)
		return;
	finding_evidence(findings, "/sys/kernel/iommu_groups/%d/devices: %zu entries", group->id, group->device_count);
	if (!other_members(facts, device, group, others, sizeof(others))) {
		finding_say(findings, CHECK_OK, "nobody else is in group %d", group->id);
		return;
	}
	if (is_one_card_for_guests(facts, device, group)) {
		finding_say(findings, CHECK_OK, "group %d holds the card's other functions too: %s, for the same guest",
			group->id, others);
		return;
	}
	finding_say(findings, CHECK_WARN, "group %d also holds %s", group->id, others);
	finding_fix(findings, "give all of them to the same guest, or use a slot with a group of its own");
	explain_sharing(facts, device, others, findings);
}

/* Bridges stay with the kernel's port driver; binding one of them too is a mistake that guides lead to. */
static void check_group_bridges(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct pci_device *first = NULL, *wrong = NULL;
	const struct iommu_group *group = read_group(facts, device, findings);
	char name[PCI_ADDR_TEXT_SIZE];

	if (!group)
		return;
	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&facts->host->pci, group->device[i]);

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
	finding_evidence(findings, "/sys/bus/pci/devices/%s/driver: %s", name,
		wrong              ? wrong->driver
		: first->driver[0] ? first->driver
				   : "none");
	if (!wrong) {
		finding_say(
			findings, CHECK_OK, "the bridge %s is in it, and stays as it is: it is not to be bound", name);
		return;
	}
	finding_say(findings, CHECK_WARN, "the bridge %s is with %s", name, wrong->driver);
	finding_fix(findings,
		"sluice release %s; if it stays: echo > /sys/bus/pci/devices/%s/driver_override; echo %s > "
		"/sys/bus/pci/drivers/%s/unbind; echo %s > /sys/bus/pci/drivers_probe",
		name, name, name, wrong->driver, name);
}

/* Which entry of the firmware's table reserves this region for the device. */
static void name_reservation(const struct facts *facts, const struct pci_device *device,
	const struct iommu_reserved *region, struct findings *findings)
{
	static const char *const kinds[] = { "RMRR", "IVMD (unity map)", "IVMD (exclusion)" };
	const struct iommu_table *table = &facts->table;

	for (size_t i = 0; i < table->reservation_count; i++) {
		const struct iommu_reservation *reservation = &table->reservation[i];

		if (reservation->base > region->end || reservation->end < region->start)
			continue;
		for (size_t k = 0; k < reservation->device_count; k++) {
			if (pci_addr_compare(reservation->device[k], device->addr))
				continue;
			finding_evidence(findings,
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

static void check_reserved_memory(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_group *group = read_group(facts, device, findings);

	if (!group)
		return;
	for (size_t i = 0; i < group->reserved_count; i++) {
		if (strcmp(group->reserved[i].kind, "direct") != 0)
			continue;
		finding_evidence(findings, "/sys/kernel/iommu_groups/%d/reserved_regions: 0x%llx-0x%llx direct",
			group->id, (unsigned long long)group->reserved[i].start,
			(unsigned long long)group->reserved[i].end);
		name_reservation(facts, device, &group->reserved[i], findings);
		finding_say(findings, CHECK_FAIL, "the firmware reserves memory for it that it must always reach");
		finding_fix(findings,
			"switch the reservation off in the firmware's set-up (HPE: conrep, 'shared memory "
			"features'; else legacy "
			"USB or management of the card), or use another slot");
		return;
	}
	finding_evidence(findings, "/sys/kernel/iommu_groups/%d/reserved_regions: no 'direct' among %zu", group->id,
		group->reserved_count);
	finding_say(findings, CHECK_OK, "none that a guest could not live with");
}

const struct check group_checks[] = {
	{ CODE_NO_GROUP, SECTION_DEVICE, SCOPE_DEVICE, "IOMMU group", "only devices of a group can be confined",
		check_group },
	{ CODE_GROUP_SHARED, SECTION_DEVICE, SCOPE_DEVICE, "Alone in its group",
		"devices of a group can reach each other", check_group_shared },
	{ CODE_BRIDGE_IN_GROUP, SECTION_DEVICE, SCOPE_DEVICE, "Bridges in its group",
		"a bridge belongs to the kernel's own port driver", check_group_bridges },
	{ CODE_DEV_RESERVED_MEMORY, SECTION_DEVICE, SCOPE_DEVICE, "Reserved memory",
		"the firmware wants the device to reach memory that would be the guest's", check_reserved_memory },
	{ .run = NULL },
};
