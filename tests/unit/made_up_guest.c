// SPDX-License-Identifier: GPL-2.0-or-later
/* A running guest that is none; see made_up_guest.h. */
#include "tests/unit/made_up_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define PRESENT (1ull << 63)

uint64_t made_up_gpa(unsigned int page)
{
	return page < MADE_UP_LOW_PAGES ? page * 4096ull : MADE_UP_HIGH + (page - MADE_UP_LOW_PAGES) * 4096ull;
}

static void add_slot(struct control_status *status, uint64_t gpa, uint64_t bytes, uint64_t hva, const char *what)
{
	struct control_slot *slot = &status->slot[status->slot_count++];

	*slot = (struct control_slot){ .gpa = gpa, .bytes = bytes, .hva = hva };
	text_copy(slot->what, sizeof(slot->what), what);
	if (strcmp(what, "ram") != 0)
		return;
	status->map[status->map_count++] = (struct control_map){ .iova = gpa, .bytes = bytes, .hva = hva };
}

struct made_up_guest *made_up_new(void)
{
	struct made_up_guest *guest = calloc(1, sizeof(*guest));

	assert_non_null(guest);
	temp_tree_init(&guest->tree);
	guest->info =
		(struct guest_info){ .name = "one", .vmm_pid = MADE_UP_PID, .memory_bytes = MADE_UP_PAGES * 4096ull };
	guest->status.generation = 5;
	/* The high part comes first: slots are in no order. */
	add_slot(&guest->status, MADE_UP_HIGH, MADE_UP_HIGH_PAGES * 4096ull, MADE_UP_HVA + MADE_UP_LOW_PAGES * 4096ull,
		"ram");
	add_slot(&guest->status, 0xc0000000, 0x4000, 0x9000000, "bar");
	add_slot(&guest->status, 0, MADE_UP_LOW_PAGES * 4096ull, MADE_UP_HVA, "ram");
	text_copy(guest->status.dma_backend, sizeof(guest->status.dma_backend), "iommufd");
	text_copy(guest->status.device[0].host_address, sizeof(guest->status.device[0].host_address), MADE_UP_DEVICE);
	guest->status.device_count = 1;
	pci_addr_parse(MADE_UP_DEVICE, &guest->info.device[0]);
	guest->info.device_count = 1;
	for (unsigned int i = 0; i < MADE_UP_PAGES; i++)
		guest->frame[i] = guest->reach[i] = 0x100000 + (i * 7919ull) % 4096 * 3;
	guest->tables_shown = true;
	return guest;
}

static FILE *open_in(const struct temp_tree *tree, const char *name)
{
	char path[256];
	FILE *file;

	temp_tree_file(tree, name, "");
	snprintf(path, sizeof(path), "%s/%s", tree->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void write_pagemap(const struct made_up_guest *guest)
{
	FILE *file = open_in(&guest->tree, "proc/77/pagemap");

	fseek(file, MADE_UP_HVA / 4096 * 8, SEEK_SET);
	for (unsigned int i = 0; i < MADE_UP_PAGES; i++) {
		uint64_t frame = guest->hidden ? 0 : guest->frame[i], entry = guest->frame[i] ? frame | PRESENT : 0;

		assert_int_equal(fwrite(&entry, sizeof(entry), 1, file), 1);
	}
	fclose(file);
}

void made_up_write(const struct made_up_guest *guest)
{
	FILE *file;

	write_pagemap(guest);
	temp_tree_file(&guest->tree, "proc/77/smaps",
		"07000000-07a00000 rw-p 00000000 00:00 0 \nKernelPageSize: 4 kB\nRss: 10240 kB\nAnonHugePages: 0 kB\n");
	if (!guest->tables_shown)
		return;
	file = open_in(&guest->tree, "sys/kernel/debug/iommu/intel/" MADE_UP_DEVICE "/domain_translation_struct");
	fprintf(file, "Device %s @0x1000\nIOVA_PFN\tPML5E\n", MADE_UP_DEVICE);
	for (unsigned int i = 0; i < MADE_UP_PAGES; i++)
		if (guest->reach[i])
			fprintf(file, "0x%013llx |\t0x0\t0x5003\t0x6003\t0x7003\t0x%016llx\n",
				(unsigned long long)made_up_gpa(i) / 4096,
				(unsigned long long)(guest->reach[i] * 4096 | (guest->read_only[i] ? 1 : 3)));
	fputs(guest->more_leaves ? guest->more_leaves : "", file);
	fclose(file);
}

void made_up_free(struct made_up_guest *guest)
{
	temp_tree_done(&guest->tree);
	free(guest);
}
