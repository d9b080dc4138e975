// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on memory: limits of a process, huge pages of the host and of a device's NUMA node, and the node itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

enum {
	MEMLOCK_WANTED_MB = 576,
	MAP_COUNT_WANTED = 4096, /* a guest's process has some hundred */
};

/* The hard limit of whoever asks, or asked when the host was captured: "unlimited user", "8388608 root". */
static bool read_memlock(const struct sysroot *root, rlim_t *ret_limit, bool *ret_root)
{
	struct rlimit limit;
	char answer[48], who[8];
	unsigned long long bytes;

	if (!root->captured) {
		*ret_root = !geteuid();
		if (getrlimit(RLIMIT_MEMLOCK, &limit))
			return false;
		*ret_limit = limit.rlim_max;
		return true;
	}
	if (sysroot_read_answer(root, "limits", "memlock", answer, sizeof(answer)) <= 0)
		return false;
	*ret_limit = RLIM_INFINITY;
	if (sscanf(answer, "%llu %7s", &bytes, who) == 2)
		*ret_limit = bytes;
	else if (sscanf(answer, "unlimited %7s", who) != 1)
		return false;
	*ret_root = !strcmp(who, "root");
	return true;
}

void check_memlock(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	rlim_t limit;
	bool is_root;
	char text[32];

	(void)device;
	if (!read_memlock(&doctor->host->root, &limit, &is_root)) {
		check_say(result, CHECK_UNMEASURED, "limits belong to a running process");
		return;
	}
	if (limit == RLIM_INFINITY) {
		check_evidence(result, "ulimit -H -l: unlimited");
		check_say(result, CHECK_OK, "no limit");
		return;
	}
	check_evidence(result, "ulimit -H -l: %s", size_to_text(limit, text, sizeof(text)));
	if (is_root) {
		check_say(result, CHECK_OK, "raised for each guest as needed");
		return;
	}
	if (limit >= (rlim_t)MEMLOCK_WANTED_MB << 20) {
		check_say(result, CHECK_OK, "enough for guests of up to %s less 64 MiB", text);
		return;
	}
	check_say(result, CHECK_WARN, "%s is too little for a guest with devices", text);
	check_fix(result, "run as root; or, in the unit that starts guests: [Service] LimitMEMLOCK=infinity; or, for "
			  "logins: echo "
			  "'USER hard memlock unlimited' > /etc/security/limits.d/vfio.conf. Each guest needs its "
			  "memory and 64 MiB");
}

/* Reserved huge pages of all sizes, "2048 kB: 3 of 512 free; ". Returns the number of sizes with reserved pages. */
static size_t reserved_pages(const struct sysroot *root, char *buf, size_t size, uint64_t *ret_free)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/kernel/mm/hugepages");
	struct dirent *entry;
	size_t used = 0, sizes = 0;

	buf[0] = '\0';
	*ret_free = 0;
	while (dir && (entry = readdir(dir))) {
		uint64_t total = 0, unused = 0;

		if (!text_starts_with(entry->d_name, "hugepages-") ||
			sysroot_read_u64(root, &total, "sys/kernel/mm/hugepages/%s/nr_hugepages", entry->d_name) ||
			sysroot_read_u64(root, &unused, "sys/kernel/mm/hugepages/%s/free_hugepages", entry->d_name) ||
			!total)
			continue;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s: %llu of %llu free", sizes ? ", " : "",
				entry->d_name + strlen("hugepages-"), (unsigned long long)unused,
				(unsigned long long)total);
		*ret_free += unused;
		sizes++;
	}
	return sizes;
}

void check_hugepages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const char shmem[] = "sys/kernel/mm/transparent_hugepage/shmem_enabled";
	const struct sysroot *root = &doctor->host->root;
	char reserved[160], policy[96];
	uint64_t unused;

	(void)device;
	if (reserved_pages(root, reserved, sizeof(reserved), &unused)) {
		check_evidence(result, "/sys/kernel/mm/hugepages: %s", reserved);
		check_say(result, unused ? CHECK_OK : CHECK_WARN, "reserved: %s", reserved);
		if (!unused)
			check_fix(result, "end what uses them, or: echo N > "
					  "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
		return;
	}
	if (sysroot_read_text(root, policy, sizeof(policy), "%s", shmem) <= 0) {
		check_say(result, CHECK_UNMEASURED,
			"none are reserved, and this kernel does not say whether it makes "
			"transparent ones for guests");
		return;
	}
	check_evidence(result, "/%s: %s", shmem, policy);
	if (strstr(policy, "[never]") || strstr(policy, "[deny]")) {
		check_say(result, CHECK_WARN, "none are reserved, and guest memory gets no transparent ones");
		check_fix(result, "echo advise > /%s, or reserve some and use --hugepages", shmem);
		return;
	}
	check_say(result, CHECK_OK, "none are reserved; guest memory gets transparent ones");
}

void check_map_count(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const char file[] = "proc/sys/vm/max_map_count";
	uint64_t limit;

	(void)device;
	if (sysroot_read_u64(&doctor->host->root, &limit, "%s", file)) {
		check_say(result, CHECK_UNMEASURED, "/%s cannot be read", file);
		return;
	}
	check_evidence(result, "/%s: %llu", file, (unsigned long long)limit);
	check_say(result, limit < MAP_COUNT_WANTED ? CHECK_WARN : CHECK_OK, "%llu for each process",
		(unsigned long long)limit);
	if (limit < MAP_COUNT_WANTED)
		check_fix(result, "sysctl -w vm.max_map_count=65530, the default; and remove it from /etc/sysctl.d");
}

