// SPDX-License-Identifier: GPL-2.0-or-later
/* Round the machine itself: heading with what stands against the whole host, and the legend. */
#include "picture/layout.h"

#include <string.h>

#include "base/text.h"

enum {
	MARGIN = 24,
	LEGEND_GAP = 18,
	LEGEND_STEP = 26,
};

int layout_heading(struct layout *layout, const struct picture *picture, int width)
{
	int y = 22;

	layout_add_box(layout, BOX_PAGE, -1, (struct layout_rect){ 0, 0, width, 1 });
	layout_add_text(layout, AREA_PAGE, LETTER_HEADING, MARGIN, y, width - 2 * MARGIN, picture->host);
	y += 30;
	layout_add_text(layout, AREA_PAGE, LETTER_PLAIN, MARGIN, y, width - 2 * MARGIN, picture->summary);
	y += 24;
	for (size_t i = 0; i < picture->note_count; i++) {
		char text[176];

		snprintf(text, sizeof(text), "! %s", picture->note[i]);
		layout_add_pill(layout, AREA_WARN, PICTURE_OWNERS, MARGIN, y, width - 2 * MARGIN, text);
		y += 24;
	}
	return y + 6;
}

/* One entry: a pill with its meaning behind it; wraps. */
struct legend {
	struct layout *layout;
	int x, y, width;
};

static void put_entry(
	struct legend *legend, enum picture_area area, enum picture_owner owner, const char *pill, const char *meaning)
{
	int pill_width = layout_pill_width(owner, pill);
	int text_width = picture_text_width(LETTER_SMALL, meaning);
	int total = pill_width + 8 + text_width;

	if (legend->x + total > legend->width - MARGIN - 16 && legend->x > MARGIN + 16) {
		legend->x = MARGIN + 16;
		legend->y += LEGEND_STEP;
	}
	layout_add_pill(legend->layout, area, owner, legend->x, legend->y, pill_width, pill);
	layout_add_text(legend->layout, AREA_NODE, LETTER_SMALL, legend->x + pill_width + 8, legend->y + 3, text_width,
		meaning);
	legend->x += total + LEGEND_GAP;
}

int layout_legend(struct layout *layout, int y, int width)
{
	static const struct {
		enum picture_area area;
		const char *pill, *meaning;
	} others[] = {
		{ AREA_CHIP, "group 7", "IOMMU group of a device that is alone in it, or of one in a box" },
		{ AREA_GROUP, "dashed box", "a group of several: given away together or not at all" },
		{ AREA_GROUP_BAD, "dashed box, not viable", "a driver of the host in it keeps VFIO out" },
		{ AREA_INFO, "x8 8 GT/s", "link, NUMA node, reset methods" },
		{ AREA_WARN, "! warning", "degraded link, no reset, missing ACS, reserved memory" },
		{ AREA_BLOCK, "× blocker", "in use: the host would lose something" },
	};
	struct legend legend = { layout, MARGIN + 16, y + 36, width };
	size_t box = layout->box_count;
	size_t area = layout->part_count;
	char pill[32];

	layout_add_box(layout, BOX_LEGEND, -1, (struct layout_rect){ MARGIN, y, width - 2 * MARGIN, 0 });
	layout_add_area(layout, AREA_NODE, (struct layout_rect){ MARGIN, y, width - 2 * MARGIN, 0 });
	layout_add_text(layout, AREA_NODE, LETTER_NAME, MARGIN + 16, y + 11, 200, "Legend");
	for (int i = 0; i < PICTURE_OWNERS; i++) {
		snprintf(pill, sizeof(pill), "%s (VF: %c)", picture_owner_looks[i].word, picture_owner_looks[i].letter);
		put_entry(&legend, (enum picture_area)(AREA_HOST + i), (enum picture_owner)i, pill,
			picture_owner_looks[i].title);
	}
	for (size_t i = 0; i < array_size(others); i++)
		put_entry(&legend, others[i].area, PICTURE_OWNERS, others[i].pill, others[i].meaning);
	if (!layout->out_of_memory) {
		layout->box[box].rect.h = legend.y + LEGEND_STEP + 8 - y;
		layout->part[area].rect.h = layout->box[box].rect.h;
	}
	return legend.y + LEGEND_STEP + 8 - y + MARGIN;
}
