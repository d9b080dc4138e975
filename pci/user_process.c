// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that hold a device node open, from the links in /proc/PID/fd (proc(5)). Links are compared by the end of their
 * path, since a container's /dev has the same names elsewhere. Other users' processes cannot be looked into without
 * privilege; then the answer is incomplete.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/user.h"

static bool link_names(const char *target, const char *node)
{
	size_t target_length = strlen(target);
	size_t node_length = strlen(node);

	return target_length > node_length && target[target_length - node_length - 1] == '/' &&
	       !strcmp(target + target_length - node_length, node);
}

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

static void report(struct user_scan *scan, const struct user_node *node, const char *pid, const char *fd)
{
	bool writer = opened_for_writing(scan->root, pid, fd);
	enum pci_user_severity severity = node->only_writers && !writer ? PCI_USER_NOTE : PCI_USER_BLOCKS;
	char comm[32];

	if (sysroot_read_text(scan->root, comm, sizeof(comm), "proc/%s/comm", pid) < 0)
		text_copy(comm, sizeof(comm), "?");
	user_add(scan, severity, node->kind, "process %s (%s) has /dev/%s open%s", pid, comm, node->name,
		node->only_writers && !writer ? " for reading" : "");
}

/* One report per process and node: a program that holds a node ten times is one user. */
static void look_into(struct user_scan *scan, const char *pid)
{
	cleanup_dir DIR *dir = sysroot_open_dir(scan->root, "proc/%s/fd", pid);
	bool seen[USER_NODE_MAX] = { false };
	struct dirent *entry;

	if (!dir) {
		scan->users.incomplete |= errno == EACCES || errno == EPERM;
		return;
	}
	while ((entry = readdir(dir))) {
		char target[256];

		if (entry->d_name[0] == '.' ||
			sysroot_read_link(scan->root, target, sizeof(target), "proc/%s/fd/%s", pid, entry->d_name) < 0)
			continue;
		for (size_t i = 0; i < scan->node_count; i++) {
			if (seen[i] || !link_names(target, scan->node[i].name))
				continue;
			seen[i] = true;
			report(scan, &scan->node[i], pid, entry->d_name);
		}
	}
}

void user_processes(struct user_scan *scan)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	char own[16];

	if (!scan->node_count)
		return;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	dir = sysroot_open_dir(scan->root, "proc");
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) && (scan->root->captured || strcmp(entry->d_name, own)))
			look_into(scan, entry->d_name);
}

bool pci_vfio_holder(const struct sysroot *root, int group, char *buf, size_t size)
{
	struct user_scan scan = { .root = root };
	bool found;

	user_watch_node(&scan, "vfio", false, "vfio/%d", group);
	user_processes(&scan);
	found = scan.users.count > 0;
	if (found)
		text_copy(buf, size, scan.users.user[0].what);
	pci_users_done(&scan.users);
	return found;
}
