// SPDX-License-Identifier: GPL-2.0-or-later
/* A verdict as an error: what a command says that wants a device and does not get it. */
#include <errno.h>
#include <stdio.h>

#include "assign/blocker_rule.h"
#include "assign/remedy.h"

static bool is_accepted(enum code code, const enum code *accepted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (accepted[i] == code)
			return true;
	return false;
}

int verdict_check(struct judge *judge, const struct verdict *verdict, enum verdict_use use, const enum code *accepted,
	size_t accepted_count, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char hint[sizeof(err->hint)];

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		const struct blocker *blocker = &verdict->blocker[i];

		if (!(blocker->stops & use) || is_accepted(blocker->code, accepted, accepted_count))
			continue;
		fail_code(err, blocker->code, blocker_errno(blocker->code), "%s %s",
			pci_addr_text(verdict->device->addr, name), blocker->text);
		remedies_text(judge, verdict, blocker, hint, sizeof(hint));
		return hint[0] ? fail_hint(err, "%s", hint) : -blocker_errno(blocker->code);
	}
	return 0;
}
