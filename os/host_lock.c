// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock of this host; see host_lock.h. An OFD lock has no waiting with a deadline, so it is asked for again and
 * again.
 */
#include "os/host_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "os/run_dir.h"

enum {
	LOCK_STEP_MS = 20,
	LOCK_WAIT_MS = 30000,
};

struct host_lock {
	const struct sysroot *root; /* borrowed */
	int fd;                     /* owned */
};

static int open_lock(const struct sysroot *root, const char *sub, int *ret_fd, struct error *err)
{
	cleanup_close int dir = -1;
	int ret = run_dir_open(root, sub, true, &dir, err);

	if (ret < 0)
		return ret;
	ret = openat(dir, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (ret >= 0) {
		*ret_fd = ret;
		return 0;
	}
	if (errno != EACCES && errno != EPERM)
		return fail(err, errno, "open /run/sluice/.lock");
	fail_code(err, CODE_NOT_ROOT, errno, "this changes the host, and /run/sluice belongs to another user");
	return fail_hint(err,
		"run this as root, for example with sudo; or have root give devices to this user, who may then run "
		"guests with them: sluice bind DEVICE --user USER");
}

static int wait_for_lock(int fd, struct error *err)
{
	struct flock wanted = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };

	for (unsigned int waited = 0; fcntl(fd, F_OFD_SETLK, &wanted); waited += LOCK_STEP_MS) {
		if (errno != EAGAIN && errno != EACCES)
			return fail(err, errno, "lock /run/sluice/.lock");
		if (waited >= LOCK_WAIT_MS) {
			fail_code(err, CODE_FAILED, EBUSY, "another sluice has been changing the host for %d s",
				LOCK_WAIT_MS / 1000);
			return fail_hint(err, "'fuser -v /run/sluice/.lock' shows which; wait for it or end it");
		}
		nanosleep(&step, NULL);
	}
	return 0;
}

static int take(const struct sysroot *root, const char *sub, struct host_lock **ret_lock, struct error *err)
{
	cleanup_close int fd = -1;
	struct host_lock *lock;
	int ret = open_lock(root, sub, &fd, err);

	if (ret < 0)
		return ret;
	ret = wait_for_lock(fd, err);
	if (ret < 0)
		return ret;
	lock = malloc(sizeof(*lock));
	if (!lock)
		return fail(err, ENOMEM, "lock /run/sluice/.lock");
	*lock = (struct host_lock){ .root = root, .fd = take_fd(&fd) };
	*ret_lock = lock;
	return 0;
}

int host_lock_take(const struct sysroot *root, struct host_lock **ret_lock, struct error *err)
{
	return take(root, NULL, ret_lock, err);
}

int host_lock_take_guests(const struct sysroot *root, struct host_lock **ret_lock, struct error *err)
{
	struct error first = { 0 };
	int ret = take(root, NULL, ret_lock, &first);

	if (ret < 0 && first.code == CODE_NOT_ROOT)
		return take(root, "guests", ret_lock, err);
	if (ret < 0 && err)
		*err = first;
	return ret;
}

bool host_lock_is_held(const struct sysroot *root)
{
	struct flock wanted = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	cleanup_close int fd = sysroot_open_file(root, O_RDWR, "run/sluice/.lock");

	return fd >= 0 && !fcntl(fd, F_OFD_GETLK, &wanted) && wanted.l_type != F_UNLCK;
}

void host_lock_drop(struct host_lock *lock)
{
	if (!lock)
		return;
	close_fd(&lock->fd);
	free(lock);
}

const struct sysroot *host_lock_root(const struct host_lock *lock)
{
	return lock->root;
}
