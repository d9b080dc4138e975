// SPDX-License-Identifier: GPL-2.0-or-later
/* Places in configuration files, and how messages show them. */
#include "plan/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum {
	EXCERPT_COLUMNS = 100, /* of the line that is shown */
	EXCERPT_BEFORE = 60,   /* of them at most before the caret */
	INDENT = 4,
};

int source_list_add(struct source_list *list, const char *name, char *text, size_t size)
{
	struct source *grown = realloc(list->source, (list->count + 1) * sizeof(*grown));
	char *copy = strdup(name);

	if (grown)
		list->source = grown;
	if (!grown || !copy) {
		free(copy);
		free(text);
		return -ENOMEM;
	}
	list->source[list->count++] = (struct source){ copy, text, size };
	return 0;
}

void source_list_free(struct source_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		free(list->source[i].name);
		free(list->source[i].text);
	}
	free(list->source);
	free(list);
}

static const struct source *source_of(const struct source_list *list, struct place place)
{
	return place.line && list && place.file < list->count ? &list->source[place.file] : NULL;
}

const char *place_text(const struct source_list *list, struct place place, char *buf, size_t size)
{
	const struct source *source = source_of(list, place);

	buf[0] = '\0';
	if (source)
		snprintf(buf, size, "%s:%u:%u", source->name, place.line, place.column);
	return buf;
}

/* Where the line begins, and its length without its end; NULL behind the last. */
static const char *find_line(const struct source *source, uint32_t number, size_t *ret_length)
{
	const char *at = source->text, *end = source->text + source->size;
	const char *line_end;

	for (; number > 1; number--) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return NULL;
		at++;
	}
	line_end = memchr(at, '\n', (size_t)(end - at));
	*ret_length = (size_t)((line_end ? line_end : end) - at);
	if (*ret_length && at[*ret_length - 1] == '\r')
		--*ret_length;
	return at;
}

/* One character of the line as it is shown: tabs and what is not to be seen take one column. Returns its bytes. */
static size_t put_character(const char *at, size_t left, char *buf, size_t *used)
{
	uint32_t character;
	int length = utf8_next(at, left, &character);

	if (length > 0 && utf8_is_visible(character)) {
		memcpy(buf + *used, at, (size_t)length);
		*used += (size_t)length;
	} else {
		buf[(*used)++] = length == 1 && character == '\t' ? ' ' : '?';
	}
	return length > 0 ? (size_t)length : 1;
}

/* The characters from..to of a line, from 0. */
static void put_line(const char *line, size_t length, size_t from, size_t to, char *buf)
{
	size_t used = 0, column = 0;

	for (size_t at = 0; at < length && column < to; column++) {
		size_t before = used;

		at += put_character(line + at, length - at, buf, &used);
		if (column < from)
			used = before;
	}
	buf[used] = '\0';
}

const char *place_excerpt(const struct source_list *list, struct place place, char *buf, size_t size)
{
	char shown[EXCERPT_COLUMNS * 4 + 4], marks[EXCERPT_COLUMNS + 1];
	const struct source *source = source_of(list, place);
	size_t column = place.column ? place.column - 1 : 0;
	size_t from = column > EXCERPT_BEFORE ? column - EXCERPT_BEFORE : 0;
	size_t width = place.length ? place.length : 1;
	size_t length;
	const char *line = source ? find_line(source, place.line, &length) : NULL;

	buf[0] = '\0';
	if (!line)
		return buf;
	put_line(line, length, from, from + EXCERPT_COLUMNS, shown);
	if (width > EXCERPT_COLUMNS - (column - from))
		width = EXCERPT_COLUMNS - (column - from);
	memset(marks, '~', width);
	marks[0] = '^';
	marks[width] = '\0';
	snprintf(buf, size, "%*s%s\n%*s%s\n", INDENT, "", shown, INDENT + (int)(column - from), "", marks);
	return buf;
}
