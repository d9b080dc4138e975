// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/boot*.c: kernels that load, and every way in which an image can lie about itself. */
#include "vmm-core/boot/boot.h"

#include <asm/bootparam.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vmm-core/boot/acpi.h"

enum {
	HDR = 0x1f1,
	SETUP_SECTS = 5,
	VERSION_AT = 0x380, /* its text, in the part before the kernel */
	KERNEL_OFFSET = (SETUP_SECTS + 1) * 512,
	KERNEL_BYTES = 4096,
	ELF_BYTES = 16384,
	RAM_MIB = 64,
};

struct machine {
	struct layout layout;
	struct guest_ram ram;
	struct boot_request request;
	struct boot_entry entry;
};

static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, 0), size);
	return fd;
}

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct layout_request plan = {
		.ram_bytes = RAM_MIB * MIB, .page_bytes = 4 * KIB, .port_count = 1, .gpa_bits = 40
	};

	*state = m;
	m->request = (struct boot_request){ .kernel_fd = -1,
		.initrd_fd = -1,
		.cmdline = "console=ttyS0",
		.layout = &m->layout,
		.ram = &m->ram,
		.rsdp = ACPI_TABLES_START };
	return layout_plan(&plan, &m->layout, NULL) ||
	       guest_ram_init(&m->ram, RAM_PRIVATE, plan.ram_bytes, 4 * KIB, NULL) ||
	       guest_ram_place(&m->ram, &m->layout, NULL);
}

static int tear_down(void **state)
{
	struct machine *m = *state;

	close_fd(&m->request.kernel_fd);
	close_fd(&m->request.initrd_fd);
	guest_ram_done(&m->ram);
	free(m);
	return 0;
}

static int load(struct machine *m, const void *image, size_t size, struct error *err)
{
	close_fd(&m->request.kernel_fd);
	m->request.kernel_fd = file_of(image, size);
	memset(err, 0, sizeof(*err));
	return boot_load(&m->request, &m->entry, err);
}

static struct setup_header *make_bzimage(uint8_t image[static KERNEL_OFFSET + KERNEL_BYTES])
{
	struct setup_header *hdr = (void *)(image + HDR);

	memset(image, 0, KERNEL_OFFSET + KERNEL_BYTES);
	memset(image + KERNEL_OFFSET, 0xcc, KERNEL_BYTES);
	hdr->setup_sects = SETUP_SECTS;
	hdr->syssize = KERNEL_BYTES / 16;
	hdr->jump = 0x66eb;
	memcpy(&hdr->header, "HdrS", 4);
	hdr->version = 0x020f;
	hdr->loadflags = LOADED_HIGH;
	hdr->initrd_addr_max = 0x7fffffff;
	hdr->kernel_alignment = 2 * MIB;
	hdr->relocatable_kernel = 1;
	hdr->cmdline_size = 2047;
	hdr->pref_address = 16 * MIB;
	hdr->init_size = 8 * MIB;
	hdr->kernel_version = VERSION_AT - 0x200;
	memcpy(image + VERSION_AT, "6.1.0-x", sizeof("6.1.0-x"));
	return hdr;
}

static void bzimage(void **state)
{
	struct machine *m = *state;
	uint8_t image[KERNEL_OFFSET + KERNEL_BYTES], initrd[5000];
	const struct boot_params *params;
	struct error err;

	make_bzimage(image);
	memset(initrd, 0x5a, sizeof(initrd));
	m->request.initrd_fd = file_of(initrd, sizeof(initrd));
	assert_int_equal(load(m, image, sizeof(image), &err), 0);
	assert_int_equal(m->entry.rip, 16 * MIB);
	assert_int_equal(m->entry.rsi, BOOT_PARAMS);
	assert_memory_equal(guest_ptr(&m->ram, gpa(16 * MIB), KERNEL_BYTES), image + KERNEL_OFFSET, KERNEL_BYTES);
	params = guest_ptr(&m->ram, gpa(BOOT_PARAMS), sizeof(*params));
	assert_int_equal(params->hdr.type_of_loader, 0xff);
	assert_int_equal(params->hdr.code32_start, 16 * MIB);
	assert_int_equal(params->hdr.ramdisk_size, sizeof(initrd));
	assert_int_equal(params->hdr.ramdisk_image, RAM_MIB * MIB - 8192);
	assert_memory_equal(guest_ptr(&m->ram, gpa(params->hdr.ramdisk_image), sizeof(initrd)), initrd, sizeof(initrd));
	assert_string_equal(guest_ptr(&m->ram, gpa(params->hdr.cmd_line_ptr), 64), "console=ttyS0");
	assert_int_equal(params->acpi_rsdp_addr, ACPI_TABLES_START);
	assert_int_equal(params->e820_entries, 4);
	assert_int_equal(params->e820_table[0].size, 0xa0000);
	assert_int_equal(params->e820_table[2].addr, MIB);
	assert_int_equal(params->e820_table[2].size, (RAM_MIB - 1) * MIB);
	assert_int_equal(params->e820_table[3].type, 2);
	/* who starts firmware resets the machine: port 0x60c, value 1 */
	assert_memory_equal(guest_ptr(&m->ram, gpa(0xffff0), 9), "\xb0\x01\xba\x0c\x06\xee\xf4\xeb\xfd", 9);
}

