// SPDX-License-Identifier: GPL-2.0-or-later
/* Characters of UTF-8, and which of them may be shown; see utf8.h. */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	ESCAPE_LENGTH = 4 /* \xHH */
};

static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0000, 0x001f },   /* C0 controls */
	{ 0x007f, 0x009f },   /* DEL, C1 controls */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer vowels that are not shown */
	{ 0x180b, 0x180f },   /* Mongolian selectors */
	{ 0x200b, 0x200f },   /* no width; left-to-right and right-to-left marks */
	{ 0x2028, 0x202e },   /* line and paragraph separators; embeddings and overrides of direction */
	{ 0x2060, 0x206f },   /* word joiner, isolates of direction, deprecated controls */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xd800, 0xdfff },   /* surrogates */
	{ 0xfdd0, 0xfdef },   /* no characters */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* annotation marks */
	{ 0x1d173, 0x1d17a }, /* musical controls */
	{ 0xe0000, 0xe0fff }, /* tags, more variation selectors */
};

/* First bytes by their high bits: how many bytes, and the least number that needs so many. */
static const struct {
	unsigned char mask, bits;
	int length;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

int utf8_next(const char *text, size_t size, uint32_t *ret_character)
{
	const unsigned char *byte = (const unsigned char *)text;
	uint32_t character;
	size_t form = 0;

	while (form < array_size(forms) && (byte[0] & forms[form].mask) != forms[form].bits)
		form++;
	if (form == array_size(forms))
		return -1;
	character = byte[0] & (unsigned char)~forms[form].mask;
	for (int i = 1; i < forms[form].length; i++) {
		if ((size_t)i == size)
			return 0;
		if ((byte[i] & 0xc0) != 0x80)
			return -1;
		character = character << 6 | (byte[i] & 0x3f);
	}
	if (character < forms[form].least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
		return -1;
	*ret_character = character;
	return forms[form].length;
}

bool utf8_is_visible(uint32_t character)
{
	if (character > 0x10ffff || (character & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < array_size(hidden); i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return false;
	return true;
}

const char *utf8_clean(const char *text, char *buf, size_t size)
{
	size_t left = strlen(text), used = 0;

	while (left) {
		uint32_t character = 0;
		int length = utf8_next(text, left, &character);
		bool shown = length > 0 && utf8_is_visible(character);

		if (!shown)
			length = 1;
		if (used + (shown ? (size_t)length : ESCAPE_LENGTH) >= size)
			break;
		if (shown)
			memcpy(buf + used, text, (size_t)length);
		else
			snprintf(buf + used, size - used, "\\x%02x", (unsigned char)*text);
		used += shown ? (size_t)length : ESCAPE_LENGTH;
		text += length;
		left -= (size_t)length;
	}
	if (size)
		buf[used] = '\0';
	return buf;
}
