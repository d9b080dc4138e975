/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running text for people, broken between words where the terminal ends. Text is ASCII, as our own help is: bytes are
 * columns.
 */
#ifndef CLI_PARAGRAPH_H
#define CLI_PARAGRAPH_H

#include <stddef.h>
#include <stdio.h>

/* The width to write running text in: the terminal's, but no more than can be read well; 80 where there is none. */
size_t paragraph_width(FILE *out);

/*
 * Print text and the line end. The line already has `used` columns; text begins at column `indent`, on the next line if
 * that is taken, and further lines begin there too. A word is never broken.
 */
void paragraph_print(FILE *out, const char *text, size_t used, size_t indent, size_t width);

/*
 * The same with text that goes on where the line is, after `at` columns; without the line end. Returns the column it
 * ends in.
 */
size_t paragraph_flow(FILE *out, const char *text, size_t at, size_t indent, size_t width);

#endif
