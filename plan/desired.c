// SPDX-License-Identifier: GPL-2.0-or-later
/* The desired state's end, its parts by name, and failures that are a line's fault. Who makes one is config.c. */
#include "plan/desired.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/arena.h"

void desired_free(struct desired *desired)
{
	if (!desired)
		return;
	source_list_free(desired->sources);
	arena_free(desired->arena);
	free(desired);
}

const struct desired_alias *desired_alias(const struct desired *desired, const char *name)
{
	for (size_t i = 0; i < desired->alias_count; i++)
		if (!strcmp(desired->alias[i].name, name))
			return &desired->alias[i];
	return NULL;
}

const struct desired_guest *desired_guest(const struct desired *desired, const char *name)
{
	for (size_t i = 0; i < desired->guest_count; i++)
		if (!strcmp(desired->guest[i].name, name))
			return &desired->guest[i];
	return NULL;
}

const struct desired_pf *desired_pf(const struct desired *desired, size_t alias)
{
	for (size_t i = 0; i < desired->pf_count; i++)
		if (desired->pf[i].alias == alias)
			return &desired->pf[i];
	return NULL;
}

const char *desired_restart_name(enum desired_restart restart)
{
	static const char *const names[] = {
		[DESIRED_RESTART_NEVER] = "never",
		[DESIRED_RESTART_ON_FAILURE] = "on-failure",
		[DESIRED_RESTART_ALWAYS] = "always",
	};

	return names[restart];
}

const char *desired_iommu_name(enum desired_iommu iommu)
{
	static const char *const names[] = {
		[DESIRED_IOMMU_UNSET] = "",
		[DESIRED_IOMMU_ON] = "on",
		[DESIRED_IOMMU_PASSTHROUGH] = "passthrough",
		[DESIRED_IOMMU_STRICT] = "strict",
	};

	return names[iommu];
}

const char *desired_driver_name(const struct desired_driver *driver)
{
	static const char *const names[] = {
		[DESIRED_DRIVER_UNSET] = "",
		[DESIRED_DRIVER_HOST] = "host",
		[DESIRED_DRIVER_VFIO] = "vfio",
		[DESIRED_DRIVER_NONE] = "none",
	};

	return driver->kind == DESIRED_DRIVER_NAMED ? driver->name : names[driver->kind];
}

int desired_fail(const struct desired *desired, struct place at, struct error *err, enum code code, int errnum,
	const char *fmt, ...)
{
	char what[400], where[300], excerpt[500];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (!at.line)
		return fail_code(err, code, errnum, "%s", what);
	place_text(desired->sources, at, where, sizeof(where));
	place_excerpt(desired->sources, at, excerpt, sizeof(excerpt));
	fail_code(err, code, errnum, "%s: %s", where, what);
	return fail_excerpt(err, excerpt);
}
