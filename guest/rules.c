// SPDX-License-Identifier: GPL-2.0-or-later
/* Rule files; see rules.h. A file is read whole, so that nothing is applied of one that has a mistake. */
#include "guest/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "os/text_file.h"

enum {
	WORDS = 4,
	ID_MAX = 0xffff,
};

static const char *const subjects[RULE_WHAT_END] = {
	[RULE_CAPABILITY] = "capability",
	[RULE_EXTENDED] = "extended",
	[RULE_REGISTER] = "register",
};

static const char *const actions[RULE_ACTION_END] = {
	[RULE_HIDE] = "hide",
	[RULE_SHOW] = "show",
	[RULE_PASS] = "pass",
};

struct place {
	const char *path;
	unsigned int line;
};

__attribute__((format(printf, 3, 4))) static int wrong(
	const struct place *place, struct error *err, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	fail_code(err, CODE_USAGE, EINVAL, "%s:%u: %s", place->path, place->line, what);
	return fail_hint(err, "a rule is: VENDOR:DEVICE capability ID|extended ID|register OFFSET/SIZE hide|show|pass");
}

static uint8_t find_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 1; i < count; i++)
		if (!strcmp(words[i], word))
			return (uint8_t)i;
	return 0;
}

/* Hexadecimal, with or without 0x, up to ID_MAX; ends where *ret_end says. */
static bool parse_hex(const char *text, uint16_t *ret_value, const char **ret_end)
{
	char *end;
	unsigned long value;

	if (text[0] == '-' || text[0] == '+')
		return false;
	errno = 0;
	value = strtoul(text, &end, 16);
	if (end == text || errno || value > ID_MAX)
		return false;
	*ret_value = (uint16_t)value;
	*ret_end = end;
	return true;
}

static bool parse_id(const char *text, char end, int32_t *ret_id, const char **ret_rest)
{
	uint16_t value = 0;
	const char *rest = text + 1;

	*ret_id = -1;
	if (text[0] != '*') {
		if (!parse_hex(text, &value, &rest))
			return false;
		*ret_id = value;
	}
	*ret_rest = rest + 1;
	return *rest == end;
}

static int parse_device(const char *word, struct guest_rule *rule, const struct place *place, struct error *err)
{
	const char *rest;

	if (parse_id(word, ':', &rule->vendor, &rest) && parse_id(rest, '\0', &rule->device, &rest))
		return 0;
	return wrong(place, err, "'%s' is no VENDOR:DEVICE, as in 8086:10ca or 8086:*", word);
}

static int parse_where(const char *word, struct config_rule *rule, const struct place *place, struct error *err)
{
	const char *end;

	if (!parse_hex(word, &rule->where, &end))
		return wrong(place, err, "'%s' is no hexadecimal number up to ffff", word);
	if (rule->what == RULE_REGISTER) {
		if (end[0] != '/' || !strchr("124", end[1]) || !end[1] || end[2])
			return wrong(place, err, "'%s': a register is OFFSET/1, /2 or /4", word);
		rule->size = (uint16_t)(end[1] - '0');
		end += 2;
	}
	return *end ? wrong(place, err, "'%s' goes on after the number", word) : 0;
}

static int parse_rule(
	char *words[static WORDS], struct guest_rule *ret_rule, const struct place *place, struct error *err)
{
	struct guest_rule rule = { .rule = { .line = (uint16_t)place->line } };
	const char *refusal;
	int ret = parse_device(words[0], &rule, place, err);

	if (ret < 0)
		return ret;
	rule.rule.what = find_word(subjects, array_size(subjects), words[1]);
	if (!rule.rule.what)
		return wrong(place, err, "'%s' is none of capability, extended, register", words[1]);
	ret = parse_where(words[2], &rule.rule, place, err);
	if (ret < 0)
		return ret;
	rule.rule.action = find_word(actions, array_size(actions), words[3]);
	if (!rule.rule.action)
		return wrong(place, err, "'%s' is none of hide, show, pass", words[3]);
	refusal = config_rule_refusal(&rule.rule);
	if (refusal) {
		fail_code(err, CODE_USAGE, EPERM, "%s:%u: refused: %s", place->path, place->line, refusal);
		return fail_hint(err, "leave the rule out; `sluice guest NAME --explain-config DEVICE` shows what the "
				      "guest has there");
	}
	*ret_rule = rule;
	return 0;
}

static size_t split(char *line, char *words[static WORDS + 1])
{
	char *rest = NULL;
	size_t count = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *word = strtok_r(line, " \t\r", &rest); word && count <= WORDS; word = strtok_r(NULL, " \t\r", &rest))
		words[count++] = word;
	return count;
}

static int parse_line(char *line, struct guest_rules *rules, const struct place *place, struct error *err)
{
	char *words[WORDS + 1];
	size_t count = split(line, words);
	int ret;

	if (!count)
		return 0;
	if (count != WORDS)
		return wrong(place, err, "a rule has %d words, not %s", WORDS, count > WORDS ? "more" : "fewer");
	if (rules->count == GUEST_RULE_MAX)
		return wrong(place, err, "a file has at most %d rules", GUEST_RULE_MAX);
	ret = parse_rule(words, &rules->rule[rules->count], place, err);
	rules->count += ret == 0;
	return ret;
}

int guest_rules_parse(char *text, const char *path, struct guest_rules *ret_rules, struct error *err)
{
	cleanup(guest_rules_done) struct guest_rules rules = { .rule = calloc(GUEST_RULE_MAX, sizeof(*rules.rule)) };
	struct place place = { path, 1 };

	if (!rules.rule)
		return fail(err, ENOMEM, "read %s", path);
	for (char *line = text; line; place.line++) {
		char *end = strchr(line, '\n');
		int ret;

		if (end)
			*end++ = '\0';
		ret = parse_line(line, &rules, &place, err);
		if (ret < 0)
			return ret;
		line = end;
	}
	*ret_rules = rules;
	rules.rule = NULL;
	return 0;
}

int guest_rules_read(const char *path, struct guest_rules *ret_rules, struct error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = NULL;
	int ret;

	if (fd < 0) {
		fail(err, errno, "open the rules '%s'", path);
		return fail_hint(err, "--device-rules names a file that this user can read");
	}
	ret = text_file_read(fd, path, &text, err);
	return ret < 0 ? ret : guest_rules_parse(text, path, ret_rules, err);
}

void guest_rules_done(struct guest_rules *rules)
{
	free(rules->rule);
	*rules = (struct guest_rules){ 0 };
}

int guest_rules_for(const struct guest_rules *rules, const struct pci_device *device, struct config_rule *ret_rules,
	size_t most, size_t *ret_count, struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct guest_rule *rule = &rules->rule[i];

		if ((rule->vendor >= 0 && rule->vendor != device->vendor_id) ||
			(rule->device >= 0 && rule->device != device->device_id))
			continue;
		if (count == most)
			return fail_code(err, CODE_USAGE, E2BIG,
				"more than %zu rules fit %04x:%04x, the last in line %u", most, device->vendor_id,
				device->device_id, rule->rule.line);
		ret_rules[count++] = rule->rule;
	}
	*ret_count = count;
	return 0;
}
