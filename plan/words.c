// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of words; see words.h. */
#include "plan/words.h"

#include <string.h>

#define BLANKS " \t\n"

const char *words_next(const char *text, const char *at, size_t *ret_length)
{
	const char *word = at ? at + strcspn(at, BLANKS) : text;

	word += strspn(word, BLANKS);
	*ret_length = strcspn(word, BLANKS);
	return *ret_length ? word : NULL;
}

bool words_have(const char *text, const char *word, size_t length)
{
	size_t here;

	for (const char *at = words_next(text, NULL, &here); at; at = words_next(text, at, &here))
		if (here == length && !memcmp(at, word, length))
			return true;
	return false;
}

bool words_include(const char *text, const char *wanted)
{
	size_t length;

	for (const char *at = words_next(wanted, NULL, &length); at; at = words_next(wanted, at, &length))
		if (!words_have(text, at, length))
			return false;
	return true;
}

static size_t key_length(const char *word, size_t length)
{
	const char *end = memchr(word, '=', length);

	return end ? (size_t)(end - word) : length;
}

/* The word of text that has the key of this one. */
static const char *find_key(const char *text, const char *word, size_t length, size_t *ret_length)
{
	size_t key = key_length(word, length);

	for (const char *at = words_next(text, NULL, ret_length); at; at = words_next(text, at, ret_length))
		if (key_length(at, *ret_length) == key && !memcmp(at, word, key))
			return at;
	return NULL;
}

bool words_add(char *buf, size_t size, const char *word, size_t length)
{
	size_t used = strlen(buf);

	if (used + !!used + length >= size)
		return false;
	if (used)
		buf[used++] = ' ';
	memcpy(buf + used, word, length);
	buf[used + length] = '\0';
	return true;
}

const char *words_restrict(const char *text, const char *wanted, char *buf, size_t size)
{
	size_t length, found_length;

	buf[0] = '\0';
	for (const char *at = words_next(wanted, NULL, &length); at; at = words_next(wanted, at, &length)) {
		const char *found = find_key(text, at, length, &found_length);

		if (found && !words_add(buf, size, found, found_length))
			break;
	}
	return buf;
}

bool words_merge(const char *first, const char *second, char *buf, size_t size)
{
	size_t length, ignored;
	bool fits = true;

	buf[0] = '\0';
	for (const char *at = words_next(first, NULL, &length); at && fits; at = words_next(first, at, &length))
		fits = words_add(buf, size, at, length);
	for (const char *at = words_next(second, NULL, &length); at && fits; at = words_next(second, at, &length))
		if (!find_key(first, at, length, &ignored))
			fits = words_add(buf, size, at, length);
	return fits;
}
