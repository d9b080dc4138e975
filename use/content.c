// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is on disks: as udev saw it when they appeared (run/udev/data), and the two file systems that span several of
 * them behind the back of sysfs-block: btrfs, which lists its members, and ZFS, which does not.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

static const struct {
	const char *key;
	size_t offset, size;
} udev_keys[] = {
	{ "E:ID_FS_TYPE", offsetof(struct use_disk, content), sizeof(((struct use_disk *)0)->content) },
	{ "E:ID_FS_UUID", offsetof(struct use_disk, uuid), sizeof(((struct use_disk *)0)->uuid) },
	{ "E:ID_FS_LABEL", offsetof(struct use_disk, label), sizeof(((struct use_disk *)0)->label) },
	{ "E:ID_PART_ENTRY_UUID", offsetof(struct use_disk, part_uuid), sizeof(((struct use_disk *)0)->part_uuid) },
	{ "E:ID_PART_ENTRY_NAME", offsetof(struct use_disk, part_label), sizeof(((struct use_disk *)0)->part_label) },
};

static void read_udev(struct use_build *build, struct use_disk *disk)
{
	char text[8192];

	if (!disk->device[0] ||
		sysroot_read_text(build->root, text, sizeof(text), "run/udev/data/b%s", disk->device) < 0)
		return;
	for (size_t i = 0; i < array_size(udev_keys); i++)
		use_value(text, udev_keys[i].key, (char *)disk + udev_keys[i].offset, udev_keys[i].size);
}

/* Profiles that keep a second copy of everything on another member. */
static bool has_copies(const struct use_build *build, const char *uuid, const char *what)
{
	static const char *const copies[] = { "raid1", "raid1c3", "raid1c4", "raid10", "raid5", "raid6" };
	static const char *const single[] = { "single", "dup", "raid0" };
	bool has = false;

	for (size_t i = 0; i < array_size(copies); i++)
		has |= sysroot_exists(build->root, "sys/fs/btrfs/%s/allocation/%s/%s", uuid, what, copies[i]);
	for (size_t i = 0; i < array_size(single); i++)
		if (sysroot_exists(build->root, "sys/fs/btrfs/%s/allocation/%s/%s", uuid, what, single[i]))
			return false;
	return has;
}

static void add_btrfs(struct use_build *build, const char *uuid)
{
	struct use_graph *graph = build->graph;
	struct use_names members;
	char label[64] = "";
	const char *name;
	uint32_t node;

	use_names_read(build, &members, "sys/fs/btrfs/%s/devices", uuid);
	if (members.count) {
		sysroot_read_text(build->root, label, sizeof(label), "sys/fs/btrfs/%s/label", uuid);
		name = use_text(graph, "btrfs file system %s", label[0] ? label : uuid);
		node = use_add(graph, "btrfs", 0, name, "btrfs:%s", uuid);
		if (node != USE_NONE && has_copies(build, uuid, "data") && has_copies(build, uuid, "metadata"))
			graph->node[node].needs = (uint32_t)members.count - 1;
		for (size_t i = 0; i < members.count; i++)
			use_link(graph, use_find(graph, "block:%s", members.name[i]), node, PCI_USER_BLOCKS,
				use_text(graph, "/dev/%s is part of the mounted btrfs file system %s", members.name[i],
					label[0] ? label : uuid),
				NULL);
	}
	use_names_done(&members);
}

void use_read_content(struct use_build *build)
{
	struct use_names names;

	for (size_t i = 0; i < build->disk_count; i++)
		read_udev(build, &build->disk[i]);
	use_names_read(build, &names, "sys/fs/btrfs");
	for (size_t i = 0; i < names.count; i++)
		if (strlen(names.name[i]) == 36)
			add_btrfs(build, names.name[i]);
	use_names_done(&names);
}

/*
 * A member names its pool in its label. Whether the pool has redundancy is not to be seen: so it counts as having none.
 */
static void place_zfs(struct use_build *build, const struct use_disk *disk)
{
	struct use_graph *graph = build->graph;
	uint32_t pool = use_find(graph, "zfs:%s", disk->label);

	if (pool == USE_NONE && sysroot_exists(build->root, "proc/spl/kstat/zfs/%s", disk->label))
		pool = use_add(graph, "zfs", 0, use_text(graph, "ZFS pool %s", disk->label), "zfs:%s", disk->label);
	use_link(graph, disk->node, pool, PCI_USER_BLOCKS,
		use_text(graph, "/dev/%s is part of the ZFS pool %s, which is imported", disk->name, disk->label),
		NULL);
}

void use_place_content(struct use_build *build)
{
	for (size_t i = 0; i < build->disk_count; i++)
		if (!strcmp(build->disk[i].content, "zfs_member") && build->disk[i].label[0])
			place_zfs(build, &build->disk[i]);
}

/* Not in use, but somebody's. */
void use_note_content(struct use_build *build)
{
	struct use_graph *graph = build->graph;

	for (size_t i = 0; i < build->disk_count; i++) {
		const struct use_disk *disk = &build->disk[i];
		const char *name = disk->name;
		uint32_t note = USE_NONE;

		if (use_is_used(graph, disk->node))
			continue;
		if (disk->content[0]) {
			note = use_add(graph, "data", USE_NOTE, use_text(graph, "%s, not in use", disk->content),
				"data:%s", name);
			use_link(graph, disk->node, note, PCI_USER_NOTE,
				use_text(graph, "/dev/%s holds %s, not in use", name, disk->content), NULL);
		} else if (build->zfs_mounted && build->root->captured && graph->node[disk->node].flags & USE_CARRIER) {
			note = use_add(graph, "zfs", USE_NOTE, "perhaps part of a ZFS pool", "maybe-zfs:%s", name);
			use_link(graph, disk->node, note, PCI_USER_NOTE,
				use_text(graph,
					"ZFS file systems are mounted; whether /dev/%s is part of them cannot be seen "
					"here",
					name),
				NULL);
		}
	}
}
