// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words, and the table of those that have a pseudonym. A pseudonym is made by the key alone, but for one that is taken
 * already: then another one is made. So the same host gives another bundle each time, and within one the table decides.
 */
#include "capture/redact.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "capture/keyed_hash.h"

enum {
	WORDS_MAX = 1 << 20,
	TRIES = 64, /* before a pseudonym becomes longer than its word */
};

struct word {
	char *from; /* lower case; NULL: free */
	char *to;
};

/* Two tables of the same pairs, found by either end. */
struct redact {
	uint8_t key[REDACT_KEY_SIZE];
	struct word *by_from, *by_to;
	size_t count, space;
	bool out_of_memory;
};

int redact_new_with_key(struct redact **ret_redact, const uint8_t key[static REDACT_KEY_SIZE], struct error *err)
{
	struct redact *redact = calloc(1, sizeof(*redact));

	if (!redact)
		return fail(err, ENOMEM, "make pseudonyms");
	memcpy(redact->key, key, sizeof(redact->key));
	*ret_redact = redact;
	return 0;
}

int redact_new(struct redact **ret_redact, struct error *err)
{
	uint8_t key[REDACT_KEY_SIZE];

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return fail(err, errno ? errno : EIO, "get a random key for pseudonyms");
	return redact_new_with_key(ret_redact, key, err);
}

void redact_free(struct redact *redact)
{
	if (!redact)
		return;
	for (size_t i = 0; i < redact->space; i++) {
		free(redact->by_from[i].from);
		free(redact->by_from[i].to);
	}
	free(redact->by_from);
	free(redact->by_to);
	explicit_bzero(redact->key, sizeof(redact->key));
	free(redact);
}

bool redact_is_sound(const struct redact *redact)
{
	return !redact || !redact->out_of_memory;
}

uint64_t redact_hash(const struct redact *redact, char kind, const void *data, size_t size)
{
	uint8_t text[REDACT_WORD_MAX + 16];

	text[0] = (uint8_t)kind;
	if (size > sizeof(text) - 1)
		size = sizeof(text) - 1;
	memcpy(text + 1, data, size);
	return keyed_hash(redact->key, text, size + 1);
}

/*
 * The table ---------------------------------------------------------------------------------------------------------
 */

static struct word *place_of(const struct redact *redact, struct word *table, bool by_to, const char *text)
{
	size_t at = (size_t)redact_hash(redact, 't', text, strlen(text)) & (redact->space - 1);

	for (; table[at].from; at = (at + 1) & (redact->space - 1))
		if (!strcmp(by_to ? table[at].to : table[at].from, text))
			break;
	return &table[at];
}

static const struct word *find(const struct redact *redact, bool by_to, const char *text)
{
	struct word *table = by_to ? redact->by_to : redact->by_from;
	const struct word *place = redact->space ? place_of(redact, table, by_to, text) : NULL;

	return place && place->from ? place : NULL;
}

static bool grow(struct redact *redact)
{
	struct redact grown = *redact;

	grown.space = redact->space ? redact->space * 2 : 1024;
	grown.by_from = calloc(grown.space, sizeof(*grown.by_from));
	grown.by_to = calloc(grown.space, sizeof(*grown.by_to));
	if (!grown.by_from || !grown.by_to || grown.space > 4 * WORDS_MAX) {
		free(grown.by_from);
		free(grown.by_to);
		return false;
	}
	for (size_t i = 0; i < redact->space; i++) {
		const struct word *word = &redact->by_from[i];

		if (!word->from)
			continue;
		*place_of(&grown, grown.by_from, false, word->from) = *word;
		*place_of(&grown, grown.by_to, true, word->to) = *word;
	}
	free(redact->by_from);
	free(redact->by_to);
	*redact = grown;
	return true;
}

static bool add(struct redact *redact, const char *from, const char *to)
{
	struct word word = { NULL, NULL };

	if (redact->count * 2 >= redact->space && !grow(redact))
		return false;
	word = (struct word){ strdup(from), strdup(to) };
	if (!word.from || !word.to) {
		free(word.from);
		free(word.to);
		return false;
	}
	*place_of(redact, redact->by_from, false, from) = word;
	*place_of(redact, redact->by_to, true, to) = word;
	redact->count++;
	return true;
}

/*
 * Words -------------------------------------------------------------------------------------------------------------
 */

