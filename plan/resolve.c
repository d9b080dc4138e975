// SPDX-License-Identifier: GPL-2.0-or-later
/* From an alias to a device of this host; see resolve.h. */
#include "plan/resolve.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* What only one card has, in the order in which it is believed. */
static const struct {
	const char *title;
	size_t offset;
	bool is_vpd; /* reading it asks the device, and takes it long */
} numbers[] = {
	{ "serial number", offsetof(struct pci_identity, serial), false },
	{ "number", offsetof(struct pci_identity, unique), false },
	{ "MAC", offsetof(struct pci_identity, mac), false },
	{ "VPD serial number", offsetof(struct pci_identity, vpd), true },
};

static const char *number_of(const struct pci_identity *card, size_t i)
{
	return (const char *)card + numbers[i].offset;
}

static bool has_number(const struct pci_identity *card)
{
	for (size_t i = 0; i < array_size(numbers); i++)
		if (number_of(card, i)[0])
			return true;
	return false;
}

/* Of the kind that the alias says, by what the inventory knows already. */
static bool is_kind(const struct desired_alias *alias, const struct pci_device *device)
{
	const struct pci_identity *card = &alias->card;

	if (device->is_vf || (alias->has_function && card->function != device->addr.function))
		return false;
	if (alias->has_ids && (card->vendor_id != device->vendor_id || card->device_id != device->device_id))
		return false;
	return !alias->has_subsystem ||
	       (card->subsystem_vendor_id == device->subsystem_vendor_id && card->subsystem_id == device->subsystem_id);
}

enum likeness {
	LIKE_UNKNOWN, /* no number that both have */
	LIKE_SAME,
	LIKE_OTHER,
};

static enum likeness compare_numbers(
	const struct desired_alias *alias, const struct host *host, const struct pci_device *device)
{
	struct pci_identity now;
	bool with_vpd = alias->card.vpd[0];

	pci_identity_read(&host->root, &host->pci, device, with_vpd, &now);
	for (size_t i = 0; i < array_size(numbers); i++) {
		const char *wanted = number_of(&alias->card, i), *found = number_of(&now, i);

		if (wanted[0] && found[0])
			return strcasecmp(wanted, found) ? LIKE_OTHER : LIKE_SAME;
	}
	return LIKE_UNKNOWN;
}

/* The device at the alias' place, if it says one; of whatever kind. */
static const struct pci_device *find_at_path(const struct desired_alias *alias, const struct host *host)
{
	char path[160];

	for (size_t i = 0; alias->card.path[0] && i < host->pci.count; i++) {
		const struct pci_device *device = &host->pci.devices[i];

		if (device->is_vf)
			continue;
		pci_identity_path(&host->root, device, path, sizeof(path));
		if (!strcmp(path, alias->card.path))
			return device;
	}
	return NULL;
}

/* By its numbers alone, wherever it sits: the second of two that fit, too. */
static size_t find_by_number(
	const struct desired_alias *alias, const struct host *host, const struct pci_device **ret_device)
{
	size_t count = 0;

	for (size_t i = 0; i < host->pci.count; i++)
		if (is_kind(alias, &host->pci.devices[i]) &&
			compare_numbers(alias, host, &host->pci.devices[i]) == LIKE_SAME)
			ret_device[count++ ? 1 : 0] = &host->pci.devices[i];
	return count;
}

static size_t find_by_kind(
	const struct desired_alias *alias, const struct host *host, const struct pci_device **ret_device)
{
	size_t count = 0;

	for (size_t i = 0; i < host->pci.count; i++)
		if (is_kind(alias, &host->pci.devices[i]))
			ret_device[count++ ? 1 : 0] = &host->pci.devices[i];
	return count;
}

static int is_alike(const struct desired *desired, const struct desired_alias *alias,
	const struct pci_device *const found[2], struct error *err)
{
	char one[PCI_ADDR_TEXT_SIZE], other[PCI_ADDR_TEXT_SIZE];

	desired_fail(desired, alias->at, err, CODE_DEV_ALIKE, ENOTUNIQ, "'%s' fits %s and %s", alias->name,
		pci_addr_text(found[0]->addr, one), pci_addr_text(found[1]->addr, other));
	return fail_hint(err, "say which: its path, or its serial number; 'sluice show %s' has both", one);
}

static int is_elsewhere(const struct desired *desired, const struct desired_alias *alias,
	const struct pci_device *device, const struct host *host, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE], path[160];

	pci_identity_path(&host->root, device, path, sizeof(path));
	desired_fail(desired, alias->card_at, err, CODE_DEV_MOVED, ESTALE,
		"'%s' is the card in %s, and that card is at %s now (%s)", alias->name, alias->card.path, path,
		pci_addr_text(device->addr, name));
	return fail_hint(err, "if it was moved on purpose, say 'path: %s'", path);
}

static int is_another(const struct desired *desired, const struct desired_alias *alias, const struct pci_device *device,
	struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE], card[128];

	desired_fail(desired, alias->card_at, err, CODE_DEV_MOVED, ESTALE,
		"'%s' is %s, and at its place (%s) is another card: %04x:%04x", alias->name,
		pci_identity_describe(&alias->card, card, sizeof(card)), pci_addr_text(device->addr, name),
		device->vendor_id, device->device_id);
	return fail_hint(err,
		"if the card was changed on purpose, say so in the file: 'sluice show %s' has what it "
		"is called",
		name);
}

static int is_nowhere(const struct desired *desired, const struct desired_alias *alias, struct error *err)
{
	char card[128];

	desired_fail(desired, alias->card_at, err, CODE_NO_SUCH_DEVICE, ENODEV, "'%s' (%s) is not in this host",
		alias->name, pci_identity_describe(&alias->card, card, sizeof(card)));
	return fail_hint(err, "'sluice list' shows what is; 'sluice changes' whether something went away");
}

int resolve_alias(const struct desired *desired, size_t index, const struct host *host,
	const struct pci_device **ret_device, struct error *err)
{
	const struct desired_alias *alias = &desired->alias[index];
	const struct pci_device *at = find_at_path(alias, host);
	const struct pci_device *found[2] = { NULL, NULL };
	size_t count;

	/* At its place, of its kind, and nothing says that it is another one. */
	if (at && is_kind(alias, at) && (!has_number(&alias->card) || compare_numbers(alias, host, at) != LIKE_OTHER)) {
		*ret_device = at;
		return 0;
	}
	if (has_number(&alias->card)) {
		count = find_by_number(alias, host, found);
		if (count > 1)
			return is_alike(desired, alias, found, err);
		if (count && alias->card.path[0])
			return is_elsewhere(desired, alias, found[0], host, err);
	} else {
		count = alias->card.path[0] ? 0 : find_by_kind(alias, host, found);
		if (count > 1)
			return is_alike(desired, alias, found, err);
	}
	if (!count)
		return at ? is_another(desired, alias, at, err) : is_nowhere(desired, alias, err);
	*ret_device = found[0];
	return 0;
}
