// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults: parsed from words, and matched with each access; see fault.h. */
#include "tests/fake/fault.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/kernel.h"

int errno_of(const char *name)
{
	for (int number = 1; number < 134; number++) {
		const char *known = strerrorname_np(number);

		if (known && !strcmp(known, name))
			return number;
	}
	return 0;
}

static bool starts(const char *word, const char *key, const char **ret_value)
{
	size_t length = strlen(key);

	*ret_value = word + length;
	return !strncmp(word, key, length);
}

static int take_word(struct fault *fault, const char *word)
{
	struct fault_effect *effect = &fault->effect;
	const char *value;

	if (starts(word, "text=", &value))
		snprintf(fault->text, sizeof(fault->text), "%s", value);
	else if (starts(word, "nth=", &value))
		fault->nth = (unsigned int)strtoul(value, NULL, 10);
	else if (starts(word, "errno=", &value))
		effect->errnum = errno_of(value);
	else if (starts(word, "ms=", &value))
		effect->ms = (unsigned int)strtoul(value, NULL, 10);
	else if (starts(word, "log=", &value))
		snprintf(effect->log, sizeof(effect->log), "%s", value);
	else if (!strcmp(word, "hang"))
		effect->hang = true;
	else if (!strcmp(word, "kill=before"))
		effect->kill_before = true;
	else if (!strcmp(word, "kill=after"))
		effect->kill_after = true;
	else if (!strcmp(word, "only=writer"))
		effect->only_writer = true;
	else
		return -EINVAL;
	return starts(word, "errno=", &value) && !effect->errnum ? -EINVAL : 0;
}

int fault_parse(struct fault *fault, char *const *words, size_t count)
{
	static const char *const accesses[] = { [FAULT_WRITE] = "write", [FAULT_READ] = "read", [FAULT_ANY] = "any" };

	*fault = (struct fault){ .text = "*" };
	if (count < 2)
		return -EINVAL;
	while (strcmp(accesses[fault->access], words[0]) != 0)
		if (++fault->access > FAULT_ANY)
			return -EINVAL;
	snprintf(fault->path, sizeof(fault->path), "%s", words[1]);
	for (size_t i = 2; i < count; i++)
		if (take_word(fault, words[i]) < 0)
			return -EINVAL;
	return 0;
}

struct fault_effect fault_match(struct kernel *kernel, enum fault_access access, const char *path, const char *text)
{
	struct fault_effect none = { 0 };

	for (size_t i = 0; i < kernel->fault_count; i++) {
		struct fault *fault = &kernel->faults[i];

		if ((fault->access != FAULT_ANY && fault->access != access) || fnmatch(fault->path, path, 0) != 0 ||
			(text && fnmatch(fault->text, text, 0) != 0))
			continue;
		fault->seen++;
		if (!fault->nth || fault->nth == fault->seen)
			return fault->effect;
	}
	return none;
}