static void bzimage_places(void **state)
{
	static const struct {
		uint64_t pref;
		uint32_t align, init_size;
		uint8_t relocatable;
		uint16_t version;
		uint64_t at; /* 0: refused */
	} cases[] = {
		{ 16 * MIB, 2 * MIB, 48 * MIB, 1, 0x20f, 16 * MIB },
		{ 16 * MIB, 2 * MIB, 48 * MIB + 1, 1, 0x20f, 2 * MIB },
		{ 16 * MIB, 2 * MIB, 63 * MIB, 1, 0x20f, 0 },
		{ 16 * MIB, 2 * MIB, UINT32_MAX, 1, 0x20f, 0 },
		{ 16 * MIB, 2 * MIB, 49 * MIB, 0, 0x20f, 0 },
		{ 16 * MIB, 2 * MIB, 8 * MIB, 0, 0x20a, 16 * MIB },
		{ UINT64_MAX, 2 * MIB, 8 * MIB, 1, 0x20f, 2 * MIB },
		{ UINT64_MAX, 2 * MIB, 8 * MIB, 0, 0x20f, 0 },
		{ 0, 4096, 8 * MIB, 0, 0x20f, 0 },
		{ 0, 4096, 8 * MIB, 1, 0x20f, MIB },
		{ 16 * MIB, 0x80000000, 8 * MIB, 1, 0x20f, 0 },
		{ 16 * MIB, 0, 8 * MIB, 1, 0x20f, 0 },
		{ 16 * MIB, 3 * MIB, 8 * MIB, 1, 0x20f, 0 },
		{ 16 * MIB, 2 * MIB, 8 * MIB, 1, 0x209, 0 },
		{ 3 * GIB, 2 * MIB, 8 * MIB, 0, 0x20f, 0 },
	};
	struct machine *m = *state;
	uint8_t image[KERNEL_OFFSET + KERNEL_BYTES];

	for (size_t i = 0; i < array_size(cases); i++) {
		struct setup_header *hdr = make_bzimage(image);
		struct error err;
		int ret;

		hdr->pref_address = cases[i].pref;
		hdr->kernel_alignment = cases[i].align;
		hdr->init_size = cases[i].init_size;
		hdr->relocatable_kernel = cases[i].relocatable;
		hdr->version = cases[i].version;
		ret = load(m, image, sizeof(image), &err);
		assert_int_equal(ret == 0, cases[i].at != 0);
		assert_int_equal(err.code, cases[i].at ? CODE_NONE : CODE_BAD_IMAGE);
		if (cases[i].at)
			assert_int_equal(m->entry.rip, cases[i].at);
	}
}

