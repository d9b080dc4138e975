// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imported facts put over a draft of the host. Facts about one thing of one device that differ are a conflict: the one
 * that acts last at boot holds, as it does on the host today.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/import_scan.h"
#include "plan/init_host.h"
#include "sriov/vf_text.h"

struct importing {
	struct draft *draft;
	const struct host *host;
	struct import *import;
};

/* Conflicts ----------------------------------------------------------------------------------------------------- */

/* How much of a value says what it is about: "vlan" of "vlan=100"; of the other kinds nothing. */
static size_t key_length(const struct import_fact *fact)
{
	return fact->what == IMPORT_SETTING ? strcspn(fact->value, "=") + 1 : 0;
}

static bool is_about_the_same(const struct import_fact *a, const struct import_fact *b)
{
	size_t length = key_length(a);

	return a->what == b->what && a->what != IMPORT_POOL && a->vf == b->vf &&
	       !pci_addr_compare(a->device, b->device) && length == key_length(b) &&
	       !strncmp(a->value, b->value, length);
}

static const char *say_fact(const struct import_fact *fact, char *buf, size_t size)
{
	char addr[PCI_ADDR_TEXT_SIZE], which[48] = "";

	pci_addr_text(fact->device, addr);
	if (fact->vf >= 0)
		snprintf(which, sizeof(which), "VF %d of ", fact->vf);
	if (fact->what == IMPORT_VFS)
		snprintf(buf, size, "%s VFs for %s", fact->value, addr);
	else
		snprintf(buf, size, "%s%s for %s%s", fact->what == IMPORT_DRIVER ? "driver " : "", fact->value, which,
			addr);
	return buf;
}

static bool is_any_vfio(const struct import_fact *fact)
{
	return fact->what == IMPORT_DRIVER && !strcmp(fact->value, "vfio");
}

static bool is_vfio(const struct import_fact *fact)
{
	return is_any_vfio(fact) || (fact->what == IMPORT_DRIVER && pci_driver_is_vfio(fact->value));
}

/* Drops what does not hold: its fact becomes a pool's without a name, which is nothing. */
static void settle_pair(struct importing *self, struct import_fact *one, struct import_fact *other)
{
	struct import_fact *holds = other->stage >= one->stage ? other : one, *lost = holds == other ? one : other;
	char lost_text[200], holds_text[200];

	/* "vfio" is whichever of its drivers is best: who names one says no other thing. */
	if (is_any_vfio(holds) && is_vfio(lost)) {
		text_copy(holds->value, sizeof(holds->value), lost->value);
	} else if (strcmp(one->value, other->value) != 0 && !(is_any_vfio(lost) && is_vfio(holds)))
		import_note_add(self->import, &self->import->conflict, &self->import->conflict_count, lost->place,
			"%s, but %s says %s, and acts later: that is taken",
			say_fact(lost, lost_text, sizeof(lost_text)), holds->place,
			say_fact(holds, holds_text, sizeof(holds_text)));
	lost->what = IMPORT_KINDS;
}

static void settle(struct importing *self)
{
	struct import *import = self->import;

	for (size_t i = 1; i < import->fact_count; i++)
		for (size_t j = 0; j < i; j++)
			if (import->fact[i].what != IMPORT_KINDS && import->fact[j].what != IMPORT_KINDS &&
				is_about_the_same(&import->fact[i], &import->fact[j]))
				settle_pair(self, &import->fact[j], &import->fact[i]);
}

static void left(struct importing *self, const struct import_fact *fact, const char *why)
{
	char text[200];

	import_note_add(self->import, &self->import->left, &self->import->left_count, fact->place, "%s: %s",
		say_fact(fact, text, sizeof(text)), why);
}

/* One fact ------------------------------------------------------------------------------------------------------ */

static void add_comment(char *comment, size_t size, const struct import_fact *fact)
{
	size_t used = strlen(comment);

	if (!strstr(comment, fact->place) && used + strlen(fact->place) + 8 < size)
		snprintf(comment + used, size - used, "%s%s", used ? ", " : "from ", fact->place);
}

