// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule files; see eswitch_rule.h. A file is read whole, so that nothing is applied of one that has a mistake. Mistakes
 * are told as FILE:LINE:COL, with what could stand there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "os/sysroot.h"
#include "os/text_file.h"
#include "sriov/eswitch_rule.h"

enum {
	WAIT_MAX = 3600,
};

struct place {
	const char *path;
	const char *line_start;
	unsigned int line;
};

/* The mistake begins at this character of the line. */
__attribute__((format(printf, 4, 5))) static int wrong(
	const struct place *place, const char *at, struct error *err, const char *fmt, ...)
{
	char what[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	fail_code(err, CODE_USAGE, EINVAL, "%s:%u:%u: %s", place->path, place->line,
		(unsigned int)(at - place->line_start) + 1, what);
	return fail_hint(err, "a rule is: DRIVER [VENDOR:DEVICE] KEY=VALUE..., as in: mlx5_core 15b3:101f vfs=after");
}

/* Words of a value, and what they mean. */
struct word {
	const char *text;
	int value;
};

static const struct word vfs_words[] = { { "keep", false }, { "after", true }, { NULL, 0 } };
static const struct word yes_words[] = { { "no", false }, { "yes", true }, { NULL, 0 } };
static const struct word mode_words[] = { { "settable", false }, { "fixed", true }, { NULL, 0 } };
static const struct word when_words[] = {
	{ "before", ESWITCH_BEFORE },
	{ "after", ESWITCH_AFTER },
	{ "never", ESWITCH_NEVER },
	{ "no", ESWITCH_NEVER },
	{ NULL, 0 },
};

enum key_kind {
	KEY_BOOL,
	KEY_WHEN,
	KEY_PARAM,
	KEY_SECONDS,
};

static const struct key {
	const char *name;
	enum key_kind kind;
	size_t offset; /* in struct eswitch_rule */
	const struct word *words;
	const char *range;
} keys[] = {
#define PLACE(member) offsetof(struct eswitch_rule, member)
	{ "vfs", KEY_BOOL, PLACE(vfs_after), vfs_words, "keep or after" },
	{ "unbind", KEY_BOOL, PLACE(unbind), yes_words, "yes or no" },
	{ "mode", KEY_BOOL, PLACE(fixed), mode_words, "settable or fixed" },
	{ "inline", KEY_WHEN, PLACE(inline_mode), when_words, "before, after or never" },
	{ "encap", KEY_WHEN, PLACE(encap_mode), when_words, "before, after or never" },
	{ "tc_offload", KEY_WHEN, PLACE(tc_offload), when_words, "before, after or no" },
	{ "param", KEY_PARAM, PLACE(param), NULL, "NAME:VALUE, as in flow_steering_mode:smfs" },
	{ "wait", KEY_SECONDS, PLACE(wait_seconds), NULL, "0 to 3600 seconds" },
#undef PLACE
};

static void *place_of(const struct key *key, struct eswitch_rule *rule)
{
	return (char *)rule + key->offset;
}

static bool take_word(const struct key *key, const char *text, struct eswitch_rule *rule)
{
	for (const struct word *word = key->words; word->text; word++) {
		if (strcmp(word->text, text) != 0)
			continue;
		if (key->kind == KEY_BOOL)
			*(bool *)place_of(key, rule) = word->value;
		else
			*(enum eswitch_when *)place_of(key, rule) = (enum eswitch_when)word->value;
		return true;
	}
	return false;
}

static bool take_param(const char *text, struct eswitch_rule *rule)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;

	if (!length || length >= sizeof(rule->param) || !colon[1] ||
		!text_copy(rule->param_value, sizeof(rule->param_value), colon + 1))
		return false;
	memcpy(rule->param, text, length);
	rule->param[length] = '\0';
	return true;
}

static bool take_value(const struct key *key, const char *text, struct eswitch_rule *rule)
{
	uint64_t number;

	switch (key->kind) {
	case KEY_PARAM:
		return take_param(text, rule);
	case KEY_SECONDS:
		if (text_to_u64(text, WAIT_MAX, &number) < 0)
			return false;
		rule->wait_seconds = (unsigned int)number;
		return true;
	default:
		return take_word(key, text, rule);
	}
}

static int parse_setting(char *word, struct eswitch_override *override, const struct place *place, struct error *err)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return wrong(place, word, err, "'%s' is no KEY=VALUE", word);
	*equals = '\0';
	for (size_t i = 0; i < array_size(keys); i++) {
		if (strcmp(keys[i].name, word) != 0)
			continue;
		if (override->set & 1u << i)
			return wrong(place, word, err, "%s is there twice", word);
		if (!take_value(&keys[i], equals + 1, &override->rule))
			return wrong(
				place, equals + 1, err, "%s cannot be '%s': it is %s", word, equals + 1, keys[i].range);
		override->set |= 1u << i;
		return 0;
	}
	return wrong(
		place, word, err, "'%s' is none of vfs, unbind, mode, inline, encap, tc_offload, param, wait", word);
}

