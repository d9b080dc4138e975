// SPDX-License-Identifier: GPL-2.0-or-later
/* Remedies as commands; see fix.h. */
#include "doctor/fix.h"

#include <string.h>

#include "base/text.h"

/* The commands of a boot loader, or, where it is not known, the sentence that says it all. */
static void fix_argument(struct findings *findings, const char *verb, const char *argument, const char *commands)
{
	if (text_starts_with(commands, verb))
		finding_fix(findings, "%s, then reboot", commands);
	else
		finding_fix(findings, "%s %s %s the kernel's command line: %s, then reboot", verb, argument,
			!strcmp(verb, "add") ? "to" : "from", commands);
}

void fix_add_argument(const struct facts *facts, struct findings *findings, const char *argument)
{
	char commands[400];

	fix_argument(findings, "add", argument, boot_loader_add(&facts->loader, argument, commands, sizeof(commands)));
}

void fix_drop_argument(const struct facts *facts, struct findings *findings, const char *argument)
{
	char commands[400];

	fix_argument(
		findings, "remove", argument, boot_loader_drop(&facts->loader, argument, commands, sizeof(commands)));
}
