// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that have something of a function open, from the links in /proc/PID/fd (proc(5)): disks, device nodes,
 * VFIO, and the sockets of ssh sessions. Links are compared from their last "/dev/" on, since a container's /dev has
 * the same names elsewhere. Other users' processes cannot be looked into without privilege; they are counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	ANCESTORS = 32,
};

struct process {
	const char *pid;
	char comm[32];
	bool is_sshd, is_ancestor;
};

/* Programs that serve ssh, by the start of their name: OpenSSH's is sshd, sshd-session. */
static const char *const ssh_servers[] = { "sshd", "dropbear", "tinysshd" };

/* "flags:	0100002": octal, as open(2) got them. What cannot be read counts as writing. */
static bool opened_for_writing(const struct sysroot *root, const char *pid, const char *fd)
{
	char text[256];
	const char *flags;

	if (sysroot_read_text(root, text, sizeof(text), "proc/%s/fdinfo/%s", pid, fd) < 0)
		return true;
	flags = strstr(text, "flags:");
	return !flags || (strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

/* What a holder of a device node is called, and whether it stops anything: sound would merely fall silent. */
static void report(struct use_build *build, const struct process *process, uint32_t node, const char *fd)
{
	struct use_graph *graph = build->graph;
	const char *id = graph->node[node].id;
	bool is_disk = text_starts_with(id, "block:");
	bool reads = is_disk && !opened_for_writing(build->root, process->pid, fd);
	bool note = reads || graph->node[node].flags & USE_NOTE;
	const char *kind = is_disk ? "process" : graph->node[node].kind;
	const char *device = strchr(id, ':') + 1;
	uint32_t holder = use_add(graph, kind, note ? USE_NOTE : 0,
		use_text(graph, "process %s (%s)%s", process->pid, process->comm, reads ? ", reading" : ""),
		"process:%s:%s", process->pid, device);

	use_link(graph, node, holder, note ? PCI_USER_NOTE : PCI_USER_BLOCKS,
		use_text(graph, "process %s (%s) has /dev/%s open%s", process->pid, process->comm, device,
			reads ? " for reading" : ""),
		NULL);
}

/* The node of "/dev/NAME", also deep in a container's tree; or USE_NONE. */
static uint32_t find_node(const struct use_build *build, const char *target)
{
	const char *name = NULL;
	uint32_t node;

	for (const char *at = target; (at = strstr(at, "/dev/"));)
		name = at += strlen("/dev/");
	if (!name)
		return USE_NONE;
	node = use_find(build->graph, "dev:%s", name);
	return node == USE_NONE ? use_find(build->graph, "block:%s", name) : node;
}

/* A VFIO device is a file without a name; since Linux 6.17 its fdinfo says which device it is. */
static uint32_t find_vfio_device(const struct use_build *build, const char *pid, const char *fd)
{
	char text[1024];
	char path[512];
	uint32_t function;

	if (sysroot_read_text(build->root, text, sizeof(text), "proc/%s/fdinfo/%s", pid, fd) <= 0 ||
		!strstr(text, "vfio-device-syspath:") ||
		sscanf(strstr(text, "vfio-device-syspath:"), "vfio-device-syspath: %511s", path) != 1)
		return USE_NONE;
	function = use_function_of_path(build, path);
	if (function == USE_NONE)
		return USE_NONE;
	return use_find(build->graph, "dev:vfio/%d", build->graph->inventory->devices[function].iommu_group);
}

static void take_socket(struct use_build *build, const struct process *process, const char *target)
{
	struct use_session *session;
	uint64_t inode;

	if (!process->is_sshd || sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1)
		return;
	session = use_session_by_inode(build, inode);
	if (!session)
		return;
	session->ssh = true;
	session->own |= process->is_ancestor;
}

static void take_link(struct use_build *build, const struct process *process, const char *target, const char *fd)
{
	uint32_t node = USE_NONE;

	if (target[0] == '/')
		node = find_node(build, target);
	else if (!strcmp(target, "anon_inode:[vfio-device]"))
		node = find_vfio_device(build, process->pid, fd);
	else
		take_socket(build, process, target);
	if (node != USE_NONE)
		report(build, process, node, fd);
}

/* Its state (proc_pid_stat(5): 'S', 'R', 'Z', ...) and its parent; false where they cannot be read. */
static bool read_stat(const struct use_build *build, const char *pid, char *ret_state, int *ret_parent)
{
	char text[512];
	const char *after;

	if (sysroot_read_text(build->root, text, sizeof(text), "proc/%s/stat", pid) <= 0)
		return false;
	/* "812 (name) S 700 ...": a name may hold anything, also a bracket. */
	after = strrchr(text, ')');
	return after && sscanf(after, ") %c %d", ret_state, ret_parent) == 2;
}

/* 0 where it cannot be read. */
static int parent_of(const struct use_build *build, const char *pid)
{
	char state;
	int parent;

	return read_stat(build, pid, &state, &parent) ? parent : 0;
}

/*
 * A thread of the kernel has no files, and shows that to root alone; all of them are children of the second process.
 * A process that has ended has none any more.
 */
static bool has_files(const struct use_build *build, const char *pid)
{
	char state;
	int parent;

	if (!read_stat(build, pid, &state, &parent))
		return true;
	return state != 'Z' && state != 'X' && strcmp(pid, "2") != 0 && parent != 2;
}

static void look_into(struct use_build *build, const char *pid, const int *ancestors)
{
	struct process process = { .pid = pid, .comm = "?" };
	cleanup_free unsigned int *fds = NULL;
	ssize_t count = sysroot_list_numbers(build->root, &fds, "proc/%s/fd", pid);

	if (count < 0) {
		if ((count == -EACCES || count == -EPERM) && has_files(build, pid))
			build->graph->unseen.processes++;
		return;
	}
	sysroot_read_text(build->root, process.comm, sizeof(process.comm), "proc/%s/comm", pid);
	for (size_t i = 0; i < array_size(ssh_servers); i++)
		process.is_sshd |= text_starts_with(process.comm, ssh_servers[i]);
	for (size_t i = 0; i < ANCESTORS && ancestors[i]; i++)
		process.is_ancestor |= atoi(pid) == ancestors[i];
	for (ssize_t i = 0; i < count; i++) {
		char target[256], fd[16];

		snprintf(fd, sizeof(fd), "%u", fds[i]);
		if (sysroot_read_link(build->root, target, sizeof(target), "proc/%s/fd/%s", pid, fd) > 0)
			take_link(build, &process, target, fd);
	}
}

/* Our parent, its parent, ...: one of them is the sshd of the session that this command runs in, if it does. */
static void find_ancestors(const struct use_build *build, int ancestors[ANCESTORS])
{
	int pid = build->root->captured ? 0 : (int)getppid();

	for (size_t i = 0; i < ANCESTORS - 1 && pid > 1; i++) {
		char text[16];

		ancestors[i] = pid;
		snprintf(text, sizeof(text), "%d", pid);
		pid = parent_of(build, text);
	}
}

static bool is_worth_it(const struct use_build *build)
{
	bool any = build->session_count > 0;

	for (size_t i = 0; i < build->graph->node_count && !any; i++)
		any = build->graph->node[i].flags & USE_HELD;
	return any;
}

void use_read_processes(struct use_build *build)
{
	int ancestors[ANCESTORS] = { 0 };
	cleanup_free unsigned int *pids = NULL;
	ssize_t count;

	if (!is_worth_it(build))
		return;
	find_ancestors(build, ancestors);
	count = sysroot_list_numbers(build->root, &pids, "proc");
	for (ssize_t i = 0; i < count; i++) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%u", pids[i]);
		if (build->root->captured || pids[i] != (unsigned int)getpid())
			look_into(build, pid, ancestors);
	}
}
