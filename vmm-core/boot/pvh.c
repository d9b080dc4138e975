// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF kernels with a PVH entry: 32-bit protected mode at the address of the note XEN_ELFNOTE_PHYS32_ENTRY, EBX pointing
 * to a struct hvm_start_info (Xen's public headers, xen.h and arch-x86/hvm/start_info.h, version 1). The BSDs and
 * several unikernels have one; Linux has, too, but looks for Xen in 256 places then, each a CPUID exit: linux_elf.c
 * enters it.
 */
#include <errno.h>
#include <string.h>

#include "vmm-core/boot/elf.h"

enum {
	START_INFO_VERSION = 1,
};
#define START_INFO_MAGIC 0x336ec578u

/* The layout is Xen's; all fields little-endian. */
struct start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, cmdline, rsdp, memory_map;
	uint32_t memory_map_count, reserved;
};

struct start_module {
	uint64_t start, bytes, cmdline, reserved;
};

struct start_memory {
	uint64_t start, bytes;
	uint32_t type, reserved;
};

_Static_assert(sizeof(struct start_info) == 56, "hvm_start_info");
_Static_assert(sizeof(struct start_module) == 32, "hvm_modlist_entry");
_Static_assert(sizeof(struct start_memory) == 24, "hvm_memmap_table_entry");

struct start_page {
	struct start_info info;
	struct start_module initrd;
	struct start_memory map[BOOT_MAP_MAX];
};

static int write_start_info(const struct boot_request *request, struct range initrd, struct error *err)
{
	struct start_page *page = guest_ptr(request->ram, gpa(BOOT_START_INFO), sizeof(*page));
	struct boot_memory map[BOOT_MAP_MAX];

	_Static_assert(sizeof(*page) <= BOOT_PARAMS - BOOT_START_INFO, "room for PVH's start information");
	if (!page)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory at 0x%x", BOOT_START_INFO);
	memset(page, 0, sizeof(*page));
	page->info = (struct start_info){
		.magic = START_INFO_MAGIC,
		.version = START_INFO_VERSION,
		.cmdline = BOOT_CMDLINE,
		.rsdp = request->rsdp,
		.memory_map = BOOT_START_INFO + offsetof(struct start_page, map),
		.memory_map_count = (uint32_t)boot_memory_map(request->layout, map),
	};
	if (range_size(initrd)) {
		page->info.module_count = 1;
		page->info.modules = BOOT_START_INFO + offsetof(struct start_page, initrd);
		page->initrd = (struct start_module){ .start = initrd.start, .bytes = range_size(initrd) };
	}
	for (uint32_t i = 0; i < page->info.memory_map_count; i++)
		page->map[i] = (struct start_memory){
			.start = map[i].at.start, .bytes = range_size(map[i].at), .type = map[i].type
		};
	return 0;
}

int boot_load_pvh(
	const struct boot_request *request, const struct elf *elf, struct boot_entry *ret_entry, struct error *err)
{
	struct range initrd;
	int ret = boot_write_cmdline(request, UINT32_MAX, err);

	if (ret == 0)
		ret = boot_load_initrd(request, elf->end, request->layout->ram[0].at.end, &initrd, err);
	if (ret == 0)
		ret = write_start_info(request, initrd, err);
	if (ret == 0)
		*ret_entry = (struct boot_entry){ .rip = elf->pvh, .rbx = BOOT_START_INFO };
	return ret;
}
