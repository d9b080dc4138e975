/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drop-in files that are sluice's own: /etc/modprobe.d/sluice.conf and the like. A file has a line a thing, each with a
 * key and a value; it begins with a line that says whose it is, is replaced whole, and goes with its last line. A file
 * of that name without that first line is somebody else's, and left alone.
 */
#ifndef PLAN_DROP_IN_H
#define PLAN_DROP_IN_H

#include "os/host_lock.h"
#include "os/sysroot.h"
#include "plan/words.h"

/* A line is before KEY between VALUE after; of a list before KEY alone, whose value is "yes". */
struct drop_in {
	const char *dir, *name; /* "etc/modprobe.d", "sluice.conf" */
	const char *before, *between, *after;
	bool is_list;
};

/* The value of key, "" where no line has it. -EEXIST (err filled) for somebody else's file, or one too long. */
int drop_in_read(const struct sysroot *root, const struct drop_in *drop_in, const char *key,
	char value[static WORDS_SIZE], struct error *err);

/* Set the value of key; "" removes its line. */
int drop_in_write(const struct host_lock *lock, const struct drop_in *drop_in, const char *key, const char *value,
	struct error *err);

#endif
