// SPDX-License-Identifier: GPL-2.0-or-later
/* Remedies while they are collected; see remedy_list.h. */
#include "assign/remedy_list.h"

#include <stdarg.h>
#include <stdio.h>

struct remedy *remedy_add(struct remedy_list *list, const char *fmt, ...)
{
	static const struct remedy empty;
	struct remedy *remedy;
	va_list args;

	if (list->count == list->max)
		return NULL;
	remedy = &list->item[list->count++];
	*remedy = empty;
	va_start(args, fmt);
	vsnprintf(remedy->text, sizeof(remedy->text), fmt, args);
	va_end(args);
	return remedy;
}

void remedy_command(struct remedy *remedy, const char *fmt, ...)
{
	va_list args;

	if (!remedy)
		return;
	va_start(args, fmt);
	vsnprintf(remedy->command, sizeof(remedy->command), fmt, args);
	va_end(args);
}

void remedy_target(struct remedy *remedy, struct pci_addr addr)
{
	if (remedy && remedy->target_count < REMEDY_TARGET_MAX)
		remedy->target[remedy->target_count++] = addr;
}

void remedy_none(struct remedy_list *list, const char *why)
{
	struct remedy *remedy = remedy_add(list, "%s", why);

	if (remedy)
		remedy->none = true;
}
