/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading a kernel without firmware: a Linux bzImage by its 32-bit boot protocol (bzimage.c), or an ELF: Linux's own by
 * its 64-bit entry (linux_elf.c), any other by its PVH entry (pvh.c). The image is not trusted: every size and address
 * in it is checked against the file and against guest memory before anything is read, and files are read straight into
 * guest memory.
 *
 * boot.c chooses; image.c has what all share, zero_page.c what Linux is told, elf.h segments and notes (elf.c). acpi.h
 * writes the guest's ACPI tables: the fixed ones, dsdt.asl, and what depends on the machine as AML (aml.h).
 *
 * What a boot leaves below 1 MiB, where the guest's kernel finds and then forgets it:
 */
#ifndef VMM_CORE_BOOT_BOOT_H
#define VMM_CORE_BOOT_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/layout.h"
#include "vmm-core/ram.h"

enum {
	BOOT_GDT = 0x500,
	BOOT_START_INFO = 0x6000, /* PVH's hvm_start_info and what it points to */
	BOOT_PARAMS = 0x7000,     /* Linux's zero page */
	BOOT_CMDLINE = 0x8000,
	BOOT_PAGE_TABLES = 0x9000, /* six pages, for an entry in 64-bit mode: the first 4 GiB as they are */
	BOOT_GDT_CODE = 0x10,      /* selectors that the Linux boot protocol prescribes */
	BOOT_GDT_DATA = 0x18,
	BOOT_GDT_TSS = 0x20,
	BOOT_GDT_BYTES = 0x28,
	BOOT_RESET_VECTOR = 0xffff0, /* where a processor in real mode starts firmware */
	BOOT_MAP_MAX = LIMIT_E820,
};
#define BOOT_LOW_RAM_END 0xa0000ull /* then video memory and firmware's place, which holds the ACPI tables */
#define BOOT_HIGH_START (1 * MIB)

enum boot_memory_type {
	BOOT_MEMORY_RAM = 1, /* numbers of e820 and PVH alike */
	BOOT_MEMORY_RESERVED = 2,
};

struct boot_memory {
	struct range at;
	enum boot_memory_type type;
};

struct boot_request {
	int kernel_fd, initrd_fd; /* regular files; initrd_fd -1: none. Borrowed, their position is not used */
	const char *cmdline;
	const struct layout *layout;
	const struct guest_ram *ram;
	uint64_t rsdp; /* ACPI root pointer */
};

/* Registers of the first instruction; see vcpu_boot(). cr3 0: 32-bit mode without paging, else 64-bit mode. */
struct boot_entry {
	uint64_t rip, rbx, rsi, cr3;
	bool config_ports; /* who starts there may want 0xcf8 and 0xcfc; else see pci_bus_hide_ports() */
};

/* CODE_BAD_IMAGE says what is wrong with which image. */
int boot_load(const struct boot_request *request, struct boot_entry *ret_entry, struct error *err);

/* For the two formats: */

/* The memory map that the guest is given, sorted. Returns the number of entries. */
size_t boot_memory_map(const struct layout *layout, struct boot_memory ret_map[static BOOT_MAP_MAX]);

/* Size of a regular file; what is its name in messages ("kernel"). */
int boot_file_size(int fd, const char *what, uint64_t *ret_bytes, struct error *err);

/* Read exactly [offset, offset + size) of a file. */
int boot_read(int fd, const char *what, uint64_t offset, void *buf, uint64_t size, struct error *err);

/* Copy the command line to BOOT_CMDLINE; longest is the kernel's limit, without the terminating zero. */
int boot_write_cmdline(const struct boot_request *request, uint64_t longest, struct error *err);

/*
 * Read the initial RAM disk to the highest place below limit that is above the kernel's end. An empty range when there
 * is none.
 */
int boot_load_initrd(const struct boot_request *request, uint64_t kernel_end, uint64_t limit, struct range *ret_at,
	struct error *err);

struct setup_header;

/*
 * Write Linux's zero page: hdr, which may be an image's own, completed with loader, command line, initrd; memory map
 * and the ACPI root pointer.
 */
int boot_write_zero_page(
	const struct boot_request *request, const struct setup_header *hdr, struct range initrd, struct error *err);

int boot_load_bzimage(const struct boot_request *request, struct boot_entry *ret_entry, struct error *err);

#endif
