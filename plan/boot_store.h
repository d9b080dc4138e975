/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of configuration files as one JSON file below /var/lib/sluice/boot. For boot.c. */
#ifndef PLAN_BOOT_STORE_H
#define PLAN_BOOT_STORE_H

#include "os/sysroot.h"
#include "plan/place.h"

struct boot_copy {
	struct source_list *sources; /* owned */
	bool had_route;              /* the host had a default route when they were applied */
};

void boot_copy_done(struct boot_copy *copy);

/* dir is that directory. Whole, or as it was. */
int boot_store_write(int dir, const char *name, const struct source_list *sources, bool had_route, struct error *err);

/* 1, or 0 when there is none; -EBADMSG for what is none of ours. On success the caller ends *ret_copy. */
int boot_store_read(const struct sysroot *root, const char *name, struct boot_copy *ret_copy, struct error *err);

/* The same files with the same texts? */
bool boot_store_same(const struct source_list *one, const struct source_list *other);

#endif
