/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that came from outside (a device, the kernel's log, a guest's process, a bundle) and what of it may be shown.
 * Speaks UTF-8 (RFC 3629). Nothing here asks the locale.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The character that text begins with, of at most size bytes (1 or more): returns its length, 1 to 4. 0: it goes on
 * behind size. -1: these bytes are not UTF-8 (too long a form, a surrogate, above 0x10ffff, a part without its
 * beginning).
 */
int utf8_next(const char *text, size_t size, uint32_t *ret_character);

/*
 * False for what does something to a terminal or a reader instead of being seen: control characters of both ranges
 * (line ends and tabs too), marks that turn the direction of writing, invisible ones, line separators, numbers that are
 * no characters.
 */
bool utf8_is_visible(uint32_t character);

/* The text with each byte that is not to be shown as \xHH; cut at size - 1. Returns buf. */
const char *utf8_clean(const char *text, char *buf, size_t size);

#endif
