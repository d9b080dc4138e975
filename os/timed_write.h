/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes whose write runs a driver's code, which may sleep for seconds, and in a broken driver for ever: unbind,
 * drivers_probe, sriov_numvfs. Such writes are done in a process of their own, so that the program goes on at the
 * deadline (the kernel gives no way to take a write back), and so that writes which belong together are finished even
 * when the program is killed between them.
 */
#ifndef OS_TIMED_WRITE_H
#define OS_TIMED_WRITE_H

#include "os/sysroot.h"

struct timed_write {
	const char *path; /* below the root, without the leading slash */
	const char *text;
	bool always; /* also after one before it has failed: a switch to be put back */
};

/*
 * The writes in order, up to the first that fails, whose -errno is returned; -ETIMEDOUT after so many seconds. The
 * one that hangs may still happen after that, when the driver wakes up; the process that waits for it holds no
 * descriptor of ours. -EROFS on a captured root. Callable while other threads run.
 */
int sysroot_write_timed_all(
	const struct sysroot *root, const struct timed_write *writes, size_t count, unsigned int seconds);

/* One write. */
int sysroot_write_timed(const struct sysroot *root, const char *text, unsigned int seconds, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
