// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounted file systems (proc_pid_mountinfo(5)), swap, what fstab(5) and crypttab(5) want at the next boot, and loop
 * devices, whose files lie on mounts. Mounts are matched by device number; btrfs, whose mounts have none, by their
 * source; those of other hosts by the address of the server. Only the mounts of our own namespace are seen.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	MOUNTS_SHOWN = 8, /* per disk; a container host mounts the same file system dozens of times */
};

uint32_t use_mount_of_path(const struct use_build *build, const char *path)
{
	uint32_t node = USE_NONE;
	size_t best = 0;

	for (size_t i = 0; i < build->mount_count; i++) {
		size_t length = strlen(build->mount[i].where);

		if (!text_starts_with(path, build->mount[i].where) || length < best)
			continue;
		if (length > 1 && path[length] != '/' && path[length])
			continue;
		node = build->mount[i].node;
		best = length;
	}
	return node;
}

struct mount_line {
	char device[16], where[256], type[32], source[256];
	const char *options; /* of the file system, after the source; "" for none */
};

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool parse_mount(const char *line, struct mount_line *mount)
{
	const char *rest = strstr(line, " - ");
	int used = 0;

	if (!rest || sscanf(line, "%*s %*s %15s %*s %255s", mount->device, mount->where) != 2 ||
		sscanf(rest, " - %31s %255s %n", mount->type, mount->source, &used) < 2)
		return false;
	mount->options = used ? rest + used : "";
	use_unescape(mount->where);
	use_unescape(mount->source);
	return true;
}

/* A second mount over the first has the same place, and is another one. */
static uint32_t add_mount(struct use_build *build, const struct mount_line *mount)
{
	if (use_find(build->graph, "mount:%s", mount->where) == USE_NONE)
		return use_add(build->graph, "mount", 0, mount->where, "mount:%s", mount->where);
	return use_add(build->graph, "mount", 0, mount->where, "mount:%s@%s", mount->where, mount->device);
}

/* The first of the disks of a source: bcachefs has several, with colons. */
static struct use_disk *disk_of(const struct use_build *build, const struct mount_line *mount)
{
	struct use_disk *disk = use_disk_by_number(build, mount->device);
	char first[256];

	if (disk)
		return disk;
	text_copy(first, sizeof(first), mount->source);
	first[strcspn(first, ":")] = '\0';
	return use_disk_by_spec(build, first);
}

/* The btrfs file system that a disk is part of carries its mounts; else the disk itself does. */
static uint32_t carrier_of(const struct use_build *build, const struct use_disk *disk)
{
	const struct use_graph *graph = build->graph;

	for (uint32_t at = graph->node[disk->node].first_out; at != USE_NONE; at = graph->edge[at].next_out)
		if (!strcmp(graph->node[graph->edge[at].to].kind, "btrfs"))
			return graph->edge[at].to;
	return disk->node;
}

/*
 * Disks of the same mount beside the one that it is called by: the others of bcachefs, which its source lists with
 * colons; the log and the real-time part of XFS (xfs(5)), which its options name.
 */
static void place_more_disks(
	struct use_build *build, const struct mount_line *mount, const struct use_disk *first, uint32_t node)
{
	static const char *const options[] = { "logdev=", "rtdev=" };
	char text[512];
	char *rest = text;
	char *one;

	snprintf(text, sizeof(text), "%s", text_starts_with(mount->source, "/dev/") ? mount->source : "");
	for (size_t i = 0; i < array_size(options); i++) {
		const char *at = strstr(mount->options, options[i]);
		size_t used = strlen(text);

		if (at && used < sizeof(text))
			snprintf(text + used, sizeof(text) - used, ":%.*s", (int)strcspn(at + strlen(options[i]), ", "),
				at + strlen(options[i]));
	}
	while ((one = strsep(&rest, ":"))) {
		const struct use_disk *disk = use_disk_by_spec(build, one);

		if (disk && disk != first)
			use_link(build->graph, disk->node, node, PCI_USER_BLOCKS,
				use_text(build->graph, "/dev/%s is a part of what is mounted on %s", disk->name,
					mount->where),
				NULL);
	}
}

