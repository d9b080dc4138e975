/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's unit of systemd, sluice-guest@NAME.service (packaging/systemd): where there is one, guests are systemd's
 * services, which it ends in their order when the host goes down. It starts `sluice up --supervise NAME`.
 */
#ifndef PLAN_GUEST_UNIT_H
#define PLAN_GUEST_UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "os/sysroot.h"

/* Is the template installed? Where, size bytes in buf: "/lib/systemd/system/sluice-guest@.service". */
bool guest_unit_find(const struct sysroot *root, char *buf, size_t size);

/* Does systemd run this host, and know the template, and is this process root's? */
bool guest_unit_is_used(const struct sysroot *root);

/* Start it, and wait until the guest runs. CODE_FAILED: why is in the keeper's state, or in systemd's journal. */
int guest_unit_start(const char *name, struct error *err);

/* Units were written: systemd reads them again. Nothing where systemd does not run this host. */
int guest_unit_reload(const struct sysroot *root, struct error *err);

#endif
