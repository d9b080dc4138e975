// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who uses a function's disks: from each block device through partitions and holders (LVM, dm-crypt, multipath, md, bcache) to
 * swap and mounted file systems (proc_pid_mountinfo(5), sysfs-block). Mounts are matched by device number; btrfs, whose
 * mounts have none, by its list of members.
 *
 * What leaves no trace there (ZFS, a mount in another namespace, a target for another machine) still holds the disk
 * exclusively, and the kernel says so when asked for the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/user.h"

enum {
	NODE_MAX = 128,
	MOUNTS_SHOWN = 8, /* per disk; a container host mounts the same file system dozens of times */
};

struct block_node {
	char name[40];
	char device[16]; /* "259:1" */
};

struct disk {
	struct user_scan *scan;
	struct block_node node[NODE_MAX];
	size_t count;
	unsigned int mounts;
	bool zfs_mounted;
};

/* What a holder is, from its device mapper UUID or its name. */
static const struct {
	const char *prefix, *kind, *text;
} mapper_kinds[] = {
	{ "LVM-", "lvm", "LVM volume" },
	{ "CRYPT-", "crypt", "encrypted volume" },
	{ "mpath-", "multipath", "multipath device" },
	{ "DMRAID-", "raid", "RAID" },
	{ "", "dm", "device mapper volume" },
};

static void report_mapper(struct disk *disk, const char *member, const char *holder)
{
	char uuid[160] = "";
	char name[128] = "?";
	size_t i = 0;

	sysroot_read_text(disk->scan->root, uuid, sizeof(uuid), "sys/class/block/%s/dm/uuid", holder);
	sysroot_read_text(disk->scan->root, name, sizeof(name), "sys/class/block/%s/dm/name", holder);
	while (!text_starts_with(uuid, mapper_kinds[i].prefix))
		i++;
	user_add(disk->scan, PCI_USER_BLOCKS, mapper_kinds[i].kind, "/dev/%s belongs to the %s %s (%s)", member,
		mapper_kinds[i].text, name, holder);
}

static void report_holder(struct disk *disk, const char *member, const char *holder)
{
	if (sysroot_exists(disk->scan->root, "sys/class/block/%s/dm", holder))
		report_mapper(disk, member, holder);
	else if (sysroot_exists(disk->scan->root, "sys/class/block/%s/md", holder))
		user_add(disk->scan, PCI_USER_BLOCKS, "raid", "/dev/%s belongs to the RAID %s", member, holder);
	else
		user_add(disk->scan, PCI_USER_BLOCKS, "holder", "/dev/%s belongs to %s", member, holder);
}

static bool is_known(const struct disk *disk, const char *name)
{
	for (size_t i = 0; i < disk->count; i++)
		if (!strcmp(disk->node[i].name, name))
			return true;
	return false;
}

static void add_node(struct disk *disk, const char *name)
{
	struct block_node *node = &disk->node[disk->count];

	if (is_known(disk, name))
		return;
	if (disk->count == NODE_MAX || strlen(name) >= sizeof(node->name)) {
		disk->scan->users.incomplete = true;
		return;
	}
	text_copy(node->name, sizeof(node->name), name);
	node->device[0] = '\0';
	sysroot_read_text(disk->scan->root, node->device, sizeof(node->device), "sys/class/block/%s/dev", name);
	disk->count++;
	user_watch_node(disk->scan, "process", true, "%s", name);
}

static void add_partitions(struct disk *disk, const char *name)
{
	cleanup_dir DIR *dir = sysroot_open_dir(disk->scan->root, "sys/class/block/%s", name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, name) &&
			sysroot_exists(disk->scan->root, "sys/class/block/%s/%s/partition", name, entry->d_name))
			add_node(disk, entry->d_name);
}

static void add_holders(struct disk *disk, const char *name)
{
	cleanup_dir DIR *dir = sysroot_open_dir(disk->scan->root, "sys/class/block/%s/holders", name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		report_holder(disk, name, entry->d_name);
		add_node(disk, entry->d_name);
	}
}

/* The list grows while it is walked; it ends because no node is added twice. */
static void walk(struct disk *disk, const char *name)
{
	add_node(disk, name);
	for (size_t i = 0; i < disk->count; i++) {
		char at[sizeof(disk->node[i].name)];

		memcpy(at, disk->node[i].name, sizeof(at));
		add_partitions(disk, at);
		add_holders(disk, at);
	}
}

static const struct block_node *node_by_device(const struct disk *disk, const char *device)
{
	for (size_t i = 0; i < disk->count; i++)
		if (disk->node[i].device[0] && !strcmp(disk->node[i].device, device))
			return &disk->node[i];
	return NULL;
}

static const struct block_node *node_by_path(const struct disk *disk, const char *path)
{
	const char *name = text_starts_with(path, "/dev/") ? path + strlen("/dev/") : "";

	for (size_t i = 0; i < disk->count; i++)
		if (!strcmp(disk->node[i].name, name))
			return &disk->node[i];
	return NULL;
}