static uint32_t place_on_disk(struct use_build *build, const struct mount_line *mount, struct use_disk *disk)
{
	uint32_t node;

	if (++disk->mounts > MOUNTS_SHOWN)
		return USE_NONE;
	node = add_mount(build, mount);
	use_link(build->graph, carrier_of(build, disk), node, PCI_USER_BLOCKS,
		use_text(build->graph, "/dev/%s is mounted on %s", disk->name, mount->where),
		strcmp(mount->where, "/") != 0 ? NULL : "/ (the root file system)");
	if (strchr(mount->source, ':') || !strcmp(mount->type, "xfs"))
		place_more_disks(build, mount, disk, node);
	return node;
}

static uint32_t place_on_zfs(struct use_build *build, const struct mount_line *mount)
{
	struct use_graph *graph = build->graph;
	char name[128];
	uint32_t node = add_mount(build, mount);
	uint32_t pool;

	text_copy(name, sizeof(name), mount->source);
	name[strcspn(name, "/")] = '\0';
	pool = use_add(graph, "zfs", 0, use_text(graph, "ZFS pool %s", name), "zfs:%s", name);
	use_link(graph, pool, node, PCI_USER_BLOCKS,
		use_text(graph, "the ZFS pool %s is mounted on %s", name, mount->where), NULL);
	build->zfs_mounted = true;
	return node;
}

/* nfs(5), mount.cifs(8) and others keep the server's address in "addr=". */
static uint32_t place_on_server(struct use_build *build, const struct mount_line *mount)
{
	const char *at = strstr(mount->options, "addr=");
	char text[64];
	struct use_ip ip;
	uint32_t node;

	while (at && at != mount->options && at[-1] != ',')
		at = strstr(at + 1, "addr=");
	if (!at || sscanf(at, "addr=%63[0-9a-fA-F.:]", text) != 1 || !use_ip_parse(text, &ip))
		return USE_NONE;
	node = add_mount(build, mount);
	use_link(build->graph, use_way_to(build, &ip), node, PCI_USER_BLOCKS,
		use_text(build->graph, "%s (%s) is mounted on %s, and its server %s is reached this way", mount->source,
			mount->type, mount->where, text),
		use_text(build->graph, "%s from the server %s (%s)", build->graph->node[node].name, text, mount->type));
	return node;
}

static void take_mount(struct use_build *build, char *line)
{
	struct mount_line mount;
	struct use_disk *disk;
	struct use_mount *next;

	if (!parse_mount(line, &mount))
		return;
	next = use_next(build, mount);
	if (!next)
		return;
	text_copy(next->where, sizeof(next->where), mount.where);
	disk = disk_of(build, &mount);
	if (disk)
		next->node = place_on_disk(build, &mount, disk);
	else if (!strcmp(mount.type, "zfs"))
		next->node = place_on_zfs(build, &mount);
	else
		next->node = place_on_server(build, &mount);
}

static void count_more(struct use_build *build)
{
	for (size_t i = 0; i < build->disk_count; i++) {
		const struct use_disk *disk = &build->disk[i];
		unsigned int more = disk->mounts > MOUNTS_SHOWN ? disk->mounts - MOUNTS_SHOWN : 0;
		const char *text = use_text(build->graph, "%u more mounts", more);

		if (more)
			use_link(build->graph, disk->node,
				use_add(build->graph, "mount", 0, text, "mounts:%s", disk->name), PCI_USER_BLOCKS,
				use_text(build->graph, "and %s", text), NULL);
	}
}

