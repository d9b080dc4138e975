// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on memory: limits of a process, huge pages of the host and of a device's NUMA node, and the node itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "os/asker.h"

enum {
	MEMLOCK_WANTED_MB = 576,
	MAP_COUNT_WANTED = 4096, /* a guest's process has some hundred */
};

static void check_memlock(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct asker asker = asker_read(&facts->host->root);
	char text[32];

	(void)device;
	if (!asker.user) {
		finding_say(findings, CHECK_UNMEASURED, "limits belong to a running process");
		return;
	}
	if (asker.memlock == RLIM_INFINITY) {
		finding_evidence(findings, "ulimit -H -l: unlimited");
		finding_say(findings, CHECK_OK, "no limit");
		return;
	}
	finding_evidence(findings, "ulimit -H -l: %s", size_to_text(asker.memlock, text, sizeof(text)));
	if (asker.user == ASKER_ROOT) {
		finding_say(findings, CHECK_OK, "raised for each guest as needed");
		return;
	}
	if (asker.memlock >= (rlim_t)MEMLOCK_WANTED_MB << 20) {
		finding_say(findings, CHECK_OK, "enough for guests of up to %s less 64 MiB", text);
		return;
	}
	finding_say(findings, CHECK_WARN, "%s is too little for a guest with devices", text);
	finding_fix(findings,
		"run as root; or, in the unit that starts guests: [Service] LimitMEMLOCK=infinity; or, for "
		"logins: echo "
		"\"$USER hard memlock unlimited\" | sudo tee /etc/security/limits.d/vfio.conf. Each guest needs its "
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

static void check_hugepages(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const char transparent[] = "sys/kernel/mm/transparent_hugepage/enabled";
	const struct sysroot *root = &facts->host->root;
	char reserved[160], policy[96];
	uint64_t unused;

	(void)device;
	if (reserved_pages(root, reserved, sizeof(reserved), &unused)) {
		finding_evidence(findings, "/sys/kernel/mm/hugepages: %s", reserved);
		finding_say(findings, unused ? CHECK_OK : CHECK_WARN, "reserved: %s", reserved);
		if (!unused)
			finding_fix(findings,
				"end what uses them, or reserve more, 512 for each GiB of a guest, by adding to the "
				"number in /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
		return;
	}
	if (sysroot_read_text(root, policy, sizeof(policy), "%s", transparent) <= 0) {
		finding_say(findings, CHECK_UNMEASURED,
			"none are reserved, and this kernel does not say whether it makes "
			"transparent ones for guests");
		return;
	}
	finding_evidence(findings, "/%s: %s", transparent, policy);
	if (strstr(policy, "[never]")) {
		finding_say(findings, CHECK_WARN, "none are reserved, and guest memory gets no transparent ones");
		finding_fix(findings, "echo madvise > /%s, or reserve some and use --hugepages", transparent);
		return;
	}
	finding_say(findings, CHECK_OK, "none are reserved; guest memory gets transparent ones");
}

static void check_map_count(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const char file[] = "proc/sys/vm/max_map_count";
	uint64_t limit;

	(void)device;
	if (sysroot_read_u64(&facts->host->root, &limit, "%s", file)) {
		finding_say(findings, CHECK_UNMEASURED, "/%s cannot be read", file);
		return;
	}
	finding_evidence(findings, "/%s: %llu", file, (unsigned long long)limit);
	finding_say(findings, limit < MAP_COUNT_WANTED ? CHECK_WARN : CHECK_OK, "%llu for each process",
		(unsigned long long)limit);
	if (limit < MAP_COUNT_WANTED)
		finding_fix(
			findings, "sysctl -w vm.max_map_count=65530, the default; and remove it from /etc/sysctl.d");
}

/* NUMA ------------------------------------------------------------------------------------------------------------- */

/* A node without memory or without processors: each access crosses to another. */
static void say_node(const struct numa_node *node, struct findings *findings)
{
	finding_evidence(findings, "/sys/devices/system/node/node%d: MemTotal %lld kB, cpulist %s", node->id,
		(long long)node->memory_kb, node->cpus[0] ? node->cpus : "empty");
	if (node->memory_kb && node->cpus[0]) {
		finding_say(findings, CHECK_OK, "node %d, with processors %.80s", node->id, node->cpus);
		return;
	}
	finding_say(findings, CHECK_WARN, "it is on node %d, which has no %s", node->id,
		node->memory_kb ? "processor" : "memory");
	finding_fix(findings, "put memory into the slots of that processor, or move the card to another node's slot");
}

static void check_numa(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct numa_node *node = numa_find(&facts->numa, device->numa_node);
	size_t nodes = facts->numa.count;

	finding_evidence(findings, "/sys/bus/pci/devices/%s/numa_node: %d, the host has %zu nodes",
		findings->about.subject, device->numa_node, nodes);
	if (!nodes) {
		finding_say(findings, CHECK_UNMEASURED, "/sys/devices/system/node cannot be read");
	} else if (nodes == 1) {
		finding_say(findings, CHECK_OK, "this host has one node");
	} else if (device->numa_node < 0) {
		finding_say(findings, CHECK_WARN, "the firmware does not say which of %zu nodes it is on", nodes);
		finding_fix(findings, "update the firmware: its ACPI tables miss the node (_PXM) of that root bus");
	} else if (!node || node->memory_kb < 0 || !node->cpus_known) {
		finding_say(findings, CHECK_UNMEASURED, "what node %d has cannot be read", device->numa_node);
	} else {
		say_node(node, findings);
	}
}

static void check_node_hugepages(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct numa_node *node = numa_find(&facts->numa, device->numa_node);
	const struct numa_pages *host = &facts->numa.hugepages;

	/* Only where pages are reserved, and there is a choice of nodes. */
	if (!host->total || facts->numa.count < 2 || !node)
		return;
	finding_evidence(findings,
		"/sys/devices/system/node/node%d/hugepages: %llu of %llu free; whole host: %llu free", node->id,
		(unsigned long long)node->hugepages.free, (unsigned long long)node->hugepages.total,
		(unsigned long long)host->free);
	if (node->hugepages.free || !host->free) {
		finding_say(
			findings, CHECK_OK, "%llu free on node %d", (unsigned long long)node->hugepages.free, node->id);
		return;
	}
	finding_say(findings, CHECK_WARN, "none is free on its node %d, %llu are elsewhere", node->id,
		(unsigned long long)host->free);
	finding_fix(findings, "echo %llu > /sys/devices/system/node/node%d/hugepages/%s/nr_hugepages",
		(unsigned long long)(node->hugepages.total + host->free), node->id, facts->numa.hugepage_dir);
}

const struct check memory_checks[] = {
	{ CODE_MEMLOCK_LOW, SECTION_MEMORY, SCOPE_HOST, "Locked memory",
		"memory that devices reach has to stay where it is", check_memlock },
	{ CODE_HUGEPAGES_SHORT, SECTION_MEMORY, SCOPE_HOST, "Huge pages",
		"small pages cost guests speed and start-up time", check_hugepages },
	{ CODE_MAP_COUNT_LOW, SECTION_MEMORY, SCOPE_HOST, "Memory maps",
		"a guest's process maps BARs and rings one by one", check_map_count },
	{ CODE_NUMA_FAR, SECTION_DEVICE, SCOPE_DEVICE, "NUMA node", "DMA and interrupts that cross nodes are slower",
		check_numa },
	{ CODE_HUGEPAGES_NODE, SECTION_DEVICE, SCOPE_DEVICE, "Huge pages of its node",
		"a guest's memory is best where its device is", check_node_hugepages },
	{ .run = NULL },
};
