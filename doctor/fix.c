// SPDX-License-Identifier: GPL-2.0-or-later
/* Remedies as commands; see fix.h. */
#include "doctor/fix.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/place.h"

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

static enum place_topic topic_of(const struct finding *finding)
{
	switch (finding->section) {
	case SECTION_CPU:
		return PLACE_NESTED;
	case SECTION_IOMMU:
		return PLACE_IOMMU;
	default:
		return PLACE_OTHER;
	}
}

void fix_put_place_first(const struct facts *facts, struct findings *findings)
{
	struct place place;
	char fix[2048];

	place_read(&facts->host->root, &place);
	for (size_t i = 0; i < findings->count; i++)
		if (place_puts_first(&place, topic_of(&findings->item[i]), findings->item[i].fix, fix, sizeof(fix)))
			finding_refix(findings, &findings->item[i], fix);
}
