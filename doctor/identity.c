// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on which card is which: against the record of this host (assign/record.h), and against the other devices
 * of now. A host without a record has none of these checks but the last.
 */
#include <string.h>

#include "assign/record.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

/* The first change of the device that is of one of the kinds from first to last; NULL for none. */
static const struct record_change *find_change(const struct facts *facts, const struct pci_device *device,
	enum record_change_kind first, enum record_change_kind last)
{
	for (size_t i = 0; i < facts->changes.count; i++) {
		const struct record_change *change = &facts->changes.change[i];

		if (change->kind >= first && change->kind <= last && change->kind != RECORD_GONE &&
			!pci_addr_compare(change->addr, device->addr))
			return change;
	}
	return NULL;
}

static void check_moved(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct record_change *change = find_change(facts, device, RECORD_MOVED, RECORD_NEW);

	if (!change) {
		if (facts->changes_known)
			finding_say(findings, CHECK_OK, "the card that was there when sluice last changed this host");
		return;
	}
	if (change->kind == RECORD_NEW)
		finding_say(findings, CHECK_WARN, "new since sluice last changed this host");
	else
		finding_say(findings, CHECK_WARN, "%s: was %.90s, is %.90s", record_change_name(change->kind),
			change->before, change->now);
	finding_evidence(findings, "/var/lib/sluice/devices.json; %.160s",
		change->evidence[0] ? change->evidence : change->path);
	finding_fix(findings, "'sluice changes' has the whole list; name the device by serial:, mac: or path:");
}

static void check_group_changed(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct record_change *change = find_change(facts, device, RECORD_GROUP, RECORD_GROUP);

	if (!change) {
		if (facts->changes_known)
			finding_say(findings, CHECK_OK, "has the members that it had");
		return;
	}
	finding_say(findings, CHECK_WARN, "IOMMU group %d has other members than it had: %.150s", device->iommu_group,
		change->evidence);
	finding_evidence(
		findings, "/var/lib/sluice/devices.json: with %.80s; now: with %.80s", change->before, change->now);
	finding_fix(findings, "'sluice why %s' says what makes the group; 'sluice changes' what else is different",
		findings->about.subject);
}

/* Right on the root bus there is no slot to take a card out of. */
static bool is_built_in(const struct pci_identity *identity)
{
	const char *slash = strchr(identity->path, '/');

	return !slash || !strchr(slash + 1, '/');
}

/*
 * Cards that show no number are common, and nothing is wrong with them: only two that show the same one are worth a
 * warning. VFs are told apart by PF and number.
 */
static void say_twin(
	const struct pci_identity *own, const struct pci_identity *other, const char *name, struct findings *findings)
{
	char evidence[160];

	switch (pci_identity_compare(own, other, evidence, sizeof(evidence))) {
	case PCI_IDENTITY_SAME:
	case PCI_IDENTITY_MOVED:
		finding_say(findings, CHECK_WARN, "%s is of the same kind and shows the same number", name);
		finding_evidence(findings, "%.200s", evidence);
		finding_fix(findings, "name them by path:, and label the slots");
		break;
	case PCI_IDENTITY_UNKNOWN:
		finding_say(findings, CHECK_OK, "%s is of the same kind; only the slot tells them apart", name);
		finding_evidence(findings, "no number of either that this user may see: %.80s and %.80s", own->path,
			other->path);
		break;
	default:
		finding_say(findings, CHECK_OK, "of the same kind as %s, and told apart", name);
		finding_evidence(findings, "%.200s", evidence);
	}
}

static void check_alike(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct pci_identity own, twin;
	const struct pci_device *other;
	char name[PCI_ADDR_TEXT_SIZE];

	if (device_index_twin(&facts->index, &facts->host->root, &facts->host->pci, device, &own, &twin, &other) &&
		!is_built_in(&own))
		say_twin(&own, &twin, pci_addr_text(other->addr, name), findings);
}

const struct check identity_checks[] = {
	{ CODE_DEV_MOVED, SECTION_DEVICE, SCOPE_DEVICE, "Same card",
		"an address can be another card's after a change of hardware", check_moved },
	{ CODE_DEV_ALIKE, SECTION_DEVICE, SCOPE_DEVICE, "One of its kind", "equal cards can be taken for each other",
		check_alike },
	{ CODE_GROUP_CHANGED, SECTION_DEVICE, SCOPE_DEVICE, "Group as it was",
		"what was isolated before need not be now", check_group_changed },
	{ .run = NULL },
};