static void bzimage_cut_off(void **state)
{
	struct machine *m = *state;
	uint8_t image[KERNEL_OFFSET + KERNEL_BYTES];
	struct setup_header *hdr = make_bzimage(image);
	struct error err;

	for (size_t size = 0; size <= sizeof(image) - 16; size += size < 1024 ? 13 : 509) {
		assert_true(load(m, image, size, &err) < 0);
		assert_int_equal(err.code, CODE_BAD_IMAGE);
	}
	hdr->setup_sects = 255;
	assert_true(load(m, image, sizeof(image), &err) < 0);
	hdr->setup_sects = SETUP_SECTS;
	hdr->syssize = UINT32_MAX;
	assert_true(load(m, image, sizeof(image), &err) < 0);
	hdr->syssize = 0;
	assert_true(load(m, image, sizeof(image), &err) < 0);
	hdr->syssize = KERNEL_BYTES / 16;
	hdr->loadflags = 0;
	assert_true(load(m, image, sizeof(image), &err) < 0);
	hdr->loadflags = LOADED_HIGH;
	hdr->cmdline_size = 12;
	assert_true(load(m, image, sizeof(image), &err) < 0);
	assert_int_equal(err.code, CODE_BAD_IMAGE);
	hdr->cmdline_size = 13;
	assert_int_equal(load(m, image, sizeof(image), &err), 0);
}

static void initrd_too_large(void **state)
{
	struct machine *m = *state;
	uint8_t image[KERNEL_OFFSET + KERNEL_BYTES];
	struct setup_header *hdr = make_bzimage(image);
	struct error err;

	m->request.initrd_fd = file_of("x", 1);
	/* kernel up to 24 MiB, 40 MiB are free above */
	assert_int_equal(ftruncate(m->request.initrd_fd, 40 * MIB), 0);
	assert_int_equal(load(m, image, sizeof(image), &err), 0);
	assert_int_equal(ftruncate(m->request.initrd_fd, 40 * MIB + 1), 0);
	assert_true(load(m, image, sizeof(image), &err) < 0);
	assert_int_equal(err.code, CODE_BAD_IMAGE);
	assert_non_null(strstr(err.msg, "40 MiB"));
	assert_non_null(strstr(err.hint, "64 MiB"));
	assert_int_equal(ftruncate(m->request.initrd_fd, 1ll << 45), 0);
	assert_true(load(m, image, sizeof(image), &err) < 0);
	assert_int_equal(ftruncate(m->request.initrd_fd, 0), 0);
	assert_true(load(m, image, sizeof(image), &err) < 0);
	assert_int_equal(ftruncate(m->request.initrd_fd, 4096), 0);
	hdr->initrd_addr_max = 24 * MIB + 4095;
	assert_int_equal(load(m, image, sizeof(image), &err), 0);
	hdr->initrd_addr_max = 20 * MIB;
	assert_true(load(m, image, sizeof(image), &err) < 0);
}

/*
 * Whatever the image says of where it may lie and how much it needs: the RAM disk begins behind what the kernel unpacks
 * itself to.
 */
static void initrd_never_in_the_kernel(void **state)
{
	static const uint32_t limits[] = { 0, 1, 4096, 16 * MIB, 24 * MIB - 1, 24 * MIB, 24 * MIB + 0x7ff,
		24 * MIB + 0x1000, 24 * MIB + 0x17fe, 24 * MIB + 0x1fff, 24 * MIB + 0x2345, 0x7fffffff, 0xffffffff };
	static const uint32_t sizes[] = { 0, KERNEL_BYTES, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 8 * MIB + 0x801,
		8 * MIB + 0xfff };
	static const uint64_t places[] = { 16 * MIB, 16 * MIB + 0x200000, 16 * MIB + 0x1234 };
	struct machine *m = *state;
	uint8_t image[KERNEL_OFFSET + KERNEL_BYTES];
	struct setup_header *hdr = make_bzimage(image);
	const struct boot_params *params = guest_ptr(&m->ram, gpa(BOOT_PARAMS), sizeof(*params));
	unsigned int loaded = 0;

	m->request.initrd_fd = file_of("x", 1);
	assert_int_equal(ftruncate(m->request.initrd_fd, 4096), 0);
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++)
			for (size_t p = 0; p < sizeof(places) / sizeof(*places); p++) {
				uint64_t need = sizes[k] > KERNEL_BYTES ? sizes[k] : KERNEL_BYTES;
				struct error err;

				hdr->initrd_addr_max = limits[i];
				hdr->init_size = sizes[k];
				hdr->pref_address = places[p];
				if (load(m, image, sizeof(image), &err) < 0)
					continue;
				loaded++;
				assert_true(params->hdr.ramdisk_image >= places[p] + need);
				assert_true(params->hdr.ramdisk_image + 4096ull <= (uint64_t)limits[i] + 1);
			}
	assert_true(loaded > 20);
	/* A kernel that is put low, and says that it unpacks itself to the end of all addresses. */
	hdr->initrd_addr_max = 0xffffffff;
	hdr->init_size = KERNEL_BYTES;
	hdr->pref_address = UINT64_MAX - KERNEL_BYTES;
	assert_true(load(m, image, sizeof(image), &(struct error){ 0 }) < 0);
}

