// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Option rows to values. What it takes: --name, --name=VALUE, --name VALUE, -n, -nVALUE, -n VALUE, and flags in one
 * word (-nr), before or after arguments, until "--". What it does not: abbreviated names, since a later option would
 * change their meaning. Not getopt_long(): that keeps its state in globals and prints by itself.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

/* Where the parser is: the words not yet looked at. */
struct parser {
	const struct option_set *sets;
	size_t set_count;
	int argc, next;
	char **argv;
};

struct found {
	const struct option_row *row;
	void *values;
};

static struct found find_name(const struct parser *parser, const char *name, size_t length)
{
	for (size_t i = 0; i < parser->set_count; i++)
		for (const struct option_row *row = parser->sets[i].rows; row && row->name; row++)
			if (strlen(row->name) == length && !strncmp(row->name, name, length))
				return (struct found){ row, parser->sets[i].values };
	return (struct found){ NULL, NULL };
}

static struct found find_letter(const struct parser *parser, char letter)
{
	for (size_t i = 0; i < parser->set_count; i++)
		for (const struct option_row *row = parser->sets[i].rows; row && row->name; row++)
			if (row->letter && row->letter == letter)
				return (struct found){ row, parser->sets[i].values };
	return (struct found){ NULL, NULL };
}

static int unknown_option(const struct parser *parser, const char *name, size_t length, struct error *err)
{
	const char *nearest = NULL;
	unsigned int best = 3;
	char word[64];

	fail_code(err, CODE_USAGE, EINVAL, "there is no option --%.*s", (int)length, name);
	if (length < sizeof(word)) {
		memcpy(word, name, length);
		word[length] = '\0';
		for (size_t i = 0; i < parser->set_count; i++)
			for (const struct option_row *row = parser->sets[i].rows; row && row->name; row++)
				if (text_distance(word, row->name) < best) {
					best = text_distance(word, row->name);
					nearest = row->name;
				}
	}
	if (nearest)
		return fail_hint(err, "did you mean --%s?", nearest);
	return fail_hint(err, "--help lists the options");
}

static int take_choice(const struct option_row *row, const char *value, int *ret_choice, struct error *err)
{
	char list[256] = "";
	size_t used = 0;

	for (int i = 0; row->choices[i]; i++) {
		if (!strcmp(row->choices[i], value)) {
			*ret_choice = i;
			return 0;
		}
		if (used < sizeof(list))
			used += (size_t)snprintf(
				list + used, sizeof(list) - used, "%s%s", i ? ", " : "", row->choices[i]);
	}
	fail_code(err, CODE_USAGE, EINVAL, "--%s cannot be '%s'", row->name, value);
	return fail_hint(err, "it is one of: %s", list);
}

static int take_number(const struct option_row *row, const char *value, uint64_t *ret_number, struct error *err)
{
	bool is_size = row->kind == OPTION_SIZE;
	uint64_t number = 0;
	int ret = is_size ? text_to_size(value, &number) : text_to_u64(value, UINT64_MAX, &number);
	char low[32], high[32];

	if (!ret && number >= row->min && (!row->max || number <= row->max)) {
		*ret_number = number;
		return 0;
	}
	if (ret == -EINVAL)
		fail_code(err, CODE_USAGE, EINVAL, "--%s: '%s' is not a %s", row->name, value,
			is_size ? "size" : "number");
	else
		fail_code(err, CODE_USAGE, ERANGE, "--%s: %s is out of range", row->name, value);
	if (is_size)
		return row->max ? fail_hint(err, "from %s to %s, for example 512M or 2G",
					  size_to_text(row->min, low, sizeof(low)),
					  size_to_text(row->max, high, sizeof(high)))
				: fail_hint(err, "for example 512M or 2G");
	if (row->max)
		return fail_hint(err, "from %llu to %llu", (unsigned long long)row->min, (unsigned long long)row->max);
	return fail_hint(err, "at least %llu", (unsigned long long)row->min);
}

static int take_value(const struct found *found, const char *value, struct error *err)
{
	const struct option_row *row = found->row;
	void *member = (char *)found->values + row->offset;

	if (row->kind == OPTION_FLAG) {
		*(bool *)member = true;
		return 0;
	}
	if (row->kind == OPTION_TEXT) {
		*(const char **)member = value;
		return 0;
	}
	if (row->kind == OPTION_CHOICE)
		return take_choice(row, value, member, err);
	if (row->kind == OPTION_LIST) {
		struct option_list *list = member;

		if (list->count == OPTION_LIST_MAX)
			return fail_code(err, CODE_USAGE, E2BIG, "--%s was given more than %d times", row->name,
				OPTION_LIST_MAX);
		list->item[list->count++] = value;
		return 0;
	}
	return take_number(row, value, member, err);
}

/* The value in the same word, or the next word. NULL: there is none. */
static const char *value_of(struct parser *parser, const char *attached)
{
	if (attached)
		return attached;
	return parser->next < parser->argc ? parser->argv[parser->next++] : NULL;
}

static int missing_value(const struct option_row *row, struct error *err)
{
	return fail_code(err, CODE_USAGE, EINVAL, "--%s needs a value: --%s %s", row->name, row->name, row->argument);
}

static int parse_long(struct parser *parser, const char *word, struct error *err)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	struct found found = find_name(parser, word, length);
	const char *value;

	if (!found.row)
		return unknown_option(parser, word, length, err);
	if (!found.row->argument) {
		if (equals)
			return fail_code(err, CODE_USAGE, EINVAL, "--%s takes no value", found.row->name);
		return take_value(&found, NULL, err);
	}
	value = value_of(parser, equals ? equals + 1 : NULL);
	if (!value)
		return missing_value(found.row, err);
	return take_value(&found, value, err);
}

static int parse_letters(struct parser *parser, const char *letters, struct error *err)
{
	for (const char *letter = letters; *letter; letter++) {
		struct found found = find_letter(parser, *letter);
		const char *value;
		int ret;

		if (!found.row) {
			fail_code(err, CODE_USAGE, EINVAL, "there is no option -%c", *letter);
			return fail_hint(err, "--help lists the options");
		}
		if (!found.row->argument) {
			ret = take_value(&found, NULL, err);
			if (ret < 0)
				return ret;
			continue;
		}
		value = value_of(parser, letter[1] ? letter + 1 : NULL);
		if (!value)
			return missing_value(found.row, err);
		return take_value(&found, value, err);
	}
	return 0;
}

int options_parse(const struct option_set *sets, size_t set_count, bool first_word, int argc, char **argv,
	int *ret_argc, struct error *err)
{
	struct parser parser = { .sets = sets, .set_count = set_count, .argc = argc, .argv = argv };
	int kept = 0;

	while (parser.next < argc) {
		char *word = argv[parser.next++];
		int ret = 0;

		if (word[0] != '-' || !word[1]) {
			argv[kept++] = word;
			if (first_word)
				break;
			continue;
		}
		if (!strcmp(word, "--"))
			break;
		ret = word[1] == '-' ? parse_long(&parser, word + 2, err) : parse_letters(&parser, word + 1, err);
		if (ret < 0)
			return ret;
	}
	while (parser.next < argc)
		argv[kept++] = argv[parser.next++];
	*ret_argc = kept;
	return 0;
}
