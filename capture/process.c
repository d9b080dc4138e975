// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes: of those that have a device node, a disk or (sshd) a socket open, the links in /proc/PID/fd that say so,
 * and their names. Of those that may not be looked into, that this is so. Never command lines, environments or other
 * files.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"

enum {
	PROCESSES_MAX = 65536,
	FD_MAX = 65536,
	KTHREADD = 2,
};

/* Below /dev; a name of a block device counts too. What else programs have open is their business. */
static const char *const nodes[] = { "vfio/", "iommu", "dri/", "accel/", "snd/", "infiniband/", "nvme", "ng", "uio",
	"ptp", "pps", "video", "media", "v4l-", "mei", "watchdog", "tpm", "nvidia", "dax", "nst", "st", "sg", "sch",
	"hidraw", "i2c-", "rtc", "input/", "drm_dp_aux" };

/* Programs that the doctor asks about by their names, as the kernel cuts them. */
static const char *const asked[] = { "nvidia-persiste", "nvidia-powerd", "nv-hostengine" };

static const char *const ssh_servers[] = { "sshd", "dropbear", "tinysshd" };

static bool begins_with_one(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(text, list[i]))
			return true;
	return false;
}

/* The part of a link's target behind its last "/dev/", if that is of interest; NULL for others. */
static const char *node_of(const struct capture *capture, const char *target)
{
	const char *name = NULL;

	if (target[0] != '/')
		return NULL;
	for (const char *at = target; (at = strstr(at, "/dev/"));)
		name = at += strlen("/dev/");
	if (!name || (!begins_with_one(name, nodes, array_size(nodes)) &&
			     (strchr(name, '/') || !sysroot_exists(capture->root, "sys/class/block/%s", name))))
		return NULL;
	return name;
}

/* Of fdinfo: how it was opened, and which VFIO device it is. */
static void take_fdinfo(struct capture *capture, const char *pid, const char *fd)
{
	static const char *const keys[] = { "flags:", "vfio-device-syspath:" };
	char path[96], text[1024], kept[1024] = "";
	size_t used = 0;

	snprintf(path, sizeof(path), "proc/%s/fdinfo/%s", pid, fd);
	if (sysroot_read_text(capture->root, text, sizeof(text), "%s", path) < 0)
		return;
	for (size_t i = 0; i < array_size(keys); i++) {
		const char *at = strstr(text, keys[i]);

		if (at && used < sizeof(kept))
			used += (size_t)snprintf(
				kept + used, sizeof(kept) - used, "%.*s\n", (int)strcspn(at, "\n"), at);
	}
	capture_file(capture, path, kept, strlen(kept));
}

/* True when it is of interest. */
static bool take_fd_link(struct capture *capture, const char *pid, const char *fd, bool is_sshd)
{
	char target[512], member[96], plain[512];
	const char *node;

	if (sysroot_read_link(capture->root, target, sizeof(target), "proc/%s/fd/%s", pid, fd) <= 0)
		return false;
	node = node_of(capture, target);
	if (node)
		snprintf(plain, sizeof(plain), "/dev/%s", node);
	else if (!strcmp(target, "anon_inode:[vfio-device]") || (is_sshd && text_starts_with(target, "socket:[")))
		text_copy(plain, sizeof(plain), target);
	else
		return false;
	snprintf(member, sizeof(member), "proc/%s/fd/%s", pid, fd);
	capture_link(capture, member, plain);
	if (plain[0] != 's')
		take_fdinfo(capture, pid, fd);
	return true;
}

static int parent_of(const struct capture *capture, const char *pid)
{
	char text[512];
	const char *after;
	int parent;

	if (sysroot_read_text(capture->root, text, sizeof(text), "proc/%s/stat", pid) <= 0)
		return -1;
	after = strrchr(text, ')');
	return after && sscanf(after, ") %*c %d", &parent) == 1 ? parent : -1;
}

/* Its name is nobody's: that of a program. */
static void take_identity(struct capture *capture, const char *pid, const char *comm)
{
	char path[64], text[96];

	snprintf(path, sizeof(path), "proc/%s/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	capture_file(capture, path, text, strlen(text));
	snprintf(path, sizeof(path), "proc/%s/stat", pid);
	snprintf(text, sizeof(text), "%s (%s) S %d\n", pid, comm, parent_of(capture, pid));
	capture_file(capture, path, text, strlen(text));
}

/* Its parent is what tells a thread of the kernel, which has no files, from a process. */
static void take_closed(struct capture *capture, const char *pid)
{
	int parent = parent_of(capture, pid);
	char path[64], text[64];

	/* One without a parent has ended meanwhile; but for a copy made by hand, which may have left that out. */
	if (parent == KTHREADD || atoi(pid) == KTHREADD || (parent < 0 && !capture->root->captured))
		return;
	if (parent >= 0) {
		snprintf(path, sizeof(path), "proc/%s/stat", pid);
		snprintf(text, sizeof(text), "%s () S %d\n", pid, parent);
		capture_file(capture, path, text, strlen(text));
	}
	snprintf(path, sizeof(path), "proc/%s/fd", pid);
	capture_denied(capture, path, "proc/PID/fd");
}

static void look_into(struct capture *capture, const char *pid)
{
	cleanup_free unsigned int *fds = NULL;
	ssize_t count = sysroot_list_numbers(capture->root, &fds, "proc/%s/fd", pid);
	char comm[32] = "?";
	bool is_sshd, any;

	sysroot_read_text(capture->root, comm, sizeof(comm), "proc/%s/comm", pid);
	is_sshd = begins_with_one(comm, ssh_servers, array_size(ssh_servers));
	any = begins_with_one(comm, asked, array_size(asked));
	if (count == -EACCES || count == -EPERM) {
		if (any)
			take_identity(capture, pid, comm);
		take_closed(capture, pid);
		return;
	}
	for (ssize_t i = 0; i < count && i < FD_MAX; i++) {
		char fd[16];

		snprintf(fd, sizeof(fd), "%u", fds[i]);
		any |= take_fd_link(capture, pid, fd, is_sshd);
	}
	if (any)
		take_identity(capture, pid, comm);
}

void capture_processes(struct capture *capture)
{
	cleanup_free unsigned int *pids = NULL;
	ssize_t count = sysroot_list_numbers(capture->root, &pids, "proc");

	if (count > PROCESSES_MAX)
		capture_note(&capture->report.left_out, "proc/PID", "more processes than are taken");
	for (ssize_t i = 0; i < count && i < PROCESSES_MAX && !capture->ret; i++) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%u", pids[i]);
		if (capture->root->captured || pids[i] != (unsigned int)getpid())
			look_into(capture, pid);
	}
}