/* One loaded segment at 16 MiB and one note segment, in an image of ELF_BYTES. */
static Elf64_Phdr *make_elf(uint8_t image[static ELF_BYTES])
{
	Elf64_Ehdr *ehdr = (void *)image;
	Elf64_Phdr *phdr = (void *)(image + sizeof(*ehdr));
	uint32_t note[] = { 4, 8, 1, 0x00756e47, 0, 0, 4, 4, 18, 0x006e6558, 16 * MIB + 0x100 };

	memset(image, 0, ELF_BYTES);
	memset(image + 8192, 0xcc, 4096);
	memcpy(image + 4096, note, sizeof(note));
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(*phdr);
	ehdr->e_phnum = 3;
	phdr[0] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = 8192, .p_paddr = 16 * MIB, .p_filesz = 4096, .p_memsz = 8192
	};
	phdr[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = 4096, .p_filesz = sizeof(note), .p_align = 4 };
	phdr[2] =
		(Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 8192, .p_paddr = 18 * MIB, .p_filesz = 16, .p_memsz = 16 };
	return phdr;
}

static void elf(void **state)
{
	struct machine *m = *state;
	uint8_t image[ELF_BYTES], zero[4096] = { 0 };
	const uint32_t *info;
	struct error err;

	make_elf(image);
	m->request.initrd_fd = file_of("initrd", 6);
	/* what a guest left behind before its reset must not show in the kernel's zeroed data */
	memset(guest_ptr(&m->ram, gpa(16 * MIB), 8192), 0xff, 8192);
	assert_int_equal(load(m, image, sizeof(image), &err), 0);
	assert_int_equal(m->entry.rip, 16 * MIB + 0x100);
	assert_int_equal(m->entry.rbx, BOOT_START_INFO);
	assert_memory_equal(guest_ptr(&m->ram, gpa(16 * MIB), 4096), image + 8192, 4096);
	assert_memory_equal(guest_ptr(&m->ram, gpa(16 * MIB + 4096), 4096), zero, 4096);
	info = guest_ptr(&m->ram, gpa(BOOT_START_INFO), 4096);
	assert_int_equal(info[0], 0x336ec578);
	assert_int_equal(info[1], 1);
	assert_int_equal(info[3], 1);
	assert_int_equal(info[6], BOOT_CMDLINE);
	assert_int_equal(info[8], ACPI_TABLES_START);
	assert_int_equal(info[12], 4);
	assert_memory_equal(guest_ptr(&m->ram, gpa(RAM_MIB * MIB - 4096), 6), "initrd", 6);
}