/* NUMA ------------------------------------------------------------------------------------------------------------- */

/* Nodes that the host has: 0 where sysfs does not say. */
static size_t count_nodes(const struct sysroot *root)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/devices/system/node");
	struct dirent *entry;
	size_t count = 0;
	unsigned int node;

	while (dir && (entry = readdir(dir)))
		count += sscanf(entry->d_name, "node%u", &node) == 1;
	return count;
}

/* "Node 1 MemTotal:   16384 kB"; -1 where it cannot be read. */
static int64_t node_memory_kb(const struct sysroot *root, int node)
{
	char text[4096];
	const char *total;

	if (sysroot_read_text(root, text, sizeof(text), "sys/devices/system/node/node%d/meminfo", node) <= 0)
		return -1;
	total = strstr(text, "MemTotal:");
	return total ? strtoll(total + strlen("MemTotal:"), NULL, 10) : -1;
}

void check_numa(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;
	size_t nodes = count_nodes(root);
	int node = device->numa_node;
	char cpus[128] = "";
	int64_t memory;

	check_evidence(
		result, "/sys/bus/pci/devices/%s/numa_node: %d, the host has %zu nodes", result->subject, node, nodes);
	if (!nodes) {
		check_say(result, CHECK_UNMEASURED, "/sys/devices/system/node cannot be read");
		return;
	}
	if (nodes == 1) {
		check_say(result, CHECK_OK, "this host has one node");
		return;
	}
	if (node < 0) {
		check_say(result, CHECK_WARN, "the firmware does not say which of %zu nodes it is on", nodes);
		check_fix(result,
			"update the firmware; or, where the slot's node is known: echo NODE > "
			"/sys/bus/pci/devices/%s/numa_node",
			result->subject);
		return;
	}
	memory = node_memory_kb(root, node);
	if (memory < 0 ||
		sysroot_read_text(root, cpus, sizeof(cpus), "sys/devices/system/node/node%d/cpulist", node) < 0) {
		check_say(result, CHECK_UNMEASURED, "what node %d has cannot be read", node);
		return;
	}
	check_evidence(result, "/sys/devices/system/node/node%d: MemTotal %lld kB, cpulist %s", node, (long long)memory,
		cpus[0] ? cpus : "empty");
	if (memory && cpus[0]) {
		check_say(result, CHECK_OK, "node %d, with processors %.80s", node, cpus);
		return;
	}
	check_say(result, CHECK_WARN, "it is on node %d, which has no %s", node, memory ? "processor" : "memory");
	check_fix(result, "put memory into the slots of that processor, or move the card to another node's slot");
}

/* Free huge pages of all sizes on a node, or on the whole host (node -1); total counts the reserved ones. */
static uint64_t free_hugepages(const struct sysroot *root, int node, uint64_t *ret_total)
{
	char base[96] = "sys/kernel/mm/hugepages";
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	uint64_t sum = 0;

	if (node >= 0)
		snprintf(base, sizeof(base), "sys/devices/system/node/node%d/hugepages", node);
	dir = sysroot_open_dir(root, "%s", base);
	*ret_total = 0;
	while (dir && (entry = readdir(dir))) {
		uint64_t unused, total;

		if (!text_starts_with(entry->d_name, "hugepages-") ||
			sysroot_read_u64(root, &unused, "%s/%s/free_hugepages", base, entry->d_name) ||
			sysroot_read_u64(root, &total, "%s/%s/nr_hugepages", base, entry->d_name))
			continue;
		sum += unused;
		*ret_total += total;
	}
	return sum;
}

/* The size of which pages are reserved: that is what guests here are told to use. */
static void reserved_size(const struct sysroot *root, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/kernel/mm/hugepages");
	struct dirent *entry;
	uint64_t total;

	snprintf(buf, size, "hugepages-2048kB");
	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, "hugepages-") &&
			!sysroot_read_u64(root, &total, "sys/kernel/mm/hugepages/%s/nr_hugepages", entry->d_name) &&
			total)
			text_copy(buf, size, entry->d_name);
}

void check_node_hugepages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;
	uint64_t host_total, node_total;
	uint64_t host_free = free_hugepages(root, -1, &host_total);
	uint64_t node_free = free_hugepages(root, device->numa_node, &node_total);
	char size[32];

	/* Only where pages are reserved, and there is a choice of nodes. */
	if (!host_total || device->numa_node < 0 || count_nodes(root) < 2)
		return;
	check_evidence(result, "/sys/devices/system/node/node%d/hugepages: %llu of %llu free; whole host: %llu free",
		device->numa_node, (unsigned long long)node_free, (unsigned long long)node_total,
		(unsigned long long)host_free);
	if (node_free || !host_free) {
		check_say(result, CHECK_OK, "%llu free on node %d", (unsigned long long)node_free, device->numa_node);
		return;
	}
	check_say(result, CHECK_WARN, "none is free on its node %d, %llu are elsewhere", device->numa_node,
		(unsigned long long)host_free);
	reserved_size(root, size, sizeof(size));
	check_fix(
		result, "echo N > /sys/devices/system/node/node%d/hugepages/%s/nr_hugepages", device->numa_node, size);
}
