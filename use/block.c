// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks and their partitions (sysfs-block), the paths of an NVMe disk that has several, and disks by all the names that
 * people give them in files. What is stacked on them is stack.c's.
 *
 * What leaves no trace in sysfs (a mount in another namespace, a target for another machine) still holds the disk
 * exclusively, and the kernel says so when asked for the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

#define CLASS "sys/class/block"

/* Links by UUID and the like are udev's; where its database is missing they may be there. */
static struct use_disk *by_link(const struct use_build *build, const char *directory, const char *name)
{
	char target[128];

	if (sysroot_read_link_name(build->root, target, sizeof(target), "dev/%s/%s", directory, name) < 0)
		return NULL;
	return use_disk_by_name(build, target);
}

/* "/dev/vg/root" and "/dev/mapper/vg-root" are the same: a minus in either name is doubled in the second. */
static bool is_mapper(const char *path, const char *mapper)
{
	if (text_starts_with(path, "mapper/"))
		return !strcmp(path + strlen("mapper/"), mapper);
	for (; *path; path++) {
		if (*path == '/' ? *mapper++ != '-' : *mapper++ != *path)
			return false;
		if (*path == '-' && *mapper++ != '-')
			return false;
	}
	return !*mapper;
}

static struct use_disk *by_path(const struct use_build *build, const char *path)
{
	struct use_disk *disk = use_disk_by_name(build, path);
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < build->disk_count && !disk && slash; i++)
		if (build->disk[i].mapper[0] && is_mapper(path, build->disk[i].mapper))
			disk = &build->disk[i];
	if (!disk && slash) {
		char directory[64];

		if (snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path) < (int)sizeof(directory))
			disk = by_link(build, directory, slash + 1);
	}
	return disk;
}

struct use_disk *use_disk_by_spec(const struct use_build *build, const char *spec)
{
	static const struct {
		const char *key, *directory;
		size_t offset;
	} keys[] = {
		{ "UUID=", "disk/by-uuid", offsetof(struct use_disk, uuid) },
		{ "LABEL=", "disk/by-label", offsetof(struct use_disk, label) },
		{ "PARTUUID=", "disk/by-partuuid", offsetof(struct use_disk, part_uuid) },
		{ "PARTLABEL=", "disk/by-partlabel", offsetof(struct use_disk, part_label) },
	};
	char value[128];

	if (text_starts_with(spec, "/dev/"))
		return by_path(build, spec + strlen("/dev/"));
	for (size_t i = 0; i < array_size(keys); i++) {
		if (!text_starts_with(spec, keys[i].key))
			continue;
		spec += strlen(keys[i].key);
		text_copy(value, sizeof(value), *spec == '"' ? spec + 1 : spec);
		value[strcspn(value, "\"")] = '\0';
		for (size_t j = 0; j < build->disk_count && value[0]; j++)
			if (!strcasecmp((const char *)&build->disk[j] + keys[i].offset, value))
				return &build->disk[j];
		return by_link(build, keys[i].directory, value);
	}
	return NULL;
}

/* "nvme0c1n1" is the way to nvme0n1 through one of its controllers. */
static bool parse_path(const char *name, char *ret_disk, size_t size, unsigned int *ret_controller)
{
	unsigned int subsystem;
	unsigned int space;
	char last;

	if (sscanf(name, "nvme%uc%un%u%c", &subsystem, ret_controller, &space, &last) != 3)
		return false;
	snprintf(ret_disk, size, "nvme%un%u", subsystem, space);
	return true;
}

static void add_disk(struct use_build *build, const char *name)
{
	char target[512] = "";
	char *slash;
	struct use_disk *disk;

	if (text_starts_with(name, "ram") ||
		(text_starts_with(name, "loop") && !sysroot_exists(build->root, CLASS "/%s/loop/backing_file", name)))
		return;
	disk = use_next(build, disk);
	if (!disk)
		return;
	text_copy(disk->name, sizeof(disk->name), name);
	disk->node = use_add(build->graph, "disk", USE_HELD, name, "block:%s", name);
	sysroot_read_link(build->root, target, sizeof(target), CLASS "/%s", name);
	disk->function = use_function_of_path(build, target);
	disk->session = -1;
	slash = strstr(target, "/session");
	if (slash)
		sscanf(slash, "/session%d/", &disk->session);
	slash = strrchr(target, '/');
	if (!slash)
		return;
	*slash = '\0';
	slash = strrchr(target, '/');
	text_copy(disk->parent, sizeof(disk->parent), slash ? slash + 1 : target);
}

static void add_path(struct use_build *build, struct use_disk *disk, const char *whole, unsigned int controller)
{
	uint32_t head = use_find(build->graph, "block:%s", whole);
	char state[32];
	struct use_edge *edge;

	if (head == USE_NONE)
		return;
	build->graph->node[disk->node].kind = "path";
	build->graph->node[head].needs = 1;
	edge = use_link(build->graph, disk->node, head, PCI_USER_NOTE, NULL, NULL);
	if (!edge)
		return;
	if (sysroot_read_text(build->root, state, sizeof(state), "sys/class/nvme/nvme%u/state", controller) > 0)
		edge->live = !strcmp(state, "live");
	if (sysroot_read_text(build->root, state, sizeof(state), CLASS "/%s/ana_state", disk->name) > 0)
		edge->live &= !strcmp(state, "optimized") || !strcmp(state, "non-optimized");
}

