// SPDX-License-Identifier: GPL-2.0-or-later
/* The model as a tree of lines for a terminal: in UTF-8 or ASCII, with or without colours, VFs folded or not. */
#include <string.h>

#include "picture/picture.h"

struct tree_lines {
	const char *branch, *last, *down, *none;
};

static const struct tree_lines utf8_lines = { "├─ ", "└─ ", "│  ", "   " };
static const struct tree_lines ascii_lines = { "|- ", "`- ", "|  ", "   " };

static const struct {
	const char *name, *sequence;
} colors[] = { { "blue", "\033[34m" }, { "yellow", "\033[33m" }, { "bold", "\033[1m" }, { "green", "\033[32m" },
	{ "dim", "\033[2m" }, { "red", "\033[31m" } };

struct text_writer {
	const struct picture *picture;
	const struct picture_text_look *look;
	FILE *out;
	char prefix[4 * (PICTURE_DEPTH_MAX + 8) * 3];
};

static const char *color(const struct text_writer *writer, const char *name)
{
	for (size_t i = 0; writer->look->color && i < array_size(colors); i++)
		if (!strcmp(colors[i].name, name))
			return colors[i].sequence;
	return "";
}

static const char *end(const struct text_writer *writer)
{
	return writer->look->color ? "\033[0m" : "";
}

/* The model's text is UTF-8; where that cannot be shown, what is not ASCII is '?'. */
static void put(const struct text_writer *writer, const char *text)
{
	for (; *text; text++) {
		unsigned char octet = (unsigned char)*text;

		if (writer->look->utf8 || octet < 0x80)
			fputc(octet, writer->out);
		else if (octet >= 0xc0)
			fputc('?', writer->out);
	}
}

static void put_badges(const struct text_writer *writer, const struct picture_item *item)
{
	static const char *const level_colors[PICTURE_LEVELS] = { "dim", "yellow", "red" };

	for (size_t i = 0; i < item->badge_count; i++) {
		const struct picture_badge *badge = &writer->picture->badge[item->badge + i];

		fprintf(writer->out, "  %s%s", color(writer, level_colors[badge->level]),
			badge->level == PICTURE_INFO   ? ""
			: badge->level == PICTURE_WARN ? "! "
						       : "X ");
		put(writer, badge->text);
		fputs(end(writer), writer->out);
	}
}

static void put_owner(const struct text_writer *writer, const struct picture_item *item)
{
	const struct picture_owner_look *look = &picture_owner_looks[item->owner];

	fprintf(writer->out, "%s", color(writer, look->color));
	if (writer->look->utf8)
		fputs(look->symbol, writer->out);
	else
		fputc(look->ascii, writer->out);
	fputc(' ', writer->out);
	put(writer, item->owner_text);
	fprintf(writer->out, "%s", end(writer));
}

static void put_group(const struct text_writer *writer, const struct picture_item *item)
{
	const struct picture_group *group;

	if (item->group < 0)
		return;
	group = &writer->picture->group[item->group];
	if (group->id >= 0)
		fprintf(writer->out, "  %sgroup %d%s%s", color(writer, group->member_count > 1 ? "yellow" : "dim"),
			group->id, group->member_count > 1 ? " (shared)" : "", end(writer));
	else if (group->member_count > 1)
		fprintf(writer->out, "  would share a group");
}

static void put_item(const struct text_writer *writer, const struct picture_item *item)
{
	const char *bold = item->kind == PICTURE_VF ? "" : color(writer, "bold");
	char vfs[112];

	if (item->address[0])
		fprintf(writer->out, "%s  ", item->address);
	fputs(bold, writer->out);
	put(writer, item->title);
	fputs(*bold ? end(writer) : "", writer->out);
	if (item->detail[0]) {
		fputs("  ", writer->out);
		put(writer, item->detail);
	}
	if (item->kind == PICTURE_DEVICE || item->kind == PICTURE_VF) {
		fputs("  ", writer->out);
		put_owner(writer, item);
	}
	put_group(writer, item);
	put_badges(writer, item);
	if (picture_vf_text(item, vfs, sizeof(vfs))[0])
		fprintf(writer->out, "  [%s]", vfs);
	fputc('\n', writer->out);
}

static bool is_shown(const struct text_writer *writer, int index)
{
	return writer->picture->item[index].kind != PICTURE_VF || writer->look->vfs;
}

static int next_shown(const struct text_writer *writer, int index)
{
	while (index >= 0 && !is_shown(writer, index))
		index = writer->picture->item[index].next;
	return index;
}

/* Depth is bounded by the model; the prefix has room for it. */
static void put_below(struct text_writer *writer, int first, size_t used)
{
	const struct tree_lines *lines = writer->look->utf8 ? &utf8_lines : &ascii_lines;

	for (int index = next_shown(writer, first), next; index >= 0; index = next) {
		const struct picture_item *item = &writer->picture->item[index];
		size_t room = sizeof(writer->prefix) - used;

		next = next_shown(writer, item->next);
		fprintf(writer->out, "%.*s%s", (int)used, writer->prefix, next >= 0 ? lines->branch : lines->last);
		put_item(writer, item);
		snprintf(writer->prefix + used, room, "%s", next >= 0 ? lines->down : lines->none);
		put_below(writer, item->first_child, used + strlen(writer->prefix + used));
		writer->prefix[used] = '\0';
	}
}

static void put_groups(const struct text_writer *writer)
{
	const struct picture *picture = writer->picture;
	bool any = false;
	char text[64];

	for (size_t i = 0; i < picture->group_count; i++) {
		const struct picture_group *group = &picture->group[i];

		if (!picture_is_shared(picture, (int)i))
			continue;
		if (!any)
			fprintf(writer->out, "\nGroups of several:\n");
		any = true;
		fprintf(writer->out, "  %s%s%s%s", color(writer, "yellow"),
			picture_group_text(picture, (int)i, text, sizeof(text)), end(writer),
			group->viable_known && !group->viable ? ", not viable" : "");
		if (group->reason[0]) {
			fputs(": ", writer->out);
			put(writer, group->reason);
		}
		fputc('\n', writer->out);
	}
}

static void put_legend(const struct text_writer *writer)
{
	fputs("\nOwners:", writer->out);
	for (int i = 0; i < PICTURE_OWNERS; i++) {
		const struct picture_owner_look *look = &picture_owner_looks[i];

		fprintf(writer->out, "  %s", color(writer, look->color));
		if (writer->look->utf8)
			fputs(look->symbol, writer->out);
		else
			fputc(look->ascii, writer->out);
		fprintf(writer->out, "%s %s", end(writer), look->title);
	}
	fprintf(writer->out, "\n");
}

void picture_text(const struct picture *picture, const struct picture_text_look *look, FILE *out)
{
	struct text_writer writer = { .picture = picture, .look = look, .out = out };

	fputs(color(&writer, "bold"), out);
	put(&writer, picture->host);
	fprintf(out, "%s  ", end(&writer));
	put(&writer, picture->summary);
	fputc('\n', out);
	for (size_t i = 0; i < picture->note_count; i++) {
		fprintf(out, "%s! ", color(&writer, "yellow"));
		put(&writer, picture->note[i]);
		fprintf(out, "%s\n", end(&writer));
	}
	put_below(&writer, picture->first_node, 0);
	put_groups(&writer);
	put_legend(&writer);
}
