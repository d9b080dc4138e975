/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/sluice: small files that outlive a command and not a reboot. Leases and guests are made of these.
 *
 * A user to whom root gave devices has a place of its own there, users/UID, for what its guests need: guests, who
 * keeps them, their lock and how they ended. Everything else is the host's, and root's to write.
 *
 * A file appears whole or not at all: it is written under another name, synced and renamed. Directories are handled by
 * descriptor, so that nothing here depends on the working directory or on path lengths.
 */
#ifndef OS_RUN_DIR_H
#define OS_RUN_DIR_H

#include <sys/types.h>

#include "os/sysroot.h"

/*
 * Open run/sluice (sub NULL or "") or run/sluice/SUB, making what is missing when create is set. Without create,
 * -ENOENT (err untouched) says that there is none. CODE_READ_ONLY on a captured root with create; CODE_NOT_ROOT.
 */
int run_dir_open(const struct sysroot *root, const char *sub, bool create, int *ret_fd, struct error *err);

/* Let a user have guests of its own: make its place, if it has none. By root. */
int run_dir_give(const struct sysroot *root, uint32_t uid, struct error *err);

/* Replace the file name in directory dir by text. */
int run_dir_write(int dir, const char *name, const char *text, struct error *err);

/* At most size - 1 bytes, terminated. The length, or -errno. */
ssize_t run_dir_read(int dir, const char *name, char *buf, size_t size);

/* Remove a file; one that is not there is fine. */
int run_dir_remove(int dir, const char *name, struct error *err);

/* A walk over the names in dir (a descriptor that stays the caller's): NULL with errno set on failure. */
DIR *run_dir_list(int dir);

#endif