/* Below the disk that it is a partition of, or the function. */
static void place_disk(struct use_build *build, struct use_disk *disk)
{
	const struct use_disk *whole = use_disk_by_name(build, disk->parent);
	struct use_node *node = &build->graph->node[disk->node];
	unsigned int controller;
	char head[40];

	disk->is_virtual = !whole && disk->function == USE_NONE;
	if (!disk->is_virtual)
		node->flags |= USE_CARRIER;
	if (whole)
		node->kind = "partition";
	use_link(build->graph, whole ? whole->node : disk->function, disk->node, PCI_USER_NOTE, NULL, NULL);
	if (parse_path(disk->name, head, sizeof(head), &controller))
		add_path(build, disk, head, controller);
}

/* Without paths to be seen, the inventory knows the controllers of a disk that may have several. */
static void place_by_inventory(struct use_build *build, struct use_disk *disk)
{
	const struct pci_inventory *inventory = build->graph->inventory;
	struct use_node *node = &build->graph->node[disk->node];

	if (node->first_in != USE_NONE)
		disk->is_virtual = false;
	for (size_t i = 0; i < inventory->count && disk->is_virtual; i++)
		for (size_t j = 0; j < inventory->devices[i].block_count; j++)
			if (!strcmp(inventory->devices[i].block_devices[j].text, disk->name))
				use_link(build->graph, (uint32_t)i, disk->node, PCI_USER_NOTE, NULL, NULL);
	if (node->first_in == USE_NONE)
		return;
	node->flags |= USE_CARRIER;
	disk->is_virtual = false;
	node->needs = 1;
}

/* proc/partitions: " 259        1    1046528 nvme0n1p1"; a slash in a name is a "!" in sysfs. */
static void take_number(struct use_build *build, char *line)
{
	unsigned int major;
	unsigned int minor;
	char name[40];
	struct use_disk *disk;

	if (sscanf(line, "%u %u %*u %39s", &major, &minor, name) != 3)
		return;
	for (char *slash = name; (slash = strchr(slash, '/'));)
		*slash = '!';
	disk = use_disk_by_name(build, name);
	if (disk)
		snprintf(disk->device, sizeof(disk->device), "%u:%u", major, minor);
}

void use_read_disks(struct use_build *build)
{
	struct use_names names;

	use_names_read(build, &names, CLASS);
	for (size_t i = 0; i < names.count; i++)
		add_disk(build, names.name[i]);
	use_names_done(&names);
	if (build->graph->out_of_memory)
		return;
	for (size_t i = 0; i < build->disk_count; i++)
		place_disk(build, &build->disk[i]);
	for (size_t i = 0; i < build->disk_count; i++)
		place_by_inventory(build, &build->disk[i]);
	use_each_line(build, "proc/partitions", take_number);
	for (size_t i = 0; i < build->disk_count; i++)
		if (!build->disk[i].device[0])
			sysroot_read_text(build->root, build->disk[i].device, sizeof(build->disk[i].device),
				CLASS "/%s/dev", build->disk[i].name);
	use_read_stacks(build);
}

bool use_is_used(const struct use_graph *graph, uint32_t node)
{
	for (uint32_t at = graph->node[node].first_out; at != USE_NONE; at = graph->edge[at].next_out)
		if (graph->edge[at].severity == PCI_USER_BLOCKS ||
			(!graph->edge[at].what && use_is_used(graph, graph->edge[at].to)))
			return true;
	return false;
}

/*
 * What the kernel says, or said when the host was captured, to one who wants the disk for himself alone: 0 or -errno.
 */
static int ask_exclusive(const struct use_build *build, const char *name)
{
	char answer[16];
	int fd;

	if (build->root->captured) {
		if (sysroot_read_answer(build->root, "disks", name, answer, sizeof(answer)) <= 0)
			return 0;
		return !strcmp(answer, "held") ? -EBUSY : -EACCES;
	}
	fd = sysroot_open_file(build->root, O_RDONLY | O_EXCL | O_NONBLOCK, "dev/%s", name);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void add_held(struct use_build *build, const struct use_disk *disk)
{
	uint32_t held =
		use_add(build->graph, "held", 0, "something that holds it for itself alone", "held:%s", disk->name);

	use_link(build->graph, disk->node, held, PCI_USER_BLOCKS,
		use_text(build->graph,
			"the kernel holds /dev/%s for exclusive use (%sa mount in another namespace, an exported disk)",
			disk->name, build->zfs_mounted ? "ZFS, " : ""),
		NULL);
}

/*
 * A whole disk that seems to be free: does the kernel think so too? Changes nothing: the descriptor is closed at once.
 */
void use_check_exclusive(struct use_build *build)
{
	for (size_t i = 0; i < build->disk_count; i++) {
		const struct use_disk *disk = &build->disk[i];
		int ret;

		if (disk->is_virtual || strcmp(build->graph->node[disk->node].kind, "disk") != 0 ||
			use_is_used(build->graph, disk->node))
			continue;
		ret = ask_exclusive(build, disk->name);
		if (ret == -EACCES || ret == -EPERM)
			build->graph->node[disk->node].flags |= USE_UNSEEN;
		if (ret == -EBUSY)
			add_held(build, disk);
	}
}
