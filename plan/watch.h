/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead man's switch of `apply --confirm`: a process of its own that undoes what was applied when nobody has
 * confirmed it by the deadline, or when the one that applied it died on the way. It has no terminal, no session and
 * no descriptor of who began it, and where systemd runs it is a unit of its own: the end of an ssh session does not
 * end it.
 */
#ifndef PLAN_WATCH_H
#define PLAN_WATCH_H

#include "os/sysroot.h"
#include "plan/apply.h"

/* Start one for the journal's pending entry of that id: this program again, as `recover --watch ID`. */
int watch_start(const struct sysroot *root, const char *id, struct error *err);

/*
 * Be one: returns when the entry is not pending any more, or was undone. What could not be undone is tried again a few
 * times; then CODE_HALF_DONE.
 */
int watch_run(const struct sysroot *root, const char *id, const struct apply_how *how, struct error *err);

#endif
