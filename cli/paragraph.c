// SPDX-License-Identifier: GPL-2.0-or-later
/* Running text, broken between words; see paragraph.h. */
#include "cli/paragraph.h"

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

static void new_line(FILE *out, size_t indent)
{
	fprintf(out, "\n%*s", (int)indent, "");
}

void paragraph_print(FILE *out, const char *text, size_t used, size_t indent, size_t width)
{
	size_t at = indent;

	if (used && used >= indent)
		new_line(out, indent);
	else
		fprintf(out, "%*s", (int)(indent - used), "");
	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > indent && at + 1 + word > width) {
			new_line(out, indent);
			at = indent;
		}
		at += (size_t)fprintf(out, "%s%.*s", at > indent ? " " : "", (int)word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
