// SPDX-License-Identifier: GPL-2.0-or-later
/* The IOMMU groups of a topology: who is in which, what merges those of several, and whether they can be given away. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "picture/host_model.h"

enum {
	REASONS_MAX = 64, /* groups whose reason is worked out: each costs a walk over all functions */
};

struct membership {
	int key; /* the kernel's number, or the first function by the rule */
	int index;
};

static int compare_memberships(const void *a, const void *b)
{
	const struct membership *one = a;
	const struct membership *other = b;

	return one->key != other->key ? (one->key > other->key) - (one->key < other->key)
				      : (one->index > other->index) - (one->index < other->index);
}

/* The member that merges, in a few words: the topmost port that does not isolate, or a bridge that hides. */
static void find_cause(
	struct topology_model *model, const struct membership *member, int count, struct picture_group *group)
{
	for (int i = 0; i < count; i++) {
		const struct picture_item *item = &model->picture.item[model->item[member[i].index]];

		for (size_t b = 0; b < item->badge_count; b++) {
			const struct picture_badge *badge = &model->picture.badge[item->badge + b];

			if (strcmp(badge->kind, "acs") || badge->level == PICTURE_INFO)
				continue;
			snprintf(group->cause, sizeof(group->cause), "merged by %s: %.30s", item->address, badge->text);
			return;
		}
	}
}

static void describe_group(struct topology_model *model, const struct membership *member, int count, int number,
	struct picture_group *group)
{
	struct group_row row;

	find_cause(model, member, count, group);
	if (group->id < 0 || number >= REASONS_MAX) {
		snprintf(group->reason, sizeof(group->reason), "'sluice why %s' says why",
			model->picture.item[model->item[member[0].index]].address);
		return;
	}
	group_row_read(&model->view, group->id, &row);
	group->viable_known = row.readable;
	group->viable = row.viable;
	picture_clean(group->reason, sizeof(group->reason), row.reason);
}

int topology_add_groups(struct topology_model *model)
{
	const struct topology *topology = &model->view.topology;
	cleanup_free struct membership *member = calloc(topology->count + 1, sizeof(*member));
	int count = 0;
	int shared = 0;

	model->picture.group = calloc(topology->count + 1, sizeof(*model->picture.group));
	if (!member || !model->picture.group)
		return -ENOMEM;
	for (size_t i = 0; i < topology->count; i++) {
		int key = topology->would_only ? model->view.by_rule[i] : topology->function[i].kernel_group;

		if (key >= 0)
			member[count++] = (struct membership){ key, (int)i };
	}
	qsort(member, (size_t)count, sizeof(*member), compare_memberships);
	for (int first = 0, end; first < count; first = end) {
		int number = (int)model->picture.group_count++;
		struct picture_group *group = &model->picture.group[number];

		group->id = topology->would_only ? -1 : member[first].key;
		for (end = first; end < count && member[end].key == member[first].key; end++)
			model->picture.item[model->item[member[end].index]].group = number;
		if (end - first > 1)
			describe_group(model, &member[first], end - first, shared++, group);
	}
	return 0;
}
