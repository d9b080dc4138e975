// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages of guest memory, by /proc/PID/smaps (Documentation/filesystems/proc.rst): a mapping's fields are summed up
 * over all that begin inside the guest's memory, since the kernel may cut one mapping into several.
 */
#include "guest/ram_pages.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "guest/smaps.h"

#define HUGE_1G (1ull << 30)

static bool is_ram(const struct control_status *status, uint64_t address)
{
	for (uint32_t i = 0; i < status->slot_count; i++) {
		const struct control_slot *slot = &status->slot[i];

		if (!strcmp(slot->what, "ram") && address - slot->hva < slot->bytes)
			return true;
	}
	return false;
}

struct ram_sum {
	const struct control_status *status;
	struct ram_pages *pages;
};

static bool add_mapping(const struct smaps_mapping *mapping, void *context)
{
	const struct ram_sum *sum = context;

	if (!is_ram(sum->status, mapping->from))
		return true;
	sum->pages->present += mapping->resident + mapping->hugetlb;
	sum->pages->bytes_2m += mapping->transparent;
	if (mapping->page == HUGE_1G)
		sum->pages->bytes_1g += mapping->hugetlb;
	else
		sum->pages->bytes_2m += mapping->hugetlb;
	return true;
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
	*ret_pages = (struct ram_pages){ .known = false };
	read_policy(root, ret_pages);
	ret_pages->known = smaps_each(root, vmm_pid, add_mapping, &(struct ram_sum){ status, ret_pages }) == 0;
}
