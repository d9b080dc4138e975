/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's disk: a raw image or a block device of the host, which sluice opens and sluice-vmm serves (virtio-blk).
 *
 * It is locked for as long as a guest has it (fcntl(2), open file description locks: the lock goes with the descriptor
 * to sluice-vmm, and ends with that): by one guest that writes, or by any number that only read. Other programs that
 * lock images do so in the same way. A block device that is written to is also claimed (O_EXCL): one that is mounted,
 * or part of something, is refused by the kernel.
 */
#ifndef GUEST_DISK_H
#define GUEST_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/launch.h"

enum {
	GUEST_PATH_MAX = 1024
};

struct guest_disk {
	char path[GUEST_PATH_MAX];
	bool read_only;
	bool raw;                           /* whatever it begins with: a guest may have written that there */
	char serial[LAUNCH_SERIAL_MAX + 1]; /* "": none */
};

/* FILE[,ro][,raw][,serial=S], as in `run --disk`. A file's name has no comma. CODE_USAGE. */
int guest_disk_parse(const char *text, struct guest_disk *ret_disk, struct error *err);

/*
 * Open and lock it. CODE_BAD_DISK: no file or device, an image of a format that is not served, empty; CODE_DISK_IN_USE.
 * The caller owns *ret_fd.
 */
int guest_disk_open(const struct guest_disk *disk, int *ret_fd, uint64_t *ret_bytes, struct error *err);

#endif
