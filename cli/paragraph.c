// SPDX-License-Identifier: GPL-2.0-or-later
/* Running text, broken between words; see paragraph.h. */
#include "cli/paragraph.h"

#include <stdbool.h>
#include <string.h>

#include "cli/cli.h"

enum {
	WIDTH_MIN = 40, /* below, words alone fill the lines */
	WIDTH_MAX = 100,
	WIDTH_OF_FILE = 80,
};

size_t paragraph_width(FILE *out)
{
	size_t width = cli_terminal_width(out);

	if (!width)
		return WIDTH_OF_FILE;
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* Characters of UTF-8, each taken for one column. */
static size_t text_columns(const char *text, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

static void new_line(FILE *out, size_t indent)
{
	fprintf(out, "\n%*s", (int)indent, "");
}

size_t paragraph_flow(FILE *out, const char *text, size_t at, size_t indent, size_t width)
{
	bool first = true;

	while (*text) {
		size_t word = strcspn(text, " "), columns = text_columns(text, word);

		if (at > indent && at + !first + columns > width) {
			new_line(out, indent);
			at = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)word, text);
		at += columns + !first;
		first = false;
		text += word;
		text += strspn(text, " ");
	}
	return at;
}

void paragraph_print(FILE *out, const char *text, size_t used, size_t indent, size_t width)
{
	if (used && used >= indent)
		new_line(out, indent);
	else
		fprintf(out, "%*s", (int)(indent - used), "");
	paragraph_flow(out, text, indent, indent, width);
	fputc('\n', out);
}