/* With a note of Linux's and no other, and with the PVH note behind it, which is not used then. */
static void linux_elf(void **state)
{
	struct machine *m = *state;
	uint8_t image[ELF_BYTES];
	Elf64_Ehdr *ehdr = (void *)image;
	uint32_t note[] = { 6, 4, 0x100, 0x756e694c, 0x78, 0, 4, 4, 18, 0x006e6558, 16 * MIB + 0x100 };
	const struct boot_params *params;
	const uint64_t *table;
	struct error err;

	for (size_t size = 24; size <= sizeof(note); size += sizeof(note) - 24) {
		Elf64_Phdr *phdr = make_elf(image);

		memcpy(image + 4096, note, sizeof(note));
		phdr[1].p_filesz = size;
		ehdr->e_entry = 16 * MIB + 0x40;
		m->entry = (struct boot_entry){ 0 };
		assert_int_equal(load(m, image, sizeof(image), &err), 0);
		assert_int_equal(m->entry.rip, 16 * MIB + 0x40);
		assert_int_equal(m->entry.rsi, BOOT_PARAMS);
		assert_int_equal(m->entry.cr3, BOOT_PAGE_TABLES);
		assert_false(m->entry.config_ports);
	}
	params = guest_ptr(&m->ram, gpa(BOOT_PARAMS), sizeof(*params));
	assert_int_equal(params->hdr.boot_flag, 0xaa55);
	assert_int_equal(params->hdr.cmd_line_ptr, BOOT_CMDLINE);
	assert_int_equal(params->acpi_rsdp_addr, ACPI_TABLES_START);
	assert_int_equal(params->e820_entries, 4);
	/* 4 levels, the last but one of 2 MiB pages, each to its own place */
	table = guest_ptr(&m->ram, gpa(m->entry.cr3), 8);
	table = guest_ptr(&m->ram, gpa(table[0] & ~0xfffull), 8 * 4);
	for (uint64_t i = 0; i < 4; i++) {
		const uint64_t *directory = guest_ptr(&m->ram, gpa(table[i] & ~0xfffull), 4096);

		assert_int_equal(directory[0], i * GIB | 0x83);
		assert_int_equal(directory[511], (i * GIB + 511 * 2 * MIB) | 0x83);
	}
	/* An entry that was not loaded is none: this one has no other. */
	make_elf(image)[1].p_filesz = 24;
	memcpy(image + 4096, note, sizeof(note));
	ehdr->e_entry = 16 * MIB + 4096;
	assert_true(load(m, image, sizeof(image), &err) < 0);
	assert_int_equal(err.code, CODE_BAD_IMAGE);
}

/* Who may know no other way to configuration space than the ports. */
static void config_ports(void **state)
{
	static const struct {
		const char *cmdline;
		bool ports;
	} linux_with[] = {
		{ "", false },
		{ "console=ttyS0 acpi=force pci=nocrs,noaer", false },
		{ "console=ttyS0 acpi=noirq", true },
		{ "pci=noacpi", true },
		{ "pci=conf1", true },
		{ "quiet  pci=nocrs,nommconf,noaer init=/x", true },
		{ "pci=,conf1", true },
		{ "pci=conf11 pci=conf xpci=conf1 acpi=offf pci= conf1", false },
		{ "a acpi=off", true },
	};
	static const struct {
		uint16_t at;
		const char *text;
		bool ports;
	} versions[] = {
		{ VERSION_AT - 0x200, "7.2.0-1-amd64 (x@y)", false },
		{ VERSION_AT - 0x200, "4.19.0", false },
		{ VERSION_AT - 0x200, "4.18.20", true }, /* PCI is not there for it without them */
		{ VERSION_AT - 0x200, "3.10.0-1160.el7", true },
		{ VERSION_AT - 0x200, "10.0", false },
		{ VERSION_AT - 0x200, "6", true },
		{ VERSION_AT - 0x200, " 6.1", true },
		{ VERSION_AT - 0x200, "Memtest86+", true }, /* another program in Linux's format */
		{ 0, "6.1", true },                         /* that does not say what it is */
		{ KERNEL_OFFSET - 0x200, "6.1", true },     /* behind the part that has it */
		{ KERNEL_OFFSET - 0x201, "6.1", true },     /* its last byte */
		{ 0xffff, "6.1", true },
	};
	struct machine *m = *state;
	uint8_t image[KERNEL_OFFSET + KERNEL_BYTES], other[ELF_BYTES];
	struct error err;

	make_bzimage(image);
	for (size_t i = 0; i < array_size(linux_with); i++) {
		m->request.cmdline = linux_with[i].cmdline;
		assert_int_equal(load(m, image, sizeof(image), &err), 0);
		assert_int_equal(m->entry.config_ports, linux_with[i].ports);
	}
	m->request.cmdline = "";
	for (size_t i = 0; i < array_size(versions); i++) {
		struct setup_header *hdr = make_bzimage(image);

		hdr->kernel_version = versions[i].at;
		strcpy((char *)image + VERSION_AT, versions[i].text);
		image[KERNEL_OFFSET - 1] = '6';
		assert_int_equal(load(m, image, sizeof(image), &err), 0);
		assert_int_equal(m->entry.config_ports, versions[i].ports);
	}
	make_elf(other);
	assert_int_equal(load(m, other, sizeof(other), &err), 0);
	assert_true(m->entry.config_ports);
}

