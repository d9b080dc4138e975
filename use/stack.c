// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is stacked on disks (sysfs-block; Documentation/admin-guide/md.rst, bcache.rst): LVM, dm-crypt, multipath, RAID,
 * bcache; and which of them can do without one of their parts.
 *
 * The kernel links both ends of each pair (holders, slaves); the stacked ones are few, so they are asked. The cache of
 * bcache is in neither, but in sys/fs/bcache.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

#define CLASS "sys/class/block"

enum {
	UUID_LENGTH = 36,
};

/* What a device mapper volume is, from the start of its UUID. */
static const struct {
	const char *prefix, *kind, *text;
} mapper_kinds[] = {
	{ "LVM-", "lvm", "LVM volume" },
	{ "CRYPT-", "crypt", "encrypted volume" },
	{ "mpath-", "multipath", "multipath device" },
	{ "DMRAID-", "raid", "RAID" },
	{ "", "dm", "device mapper volume" },
};

/* How many members an array can lose; negative: all but so many. */
static const struct {
	const char *level;
	int spare;
} raid_levels[] = {
	{ "raid1", -1 }, { "multipath", -1 }, { "raid4", 1 }, { "raid5", 1 }, { "raid6", 2 },
	{ "raid10", 1 }, /* more, with luck */
};

static uint32_t array_needs(const struct use_build *build, const char *name, const char *level)
{
	uint64_t members = 0;

	for (size_t i = 0; i < array_size(raid_levels); i++) {
		if (strcmp(raid_levels[i].level, level) != 0)
			continue;
		if (raid_levels[i].spare < 0)
			return 1;
		if (!sysroot_read_u64(build->root, &members, CLASS "/%s/md/raid_disks", name) &&
			members > (uint64_t)raid_levels[i].spare && members < 1024)
			return (uint32_t)members - (uint32_t)raid_levels[i].spare;
	}
	return 0;
}

/* LVM's own mirrors are made of hidden volumes, NAME_rimage_N and NAME_rmeta_N: two of each member. */
static uint32_t mapper_needs(const struct use_build *build, const char *kind, const struct use_names *slaves)
{
	bool has_meta = false;

	if (!strcmp(kind, "multipath"))
		return 1;
	for (size_t i = 0; i < slaves->count; i++) {
		const struct use_disk *slave = use_disk_by_name(build, slaves->name[i]);

		if (!slave || (!strstr(slave->mapper, "_rimage_") && !strstr(slave->mapper, "_rmeta_")))
			return 0;
		has_meta |= strstr(slave->mapper, "_rmeta_") != NULL;
	}
	return has_meta && slaves->count > 2 ? (uint32_t)slaves->count - 2 : 0;
}

/* A volume that stands on others. */
struct stack {
	const struct use_disk *disk;
	const char *kind, *text; /* "lvm", "the LVM volume vg-root (dm-1)" */
	bool is_array;
};

static void describe_mapper(struct use_build *build, struct stack *stack, const struct use_names *slaves)
{
	struct use_node *node = &build->graph->node[stack->disk->node];
	char uuid[160] = "";
	size_t i = 0;

	sysroot_read_text(build->root, uuid, sizeof(uuid), CLASS "/%s/dm/uuid", stack->disk->name);
	while (!text_starts_with(uuid, mapper_kinds[i].prefix))
		i++;
	stack->kind = mapper_kinds[i].kind;
	node->name = use_text(build->graph, "%s %s (%s)", mapper_kinds[i].text, stack->disk->mapper, stack->disk->name);
	stack->text = use_text(build->graph, "the %s", node->name);
	node->needs = mapper_needs(build, stack->kind, slaves);
}

static void describe_array(struct use_build *build, struct stack *stack)
{
	struct use_node *node = &build->graph->node[stack->disk->node];
	char level[32] = "";

	sysroot_read_text(build->root, level, sizeof(level), CLASS "/%s/md/level", stack->disk->name);
	stack->kind = "raid";
	stack->is_array = true;
	node->name = use_text(
		build->graph, "RAID %s%s%s%s", stack->disk->name, level[0] ? " (" : "", level, level[0] ? ")" : "");
	stack->text = use_text(build->graph, "the %s", node->name);
	node->needs = array_needs(build, stack->disk->name, level);
}

static void describe_bcache(struct use_build *build, struct stack *stack)
{
	struct use_node *node = &build->graph->node[stack->disk->node];

	stack->kind = "bcache";
	node->name = use_text(build->graph, "bcache volume %s", stack->disk->name);
	stack->text = use_text(build->graph, "the %s", node->name);
}

/* A member that is being rebuilt, or a path that is offline, is not there when the others go. */
static bool is_member_live(const struct use_build *build, const struct stack *stack, const char *member)
{
	char state[64];

	if (stack->is_array)
		return sysroot_read_text(build->root, state, sizeof(state), CLASS "/%s/md/dev-%s/state",
			       stack->disk->name, member) <= 0 ||
		       strstr(state, "in_sync");
	return sysroot_read_text(build->root, state, sizeof(state), CLASS "/%s/device/state", member) <= 0 ||
	       !strcmp(state, "running") || !strcmp(state, "live");
}

