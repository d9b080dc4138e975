// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks of the graph that is being read, by what sysfs calls them: see reader.h. */
#include <string.h>

#include "use/reader.h"

struct use_disk *use_disk_by_name(const struct use_build *build, const char *name)
{
	for (size_t i = 0; i < build->disk_count; i++)
		if (!strcmp(build->disk[i].name, name))
			return &build->disk[i];
	return NULL;
}

struct use_disk *use_disk_by_number(const struct use_build *build, const char *device)
{
	for (size_t i = 0; i < build->disk_count; i++)
		if (build->disk[i].device[0] && !strcmp(build->disk[i].device, device))
			return &build->disk[i];
	return NULL;
}
