/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to standard output and standard error: whatever any part of `sluice` prints goes through one of these
 * streams, which let pass only what is to be seen. Names in devices, kernel logs, a guest's answers and bundles come
 * from others; a control sequence in one of them would be obeyed by the terminal. What may not pass is shown as \xHH.
 *
 * Line ends and tabs pass, and our own colours (output.c) while colour is on. To a terminal whose character set is not
 * UTF-8 nothing but ASCII passes: there a byte of a longer character may be a control character. The console of a guest
 * does not come this way.
 */
#ifndef CLI_PRINTER_H
#define CLI_PRINTER_H

#include <stdbool.h>
#include <stdio.h>

enum {
	PRINTER_HELD_MAX = 8 /* more than the longest character, or colour */
};

struct printer {
	int fd;
	const bool *color; /* may own colours pass? Asked at each write */
	bool ascii;
	char held[PRINTER_HELD_MAX]; /* the beginning of a character, or colour, whose rest is still to come */
	size_t held_count;
};

/*
 * A stream on fd, which stays the caller's and open; line by line where it is a terminal or always_lines. printer is
 * the caller's storage, and lives until fclose(). NULL with errno set.
 */
FILE *printer_open(struct printer *printer, int fd, const bool *color, bool always_lines);

#endif
