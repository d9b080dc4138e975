// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linux's zero page, struct boot_params (Documentation/arch/x86/zero-page.rst): what its real-mode part would have
 * found out from firmware.
 */
#include <asm/bootparam.h>
#include <errno.h>
#include <string.h>

#include "vmm-core/boot/boot.h"

enum {
	PROTOCOL_RSDP = 0x020e,
	LOADER_UNDEFINED = 0xff,
};

static void fill_e820(const struct boot_request *request, struct boot_params *params)
{
	struct boot_memory map[BOOT_MAP_MAX];
	_Static_assert((int)BOOT_MAP_MAX <= E820_MAX_ENTRIES_ZEROPAGE, "the zero page holds the memory map");
	size_t count = boot_memory_map(request->layout, map);

	for (size_t i = 0; i < count; i++)
		params->e820_table[i] = (struct boot_e820_entry){
			.addr = map[i].at.start, .size = range_size(map[i].at), .type = map[i].type
		};
	params->e820_entries = (uint8_t)count;
}

int boot_write_zero_page(
	const struct boot_request *request, const struct setup_header *hdr, struct range initrd, struct error *err)
{
	struct boot_params *params = guest_ptr(request->ram, gpa(BOOT_PARAMS), sizeof(*params));

	_Static_assert(BOOT_PARAMS + sizeof(*params) <= BOOT_CMDLINE, "room for the zero page");
	if (!params)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory at 0x%x", BOOT_PARAMS);
	memset(params, 0, sizeof(*params));
	params->hdr = *hdr;
	params->hdr.type_of_loader = LOADER_UNDEFINED;
	params->hdr.cmd_line_ptr = BOOT_CMDLINE;
	params->hdr.ramdisk_image = (uint32_t)initrd.start;
	params->hdr.ramdisk_size = (uint32_t)range_size(initrd);
	/* Older kernels find the root pointer by looking where firmware would have it, and it is there. */
	if (hdr->version >= PROTOCOL_RSDP)
		params->acpi_rsdp_addr = request->rsdp;
	fill_e820(request, params);
	return 0;
}
