// SPDX-License-Identifier: GPL-2.0-or-later
/* Colours, letters and the widths of text; see style.h. */
#include "picture/style.h"

#include <string.h>

#include "base/text.h"

const struct picture_ink picture_ink = { 0x0f172a, 0xe8edf5 };
const struct picture_ink picture_soft_ink = { 0x475569, 0xa9b6c9 };
const struct picture_ink picture_wire = { 0x94a3b8, 0x64748b };

const struct picture_area_style picture_areas[AREAS] = {
	[AREA_PAGE] = { "page", { 0xf8fafc, 0xf8fafc, 0x0f172a }, { 0x0b1220, 0x0b1220, 0xe8edf5 }, "", 0 },
	[AREA_NODE] = { "node", { 0xeef2f7, 0xcbd5e1, 0x0f172a }, { 0x111a2b, 0x2b3a52, 0xe8edf5 }, "", 14 },
	[AREA_ROOT] = { "root", { 0xf8fafc, 0xd5dde8, 0x0f172a }, { 0x162135, 0x2b3a52, 0xe8edf5 }, "", 10 },
	[AREA_GROUP] = { "group", { 0xfdf6e3, 0xb7791f, 0x6b3f08 }, { 0x2a2413, 0xc99a3b, 0xf5d48a },
		"stroke-dasharray:5 3;stroke-width:1.5", 10 },
	[AREA_GROUP_BAD] = { "group-bad", { 0xfdf0ee, 0xc2410c, 0x8a1c0c }, { 0x2d1a1a, 0xf08a6c, 0xfec5b3 },
		"stroke-dasharray:5 3;stroke-width:1.5", 10 },
	[AREA_PORT] = { "port", { 0xe6ebf2, 0x94a3b8, 0x0f172a }, { 0x25324a, 0x5b6b85, 0xe8edf5 }, "", 6 },
	[AREA_CARD] = { "card", { 0xffffff, 0xb6c2d1, 0x0f172a }, { 0x1d2a40, 0x4a5a75, 0xe8edf5 }, "", 8 },
	[AREA_TRAY] = { "tray", { 0xf7f9fc, 0xb6c2d1, 0x0f172a }, { 0x182338, 0x4a5a75, 0xe8edf5 }, "", 8 },
	[AREA_CHIP] = { "chip", { 0xe9eef5, 0xc3cedb, 0x334155 }, { 0x2b3952, 0x46566f, 0xd3dcea }, "", 9 },
	[AREA_INFO] = { "info", { 0xf1f5f9, 0xcbd5e1, 0x334155 }, { 0x253248, 0x46566f, 0xd3dcea }, "", 9 },
	[AREA_WARN] = { "warn", { 0xfef0c7, 0xb45309, 0x7a3a06 }, { 0x3a2a0c, 0xe0a33a, 0xfcd583 }, "", 9 },
	[AREA_BLOCK] = { "block", { 0xfee2e2, 0xb91c1c, 0x8f1414 }, { 0x3f1618, 0xf07575, 0xfdb9b9 }, "", 9 },
	[AREA_HOST] = { "host", { 0x2456c7, 0x2456c7, 0xffffff }, { 0x7aa5ff, 0x7aa5ff, 0x0b1220 }, "", 9 },
	[AREA_VFIO] = { "vfio", { 0xffffff, 0x0b6b83, 0x0a5568 }, { 0x0f2430, 0x4fc3dc, 0x8fe0f0 }, "", 9 },
	[AREA_OPERATOR] = { "bound", { 0x7a34c9, 0x7a34c9, 0xffffff }, { 0xc9a2ff, 0xc9a2ff, 0x1a0b33 }, "", 9 },
	[AREA_GUEST] = { "guest", { 0x14713a, 0x14713a, 0xffffff }, { 0x5fd38a, 0x5fd38a, 0x06220f }, "", 9 },
	[AREA_NOBODY] = { "nobody", { 0xffffff, 0x7b8798, 0x475569 }, { 0x1d2a40, 0x8391a7, 0xb8c4d6 },
		"stroke-dasharray:3 2", 9 },
};

const struct picture_letter_style picture_letters[LETTERS] = {
	[LETTER_HEADING] = { "t-heading", 200, false, true, false },
	[LETTER_FRAME] = { "t-frame", 140, false, true, false },
	[LETTER_NAME] = { "t-name", 130, false, true, false },
	[LETTER_PLAIN] = { "t-plain", 120, false, false, true },
	[LETTER_MONO] = { "t-mono", 115, true, false, true },
	[LETTER_SMALL] = { "t-small", 105, false, false, false },
	[LETTER_CELL] = { "t-cell", 100, true, true, false },
};

/* DejaVu Sans, thousandths of the size, from space to tilde. */
static const uint16_t widths[] = { 318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636,
	636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575,
	775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337,
	390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411,
	521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838 };

static int character_width(enum picture_letter letter, unsigned char character)
{
	const struct picture_letter_style *style = &picture_letters[letter];
	int thousandths = 1000;

	if (style->mono)
		thousandths = 602;
	else if (character >= ' ' && character <= '~')
		thousandths = widths[character - ' '];
	if (style->bold && !style->mono)
		thousandths += thousandths / 10;
	return thousandths * style->tenths;
}

static bool is_first_octet(char octet)
{
	return ((unsigned char)octet & 0xc0) != 0x80;
}

int picture_text_width(enum picture_letter letter, const char *text)
{
	long sum = 0;

	for (; *text; text++)
		if (is_first_octet(*text))
			sum += character_width(letter, (unsigned char)*text);
	return (int)((sum + 9999) / 10000);
}

void picture_text_fit(enum picture_letter letter, int width, const char *text, char *buf, size_t size)
{
	static const char ellipsis[] = "…";
	long room = (long)width * 10000 - character_width(letter, 0xe2);
	size_t keep = 0;

	if (strlen(text) < size && picture_text_width(letter, text) <= width) {
		text_copy(buf, size, text);
		return;
	}
	for (size_t i = 0; text[i]; i++) {
		if (!is_first_octet(text[i]))
			continue;
		if (room < 0 || i + sizeof(ellipsis) > size)
			break;
		keep = i;
		room -= character_width(letter, (unsigned char)text[i]);
	}
	while (keep && text[keep - 1] == ' ')
		keep--;
	snprintf(buf, size, "%.*s%s", (int)keep, text, ellipsis);
}
