/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /var/lib/sluice: what outlives a reboot: the record of devices, the journal of applied plans. The files in it are
 * written and read as those of run_dir.h, by descriptor of their directory.
 */
#ifndef OS_STATE_DIR_H
#define OS_STATE_DIR_H

#include "os/sysroot.h"

/*
 * Open var/lib/sluice (sub NULL) or var/lib/sluice/SUB, making what is missing when create is set: a host that boots
 * from memory may have none of them. 0 or -errno; -EROFS for a captured root with create.
 */
int state_dir_open(const struct sysroot *root, const char *sub, bool create, int *ret_fd);

#endif
