// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Killing a guest's process by its pidfd; see force.h. Speaks pidfd_open(2), pidfd_send_signal(2), both since Linux
 * 5.3.
 */
#include "guest/force.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "os/run_dir.h"

#define MARK "forced"
#define STOPPED "stopped"

/* From /proc/PID/stat, whose second field is a name in parentheses that may hold anything. 0: no such process. */
static pid_t parent_of(const struct sysroot *root, pid_t pid)
{
	char text[512];
	const char *behind_name;
	int parent = 0;

	if (sysroot_read_text(root, text, sizeof(text), "proc/%d/stat", (int)pid) < 0)
		return 0;
	behind_name = strrchr(text, ')');
	return behind_name && sscanf(behind_name, ") %*c %d", &parent) == 1 ? parent : 0;
}

static int no_process(const struct guest_info *guest, struct error *err)
{
	return fail_code(err, CODE_NO_SUCH_GUEST, ESRCH, "guest '%s' has no process to end any more", guest->name);
}

/*
 * The descriptor first, then the questions: what they find true holds for the process that the descriptor means, since
 * a number is given to another process only after this one is gone.
 */
static int open_process(const struct sysroot *root, const struct guest_info *guest, int *ret_fd, struct error *err)
{
	struct guest_info now;
	cleanup_close int fd = (int)syscall(SYS_pidfd_open, guest->vmm_pid, 0);

	if (fd < 0)
		return errno == ESRCH ? no_process(guest, err) : fail(err, errno, "end guest '%s'", guest->name);
	if (guest_read(root, guest->name, &now, NULL) < 0 || now.pid != guest->pid || now.vmm_pid != guest->vmm_pid ||
		parent_of(root, guest->vmm_pid) != guest->pid)
		return no_process(guest, err);
	*ret_fd = take_fd(&fd);
	return 0;
}

int guest_force_end(const struct sysroot *root, const struct guest_info *guest, struct error *err)
{
	cleanup_close int process = -1;
	cleanup_close int dir = -1;
	int ret;

	if (guest->vmm_pid <= 0) {
		fail_code(
			err, CODE_FAILED, EAGAIN, "guest '%s' is being prepared, and has no process yet", guest->name);
		return fail_hint(err, "try again, or end process %d, which prepares it", (int)guest->pid);
	}
	ret = open_process(root, guest, &process, err);
	if (ret < 0)
		return ret;
	ret = guest_dir_open(root, guest->name, &dir, err);
	if (ret < 0)
		return ret;
	/* Before the kill, so that nobody takes it for a crash; whoever may not write here may not kill either. */
	ret = run_dir_write(dir, MARK, "", NULL);
	if (ret < 0 || syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0)) {
		int errnum = ret < 0 ? -ret : errno;

		if (errnum == ESRCH)
			return no_process(guest, err);
		fail_code(err, CODE_NOT_ROOT, errnum, "guest '%s' cannot be ended: %s", guest->name, strerror(errnum));
		return fail_hint(err, "run this as root, for example with sudo");
	}
	return 0;
}

bool guest_was_forced(const struct guest_dir *dir)
{
	return dir->dir_fd >= 0 && !faccessat(dir->dir_fd, MARK, F_OK, AT_SYMLINK_NOFOLLOW);
}

void guest_mark_stopped(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;

	if (!guest_dir_open(root, name, &dir, NULL) && guest_dir_is_locked(root, dir))
		run_dir_write(dir, STOPPED, "", NULL);
}

bool guest_was_stopped(const struct guest_dir *dir)
{
	return dir->dir_fd >= 0 && !faccessat(dir->dir_fd, STOPPED, F_OK, AT_SYMLINK_NOFOLLOW);
}
