// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What changed between two records. A device is looked for at its place first, then by its numbers anywhere; what is
 * left on both sides of one place was swapped. Groups are compared by the places of their members, since the kernel
 * numbers groups anew at each boot.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assign/record.h"
#include "base/cleanup.h"
#include "base/text.h"

static const char *const kind_names[RECORD_CHANGE_COUNT] = {
	[RECORD_MOVED] = "moved",
	[RECORD_SWAPPED] = "swapped",
	[RECORD_NEW] = "new",
	[RECORD_GONE] = "gone",
	[RECORD_RENUMBERED] = "renumbered",
	[RECORD_RENAMED] = "renamed",
	[RECORD_DRIVER] = "driver",
	[RECORD_GROUP] = "group",
	[RECORD_ACS] = "acs",
};

/* One pass over two records. now_of[i]: the device of `now` that is device i of `before`, or -1. */
struct comparison {
	const struct record *before, *now;
	long *now_of, *before_of;
	struct record_changes changes;
	struct record_change spare; /* written to, and lost, without memory */
	bool failed;
};

const char *record_change_name(enum record_change_kind kind)
{
	return (unsigned int)kind < RECORD_CHANGE_COUNT ? kind_names[kind] : "";
}

void record_changes_done(struct record_changes *changes)
{
	if (!changes)
		return;
	free(changes->change);
	*changes = (struct record_changes){ 0 };
}

/* The new change, of which before, now and evidence are still empty; never NULL. */
static struct record_change *add(struct comparison *c, enum record_change_kind kind, const struct record_device *device)
{
	struct record_change *grown = reallocarray(c->changes.change, c->changes.count + 1, sizeof(*c->changes.change));
	struct record_change *change;

	if (!grown) {
		c->failed = true;
		return &c->spare;
	}
	c->changes.change = grown;
	change = &grown[c->changes.count++];
	*change = (struct record_change){ .kind = kind, .addr = device->addr };
	text_copy(change->path, sizeof(change->path), device->identity.path);
	pci_identity_describe(&device->identity, change->card, sizeof(change->card));
	return change;
}

/* Pairing ---------------------------------------------------------------------------------------------------------- */

static void pair(struct comparison *c, enum pci_identity_match wanted)
{
	for (size_t i = 0; i < c->before->count; i++)
		for (size_t k = 0; c->now_of[i] < 0 && k < c->now->count; k++) {
			const struct pci_identity *before = &c->before->device[i].identity;
			const struct pci_identity *now = &c->now->device[k].identity;

			if (c->before_of[k] >= 0 || before->device_id != now->device_id ||
				pci_identity_compare(before, now, NULL, 0) != wanted)
				continue;
			c->now_of[i] = (long)k;
			c->before_of[k] = (long)i;
		}
}

static void report_moved(struct comparison *c, const struct record_device *before, const struct record_device *now)
{
	struct record_change *change = add(c, RECORD_MOVED, now);

	text_copy(change->before, sizeof(change->before), before->identity.path);
	text_copy(change->now, sizeof(change->now), now->identity.path);
	pci_identity_compare(&before->identity, &now->identity, change->evidence, sizeof(change->evidence));
}

/* The device of `now` at a place; NULL for an empty one. */
static const struct record_device *at_place(const struct record *record, const char *path)
{
	for (size_t i = 0; i < record->count; i++)
		if (!strcmp(record->device[i].identity.path, path))
			return &record->device[i];
	return NULL;
}

/* Something alike that nobody else is, and that has no number to tell: perhaps it. */
static void note_alike(struct comparison *c, const struct record_device *gone, struct record_change *change)
{
	for (size_t k = 0; k < c->now->count; k++) {
		char name[PCI_ADDR_TEXT_SIZE];

		if (c->before_of[k] >= 0 || pci_identity_compare(&gone->identity, &c->now->device[k].identity, NULL,
						    0) != PCI_IDENTITY_UNKNOWN)
			continue;
		snprintf(change->evidence, sizeof(change->evidence), "the one at %s is alike, without a number to tell",
			pci_addr_text(c->now->device[k].addr, name));
		return;
	}
}

/* A device without a counterpart: another card has its place, or nothing has. */
static void report_lost(struct comparison *c, const struct record_device *lost)
{
	const struct record_device *there = at_place(c->now, lost->identity.path);
	struct record_change *change;

	if (!there || c->before_of[there - c->now->device] >= 0) {
		note_alike(c, lost, add(c, RECORD_GONE, lost));
		return;
	}
	change = add(c, RECORD_SWAPPED, there);
	pci_identity_describe(&lost->identity, change->before, sizeof(change->before));
	pci_identity_describe(&there->identity, change->now, sizeof(change->now));
	pci_identity_compare(&lost->identity, &there->identity, change->evidence, sizeof(change->evidence));
	c->before_of[there - c->now->device] = lost - c->before->device;
}

/*
 * Facts of one device -----------------------------------------------------------------------------------------------
 */

static void compare_address(struct comparison *c, const struct record_device *before, const struct record_device *now)
{
	struct record_change *change;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!pci_addr_compare(before->addr, now->addr))
		return;
	change = add(c, RECORD_RENUMBERED, now);
	text_copy(change->before, sizeof(change->before), pci_addr_text(before->addr, name));
	text_copy(change->now, sizeof(change->now), pci_addr_text(now->addr, name));
}

static void join_names(const struct record_device *device, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < device->netdev_count && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "", device->netdevs[i].text);
}

