// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on which card is which: against the record of this host (assign/record.h), and against the other devices of now. A host
 * without a record has none of these checks but the last.
 */
#include <string.h>

#include "assign/record.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

/* The first change of the device that is of one of the kinds from first to last. */
static bool find_change(const struct doctor *doctor, const struct pci_device *device, enum record_change_kind first,
	enum record_change_kind last, struct record_change *ret_change, bool *ret_known)
{
	cleanup(record_done) struct record before = { 0 };
	cleanup(record_done) struct record now = { 0 };
	cleanup(record_changes_done) struct record_changes changes = { 0 };

	*ret_known = record_read(&doctor->host->root, false, &before, NULL) == 1 &&
		     !record_take(doctor->host, &now, NULL) && !record_compare(&before, &now, &changes, NULL);
	for (size_t i = 0; i < changes.count; i++) {
		const struct record_change *change = &changes.change[i];

		if (change->kind < first || change->kind > last || change->kind == RECORD_GONE ||
			pci_addr_compare(change->addr, device->addr))
			continue;
		*ret_change = *change;
		return true;
	}
	return false;
}

void check_moved(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct record_change change;
	bool known;

	if (!find_change(doctor, device, RECORD_MOVED, RECORD_NEW, &change, &known)) {
		if (known)
			check_say(result, CHECK_OK, "the card that was there when sluice last changed this host");
		return;
	}
	if (change.kind == RECORD_NEW)
		check_say(result, CHECK_WARN, "new since sluice last changed this host");
	else
		check_say(result, CHECK_WARN, "%s: was %.90s, is %.90s", record_change_name(change.kind), change.before,
			change.now);
	check_evidence(
		result, "/var/lib/sluice/devices.json; %.160s", change.evidence[0] ? change.evidence : change.path);
	check_fix(result, "'sluice changes' has the whole list; name the device by serial:, mac: or path:");
}

void check_group_changed(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct record_change change;
	bool known;

	if (!find_change(doctor, device, RECORD_GROUP, RECORD_GROUP, &change, &known)) {
		if (known)
			check_say(result, CHECK_OK, "has the members that it had");
		return;
	}
	check_say(result, CHECK_WARN, "IOMMU group %d has other members than it had: %.150s", device->iommu_group,
		change.evidence);
	check_evidence(result, "/var/lib/sluice/devices.json: with %.80s; now: with %.80s", change.before, change.now);
	check_fix(result, "'sluice why %s' says what makes the group; 'sluice changes' what else is different",
		result->subject);
}

static bool is_twin(const struct pci_device *a, const struct pci_device *b)
{
	return a != b && !b->is_vf && a->vendor_id == b->vendor_id && a->device_id == b->device_id &&
	       a->subsystem_vendor_id == b->subsystem_vendor_id && a->subsystem_id == b->subsystem_id;
}

/* Right on the root bus there is no slot to take a card out of. */
static bool is_built_in(const struct pci_identity *identity)
{
	const char *slash = strchr(identity->path, '/');

	return !slash || !strchr(slash + 1, '/');
}

/*
 * Cards that show no number are common, and nothing is wrong with them: only two that show the same one are worth a warning.
 * VFs are told apart by PF and number.
 */
static bool say_twin(
	const struct pci_identity *own, const struct pci_identity *other, const char *name, struct check_result *result)
{
	char evidence[160];

	switch (pci_identity_compare(own, other, evidence, sizeof(evidence))) {
	case PCI_IDENTITY_SAME:
	case PCI_IDENTITY_MOVED:
		check_say(result, CHECK_WARN, "%s is of the same kind and shows the same number", name);
		check_evidence(result, "%.200s", evidence);
		check_fix(result, "name them by path:, and label the slots");
		return true;
	case PCI_IDENTITY_UNKNOWN:
		check_say(result, CHECK_OK, "%s is of the same kind; only the slot tells them apart", name);
		check_evidence(
			result, "no number of either that this user may see: %.80s and %.80s", own->path, other->path);
		return true;
	default:
		check_say(result, CHECK_OK, "of the same kind as %s, and told apart", name);
		check_evidence(result, "%.200s", evidence);
		return false;
	}
}

void check_alike(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct pci_inventory *pci = &doctor->host->pci;
	struct pci_identity own, other;

	if (device->is_vf)
		return;
	pci_identity_read(&doctor->host->root, pci, device, false, &own);
	if (is_built_in(&own))
		return;
	for (size_t i = 0; i < pci->count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];

		if (!is_twin(device, &pci->devices[i]))
			continue;
		pci_addr_text(pci->devices[i].addr, name);
		pci_identity_read(&doctor->host->root, pci, &pci->devices[i], false, &other);
		if (say_twin(&own, &other, name, result))
			return;
	}
}