/* Each row damages one field of a good image. */
static void elf_lies(void **state)
{
	struct machine *m = *state;
	uint8_t image[ELF_BYTES];
	Elf64_Ehdr *ehdr = (void *)image;
	Elf64_Phdr *load_segment = (void *)(image + sizeof(*ehdr)), *note = load_segment + 1, *other = load_segment + 2;
	const struct {
		void *field;
		size_t size;
		uint64_t value;
	} cases[] = {
		{ &ehdr->e_machine, 2, EM_AARCH64 },
		{ &ehdr->e_ident[EI_CLASS], 1, 7 },
		{ &ehdr->e_ident[EI_DATA], 1, ELFDATA2MSB },
		{ &ehdr->e_phnum, 2, 0 },
		{ &ehdr->e_phnum, 2, 65535 },
		{ &ehdr->e_phentsize, 2, 32 },
		{ &ehdr->e_phoff, 8, UINT64_MAX - 4 },
		{ &ehdr->e_phoff, 8, ELF_BYTES - 16 },
		{ &load_segment->p_offset, 8, UINT64_MAX },
		{ &load_segment->p_offset, 8, ELF_BYTES - 4095 },
		{ &load_segment->p_filesz, 8, UINT64_MAX },
		{ &load_segment->p_filesz, 8, 8193 },
		{ &load_segment->p_memsz, 8, UINT64_MAX },
		{ &load_segment->p_memsz, 8, 48 * MIB + 1 },
		{ &load_segment->p_memsz, 8, 3 * MIB },
		{ &load_segment->p_paddr, 8, 0 },
		{ &load_segment->p_paddr, 8, UINT64_MAX - 4096 },
		{ &load_segment->p_paddr, 8, 64 * MIB },
		{ &load_segment->p_paddr, 8, 17 * MIB },
		{ &other->p_paddr, 8, 16 * MIB + 8191 },
		{ &note->p_type, 4, PT_NULL },
		{ &note->p_offset, 8, ELF_BYTES },
		{ &note->p_filesz, 8, UINT64_MAX },
		{ &note->p_filesz, 8, 40 },
		{ image + 4096, 4, UINT32_MAX },
		{ image + 4100, 4, UINT32_MAX - 3 },
		{ image + 4096 + 40, 4, 0x1000 },
		{ image + 4096 + 40, 4, 16 * MIB + 4096 },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		struct error err;

		make_elf(image);
		memcpy(cases[i].field, &cases[i].value, cases[i].size);
		if (load(m, image, sizeof(image), &err) == 0)
			fail_msg("case %zu was taken", i);
		assert_int_equal(err.code, CODE_BAD_IMAGE);
		assert_true(err.msg[0] != '\0');
	}
}

/* Images with random bytes in their headers: refused or loaded, never a bad access; sanitizers watch. */
static void random_headers(void **state)
{
	struct machine *m = *state;
	uint32_t seed = 42;

	for (int i = 0; i < 3000; i++) {
		uint8_t image[ELF_BYTES] = { 0 };
		struct error err;
		size_t span = i % 2 ? 232 : 0x90;

		if (i % 2)
			make_elf(image);
		else
			make_bzimage(image);
		for (int j = 0; j < 3; j++) {
			seed = seed * 1664525 + 1013904223;
			image[(i % 2 ? 4 : HDR) + (seed >> 8) % span] = (uint8_t)(seed >> 24);
		}
		load(m, image, sizeof(image), &err);
		assert_true(err.errnum == 0 || err.msg[0] != '\0');
	}
}

static void neither(void **state)
{
	struct machine *m = *state;
	uint8_t image[4096] = "#!/bin/sh";
	struct error err;

	assert_true(load(m, image, sizeof(image), &err) < 0);
	assert_int_equal(err.code, CODE_BAD_IMAGE);
	assert_true(err.hint[0] != '\0');
	close_fd(&m->request.kernel_fd);
	m->request.kernel_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(boot_load(&m->request, &m->entry, &err) < 0);
	assert_int_equal(err.code, CODE_BAD_IMAGE);
}

int main(void)
{
#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		test(bzimage),
		test(bzimage_places),
		test(bzimage_cut_off),
		test(initrd_too_large),
		test(initrd_never_in_the_kernel),
		test(elf),
		test(linux_elf),
		test(config_ports),
		test(elf_lies),
		test(random_headers),
		test(neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
