// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linux's own ELF file, vmlinux, entered where its decompressor would: startup_64, the header's entry, in 64-bit mode
 * with RSI pointing to the zero page and memory mapped as it is (Documentation/arch/x86/boot.rst, "64-bit boot
 * protocol", but for the offset, which is the bzImage's). It is Linux when one of its notes has that owner.
 */
#include <asm/bootparam.h>
#include <errno.h>
#include <string.h>

#include "vmm-core/boot/elf.h"

enum {
	BOOT_FLAG = 0xaa55,
	MAGIC = 0x53726448, /* HdrS */
	PROTOCOL = 0x020f,
	CMDLINE_MAX = 2047,
	TABLE_ENTRIES = 512,
	DIRECTORIES = 4, /* of 1 GiB each */
	PRESENT_WRITABLE = 0x3,
	LARGE_PAGE = 1 << 7,
};

struct page_tables {
	uint64_t top[TABLE_ENTRIES], pointers[TABLE_ENTRIES], directory[DIRECTORIES][TABLE_ENTRIES];
};

/* The first 4 GiB in pages of 2 MiB, each where it is. */
static int write_page_tables(const struct boot_request *request, struct error *err)
{
	struct page_tables *tables = guest_ptr(request->ram, gpa(BOOT_PAGE_TABLES), sizeof(*tables));
	uint64_t at = BOOT_PAGE_TABLES;

	_Static_assert(BOOT_PAGE_TABLES + sizeof(*tables) <= BOOT_LOW_RAM_END, "page tables lie in low memory");
	if (!tables)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory at 0x%x", BOOT_PAGE_TABLES);
	memset(tables, 0, sizeof(*tables));
	tables->top[0] = (at + offsetof(struct page_tables, pointers)) | PRESENT_WRITABLE;
	for (uint64_t i = 0; i < DIRECTORIES; i++)
		tables->pointers[i] = (at + offsetof(struct page_tables, directory[i])) | PRESENT_WRITABLE;
	for (uint64_t i = 0; i < DIRECTORIES * TABLE_ENTRIES; i++)
		tables->directory[i / TABLE_ENTRIES][i % TABLE_ENTRIES] = i * 2 * MIB | PRESENT_WRITABLE | LARGE_PAGE;
	return 0;
}

int boot_load_linux_elf(
	const struct boot_request *request, const struct elf *elf, struct boot_entry *ret_entry, struct error *err)
{
	const struct setup_header hdr = {
		.boot_flag = BOOT_FLAG,
		.header = MAGIC,
		.version = PROTOCOL,
		.loadflags = LOADED_HIGH,
		.cmdline_size = CMDLINE_MAX,
	};
	struct range initrd;
	int ret = boot_write_cmdline(request, CMDLINE_MAX, err);

	if (ret == 0)
		ret = boot_load_initrd(request, elf->end, request->layout->ram[0].at.end, &initrd, err);
	if (ret == 0)
		ret = boot_write_zero_page(request, &hdr, initrd, err);
	if (ret == 0)
		ret = write_page_tables(request, err);
	if (ret == 0)
		*ret_entry = (struct boot_entry){ .rip = elf->entry64, .rsi = BOOT_PARAMS, .cr3 = BOOT_PAGE_TABLES };
	return ret;
}