static bool lower(const char *word, size_t length, char out[static REDACT_WORD_MAX + 1])
{
	if (length > REDACT_WORD_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		out[i] = (char)tolower((unsigned char)word[i]);
	out[length] = '\0';
	return true;
}

bool redact_knows(const struct redact *redact, const char *word, size_t length)
{
	char from[REDACT_WORD_MAX + 1];

	return redact && lower(word, length, from) && find(redact, false, from);
}

/* Hexadecimal numbers stay such: digits in them, and no letter behind f. */
static unsigned int letters_of(const char *word)
{
	bool hexadecimal = true, digit = false;

	for (; *word; word++) {
		hexadecimal &= isxdigit((unsigned char)*word) != 0;
		digit |= isdigit((unsigned char)*word) != 0;
	}
	return hexadecimal && digit ? 6 : 26;
}

static void make(const struct redact *redact, const char *from, unsigned int attempt, char *to)
{
	char seed[REDACT_WORD_MAX + 16];
	unsigned int letters = letters_of(from);
	size_t length = strlen(from);
	uint64_t bits = 0;

	for (size_t i = 0; i < length; i++) {
		if (i % 8 == 0) {
			int size = snprintf(seed, sizeof(seed), "%s/%u/%zu", from, attempt, i);

			bits = redact_hash(
				redact, 'w', seed, (size_t)size < sizeof(seed) ? (size_t)size : sizeof(seed));
		}
		if (isdigit((unsigned char)from[i]))
			to[i] = (char)('0' + (bits & 0xff) % 10);
		else
			to[i] = (char)('a' + (bits & 0xff) % letters);
		bits >>= 8;
	}
	/* All words of this form are taken. */
	if (attempt >= TRIES && length < REDACT_WORD_MAX)
		to[length++] = (char)('a' + attempt % 26);
	to[length] = '\0';
}

/* Is it free, and not the word of another, nor one that says nothing? */
static bool is_good(const struct redact *redact, const char *from, const char *to)
{
	return strcmp(from, to) != 0 && !find(redact, true, to) && !redact_is_common(to, strlen(to)) &&
	       to[strspn(to, "0")] && to[strspn(to, "f")];
}

static const char *pseudonym(struct redact *redact, const char *from, char to[static REDACT_WORD_MAX + 1])
{
	const struct word *known = find(redact, false, from);

	if (known)
		return known->to;
	for (unsigned int attempt = 0; attempt < TRIES * 32; attempt++) {
		make(redact, from, attempt, to);
		if (is_good(redact, from, to))
			break;
	}
	if (!add(redact, from, to))
		redact->out_of_memory = true;
	return to;
}

void redact_keep(struct redact *redact, const char *word)
{
	char from[REDACT_WORD_MAX + 1];

	if (redact && lower(word, strlen(word), from) && !find(redact, false, from) && !find(redact, true, from) &&
		!add(redact, from, from))
		redact->out_of_memory = true;
}

void redact_word(struct redact *redact, const char *word, size_t length, char *buf)
{
	char from[REDACT_WORD_MAX + 1], made[REDACT_WORD_MAX + 1];
	const char *to;
	size_t i;

	if (!redact || !lower(word, length, from)) {
		memcpy(buf, word, length);
		buf[length] = '\0';
		return;
	}
	to = pseudonym(redact, from, made);
	for (i = 0; to[i]; i++)
		buf[i] = i < length && isupper((unsigned char)word[i]) ? (char)toupper((unsigned char)to[i]) : to[i];
	buf[i] = '\0';
}

void redact_uuid(struct redact *redact, const char *text, char *buf)
{
	char from[37], seed[40];
	uint64_t bits = 0;
	bool upper = false;

	for (size_t i = 0; i < 36; i++) {
		from[i] = (char)tolower((unsigned char)text[i]);
		upper |= isupper((unsigned char)text[i]) != 0;
	}
	from[36] = '\0';
	for (size_t i = 0, digit = 0; i < 36; i++) {
		if (text[i] == '-') {
			buf[i] = '-';
			continue;
		}
		if (digit++ % 16 == 0) {
			snprintf(seed, sizeof(seed), "%s/%d", from, digit > 1);
			bits = redact_hash(redact, 'u', seed, strlen(seed));
		}
		buf[i] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[bits & 15];
		bits >>= 4;
	}
	buf[36] = '\0';
}