/* "/dev/dm-1  partition  8388604  0  -2", or "/swapfile file ..." */
static void take_swap(struct use_build *build, char *line)
{
	struct use_graph *graph = build->graph;
	char path[256];
	const struct use_disk *disk;
	uint32_t node;

	if (sscanf(line, "%255s", path) != 1 || path[0] != '/')
		return;
	use_unescape(path);
	disk = use_disk_by_spec(build, path);
	node = use_add(graph, "swap", 0, path, "swap:%s", path);
	if (disk)
		use_link(graph, disk->node, node, PCI_USER_BLOCKS,
			use_text(graph, "/dev/%s is swap space in use", disk->name),
			use_text(graph, "swap space on %s", path));
	else
		use_link(graph, use_mount_of_path(build, path), node, PCI_USER_BLOCKS,
			use_text(graph, "the file %s is swap space in use", path),
			use_text(graph, "swap space on %s", path));
}

static bool has_option(const char *options, const char *wanted)
{
	size_t length = strlen(wanted);
	const char *at = options;

	while ((at = strstr(at, wanted))) {
		if ((at == options || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
		at += length;
	}
	return false;
}

/* "UUID=...  /srv  ext4  defaults,nofail  0  2" */
static void take_fstab(struct use_build *build, char *line)
{
	struct use_graph *graph = build->graph;
	char spec[256], where[256], type[32], options[256] = "";
	const struct use_disk *disk;
	const char *then;
	uint32_t node;

	if (sscanf(line, "%255s %255s %31s %255s", spec, where, type, options) < 3 || spec[0] == '#')
		return;
	use_unescape(where);
	disk = use_disk_by_spec(build, spec);
	if (!disk)
		return;
	if (where[0] != '/')
		text_copy(where, sizeof(where), "swap");
	then = has_option(options, "noauto")   ? ""
	       : has_option(options, "nofail") ? " at the next boot"
					       : " at the next boot, which stops without it";
	node = use_add(graph, "fstab", USE_NOTE, use_text(graph, "/etc/fstab wants it as %s%s", where, then),
		"fstab:%s:%s", disk->name, where);
	use_link(graph, disk->node, node, PCI_USER_NOTE,
		use_text(graph, "/etc/fstab wants /dev/%s as %s%s", disk->name, where, then), NULL);
}

/* "secret  UUID=...  none  luks" */
static void take_crypttab(struct use_build *build, char *line)
{
	struct use_graph *graph = build->graph;
	char name[128], spec[256];
	const struct use_disk *disk;
	uint32_t node;

	if (sscanf(line, "%127s %255s", name, spec) != 2 || name[0] == '#')
		return;
	disk = use_disk_by_spec(build, spec);
	if (!disk)
		return;
	node = use_add(graph, "crypttab", USE_NOTE,
		use_text(graph, "/etc/crypttab unlocks it as %s at the next boot", name), "crypttab:%s", name);
	use_link(graph, disk->node, node, PCI_USER_NOTE,
		use_text(graph, "/etc/crypttab unlocks /dev/%s as %s at the next boot", disk->name, name), NULL);
}

static void place_loop(struct use_build *build, const struct use_disk *disk)
{
	struct use_graph *graph = build->graph;
	char file[256];

	if (!text_starts_with(disk->name, "loop") || sysroot_read_text(build->root, file, sizeof(file),
							     "sys/class/block/%s/loop/backing_file", disk->name) <= 0)
		return;
	graph->node[disk->node].kind = "loop";
	use_link(graph, use_mount_of_path(build, file), disk->node, PCI_USER_BLOCKS,
		use_text(graph, "the loop device %s is the file %s", disk->name, file),
		use_text(graph, "%s, the file %s", disk->name, file));
}

void use_read_mounts(struct use_build *build)
{
	use_each_line(build, "proc/self/mountinfo", take_mount);
	count_more(build);
	for (size_t i = 0; i < build->disk_count; i++)
		place_loop(build, &build->disk[i]);
	use_each_line(build, "proc/swaps", take_swap);
	use_each_line(build, "etc/fstab", take_fstab);
	use_each_line(build, "etc/crypttab", take_crypttab);
}
