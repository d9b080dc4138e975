// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions sorted by kind and number, and by PF. See device_index.h. */
#include "doctor/device_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

struct card {
	const struct pci_device *device;
	struct pci_identity identity;
	bool known; /* identity was read */
};

enum {
	NUMBERS = 4,
	MASKS = 1 << NUMBERS, /* sets of numbers that can be known */
};

/* In the order of trust, as pci_identity_compare() has it. */
static const char *number_of(const struct pci_identity *identity, unsigned int which)
{
	const char *const number[NUMBERS] = { identity->serial, identity->unique, identity->vpd, identity->mac };

	return number[which];
}

static unsigned int mask_of(const struct pci_identity *identity)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < NUMBERS; i++)
		mask |= number_of(identity, i)[0] ? 1u << i : 0;
	return mask;
}

/* The number that a set is sorted by; "" for the empty set. */
static const char *best_number(const struct pci_identity *identity, unsigned int mask)
{
	return mask ? number_of(identity, (unsigned int)__builtin_ctz(mask)) : "";
}

static int compare_kinds(const void *a, const void *b)
{
	const struct pci_device *one = ((const struct card *)a)->device, *other = ((const struct card *)b)->device;
	const uint16_t ids[][2] = {
		{ one->vendor_id, other->vendor_id },
		{ one->device_id, other->device_id },
		{ one->subsystem_vendor_id, other->subsystem_vendor_id },
		{ one->subsystem_id, other->subsystem_id },
		{ one->addr.function, other->addr.function },
	};

	for (size_t i = 0; i < array_size(ids); i++)
		if (ids[i][0] != ids[i][1])
			return ids[i][0] < ids[i][1] ? -1 : 1;
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	int order = compare_kinds(a, b);

	return order ? order
		     : pci_addr_compare(((const struct card *)a)->device->addr, ((const struct card *)b)->device->addr);
}

/* Of one kind. */
static int compare_numbers(const void *a, const void *b)
{
	const struct card *one = a, *other = b;
	unsigned int mask = mask_of(&one->identity), others = mask_of(&other->identity);
	int order;

	if (mask != others)
		return mask < others ? -1 : 1;
	order = strcasecmp(best_number(&one->identity, mask), best_number(&other->identity, mask));
	return order ? order : pci_addr_compare(one->device->addr, other->device->addr);
}

static int compare_pfs(const void *a, const void *b)
{
	const struct pci_device *one = *(const struct pci_device *const *)a,
				*other = *(const struct pci_device *const *)b;
	int order = pci_addr_compare(one->pf, other->pf);

	return order ? order : pci_addr_compare(one->addr, other->addr);
}

static void note_places(
	const struct device_index *index, const struct pci_inventory *pci, const struct card *card, size_t count)
{
	for (size_t i = 0; i < count; i++)
		index->place[card[i].device - pci->devices] = (size_t)(&card[i] - index->card);
}

int device_index_make(const struct pci_inventory *pci, struct device_index *ret_index)
{
	struct device_index index = { .card = calloc(pci->count + 1, sizeof(*index.card)),
		.place = calloc(pci->count + 1, sizeof(*index.place)),
		.vf = calloc(pci->count + 1, sizeof(*index.vf)) };

	if (!index.card || !index.place || !index.vf) {
		device_index_done(&index);
		return -ENOMEM;
	}
	for (size_t i = 0; i < pci->count; i++)
		if (pci->devices[i].is_vf)
			index.vf[index.vf_count++] = &pci->devices[i];
		else
			index.card[index.card_count++].device = &pci->devices[i];
	qsort(index.card, index.card_count, sizeof(*index.card), compare_addresses);
	note_places(&index, pci, index.card, index.card_count);
	qsort(index.vf, index.vf_count, sizeof(*index.vf), compare_pfs);
	*ret_index = index;
	return 0;
}

