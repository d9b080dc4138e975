/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes whose write runs a driver's code, which may sleep for seconds, and in a broken driver for ever: unbind,
 * drivers_probe, sriov_numvfs. Such a write is done in a process of its own, so that the program goes on at the
 * deadline; the kernel gives no way to take the write back.
 */
#ifndef BASE_SLOW_H
#define BASE_SLOW_H

#include "base/sysroot.h"

/*
 * As sysroot_write_text(), but -ETIMEDOUT after so many seconds. The write may still happen after that, when the driver wakes up;
 * the process that waits for it holds no descriptor of ours. Callable while other threads run.
 */
int sysroot_write_slow(const struct sysroot *root, const char *text, unsigned int seconds, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