static void add_member(struct use_build *build, const struct stack *stack, const char *member)
{
	const struct use_disk *disk = use_disk_by_name(build, member);
	struct use_edge *edge;

	if (!disk || use_is_linked(build->graph, stack->disk->node, disk->node))
		return;
	edge = use_link(build->graph, disk->node, stack->disk->node, PCI_USER_BLOCKS,
		use_text(build->graph, "/dev/%s belongs to %s", member, stack->text), NULL);
	if (edge && build->graph->node[stack->disk->node].needs)
		edge->live = is_member_live(build, stack, member);
}

/* Slaves as the kernel lists them, or found as holders of theirs. */
static void add_stack(struct use_build *build, const struct use_disk *disk, const struct use_names *slaves)
{
	struct stack stack = { .disk = disk, .kind = "holder", .text = disk->name };

	if (!slaves->count)
		return;
	if (disk->mapper[0])
		describe_mapper(build, &stack, slaves);
	else if (sysroot_exists(build->root, CLASS "/%s/md", disk->name))
		describe_array(build, &stack);
	else if (text_starts_with(disk->name, "bcache"))
		describe_bcache(build, &stack);
	build->graph->node[disk->node].kind = stack.kind;
	for (size_t i = 0; i < slaves->count; i++)
		add_member(build, &stack, slaves->name[i]);
}

static void look_upwards(struct use_build *build, const struct use_disk *disk)
{
	struct use_names holders;

	use_names_read(build, &holders, CLASS "/%s/holders", disk->name);
	for (size_t i = 0; i < holders.count; i++) {
		const struct use_disk *holder = use_disk_by_name(build, holders.name[i]);
		char member[USE_NAME_SIZE];
		const struct use_names alone = { .name = &member, .count = 1 };

		text_copy(member, sizeof(member), disk->name);
		if (holder && !use_is_linked(build->graph, disk->node, holder->node))
			add_stack(build, holder, &alone);
	}
	use_names_done(&holders);
}

/* "…/block/sdb/sdb1/bcache": the disk that a link of sys/fs/bcache leads to. */
static const struct use_disk *disk_of_cache(const struct use_build *build, const char *set, const char *name)
{
	char target[512];
	char *slash;

	if (sysroot_read_link(build->root, target, sizeof(target), "sys/fs/bcache/%s/%s", set, name) <= 0)
		return NULL;
	slash = strrchr(target, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	slash = strrchr(target, '/');
	return use_disk_by_name(build, slash ? slash + 1 : target);
}

/* The caches of a set hold what was not written to the disks behind them yet: each volume of the set needs them all. */
static void add_cache(struct use_build *build, const char *set, const struct use_names *entries, const char *bdev)
{
	struct use_graph *graph = build->graph;
	char name[40];
	const struct use_disk *volume;

	if (sysroot_read_link_name(build->root, name, sizeof(name), "sys/fs/bcache/%s/%s/dev", set, bdev) < 0)
		return;
	volume = use_disk_by_name(build, name);
	for (size_t i = 0; i < entries->count && volume; i++) {
		const struct use_disk *cache = text_starts_with(entries->name[i], "cache")
						       ? disk_of_cache(build, set, entries->name[i])
						       : NULL;

		if (cache)
			use_link(graph, cache->node, volume->node, PCI_USER_BLOCKS,
				use_text(graph, "/dev/%s is the cache of the bcache volume %s", cache->name, name),
				NULL);
	}
}

static void read_caches(struct use_build *build)
{
	struct use_names sets;

	use_names_read(build, &sets, "sys/fs/bcache");
	for (size_t i = 0; i < sets.count; i++) {
		struct use_names entries;

		if (strlen(sets.name[i]) != UUID_LENGTH)
			continue;
		use_names_read(build, &entries, "sys/fs/bcache/%s", sets.name[i]);
		for (size_t j = 0; j < entries.count; j++)
			if (text_starts_with(entries.name[j], "bdev"))
				add_cache(build, sets.name[i], &entries, entries.name[j]);
		use_names_done(&entries);
	}
	use_names_done(&sets);
}

void use_read_stacks(struct use_build *build)
{
	for (size_t i = 0; i < build->disk_count; i++)
		if (text_starts_with(build->disk[i].name, "dm-"))
			sysroot_read_text(build->root, build->disk[i].mapper, sizeof(build->disk[i].mapper),
				CLASS "/%s/dm/name", build->disk[i].name);
	for (size_t i = 0; i < build->disk_count; i++) {
		struct use_names slaves;

		if (!build->disk[i].is_virtual)
			continue;
		use_names_read(build, &slaves, CLASS "/%s/slaves", build->disk[i].name);
		add_stack(build, &build->disk[i], &slaves);
		use_names_done(&slaves);
	}
	for (size_t i = 0; i < build->disk_count && build->disk_count <= USE_FEW; i++)
		look_upwards(build, &build->disk[i]);
	read_caches(build);
}