void device_index_done(struct device_index *index)
{
	free(index->card);
	free(index->place);
	free(index->vf);
	*index = (struct device_index){ 0 };
}

const struct pci_device *const *device_index_vfs(
	const struct device_index *index, struct pci_addr pf, size_t *ret_count)
{
	size_t first = 0, end = index->vf_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (pci_addr_compare(index->vf[middle]->pf, pf) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	for (end = first; end < index->vf_count && !pci_addr_compare(index->vf[end]->pf, pf);)
		end++;
	*ret_count = end - first;
	return end > first ? &index->vf[first] : NULL;
}

/* The first of the device's kind, or the first behind all of it. */
static size_t kind_edge(const struct device_index *index, const struct pci_device *device, bool behind)
{
	const struct card key = { .device = device };
	size_t first = 0, end = index->card_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (compare_kinds(&index->card[middle], &key) < (behind ? 1 : 0))
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static void read_kind(const struct device_index *index, const struct sysroot *root, const struct pci_inventory *pci,
	struct card *card, size_t count)
{
	if (card->known)
		return;
	for (size_t i = 0; i < count; i++) {
		pci_identity_read(root, pci, card[i].device, false, &card[i].identity);
		card[i].known = true;
	}
	qsort(card, count, sizeof(*card), compare_numbers);
	note_places(index, pci, card, count);
}

/* The first card, from first on, whose set of numbers is at least mask, and whose number is at least number. */
static size_t find_number(const struct card *card, size_t count, unsigned int mask, const char *number)
{
	size_t first = 0, end = count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		unsigned int own = mask_of(&card[middle].identity);

		if (own < mask || (own == mask && strcasecmp(best_number(&card[middle].identity, own), number) < 0))
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* How hard two are to tell apart. */
static int likeness(const struct pci_identity *own, const struct pci_identity *other)
{
	switch (pci_identity_compare(own, other, NULL, 0)) {
	case PCI_IDENTITY_SAME:
	case PCI_IDENTITY_MOVED:
		return 2;
	case PCI_IDENTITY_UNKNOWN:
		return 1;
	default:
		return 0;
	}
}

/*
 * Of those with one set of numbers: the first with the same number, or else the first. Two sets that are sorted by
 * numbers of different kinds do not meet; both know all numbers of the weaker one only if a driver hid one.
 */
static const struct card *candidate(const struct card *card, size_t count, unsigned int mask,
	const struct pci_identity *own, const struct pci_device *device)
{
	unsigned int own_mask = mask_of(own);
	bool sorted_alike = mask && own_mask && __builtin_ctz(mask) == __builtin_ctz(own_mask);
	size_t at = find_number(card, count, mask, sorted_alike ? best_number(own, own_mask) : "");

	if (at < count && card[at].device == device)
		at++;
	if (at == count || mask_of(&card[at].identity) != mask)
		at = find_number(card, count, mask, "");
	if (at < count && card[at].device == device)
		at++;
	return at < count && mask_of(&card[at].identity) == mask ? &card[at] : NULL;
}

bool device_index_twin(const struct device_index *index, const struct sysroot *root, const struct pci_inventory *pci,
	const struct pci_device *device, struct pci_identity *ret_own, struct pci_identity *ret_twin,
	const struct pci_device **ret_device)
{
	size_t first = kind_edge(index, device, false), count = kind_edge(index, device, true) - first;
	struct card *card = &index->card[first];
	int best = -1;

	if (device->is_vf || count < 2)
		return false;
	read_kind(index, root, pci, card, count);
	*ret_own = index->card[index->place[device - pci->devices]].identity;
	for (unsigned int mask = 0; mask < MASKS; mask++) {
		const struct card *other = candidate(card, count, mask, ret_own, device);
		int like = other ? likeness(ret_own, &other->identity) : -1;

		if (like <= best)
			continue;
		best = like;
		*ret_twin = other->identity;
		*ret_device = other->device;
	}
	return best >= 0;
}
