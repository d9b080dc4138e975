// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of kinds, in the order in which their steps are done: what may fail without touching a device comes first, a
 * PF is split before its VFs are set and bound.
 */
#include "plan/kind.h"

#include <stdio.h>
#include <string.h>

static const struct kind *const kinds[] = {
	&kind_module_options,
	&kind_module_blacklist,
	&kind_modules_load,
	&kind_early,
	&kind_hugepages_at_boot,
	&kind_kernel_arguments,
	&kind_hugepages,
	&kind_vfs,
	&kind_vf,
	&kind_driver,
	&kind_user,
};

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < array_size(kinds); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

bool kind_fits(const struct kind *kind, const char *wanted, const char *state)
{
	if (step_is_absent(wanted))
		return true;
	if (step_is_absent(state))
		return false;
	return kind->fits ? kind->fits(wanted, state) : !strcmp(wanted, state);
}

const char *kind_describe(const struct kind *kind, const char *target, char *buf, size_t size)
{
	const char *at = strstr(kind->noun, "%t");

	if (at)
		snprintf(buf, size, "%.*s%s%s", (int)(at - kind->noun), kind->noun, target, at + 2);
	else
		snprintf(buf, size, "%s", kind->noun);
	return buf;
}

size_t kind_order(const struct kind *kind)
{
	size_t i = 0;

	while (i < array_size(kinds) && kinds[i] != kind)
		i++;
	return i;
}
