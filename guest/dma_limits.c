// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits of DMA maps; see dma_limits.h. /proc/PID/status, limits and fd: proc(5); VmPin is what a process has pinned.
 * drivers/iommu/iommufd/pages.c and drivers/vfio/vfio_iommu_type1.c have how the kernel counts.
 */
#include "guest/dma_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "wire/limits.h"

enum {
	STATUS_SIZE = 4096
};

/* The first number behind "NAME:" at the start of a line; UINT64_MAX for none. */
static uint64_t line_of(const char *text, const char *name, int base)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, base);
	}
	return UINT64_MAX;
}

/* Capabilities count with the kernel's own in the first user namespace alone: its map is the whole of all numbers. */
static bool has_capability(const struct sysroot *root, const char *status, int capability)
{
	unsigned long long inside, outside, count;
	uint64_t effective = line_of(status, "CapEff", 16);
	char map[128];

	if (sysroot_read_text(root, map, sizeof(map), "proc/self/uid_map") < 0 ||
		sscanf(map, "%llu %llu %llu", &inside, &outside, &count) != 3 || outside || count != UINT32_MAX)
		return false;
	return effective != UINT64_MAX && effective >> capability & 1;
}

static uint64_t read_locked_limit(const struct sysroot *root)
{
	static const char name[] = "Max locked memory";
	char text[STATUS_SIZE], hard[32];
	const char *line;
	uint64_t bytes;

	if (sysroot_read_text(root, text, sizeof(text), "proc/self/limits") < 0)
		return UINT64_MAX;
	line = strstr(text, name);
	if (!line || sscanf(line + strlen(name), "%*s %31s", hard) != 1 || text_to_u64(hard, UINT64_MAX, &bytes) < 0)
		return UINT64_MAX;
	return bytes;
}

static bool has_iommufd_open(const struct sysroot *root, unsigned int pid)
{
	cleanup_dir DIR *list = sysroot_open_dir(root, "proc/%u/fd", pid);
	struct dirent *entry;
	char target[64];

	while (list && (entry = readdir(list)))
		if (sysroot_read_link(root, target, sizeof(target), "proc/%u/fd/%s", pid, entry->d_name) > 0 &&
			!strcmp(target, "/dev/iommu"))
			return true;
	return false;
}

/* Of the user that the kernel counts for: the real one. */
static uint64_t read_pinned(const struct sysroot *root, uint64_t uid)
{
	cleanup_free unsigned int *pids = NULL;
	ssize_t count = sysroot_list_numbers(root, &pids, "proc");
	char status[STATUS_SIZE];
	uint64_t bytes = 0;

	for (ssize_t i = 0; i < count; i++) {
		uint64_t pinned;

		if (sysroot_read_text(root, status, sizeof(status), "proc/%u/status", pids[i]) < 0 ||
			line_of(status, "Uid", 10) != uid)
			continue;
		pinned = line_of(status, "VmPin", 10);
		if (pinned != UINT64_MAX && pinned && has_iommufd_open(root, pids[i]))
			bytes += pinned * 1024;
	}
	return bytes;
}

static bool may_open(const struct sysroot *root, const char *path)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDWR, "%s", path);

	return fd >= 0;
}

void dma_limits_read(const struct sysroot *root, struct dma_limits *ret_limits)
{
	struct dma_limits limits = { .map_count = UINT64_MAX, .locked_bytes = read_locked_limit(root) };
	char status[STATUS_SIZE] = "";

	sysroot_read_text(root, status, sizeof(status), "proc/self/status");
	limits.unlimited = has_capability(root, status, CAP_SYS_RESOURCE);
	limits.has_iommufd = may_open(root, "dev/iommu");
	limits.has_type1 = may_open(root, "dev/vfio/vfio");
	sysroot_read_u64(root, &limits.map_count, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	if (!limits.unlimited && limits.has_iommufd)
		limits.pinned_bytes = read_pinned(root, line_of(status, "Uid", 10));
	*ret_limits = limits;
}

static int check_locked(
	const struct dma_limits *limits, uint64_t memory_bytes, uint64_t pinned_bytes, struct error *err)
{
	uint64_t needed = memory_bytes + pinned_bytes;
	char memory[32], pinned[32], already[128] = "";

	if (limits->unlimited || needed <= limits->locked_bytes)
		return 0;
	if (pinned_bytes)
		snprintf(already, sizeof(already), ", of which its programs have pinned %s through iommufd",
			size_to_text(pinned_bytes, pinned, sizeof(pinned)));
	/* In the unit of `ulimit -l`: rounded, a limit that is a page too low would look like enough. */
	fail_code(err, CODE_MEMLOCK_LOW, ENOMEM,
		"devices need %s of guest memory locked (%" PRIu64 " KiB), this user may lock %" PRIu64 " KiB%s",
		size_to_text(memory_bytes, memory, sizeof(memory)), memory_bytes / 1024, limits->locked_bytes / 1024,
		already);
	return fail_hint(err,
		"`sudo prlimit --pid $$ --memlock=%" PRIu64 ":%" PRIu64 "` raises it for this shell; for good: "
		"'%u - memlock %" PRIu64 "' in /etc/security/limits.d/sluice.conf, or LimitMEMLOCK=%" PRIu64
		" in a systemd unit",
		needed, needed, (unsigned int)getuid(), needed / 1024 + (needed % 1024 != 0), needed);
}

/* Each region of RAM is a map; how many there will be, the devices' reserved regions say. */
static int check_count(const struct dma_limits *limits, struct error *err)
{
	if (limits->map_count >= LIMIT_RAM_REGIONS)
		return 0;
	fail_code(err, CODE_DMA_LIMIT, ENOSPC, "VFIO allows %" PRIu64 " DMA maps, a guest needs up to %d",
		limits->map_count, LIMIT_RAM_REGIONS);
	return fail_hint(err,
		"echo 65535 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit, and take the option "
		"dma_entry_limit out of /etc/modprobe.d");
}

static int check_type1(const struct dma_limits *limits, uint64_t memory_bytes, struct error *err)
{
	int ret = check_count(limits, err);

	return ret < 0 ? ret : check_locked(limits, memory_bytes, 0, err);
}

int dma_limits_check(const struct dma_limits *limits, enum vfio_choice choice, uint64_t memory_bytes,
	enum vfio_choice *ret_choice, struct error *err)
{
	int ret;

	*ret_choice = choice;
	if (choice == VFIO_CHOICE_TYPE1 || (choice == VFIO_CHOICE_AUTO && !limits->has_iommufd))
		return check_type1(limits, memory_bytes, err);
	ret = check_locked(limits, memory_bytes, limits->pinned_bytes, err);
	if (ret >= 0 || choice == VFIO_CHOICE_IOMMUFD || !limits->has_type1)
		return ret;
	*ret_choice = VFIO_CHOICE_TYPE1;
	return check_type1(limits, memory_bytes, err);
}
