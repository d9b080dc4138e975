/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake's files for everybody: a FUSE file system (libfuse3's low level), so that system calls on them are real. */
#ifndef FUSE_H
#define FUSE_H

struct kernel;
struct fake_mount;

/* Owned by the caller; NULL: said on stderr. kernel->reply is set. */
struct fake_mount *fake_mount_new(struct kernel *kernel, const char *where);
void fake_mount_free(struct fake_mount *mount);

int fake_mount_descriptor(const struct fake_mount *mount);

/* Answer what is waiting on the descriptor. False when the file system was unmounted. */
int fake_mount_serve(struct fake_mount *mount);

#endif
