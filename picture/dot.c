// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model as text for graphviz's dot, which the user may have: groups of several are clusters, the tree goes from
 * left to right.
 */
#include <string.h>

#include "picture/picture.h"
#include "picture/style.h"

/* Inside double quotes; dot knows \n and \\ there. */
static void put_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void put_label(const struct picture *picture, const struct picture_item *item, FILE *out)
{
	const char *const lines[] = { item->address, item->title, item->detail, item->owner_text };
	char vfs[112];
	bool first = true;

	for (size_t i = 0; i < array_size(lines); i++) {
		if (!lines[i][0])
			continue;
		fputs(first ? "" : "\\n", out);
		put_quoted(out, lines[i]);
		first = false;
	}
	for (size_t i = 0; i < item->badge_count; i++) {
		const struct picture_badge *badge = &picture->badge[item->badge + i];

		fputs(badge->level == PICTURE_INFO ? "\\n" : "\\n! ", out);
		put_quoted(out, badge->text);
	}
	if (picture_vf_text(item, vfs, sizeof(vfs))[0])
		fprintf(out, "\\n%s", vfs);
}

static void put_node(const struct picture *picture, const struct picture_item *item, FILE *out)
{
	bool owned = item->kind == PICTURE_DEVICE || item->kind == PICTURE_VF;
	const struct picture_colors *colors = &picture_areas[owned ? AREA_HOST + (int)item->owner : AREA_PORT].light;

	fprintf(out, "  \"%s\" [label=\"", item->id);
	put_label(picture, item, out);
	fprintf(out, "\", color=\"#%06x\", fillcolor=\"#%06x\", fontcolor=\"#%06x\"];\n", colors->stroke, colors->fill,
		colors->ink);
}

static bool is_shown(const struct picture_item *item, bool vfs)
{
	return item->kind != PICTURE_VF || vfs;
}

/* Items by group: chains through `next`, the first of each group in `first`. */
static void put_clusters(const struct picture *picture, bool vfs, FILE *out)
{
	cleanup_free int *first = malloc((picture->group_count + 1) * sizeof(*first));
	cleanup_free int *next = malloc((picture->item_count + 1) * sizeof(*next));
	char text[64];

	if (!first || !next)
		return;
	memset(first, 0xff, (picture->group_count + 1) * sizeof(*first));
	for (size_t i = picture->item_count; i-- > 0;)
		if (picture->item[i].group >= 0 && is_shown(&picture->item[i], vfs)) {
			next[i] = first[picture->item[i].group];
			first[picture->item[i].group] = (int)i;
		}
	for (size_t group = 0; group < picture->group_count; group++) {
		if (!picture_is_shared(picture, (int)group))
			continue;
		fprintf(out, "  subgraph \"cluster-%zu\" {\n    label=\"%s\"; style=\"rounded,dashed\"; tooltip=\"",
			group, picture_group_text(picture, (int)group, text, sizeof(text)));
		put_quoted(out, picture->group[group].reason);
		fputs("\";\n   ", out);
		for (int i = first[group]; i >= 0; i = next[i])
			fprintf(out, " \"%s\";", picture->item[i].id);
		fputs("\n  }\n", out);
	}
}

void picture_dot(const struct picture *picture, bool vfs, FILE *out)
{
	fputs("digraph topology {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", "
	      "fontname=\"sans-serif\", "
	      "fontsize=10];\n  edge [arrowhead=none];\n  label=\"",
		out);
	put_quoted(out, picture->host);
	fputs("\\n", out);
	put_quoted(out, picture->summary);
	fputs("\";\n", out);
	for (size_t i = 0; i < picture->item_count; i++)
		if (is_shown(&picture->item[i], vfs))
			put_node(picture, &picture->item[i], out);
	for (size_t i = 0; i < picture->item_count; i++)
		if (picture->item[i].parent >= 0 && is_shown(&picture->item[i], vfs))
			fprintf(out, "  \"%s\" -> \"%s\";\n", picture->item[picture->item[i].parent].id,
				picture->item[i].id);
	put_clusters(picture, vfs, out);
	fputs("}\n", out);
}
