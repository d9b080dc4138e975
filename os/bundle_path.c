// SPDX-License-Identifier: GPL-2.0-or-later
/* Which names a member of a bundle may have; see bundle.h. */
#include <string.h>

#include "os/bundle.h"

const char *bundle_path_fault(const char *path)
{
	unsigned int depth = 0;

	if (!*path)
		return "has no name";
	if (*path == '/')
		return "has an absolute name";
	if (strlen(path) >= BUNDLE_PATH_MAX)
		return "has too long a name";
	for (const char *name = path; name; depth++) {
		size_t length = strcspn(name, "/");

		if (!length)
			return "has an empty name in its path";
		if (length > BUNDLE_NAME_MAX)
			return "has too long a name in its path";
		if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
			return "has '.' or '..' in its path";
		name = name[length] ? name + length + 1 : NULL;
	}
	return depth > BUNDLE_DEPTH_MAX ? "lies too deep" : NULL;
}
