/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a picture looks like: every colour, for light and dark, and every kind of letter, as one table each. The writer
 * makes CSS of them, tests compute their contrast (WCAG 2.1).
 */
#ifndef PICTURE_STYLE_H
#define PICTURE_STYLE_H

#include "picture/picture.h"

/* Kinds of areas. Owners and levels follow the order of their enums. */
enum picture_area {
	AREA_PAGE,
	AREA_NODE,
	AREA_ROOT,
	AREA_GROUP,
	AREA_GROUP_BAD, /* a group that is not viable */
	AREA_PORT,
	AREA_CARD,
	AREA_TRAY,
	AREA_CHIP, /* the number of a group */
	AREA_INFO,
	AREA_WARN,
	AREA_BLOCK,
	AREA_HOST, /* pill, bar and cell of each owner */
	AREA_VFIO,
	AREA_OPERATOR,
	AREA_GUEST,
	AREA_NOBODY,
	AREAS,
};

struct picture_colors {
	uint32_t fill, stroke, ink; /* 0xrrggbb; ink: text on it */
};

struct picture_area_style {
	const char *name; /* class */
	struct picture_colors light, dark;
	const char *more; /* further CSS */
	int radius;
};
extern const struct picture_area_style picture_areas[AREAS];

enum picture_letter {
	LETTER_HEADING,
	LETTER_FRAME, /* heading of a node */
	LETTER_NAME,
	LETTER_PLAIN,
	LETTER_MONO,
	LETTER_SMALL,
	LETTER_CELL,
	LETTERS,
};

struct picture_letter_style {
	const char *name;
	int tenths; /* size, in tenths of a pixel */
	bool mono, bold;
	bool soft; /* in the softer ink */
};
extern const struct picture_letter_style picture_letters[LETTERS];

/* Text on page, nodes, root complexes, cards and ports alike, and the softer kind; lines between boxes. */
struct picture_ink {
	uint32_t light, dark;
};
extern const struct picture_ink picture_ink, picture_soft_ink, picture_wire;

/* Pixels that a text takes at the most, by the widths of a wide font (DejaVu Sans): other fonts are narrower. */
int picture_text_width(enum picture_letter letter, const char *text);

/* Copy what fits into width pixels, with an ellipsis where something was cut. */
void picture_text_fit(enum picture_letter letter, int width, const char *text, char *buf, size_t size);

#endif