/* A card that is with VFIO has no network device, which is no change of its name. */
static void compare_names(struct comparison *c, const struct record_device *before, const struct record_device *now)
{
	struct record_change *change;
	char was[160], is[160];

	join_names(before, was, sizeof(was));
	join_names(now, is, sizeof(is));
	if (!was[0] || !is[0] || !strcmp(was, is))
		return;
	change = add(c, RECORD_RENAMED, now);
	text_copy(change->before, sizeof(change->before), was);
	text_copy(change->now, sizeof(change->now), is);
}

static void compare_driver(struct comparison *c, const struct record_device *before, const struct record_device *now)
{
	struct record_change *change;

	if (!strcmp(before->driver, now->driver))
		return;
	change = add(c, RECORD_DRIVER, now);
	text_copy(change->before, sizeof(change->before), before->driver[0] ? before->driver : "none");
	text_copy(change->now, sizeof(change->now), now->driver[0] ? now->driver : "none");
}

static void compare_acs(struct comparison *c, const struct record_device *before, const struct record_device *now)
{
	struct record_change *change;

	if (before->acs < 0 || now->acs < 0 || before->acs == now->acs)
		return;
	change = add(c, RECORD_ACS, now);
	snprintf(change->before, sizeof(change->before), "on: 0x%04x of 0x%04x", (unsigned int)(before->acs & 0xffff),
		(unsigned int)(before->acs >> 16 & 0xffff));
	snprintf(change->now, sizeof(change->now), "on: 0x%04x of 0x%04x", (unsigned int)(now->acs & 0xffff),
		(unsigned int)(now->acs >> 16 & 0xffff));
}

/* Is the device at that place in the group of the other? */
static bool is_mate(const struct record *record, const struct record_device *device, const char *path)
{
	const struct record_device *other = at_place(record, path);

	return other && other != device && other->group == device->group;
}

/* Places of the devices that share the group in one record and not in the other. */
static size_t list_mates(const struct record *in, const struct record_device *device, const struct record *not_in,
	const struct record_device *counterpart, char *buf, size_t size)
{
	size_t used = 0, count = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < in->count; i++) {
		const struct record_device *mate = &in->device[i];

		if (mate == device || mate->group != device->group ||
			(not_in && is_mate(not_in, counterpart, mate->identity.path)))
			continue;
		if (used < size)
			used += (size_t)snprintf(
				buf + used, size - used, "%s%s", count ? ", " : "", mate->identity.path);
		count++;
	}
	return count;
}

static void compare_group(struct comparison *c, const struct record_device *before, const struct record_device *now)
{
	struct record_change *change;
	char came[128], left[128];
	size_t coming, leaving;

	/* Without an IOMMU there are no groups, and that is one change of the host, not one of each device. */
	if (before->group < 0 || now->group < 0)
		return;
	coming = list_mates(c->now, now, c->before, before, came, sizeof(came));
	leaving = list_mates(c->before, before, c->now, now, left, sizeof(left));
	if (!coming && !leaving)
		return;
	change = add(c, RECORD_GROUP, now);
	list_mates(c->before, before, NULL, NULL, change->before, sizeof(change->before));
	list_mates(c->now, now, NULL, NULL, change->now, sizeof(change->now));
	snprintf(change->evidence, sizeof(change->evidence), "%s%.60s%s%s%.60s", coming ? "joined: " : "", came,
		coming && leaving ? "; " : "", leaving ? "left: " : "", left);
	if (!change->before[0])
		text_copy(change->before, sizeof(change->before), "alone");
	if (!change->now[0])
		text_copy(change->now, sizeof(change->now), "alone");
}

static void compare_device(struct comparison *c, size_t index)
{
	const struct record_device *before = &c->before->device[index];
	const struct record_device *now;

	if (c->now_of[index] < 0) {
		report_lost(c, before);
		return;
	}
	now = &c->now->device[c->now_of[index]];
	if (strcmp(before->identity.path, now->identity.path) != 0)
		report_moved(c, before, now);
	else
		compare_address(c, before, now);
	compare_names(c, before, now);
	compare_driver(c, before, now);
	compare_acs(c, before, now);
	compare_group(c, before, now);
}

static int compare_changes(const void *a, const void *b)
{
	const struct record_change *one = a, *other = b;

	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return pci_addr_compare(one->addr, other->addr);
}

int record_compare(
	const struct record *before, const struct record *now, struct record_changes *ret_changes, struct error *err)
{
	cleanup_free long *now_of = malloc((before->count + 1) * sizeof(*now_of));
	cleanup_free long *before_of = malloc((now->count + 1) * sizeof(*before_of));
	struct comparison c = { .before = before, .now = now, .now_of = now_of, .before_of = before_of };

	if (!now_of || !before_of)
		return fail(err, ENOMEM, "compare records of devices");
	for (size_t i = 0; i < before->count; i++)
		now_of[i] = -1;
	for (size_t i = 0; i < now->count; i++)
		before_of[i] = -1;
	pair(&c, PCI_IDENTITY_SAME);
	pair(&c, PCI_IDENTITY_MOVED);
	for (size_t i = 0; i < before->count; i++)
		compare_device(&c, i);
	for (size_t k = 0; k < now->count; k++)
		if (before_of[k] < 0)
			add(&c, RECORD_NEW, &now->device[k]);
	if (c.failed) {
		record_changes_done(&c.changes);
		return fail(err, ENOMEM, "compare records of devices");
	}
	if (c.changes.count)
		qsort(c.changes.change, c.changes.count, sizeof(*c.changes.change), compare_changes);
	*ret_changes = c.changes;
	return 0;
}
