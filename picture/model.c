// SPDX-License-Identifier: GPL-2.0-or-later
/* The model: items in a tree that cannot loop, groups with their members counted, badges; see picture.h. */
#include "picture/picture.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

const struct picture_owner_look picture_owner_looks[PICTURE_OWNERS] = {
	[PICTURE_HOST] = { "host", "driven by the host", 'H', "■", '#', "blue" },
	[PICTURE_VFIO] = { "vfio", "on vfio-pci, nobody uses it", 'V', "○", 'o', "yellow" },
	[PICTURE_OPERATOR] = { "bound", "taken by `sluice bind`", 'B', "◆", '+', "bold" },
	[PICTURE_GUEST] = { "guest", "in a guest", 'G', "●", '*', "green" },
	[PICTURE_NOBODY] = { "no driver", "no driver", '-', "□", '-', "dim" },
};

const char *const picture_level_names[PICTURE_LEVELS] = { "info", "warning", "blocker" };

void picture_init(struct picture *picture)
{
	*picture = (struct picture){ .first_node = -1 };
}

void picture_done(struct picture *picture)
{
	if (!picture)
		return;
	free(picture->item);
	free(picture->group);
	free(picture->badge);
	picture_init(picture);
}

int picture_add(struct picture *picture, enum picture_kind kind)
{
	struct picture_item *item;

	if (picture->item_count == picture->item_space) {
		size_t space = picture->item_space ? picture->item_space * 2 : 256;
		struct picture_item *grown = reallocarray(picture->item, space, sizeof(*grown));

		if (!grown) {
			picture->out_of_memory = true;
			return picture->item_count ? (int)picture->item_count - 1 : -1;
		}
		picture->item = grown;
		picture->item_space = space;
	}
	item = &picture->item[picture->item_count];
	*item = (struct picture_item){ .kind = kind,
		.parent = -1,
		.first_child = -1,
		.last_child = -1,
		.next = -1,
		.group = -1,
		.whole = -1,
		.owner = PICTURE_NOBODY };
	return (int)picture->item_count++;
}

void picture_put_below(struct picture *picture, int item, int parent)
{
	struct picture_item *self = &picture->item[item];
	struct picture_item *above = parent < 0 ? NULL : &picture->item[parent];
	int *last = &picture->first_node;

	self->parent = parent;
	if (!above) {
		while (*last >= 0)
			last = &picture->item[*last].next;
		*last = item;
		return;
	}
	if (above->last_child < 0)
		above->first_child = item;
	else
		picture->item[above->last_child].next = item;
	above->last_child = item;
	above->child_count++;
}

void picture_add_badge(
	struct picture *picture, int item, enum picture_level level, const char *kind, const char *text, ...)
{
	struct picture_item *self = &picture->item[item];
	struct picture_badge *badge;
	va_list args;

	if (self->badge_count == PICTURE_BADGE_MAX)
		return;
	if (picture->badge_count == picture->badge_space) {
		size_t space = picture->badge_space ? picture->badge_space * 2 : 256;
		struct picture_badge *grown = reallocarray(picture->badge, space, sizeof(*grown));

		if (!grown) {
			picture->out_of_memory = true;
			return;
		}
		picture->badge = grown;
		picture->badge_space = space;
	}
	if (!self->badge_count)
		self->badge = picture->badge_count;
	self->badge_count++;
	badge = &picture->badge[picture->badge_count++];
	*badge = (struct picture_badge){ .item = item, .level = level };
	text_copy(badge->kind, sizeof(badge->kind), kind);
	va_start(args, text);
	vsnprintf(badge->text, sizeof(badge->text), text, args);
	va_end(args);
}

void picture_explain_badge(struct picture *picture, const char *fmt, ...)
{
	char text[256];
	va_list args;

	if (!picture->badge_count)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	picture_clean(picture->badge[picture->badge_count - 1].detail, sizeof(picture->badge[0].detail), text);
}

void picture_note(struct picture *picture, const char *fmt, ...)
{
	va_list args;

	if (picture->note_count == array_size(picture->note))
		return;
	va_start(args, fmt);
	vsnprintf(picture->note[picture->note_count++], sizeof(picture->note[0]), fmt, args);
	va_end(args);
}

bool picture_is_shared(const struct picture *picture, int group)
{
	return group >= 0 && picture->group[group].member_count > 1;
}

/*
 * The group that an item and everything below it are in; containers are in none. Depth is bounded by the model's maker.
 */
static int settle_whole(struct picture *picture, int index)
{
	struct picture_item *item = &picture->item[index];
	bool container = item->kind == PICTURE_NODE || item->kind == PICTURE_ROOT;
	int whole = container ? -2 : item->group;

	for (int child = item->first_child; child >= 0; child = picture->item[child].next) {
		int group = settle_whole(picture, child);

		if (whole == -2)
			whole = group;
		else if (group != whole)
			whole = -1;
	}
	/* A root bus at the top has a frame of its own; one below a function is whole with its members. */
	if (whole >= 0 && picture_is_shared(picture, whole) && item->parent >= 0 &&
		picture->item[item->parent].kind != PICTURE_NODE)
		item->whole = whole;
	return whole < 0 ? -1 : whole;
}

