// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An empty root; see cage_root.h. Speaks mount(2), pivot_root(2), chroot(2).
 *
 * pivot_root() takes the host's root out of the mount namespace. The root of a kernel that still runs from its initial
 * RAM disk cannot be taken out (pivot_root(2), EINVAL): there the tmpfs is moved over it, and the way back to what is
 * below takes a capability that the process is about to lose.
 */
#include "vmm-core/cage_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Every host that runs guests has it: their directories are there. */
#define PLACE "/run"

static int pivot(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH);
	if (errno != EINVAL)
		return -1;
	return mount(".", "/", NULL, MS_MOVE, NULL) < 0 ? -1 : chroot(".");
}

/* One inode is its root: nothing could be made in it if it were not read-only. */
static int enter_tmpfs(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("cage", PLACE, "tmpfs", flags, "size=4k,nr_inodes=1,mode=555") < 0 ||
		mount(NULL, PLACE, NULL, flags | MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0 || chdir(PLACE) < 0 ||
		pivot() < 0 || chdir("/") < 0)
		return errno;
	return 0;
}

static bool enter_removed(void)
{
	char path[] = PLACE "/sluice/empty.XXXXXX";
	cleanup_close int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (dir < 0 || rmdir(path) < 0 || fchdir(dir) < 0)
		return false;
	return chroot(".") == 0 && chdir("/") == 0;
}

enum cage_root cage_root_enter(int32_t *ret_missing)
{
	*ret_missing = enter_tmpfs();
	if (!*ret_missing)
		return CAGE_ROOT_EMPTY;
	return enter_removed() ? CAGE_ROOT_REMOVED : CAGE_ROOT_HOST;
}
