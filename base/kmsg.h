/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel logged about an object since a moment: the evidence that belongs into an error when a write to
 * sysfs has failed with nothing but an errno. Not readable without privilege on most hosts; then there is no evidence.
 */
#ifndef BASE_KMSG_H
#define BASE_KMSG_H

#include "base/cleanup.h"
#include "base/sysroot.h"

struct kmsg {
	int fd; /* -1: not readable */
};

/* From now on. Ended by kmsg_close(). */
void kmsg_open(struct kmsg *kmsg, const struct sysroot *root);
void kmsg_close(struct kmsg *kmsg);
#define cleanup_kmsg cleanup(kmsg_close)

/* The first lines since then that contain about ("0000:01:00.0"), separated by "; ". Returns buf, "" for none. */
const char *kmsg_about(struct kmsg *kmsg, const char *about, char *buf, size_t size);

#endif