static void count_vfs(struct picture *picture)
{
	for (size_t i = 0; i < picture->item_count; i++) {
		const struct picture_item *vf = &picture->item[i];

		if (vf->kind != PICTURE_VF)
			continue;
		picture->item[vf->parent].vf_by_owner[vf->owner]++;
		picture->item[vf->parent].vf_count++;
	}
}

/* Siblings of one group stand together, at the place of the first: `seen` has that place for each group. */
static void gather_siblings(struct picture *picture, int parent, int *seen, int *tail)
{
	struct picture_item *above = &picture->item[parent];
	int next;

	for (int at = above->first_child; at >= 0; at = picture->item[at].next)
		if (picture->item[at].whole >= 0)
			seen[picture->item[at].whole] = tail[picture->item[at].whole] = -1;
	for (int before = -1, at = above->first_child; at >= 0; at = next) {
		int group = picture->item[at].whole;

		next = picture->item[at].next;
		if (group >= 0 && tail[group] >= 0 && tail[group] != before) {
			picture->item[before].next = next;
			picture->item[at].next = picture->item[tail[group]].next;
			picture->item[tail[group]].next = at;
			tail[group] = at;
			continue;
		}
		if (group >= 0)
			tail[group] = at;
		before = at;
	}
	for (int at = above->first_child; at >= 0; at = picture->item[at].next)
		above->last_child = at;
}

/* Worst first: an insertion sort of a dozen at the most. */
static void sort_badges(struct picture *picture, const struct picture_item *item)
{
	struct picture_badge *badge = picture->badge + item->badge;

	for (size_t i = 1; i < item->badge_count; i++)
		for (size_t j = i; j && badge[j].level > badge[j - 1].level; j--) {
			struct picture_badge swap = badge[j];

			badge[j] = badge[j - 1];
			badge[j - 1] = swap;
		}
}

int picture_settle(struct picture *picture)
{
	cleanup_free int *seen = calloc(picture->group_count + 1, sizeof(*seen));
	cleanup_free int *tail = calloc(picture->group_count + 1, sizeof(*tail));

	if (picture->out_of_memory || !seen || !tail)
		return -ENOMEM;
	for (size_t i = 0; i < picture->group_count; i++)
		picture->group[i].member_count = 0;
	for (size_t i = 0; i < picture->item_count; i++)
		if (picture->item[i].group >= 0)
			picture->group[picture->item[i].group].member_count++;
	count_vfs(picture);
	for (int node = picture->first_node; node >= 0; node = picture->item[node].next)
		settle_whole(picture, node);
	for (size_t i = 0; i < picture->item_count; i++) {
		if (picture->item[i].kind != PICTURE_NODE && picture->item[i].first_child >= 0)
			gather_siblings(picture, (int)i, seen, tail);
		sort_badges(picture, &picture->item[i]);
	}
	return 0;
}

/* Octets of the character that starts here; 0 for what is no UTF-8, or a control character (C1 included). */
static size_t character_length(const unsigned char *at)
{
	size_t length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;

	if (at[0] < 0x20 || at[0] == 0x7f || at[0] == 0xc0 || at[0] == 0xc1 || at[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (at[i] >> 6 != 2)
			return 0;
	/* Overlong forms, surrogates, beyond Unicode, C1 controls; U+FFFE and U+FFFF, which XML forbids. */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
		(at[0] == 0xf4 && at[1] > 0x8f) || (at[0] == 0xc2 && at[1] < 0xa0) ||
		(at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe))
		return 0;
	return length;
}

void picture_clean(char *buf, size_t size, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t used = 0;

	while (*at) {
		size_t length = character_length(at);
		size_t wanted = length ? length : 1;

		if (used + wanted >= size)
			break;
		if (length)
			memcpy(buf + used, at, length);
		else
			buf[used] = '?';
		used += wanted;
		at += wanted;
	}
	buf[used] = '\0';
}

const char *picture_vf_text(const struct picture_item *item, char *buf, size_t size)
{
	static const struct {
		enum picture_owner owner;
		const char *words;
	} parts[] = { { PICTURE_GUEST, "with guests" }, { PICTURE_OPERATOR, "bound" }, { PICTURE_VFIO, "on vfio" },
		{ PICTURE_HOST, "with the host" }, { PICTURE_NOBODY, "free" } };
	size_t used;
	bool first = true;

	buf[0] = '\0';
	if (!item->vf_count)
		return buf;
	used = (size_t)snprintf(buf, size, "%d VF%s", item->vf_count, item->vf_count == 1 ? "" : "s");
	for (size_t i = 0; i < array_size(parts); i++) {
		int count = item->vf_by_owner[parts[i].owner];

		if (!count || used >= size)
			continue;
		used += (size_t)snprintf(
			buf + used, size - used, "%s%d %s", first ? ": " : ", ", count, parts[i].words);
		first = false;
	}
	return buf;
}

const char *picture_group_text(const struct picture *picture, int group, char *buf, size_t size)
{
	const struct picture_group *self = &picture->group[group];

	if (self->id < 0)
		snprintf(buf, size, "would be one IOMMU group, %d functions", self->member_count);
	else
		snprintf(buf, size, "IOMMU group %d, %d function%s", self->id, self->member_count,
			self->member_count == 1 ? "" : "s");
	return buf;
}