static int take_count(struct importing *self, struct draft_card *card, const struct import_fact *fact)
{
	unsigned long count = strtoul(fact->value, NULL, 10);
	struct draft_vf *grown;

	if (count > card->device->sriov.total_vfs) {
		left(self, fact, "the card cannot have so many");
		return 0;
	}
	grown = realloc(card->vf, (count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	card->vf = grown;
	for (size_t i = card->is_split ? card->count : 0; i < count; i++) {
		card->vf[i] = (struct draft_vf){ 0 };
		vf_settings_init(&card->vf[i].set);
	}
	card->count = (uint32_t)count;
	card->is_split = true;
	add_comment(card->comment, sizeof(card->comment), fact);
	return 0;
}

static bool has_vf(struct importing *self, const struct draft_card *card, const struct import_fact *fact)
{
	if (card->is_split && fact->vf < (int)card->count)
		return true;
	left(self, fact, "nothing makes that VF");
	return false;
}

static int take_driver(struct importing *self, struct draft_card *card, const struct import_fact *fact)
{
	if (fact->vf == IMPORT_EACH_VF) {
		text_copy(card->vf_driver, sizeof(card->vf_driver), fact->value);
		add_comment(card->comment, sizeof(card->comment), fact);
	} else if (fact->vf >= 0) {
		if (!has_vf(self, card, fact))
			return 0;
		card->vf[fact->vf].said = true;
		text_copy(card->vf[fact->vf].driver, sizeof(card->vf[fact->vf].driver), fact->value);
		add_comment(card->vf[fact->vf].comment, sizeof(card->vf[fact->vf].comment), fact);
	} else if (card->is_split && card->count && is_vfio(fact)) {
		import_note_add(self->import, &self->import->conflict, &self->import->conflict_count, fact->place,
			"gives %s to %s, and it is split into %u VFs, which needs its own driver: it stays there",
			card->name, fact->value, card->count);
	} else {
		text_copy(card->driver, sizeof(card->driver), fact->value);
		add_comment(card->comment, sizeof(card->comment), fact);
	}
	return 0;
}

static int take_early(struct importing *self, struct draft_card *card, const struct import_fact *fact)
{
	(void)self;
	if (fact->vf < 0 && (!strcmp(card->driver, "vfio") || pci_driver_is_vfio(card->driver)))
		card->early = true;
	return 0;
}

static int take_setting(struct importing *self, struct draft_card *card, const struct import_fact *fact)
{
	struct draft_vf *vf;

	if (!has_vf(self, card, fact))
		return 0;
	vf = &card->vf[fact->vf];
	if (vf_settings_parse(&vf->set, fact->value, NULL) < 0) {
		left(self, fact, "no such setting");
		return 0;
	}
	vf->said = true;
	add_comment(vf->comment, sizeof(vf->comment), fact);
	return 0;
}

static struct draft_pool *find_pool(struct draft *draft, const char *name)
{
	struct draft_pool *grown;

	for (size_t i = 0; i < draft->pool_count; i++)
		if (!strcmp(draft->pool[i].name, name))
			return &draft->pool[i];
	grown = realloc(draft->pool, (draft->pool_count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	draft->pool = grown;
	grown += draft->pool_count++;
	*grown = (struct draft_pool){ 0 };
	text_copy(grown->name, sizeof(grown->name), name);
	return grown;
}

static int take_pool(struct importing *self, struct draft_card *card, const struct import_fact *fact)
{
	struct draft_pool *pool;
	char member[48];
	size_t used;

	if (!text_is_name(fact->value)) {
		left(self, fact, "no name for a pool");
		return 0;
	}
	if (fact->vf >= 0 && !has_vf(self, card, fact))
		return 0;
	pool = find_pool(self->draft, fact->value);
	if (!pool)
		return -ENOMEM;
	snprintf(member, sizeof(member), fact->vf >= 0 ? "%s/%d" : "%s", card->name, fact->vf);
	used = strlen(pool->members);
	if (used + strlen(member) + 3 > sizeof(pool->members)) {
		left(self, fact, "the pool is too long");
		return 0;
	}
	snprintf(pool->members + used, sizeof(pool->members) - used, "%s%s", used ? ", " : "", member);
	add_comment(pool->comment, sizeof(pool->comment), fact);
	return 0;
}

/* In this order: how many VFs there are comes before what each of them is. */
static int (*const takers[IMPORT_KINDS])(struct importing *, struct draft_card *, const struct import_fact *) = {
	[IMPORT_VFS] = take_count,
	[IMPORT_DRIVER] = take_driver,
	[IMPORT_EARLY] = take_early,
	[IMPORT_SETTING] = take_setting,
	[IMPORT_POOL] = take_pool,
};

static int take(struct importing *self, const struct import_fact *fact)
{
	const struct pci_device *device = pci_inventory_find(&self->host->pci, fact->device);
	struct draft_card *card = device ? draft_find(self->draft, device) : NULL;
	int ret = 0;

	if (device && !card) {
		ret = draft_add(self->draft, self->host, device);
		card = draft_find(self->draft, device);
	}
	return ret < 0 || !card ? ret : takers[fact->what](self, card, fact);
}

int draft_import(struct draft *draft, const struct host *host, struct import *import, struct error *err)
{
	struct importing self = { draft, host, import };
	int ret = 0;

	settle(&self);
	for (enum import_what what = 0; what < IMPORT_KINDS; what++)
		for (size_t i = 0; i < import->fact_count && ret == 0; i++)
			if (import->fact[i].what == what)
				ret = take(&self, &import->fact[i]);
	return ret < 0 || import->out_of_memory ? fail(err, ENOMEM, "import") : 0;
}
