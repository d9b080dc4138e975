// SPDX-License-Identifier: GPL-2.0-or-later
/* systemd's units of guests, by systemctl(1); see guest_unit.h. */
#include "plan/guest_unit.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "distro/tool.h"

#define TEMPLATE "sluice-guest@.service"

/* systemd.unit(5): the first that has it. */
static const char *const places[] = { "etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system",
	"lib/systemd/system" };

static const char *const programs[] = { "usr/bin/systemctl", "bin/systemctl" };

bool guest_unit_find(const struct sysroot *root, char *buf, size_t size)
{
	for (size_t i = 0; i < array_size(places); i++)
		if (sysroot_exists(root, "%s/%s", places[i], TEMPLATE)) {
			snprintf(buf, size, "/%s/%s", places[i], TEMPLATE);
			return true;
		}
	return false;
}

bool guest_unit_is_used(const struct sysroot *root)
{
	char path[128];

	/* Units run as root, and whoever is not has guests in a place of its own. */
	return !root->path[0] && !geteuid() && sysroot_exists(root, "run/systemd/system") &&
	       guest_unit_find(root, path, sizeof(path));
}

static int systemctl(const char *verb, const char *unit, const char *purpose, struct error *err)
{
	for (size_t i = 0; i < array_size(programs); i++) {
		char path[32];
		const char *const arguments[] = { path, verb, unit, NULL };

		snprintf(path, sizeof(path), "/%s", programs[i]);
		if (!access(path, X_OK))
			return tool_run(arguments, purpose, err);
	}
	return fail_code(err, CODE_FAILED, ENOENT, "systemd runs this host, and has no systemctl");
}

int guest_unit_start(const char *name, struct error *err)
{
	char unit[96];
	int ret;

	snprintf(unit, sizeof(unit), "sluice-guest@%s.service", name);
	ret = systemctl("start", unit, "which starts the guest's unit", err);
	if (ret < 0)
		fail_hint(err, "'journalctl -u %s' has what it said", unit);
	return ret;
}

int guest_unit_reload(const struct sysroot *root, struct error *err)
{
	if (root->path[0] || !sysroot_exists(root, "run/systemd/system"))
		return 0;
	return systemctl("daemon-reload", NULL, "which has systemd read its units again", err);
}