/* Four hexadecimal digits, or * for any. */
static bool parse_id(const char *text, char end, int32_t *ret_id, const char **ret_rest)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");

	*ret_id = -1;
	if (text[0] == '*')
		digits = 1;
	else if (digits == 4)
		*ret_id = (int32_t)strtol(text, NULL, 16);
	else
		return false;
	*ret_rest = text + digits + 1;
	return text[digits] == end;
}

static int parse_device(const char *word, struct eswitch_rule *rule, const struct place *place, struct error *err)
{
	const char *rest;

	if (parse_id(word, ':', &rule->vendor, &rest) && parse_id(rest, '\0', &rule->device, &rest))
		return 0;
	return wrong(place, word, err, "'%s' is no VENDOR:DEVICE, as in 15b3:101f or 15b3:*", word);
}

static int parse_words(
	char *first, char **rest, struct eswitch_override *override, const struct place *place, struct error *err)
{
	char *word;
	int ret = 0;

	if (strchr(first, '=') || !text_copy(override->rule.driver, sizeof(override->rule.driver), first))
		return wrong(place, first, err, "'%s' is no name of a driver", first);
	word = strtok_r(NULL, " \t\r", rest);
	if (word && !strchr(word, '=')) {
		ret = parse_device(word, &override->rule, place, err);
		word = strtok_r(NULL, " \t\r", rest);
	}
	if (!ret && !word)
		return wrong(place, first, err, "a rule sets something: KEY=VALUE is missing");
	for (; !ret && word; word = strtok_r(NULL, " \t\r", rest))
		ret = parse_setting(word, override, place, err);
	return ret;
}

static int parse_line(char *line, struct eswitch_rules *rules, const struct place *place, struct error *err)
{
	struct eswitch_override override = { .rule = { .vendor = -1, .device = -1 } };
	char *rest = NULL, *first;
	int ret;

	line[strcspn(line, "#")] = '\0';
	first = strtok_r(line, " \t\r", &rest);
	if (!first)
		return 0;
	if (rules->count == ESWITCH_RULES_MAX)
		return wrong(place, first, err, "a file has at most %d rules", ESWITCH_RULES_MAX);
	snprintf(override.rule.source, sizeof(override.rule.source), "%.120s:%u", place->path, place->line);
	ret = parse_words(first, &rest, &override, place, err);
	if (!ret)
		rules->list[rules->count++] = override;
	return ret;
}

int eswitch_rules_parse(char *text, const char *path, struct eswitch_rules *ret_rules, struct error *err)
{
	cleanup(eswitch_rules_done) struct eswitch_rules rules = { .list = calloc(
									   ESWITCH_RULES_MAX, sizeof(*rules.list)) };
	struct place place = { path, text, 1 };
	int ret = rules.list ? 0 : fail(err, ENOMEM, "read %s", path);

	for (char *line = text; !ret && line; place.line++) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		place.line_start = line;
		ret = parse_line(line, &rules, &place, err);
		line = end;
	}
	if (ret < 0)
		return ret;
	*ret_rules = rules;
	rules.list = NULL;
	return 0;
}

int eswitch_rules_read(const struct sysroot *root, const char *path, struct eswitch_rules *ret_rules, struct error *err)
{
	cleanup_close int fd =
		path ? open(path, O_RDONLY | O_CLOEXEC) : sysroot_open_file(root, O_RDONLY, "%s", ESWITCH_RULES_PATH);
	cleanup_free char *text = NULL;
	int errnum = path ? errno : -fd;
	int ret;

	*ret_rules = (struct eswitch_rules){ 0 };
	if (fd < 0 && !path && errnum == ENOENT)
		return 0;
	if (fd < 0) {
		fail(err, errnum, "open the rules '%s'", path ? path : "/" ESWITCH_RULES_PATH);
		return fail_hint(err, "--rules names a file that this user can read");
	}
	path = path ? path : "/" ESWITCH_RULES_PATH;
	ret = text_file_read(fd, path, &text, err);
	return ret < 0 ? ret : eswitch_rules_parse(text, path, ret_rules, err);
}

void eswitch_rules_done(struct eswitch_rules *rules)
{
	free(rules->list);
	*rules = (struct eswitch_rules){ 0 };
}

static const size_t sizes[] = {
	[KEY_BOOL] = sizeof(bool),
	[KEY_WHEN] = sizeof(enum eswitch_when),
	[KEY_PARAM] = sizeof(((struct eswitch_rule *)0)->param),
	[KEY_SECONDS] = sizeof(unsigned int),
};

void eswitch_override_apply(const struct eswitch_override *override, struct eswitch_rule *rule)
{
	struct eswitch_rule from = override->rule;

	for (size_t i = 0; i < array_size(keys); i++) {
		if (!(override->set & 1u << i))
			continue;
		memcpy(place_of(&keys[i], rule), place_of(&keys[i], &from), sizes[keys[i].kind]);
		if (keys[i].kind == KEY_PARAM)
			memcpy(rule->param_value, from.param_value, sizeof(rule->param_value));
	}
	memcpy(rule->source, from.source, sizeof(rule->source));
}
