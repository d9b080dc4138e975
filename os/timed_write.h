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
	/* What the write makes, maybe after it has returned: waited for, so long. NULL: nothing. */
	const char *until_exists;
	unsigned int until_ms;
};

/* Writes that are being done. */
struct timed_job {
	pid_t pid; /* who does them; of one that hangs, the process to look at */
	int pidfd; /* -1: none */
	int result;
	size_t *at;       /* shared with it; owned */
	size_t failed_at; /* which of the writes has the result's error, when there is one */
};

/*
 * Begin the writes, which may go on beside others. 0, or -errno when nothing was begun; timed_write_wait() then
 * has to be called. As sysroot_write_timed_all() otherwise.
 */
int timed_write_start(
	const struct sysroot *root, const struct timed_write *writes, size_t count, struct timed_job *ret_job);

/* Their result, after so many seconds at the latest: then -ETIMEDOUT. */
int timed_write_wait(struct timed_job *job, unsigned int seconds);

/*
 * The function of the kernel in which a process hangs (proc/PID/stack; "" when that cannot be read). Returns buf.
 */
const char *timed_write_place(const struct sysroot *root, pid_t pid, char *buf, size_t size);

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
