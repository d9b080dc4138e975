// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages of guest memory, by /proc/PID/smaps (Documentation/filesystems/proc.rst): a mapping's fields are summed up
 * over all that begin inside the guest's memory, since the kernel may cut one mapping into several.
 */
#include "guest/ram_pages.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define HUGE_1G_KIB (1ull << 20)

/* Of one mapping, in KiB. */
struct mapping {
	uint64_t resident, transparent, hugetlb, page;
};

static bool is_ram(const struct control_status *status, uint64_t address)
{
	for (uint32_t i = 0; i < status->slot_count; i++) {
		const struct control_slot *slot = &status->slot[i];

		if (!strcmp(slot->what, "ram") && address - slot->hva < slot->bytes)
			return true;
	}
	return false;
}

/* Memory of hugetlbfs is in no mapping's Rss. */
static void take_field(struct mapping *mapping, const char *line)
{
	const struct {
		const char *key;
		uint64_t *sum;
	} fields[] = {
		{ "Rss", &mapping->resident },
		{ "AnonHugePages", &mapping->transparent },
		{ "ShmemPmdMapped", &mapping->transparent },
		{ "Shared_Hugetlb", &mapping->hugetlb },
		{ "Private_Hugetlb", &mapping->hugetlb },
		{ "KernelPageSize", &mapping->page },
	};
	uint64_t kib;
	char key[32];

	if (sscanf(line, "%31[A-Za-z_]: %" SCNu64 " kB", key, &kib) != 2)
		return;
	for (size_t i = 0; i < array_size(fields); i++)
		if (!strcmp(fields[i].key, key))
			*fields[i].sum += kib;
}

static void add_mapping(struct ram_pages *pages, const struct mapping *mapping)
{
	pages->present += (mapping->resident + mapping->hugetlb) * 1024;
	pages->bytes_2m += mapping->transparent * 1024;
	if (mapping->page == HUGE_1G_KIB)
		pages->bytes_1g += mapping->hugetlb * 1024;
	else
		pages->bytes_2m += mapping->hugetlb * 1024;
}

static void read_mappings(FILE *file, const struct control_status *status, struct ram_pages *pages)
{
	struct mapping mapping = { 0 };
	bool inside = false;
	char line[512];

	while (fgets(line, sizeof(line), file)) {
		uint64_t from, to;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
			add_mapping(pages, &mapping);
			mapping = (struct mapping){ 0 };
			inside = is_ram(status, from);
		} else if (inside) {
			take_field(&mapping, line);
		}
	}
	add_mapping(pages, &mapping);
}

/* "always [madvise] never": the word that is chosen. */
static void read_policy(const struct sysroot *root, struct ram_pages *pages)
{
	char text[64];

	if (sysroot_read_text(root, text, sizeof(text), "sys/kernel/mm/transparent_hugepage/enabled") <= 0 ||
		sscanf(strchrnul(text, '['), "[%15[a-z]", pages->policy) != 1)
		pages->policy[0] = '\0';
}

void ram_pages_read(
	const struct sysroot *root, pid_t vmm_pid, const struct control_status *status, struct ram_pages *ret_pages)
{
	int fd = sysroot_open_file(root, O_RDONLY, "proc/%d/smaps", (int)vmm_pid);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	*ret_pages = (struct ram_pages){ .known = false };
	read_policy(root, ret_pages);
	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	read_mappings(file, status, ret_pages);
	ret_pages->known = !ferror(file);
	fclose(file);
}
