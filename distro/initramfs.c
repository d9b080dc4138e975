// SPDX-License-Identifier: GPL-2.0-or-later
/* The initramfs; see initramfs.h. */
#include "distro/initramfs.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "distro/tool.h"

enum {
	TOOL_ARGUMENTS = 5,
};

/* The first of which program and hook are there. Hooks may be the package's or `make install`'s. */
static const struct {
	const char *file, *hooks[2];
	const char *arguments[TOOL_ARGUMENTS];
} tools[] = {
	{ "usr/sbin/update-initramfs", { "usr/share/initramfs-tools/hooks/sluice", "etc/initramfs-tools/hooks/sluice" },
		{ "/usr/sbin/update-initramfs", "-u", "-k", "all" } },
	{ "usr/bin/dracut",
		{ "usr/lib/dracut/modules.d/90sluice/module-setup.sh",
			"usr/lib/dracut/modules.d/90sluice/module-setup.sh" },
		{ "/usr/bin/dracut", "--force", "--regenerate-all" } },
};

static size_t find_tool(const struct sysroot *root)
{
	for (size_t i = 0; i < array_size(tools); i++)
		if (sysroot_exists(root, "%s", tools[i].file) && (sysroot_exists(root, "%s", tools[i].hooks[0]) ||
									 sysroot_exists(root, "%s", tools[i].hooks[1])))
			return i;
	return array_size(tools);
}

bool initramfs_has_hook(const struct sysroot *root)
{
	return find_tool(root) < array_size(tools);
}

int initramfs_refresh(const struct sysroot *root, struct error *err)
{
	size_t tool = find_tool(root);

	if (root->path[0] || tool == array_size(tools))
		return 0;
	return tool_run(tools[tool].arguments, "which makes the initramfs", err);
}
