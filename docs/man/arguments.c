// SPDX-License-Identifier: GPL-2.0-or-later
/* What may stand where a command has arguments: for the completions of all shells; see man.h. */
#include <string.h>

#include "base/cleanup.h"
#include "docs/man/man.h"

/* The first word that is found in "DEVICE...", "[PF]", "NAME", and the question to ask sluice. */
static const struct argument_kind kinds[] = {
	{ "DEVICE", "_sluice_devices" },
	{ "PF", "_sluice_cards" },
	{ "NAME", "_sluice_guests" },
	{ "CODE", "_sluice_codes" },
};

const struct argument_kind *argument_kind_of(const struct command *command)
{
	for (size_t i = 0; command->arguments && i < array_size(kinds); i++)
		if (strstr(command->arguments, kinds[i].word))
			return &kinds[i];
	return NULL;
}

/*
 * What was between commas and lines once, one name a line. All three shells have these four functions: their bodies are
 * the same in all of them.
 */
static const struct {
	const char *name, *body;
} questions[] = {
	{ "_sluice_devices",
		"command sluice list -n -r -o ADDRESS,NETDEVS,DISKS 2>/dev/null | tr ' ,' '\\n\\n' | grep -v '^-$'" },
	{ "_sluice_cards", "command sluice vf list -n -r -o NAME 2>/dev/null" },
	{ "_sluice_guests", "command sluice ps -n -r -o NAME 2>/dev/null" },
	{ "_sluice_codes", "command sluice explain -n -r -o CODE 2>/dev/null" },
};

void questions_print(FILE *out, const char *before, const char *between, const char *after)
{
	for (size_t i = 0; i < array_size(questions); i++)
		fprintf(out, "%s%s%s%s%s", before, questions[i].name, between, questions[i].body, after);
}
