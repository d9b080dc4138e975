// SPDX-License-Identifier: GPL-2.0-or-later
/* Owners of VFIO's nodes; see node.h. A node is a file that udev made: owner and mode are all that is changed. */
#include "assign/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"

#define DEVICE "sys/bus/pci/devices/%s"

enum {
	USER_MODE = 0600,
	SHARED_MODE = 0666,
};

static const char shared[] = "iommu";

/* "dev/vfio/12": below the host's root, never through a link. */
static void path_of(const char *node, char *buf, size_t size)
{
	snprintf(buf, size, "dev/%s", node);
}

/* Whose it is. */
static int read_node(const struct sysroot *root, const char *name, struct lease_node *ret_node)
{
	struct lease_node node = { 0 };
	char path[LEASE_NODE_MAX + 8];
	struct stat info;

	path_of(name, path, sizeof(path));
	if (fstatat(root->fd, path, &info, AT_SYMLINK_NOFOLLOW))
		return -errno;
	text_copy(node.name, sizeof(node.name), name);
	node.uid = info.st_uid;
	node.gid = info.st_gid;
	node.mode = info.st_mode & 07777;
	*ret_node = node;
	return 0;
}

static int write_node(const struct sysroot *root, const struct lease_node *node)
{
	char path[LEASE_NODE_MAX + 8];
	struct stat info;

	path_of(node->name, path, sizeof(path));
	if (fstatat(root->fd, path, &info, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISLNK(info.st_mode))
		return -ELOOP;
	/* What becomes narrower does so first: nobody may open it in between who may not before or after. */
	if (fchmodat(root->fd, path, node->mode & info.st_mode & 0777, 0) ||
		fchownat(root->fd, path, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) ||
		fchmodat(root->fd, path, node->mode, 0))
		return -errno;
	return 0;
}

/* Another lease that gives the node to somebody: it knows whose the node was in the beginning. */
static bool find_other(const struct lease *leases, size_t count, const struct lease *own, const char *name,
	struct lease_node *ret_node)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < leases[i].node_count; k++)
			if (pci_addr_compare(leases[i].addr, own->addr) && leases[i].has_user &&
				!strcmp(leases[i].node[k].name, name)) {
				*ret_node = leases[i].node[k];
				return true;
			}
	return false;
}

static bool is_known(const struct lease *lease, const char *name)
{
	for (size_t i = 0; i < lease->node_count; i++)
		if (!strcmp(lease->node[i].name, name))
			return true;
	return false;
}

static void add_node(
	const struct sysroot *root, const struct lease *leases, size_t count, struct lease *lease, const char *name)
{
	struct lease_node node;

	if (is_known(lease, name) || lease->node_count == LEASE_NODES || read_node(root, name, &node) < 0)
		return;
	find_other(leases, count, lease, name, &node);
	lease->node[lease->node_count++] = node;
}

/* The group's node, and the device's own where the kernel makes one (Documentation/driver-api/vfio.rst). */
static void find_nodes(const struct sysroot *root, const struct lease *leases, size_t count, struct lease *lease)
{
	char address[PCI_ADDR_TEXT_SIZE], text[LEASE_NODE_MAX], name[LEASE_NODE_MAX + 16];
	cleanup_dir DIR *list = NULL;
	struct dirent *entry;

	pci_addr_text(lease->addr, address);
	if (!sysroot_read_link_name(root, text, sizeof(text), DEVICE "/iommu_group", address)) {
		snprintf(name, sizeof(name), "vfio/%s", text);
		add_node(root, leases, count, lease, name);
	}
	list = sysroot_open_dir(root, DEVICE "/vfio-dev", address);
	while (list && (entry = readdir(list)))
		if (!strncmp(entry->d_name, "vfio", 4)) {
			snprintf(name, sizeof(name), "vfio/devices/%.24s", entry->d_name);
			add_node(root, leases, count, lease, name);
		}
	/* Of use to who has the device's own node; the last one, so that a full lease lacks nothing else. */
	if (list)
		add_node(root, leases, count, lease, shared);
}

int nodes_give(const struct host_lock *lock, struct lease *lease, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_free struct lease *leases = NULL;
	char address[PCI_ADDR_TEXT_SIZE];
	size_t count = 0;
	int ret = lease_list(root, &leases, &count, err);

	if (ret < 0)
		return ret;
	find_nodes(root, leases, count, lease);
	if (!lease->node_count) {
		fail_code(err, CODE_NO_GROUP, ENOENT, "%s has no node in /dev/vfio that a user could be given",
			pci_addr_text(lease->addr, address));
		return fail_hint(err, "udev makes the node when a driver of VFIO has the device: `ls -l /dev/vfio`");
	}
	ret = run_dir_give(root, lease->user, err);
	if (ret >= 0)
		ret = lease_write(lock, lease, err);
	for (size_t i = 0; ret >= 0 && i < lease->node_count; i++) {
		struct lease_node given = lease->node[i];

		if (strcmp(given.name, shared) != 0)
			given.uid = lease->user;
		given.mode = strcmp(given.name, shared) != 0 ? USER_MODE : SHARED_MODE;
		ret = write_node(root, &given);
		/* A group that had other nodes before: only those that are there now can be given. */
		if (ret < 0 && ret != -ENOENT)
			return fail(err, -ret, "give /dev/%s to user %u", given.name, lease->user);
	}
	return ret == -ENOENT ? 0 : ret;
}

int nodes_take_back(const struct host_lock *lock, const struct lease *lease, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_free struct lease *leases = NULL;
	struct lease_node other;
	size_t count = 0;
	int ret = lease->node_count ? lease_list(root, &leases, &count, err) : 0;

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < lease->node_count; i++) {
		if (find_other(leases, count, lease, lease->node[i].name, &other))
			continue;
		ret = write_node(root, &lease->node[i]);
		if (ret < 0 && ret != -ENOENT)
			return fail(err, -ret, "give /dev/%s back to user %u", lease->node[i].name, lease->node[i].uid);
	}
	return 0;
}