/* mountinfo and swaps write a space as \040. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		unsigned int value;

		if (*text == '\\' && sscanf(text + 1, "%3o", &value) == 1 && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)value;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static void take_mount(struct disk *disk, char *line)
{
	char device[16];
	char where[128];
	char type[32] = "";
	char source[128] = "";
	const char *rest = strstr(line, " - ");
	const struct block_node *node;

	if (!rest || sscanf(line, "%*s %*s %15s %*s %127s", device, where) != 2 ||
		sscanf(rest, " - %31s %127s", type, source) < 1)
		return;
	disk->zfs_mounted |= !strcmp(type, "zfs");
	node = node_by_device(disk, device);
	if (!node)
		node = node_by_path(disk, source);
	if (!node || ++disk->mounts > MOUNTS_SHOWN)
		return;
	unescape(where);
	user_add(disk->scan, PCI_USER_BLOCKS, "mount", "/dev/%s is mounted on %s", node->name, where);
}

static void find_mounts(struct disk *disk)
{
	cleanup_file FILE *file = user_open_file(disk->scan, "proc/self/mountinfo");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0)
		take_mount(disk, line);
	if (disk->mounts > MOUNTS_SHOWN)
		user_add(disk->scan, PCI_USER_BLOCKS, "mount", "and %u more mounts", disk->mounts - MOUNTS_SHOWN);
}

static void find_swap(struct disk *disk)
{
	cleanup_file FILE *file = user_open_file(disk->scan, "proc/swaps");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		char path[128];
		const struct block_node *node;

		if (sscanf(line, "%127s", path) != 1)
			continue;
		node = node_by_path(disk, path);
		if (node)
			user_add(disk->scan, PCI_USER_BLOCKS, "swap", "/dev/%s is swap space in use", node->name);
	}
}

/* Mounted btrfs file systems list their members, all of which a mount needs. */
static void find_btrfs(struct disk *disk)
{
	cleanup_dir DIR *dir = sysroot_open_dir(disk->scan->root, "sys/fs/btrfs");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		for (size_t i = 0; i < disk->count && strlen(entry->d_name) == 36; i++)
			if (sysroot_exists(
				    disk->scan->root, "sys/fs/btrfs/%s/devices/%s", entry->d_name, disk->node[i].name))
				user_add(disk->scan, PCI_USER_BLOCKS, "btrfs",
					"/dev/%s is part of the mounted btrfs file system %s", disk->node[i].name,
					entry->d_name);
}

/* Not in use, but somebody's: udev's database knows what it saw on the disk. */
static void note_content(struct disk *disk)
{
	for (size_t i = 0; i < disk->count; i++) {
		char path[64];
		cleanup_file FILE *file = NULL;
		cleanup_free char *line = NULL;
		size_t space = 0;

		snprintf(path, sizeof(path), "run/udev/data/b%s", disk->node[i].device);
		file = user_open_file(disk->scan, path);
		while (file && getline(&line, &space, file) > 0)
			if (text_starts_with(line, "E:ID_FS_TYPE="))
				user_add(disk->scan, PCI_USER_NOTE, "data", "/dev/%s holds %s, not in use",
					disk->node[i].name, text_chomp(line) + strlen("E:ID_FS_TYPE="));
	}
}

static void check_exclusive(struct disk *disk, const char *name)
{
	cleanup_close int fd = -1;

	if (disk->scan->root->captured) {
		if (disk->zfs_mounted)
			user_add(disk->scan, PCI_USER_NOTE, "zfs",
				"ZFS file systems are mounted; whether /dev/%s is part of them cannot be seen here",
				name);
		return;
	}
	fd = sysroot_open_file(disk->scan->root, O_RDONLY | O_EXCL | O_NONBLOCK, "dev/%s", name);
	if (fd == -EBUSY)
		user_add(disk->scan, PCI_USER_BLOCKS, "held",
			"the kernel holds /dev/%s for exclusive use (%sa mount in another namespace, an exported disk)",
			name, disk->zfs_mounted ? "ZFS, " : "");
	else if (fd == -EACCES || fd == -EPERM)
		disk->scan->users.incomplete = true;
}

static bool blocked_since(const struct user_scan *scan, size_t first)
{
	for (size_t i = first; i < scan->users.count; i++)
		if (scan->users.user[i].severity == PCI_USER_BLOCKS)
			return true;
	return false;
}

static void look_at(struct user_scan *scan, const char *name)
{
	struct disk disk = { .scan = scan };
	size_t first = scan->users.count;

	walk(&disk, name);
	find_mounts(&disk);
	find_swap(&disk);
	find_btrfs(&disk);
	if (!blocked_since(scan, first))
		check_exclusive(&disk, name);
	if (!blocked_since(scan, first))
		note_content(&disk);
}

void user_disks(struct user_scan *scan, const struct pci_device *device)
{
	for (size_t i = 0; i < device->block_count; i++)
		look_at(scan, device->block_devices[i].text);
	if (device->block_count == PCI_CHILD_MAX)
		scan->users.incomplete = true;
}
