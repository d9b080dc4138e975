// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stream that cleans; see printer.h. Made by fopencookie(3): stdio keeps its buffers, and what leaves them comes
 * here.
 */
#include "cli/printer.h"

#include <errno.h>
#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "cli/cli.h"

enum {
	ESCAPE_LENGTH = 4, /* \xHH */
	ESC = 033,
};

/*
 * How many bytes at text pass as they are; 0: the first one does not; -1: nobody can tell before more has come.
 */
static int passes(const struct printer *printer, const char *text, size_t size)
{
	uint32_t character = 0;
	int length;

	if ((*text >= ' ' && *text < 0x7f) || *text == '\n' || *text == '\t')
		return 1;
	if (*text == ESC)
		return printer->color && *printer->color ? cli_color_at(text, size) : 0;
	length = utf8_next(text, size, &character);
	if (length <= 0)
		return length < 0 ? 0 : -1;
	return utf8_is_visible(character) && !printer->ascii ? length : 0;
}

static bool write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(fd, text, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		text += done;
		size -= (size_t)done;
	}
	return true;
}

/* What was held back, then text. At the end of the stream nothing is held back any more. */
static bool clean(struct printer *printer, const char *text, size_t size, bool at_end)
{
	size_t count = printer->held_count + size, used = 0, at = 0;
	cleanup_free char *all = malloc(count + 1);
	cleanup_free char *out = malloc(count * ESCAPE_LENGTH + 1);

	if (!all || !out)
		return false;
	memcpy(all, printer->held, printer->held_count);
	memcpy(all + printer->held_count, text, size);
	printer->held_count = 0;
	while (at < count) {
		int length = passes(printer, all + at, count - at);

		if (length < 0 && !at_end && count - at <= PRINTER_HELD_MAX) {
			memcpy(printer->held, all + at, count - at);
			printer->held_count = count - at;
			break;
		}
		if (length > 0) {
			memcpy(out + used, all + at, (size_t)length);
			used += (size_t)length;
			at += (size_t)length;
		} else {
			used += (size_t)sprintf(out + used, "\\x%02x", (unsigned char)all[at++]);
		}
	}
	return write_all(printer->fd, out, used);
}

static ssize_t on_write(void *cookie, const char *text, size_t size)
{
	return clean(cookie, text, size, false) ? (ssize_t)size : 0;
}

static int on_close(void *cookie)
{
	return clean(cookie, "", 0, true) ? 0 : EOF;
}

FILE *printer_open(struct printer *printer, int fd, const bool *color, bool always_lines)
{
	const cookie_io_functions_t functions = { .write = on_write, .close = on_close };
	bool terminal = isatty(fd);
	FILE *stream;

	*printer = (struct printer){ .fd = fd, .color = color };
	printer->ascii = terminal && strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	stream = fopencookie(printer, "w", functions);
	if (stream && (terminal || always_lines))
		setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	return stream;
}
