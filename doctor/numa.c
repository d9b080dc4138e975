// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the NUMA nodes; see numa.h. */
#include "doctor/numa.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Reserved pages of all sizes below a directory; the name of a size that has some in ret_size, unless that is NULL. */
static void read_pages(const struct sysroot *root, const char *base, struct numa_pages *ret_pages, char *ret_size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "%s", base);
	struct dirent *entry;

	*ret_pages = (struct numa_pages){ 0 };
	while (dir && (entry = readdir(dir))) {
		uint64_t unused, total;

		if (!text_starts_with(entry->d_name, "hugepages-") ||
			sysroot_read_u64(root, &unused, "%s/%s/free_hugepages", base, entry->d_name) ||
			sysroot_read_u64(root, &total, "%s/%s/nr_hugepages", base, entry->d_name))
			continue;
		ret_pages->free += unused;
		ret_pages->total += total;
		if (total && ret_size)
			text_copy(ret_size, sizeof(((struct numa *)NULL)->hugepage_dir), entry->d_name);
	}
}

/* "Node 1 MemTotal:   16384 kB"; -1 where it cannot be read. */
static int64_t read_memory(const struct sysroot *root, int node)
{
	char text[4096];
	const char *total;

	if (sysroot_read_text(root, text, sizeof(text), "sys/devices/system/node/node%d/meminfo", node) <= 0)
		return -1;
	total = strstr(text, "MemTotal:");
	return total ? strtoll(total + strlen("MemTotal:"), NULL, 10) : -1;
}

static int add_node(const struct sysroot *root, int id, struct numa *numa)
{
	struct numa_node *grown = reallocarray(numa->node, numa->count + 1, sizeof(*grown));
	struct numa_node *node;
	char base[80];

	if (!grown)
		return -ENOMEM;
	numa->node = grown;
	node = &grown[numa->count++];
	*node = (struct numa_node){ .id = id, .memory_kb = read_memory(root, id) };
	node->cpus_known = sysroot_read_text(root, node->cpus, sizeof(node->cpus),
				   "sys/devices/system/node/node%d/cpulist", id) >= 0;
	if (!node->cpus_known)
		node->cpus[0] = '\0';
	snprintf(base, sizeof(base), "sys/devices/system/node/node%d/hugepages", id);
	read_pages(root, base, &node->hugepages, NULL);
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct numa_node *one = a, *other = b;

	return (one->id > other->id) - (one->id < other->id);
}

int numa_read(const struct sysroot *root, struct numa *ret_numa, struct error *err)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/devices/system/node");
	cleanup(numa_done) struct numa numa = { .hugepage_dir = "hugepages-2048kB" };
	struct dirent *entry;
	int id, end;

	read_pages(root, "sys/kernel/mm/hugepages", &numa.hugepages, numa.hugepage_dir);
	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "node%d%n", &id, &end) != 1 || entry->d_name[end] || id < 0)
			continue;
		if (add_node(root, id, &numa) < 0)
			return fail(err, ENOMEM, "read the NUMA nodes");
	}
	if (numa.count)
		qsort(numa.node, numa.count, sizeof(*numa.node), compare_nodes);
	*ret_numa = numa;
	numa = (struct numa){ 0 };
	return 0;
}

void numa_done(struct numa *numa)
{
	if (!numa)
		return;
	free(numa->node);
	*numa = (struct numa){ 0 };
}

const struct numa_node *numa_find(const struct numa *numa, int id)
{
	const struct numa_node key = { .id = id };

	return numa->count ? bsearch(&key, numa->node, numa->count, sizeof(key), compare_nodes) : NULL;
}
