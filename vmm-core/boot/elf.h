/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF kernel's segments, and what its notes say of how it can be entered. For pvh.c and linux_elf.c, which differ in
 * that only.
 */
#ifndef VMM_CORE_BOOT_ELF_H
#define VMM_CORE_BOOT_ELF_H

#include <elf.h>
#include <stdbool.h>

#include "vmm-core/boot/boot.h"

enum {
	ELF_SEGMENT_MAX = 64,
};

struct elf {
	int fd;
	uint64_t bytes;
	Elf64_Phdr segment[ELF_SEGMENT_MAX]; /* of a 32-bit file, widened */
	size_t count;
	uint64_t end; /* of the highest loaded segment, guest-physical */
	uint64_t pvh; /* the address to enter it by PVH, if has_pvh */
	bool has_pvh;
	uint64_t entry64; /* the header's entry, of a 64-bit file; 0: none */
	bool is_linux;
};

/* Reads and checks everything before the first byte is loaded. CODE_BAD_IMAGE says what is wrong. */
int elf_read(const struct boot_request *request, struct elf *ret_elf, struct error *err);

/* Is that guest-physical address in what the file has of a loaded segment? */
bool elf_has_code_at(const struct elf *elf, uint64_t address);

/* Put the segments into guest memory. */
int elf_load(const struct boot_request *request, const struct elf *elf, struct error *err);

/* CODE_BAD_IMAGE: the header is not valid. */
int elf_bad(struct error *err, const char *what);

/* Of an ELF that was read, by the protocol of the name: initrd, command line, what the kernel is told. */
int boot_load_pvh(
	const struct boot_request *request, const struct elf *elf, struct boot_entry *ret_entry, struct error *err);
int boot_load_linux_elf(
	const struct boot_request *request, const struct elf *elf, struct boot_entry *ret_entry, struct error *err);

#endif
