// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF kernels with a PVH entry: 32-bit protected mode at the address of the note XEN_ELFNOTE_PHYS32_ENTRY, EBX pointing
 * to a struct hvm_start_info (Xen's public headers, xen.h and arch-x86/hvm/start_info.h, version 1). Linux vmlinux, the
 * BSDs and several unikernels have one. Nothing is decompressed and no firmware runs.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/boot/boot.h"

enum {
	SEGMENT_MAX = 64,
	NOTES_BYTES_MAX = 64 * 1024,
	NOTE_PHYS32_ENTRY = 18,
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

struct elf {
	int fd;
	uint64_t bytes;
	Elf64_Phdr segment[SEGMENT_MAX]; /* of a 32-bit file, widened */
	size_t count;
	uint64_t entry;
	bool has_entry;
	uint64_t end; /* of the highest loaded segment */
};

static Elf64_Phdr widened(const Elf32_Phdr *narrow)
{
	return (Elf64_Phdr){
		.p_type = narrow->p_type,
		.p_offset = narrow->p_offset,
		.p_paddr = narrow->p_paddr,
		.p_filesz = narrow->p_filesz,
		.p_memsz = narrow->p_memsz,
		.p_align = narrow->p_align,
	};
}

static int bad(struct error *err, const char *what)
{
	return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel's ELF header is not valid: %s", what);
}

/* Where the program headers are, whatever the class. */
static int read_ehdr(const struct elf *elf, bool *ret_wide, uint64_t *ret_offset, size_t *ret_count, struct error *err)
{
	union {
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} ehdr;
	unsigned int machine, entry_size;
	bool wide;
	int ret = boot_read(elf->fd, "kernel", 0, &ehdr, sizeof(ehdr), err);

	if (ret < 0)
		return ret;
	wide = ehdr.wide.e_ident[EI_CLASS] == ELFCLASS64;
	if (!wide && ehdr.wide.e_ident[EI_CLASS] != ELFCLASS32)
		return bad(err, "neither 32 nor 64 bits");
	machine = wide ? ehdr.wide.e_machine : ehdr.narrow.e_machine;
	if (ehdr.wide.e_ident[EI_DATA] != ELFDATA2LSB || (machine != EM_X86_64 && machine != EM_386))
		return bad(err, "not for x86");
	*ret_count = wide ? ehdr.wide.e_phnum : ehdr.narrow.e_phnum;
	*ret_offset = wide ? ehdr.wide.e_phoff : ehdr.narrow.e_phoff;
	entry_size = wide ? ehdr.wide.e_phentsize : ehdr.narrow.e_phentsize;
	if (!*ret_count || *ret_count > SEGMENT_MAX)
		return bad(err, "number of segments");
	if (entry_size != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return bad(err, "size of a program header");
	if (*ret_offset > elf->bytes || elf->bytes - *ret_offset < *ret_count * entry_size)
		return bad(err, "program headers lie behind the end of the file");
	*ret_wide = wide;
	return 0;
}

static int read_segments(struct elf *elf, struct error *err)
{
	uint64_t offset = 0;
	bool wide = false;
	int ret = read_ehdr(elf, &wide, &offset, &elf->count, err);

	if (ret < 0 || wide)
		return ret < 0 ? ret
			       : boot_read(
					 elf->fd, "kernel", offset, elf->segment, elf->count * sizeof(Elf64_Phdr), err);
	for (size_t i = 0; i < elf->count && ret == 0; i++) {
		Elf32_Phdr narrow;

		ret = boot_read(elf->fd, "kernel", offset + i * sizeof(narrow), &narrow, sizeof(narrow), err);
		elf->segment[i] = widened(&narrow);
	}
	return ret;
}

/* The file's part of a segment lies in the file. */
static int check_file_part(const struct elf *elf, const Elf64_Phdr *segment, struct error *err)
{
	if (segment->p_offset > elf->bytes || segment->p_filesz > elf->bytes - segment->p_offset)
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC,
			"the kernel image is cut off: %" PRIu64 " bytes, a segment has 0x%" PRIx64
			" bytes at 0x%" PRIx64,
			elf->bytes, segment->p_filesz, segment->p_offset);
	return 0;
}

static bool loads(const Elf64_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_memsz > 0;
}

static int check_load(const struct boot_request *request, const struct elf *elf, size_t index, struct error *err)
{
	const Elf64_Phdr *segment = &elf->segment[index];
	uint64_t start = segment->p_paddr, bytes = segment->p_memsz;
	char size[32], memory[32];
	int ret = check_file_part(elf, segment, err);

	if (ret < 0)
		return ret;
	if (segment->p_filesz > bytes)
		return bad(err, "a segment is larger in the file than in memory");
	if (start < BOOT_HIGH_START || start >= request->layout->ram[0].at.end ||
		bytes > request->layout->ram[0].at.end - start) {
		fail_code(err, CODE_BAD_IMAGE, E2BIG,
			"the kernel needs %s at 0x%" PRIx64 ", the guest has %s of memory",
			size_to_text(bytes, size, sizeof(size)), start,
			size_to_text(request->ram->bytes, memory, sizeof(memory)));
		return fail_hint(err, "give the guest more memory");
	}
	for (size_t i = 0; i < index; i++) {
		const Elf64_Phdr *other = &elf->segment[i];

		if (loads(other) && start < other->p_paddr + other->p_memsz && other->p_paddr < start + bytes)
			return bad(err, "two segments overlap in memory");
	}
	return 0;
}

/* Size of a note's name or descriptor with its padding. */
static uint64_t padded(uint32_t bytes, uint64_t align)
{
	return (bytes + align - 1) & ~(align - 1);
}

static void find_entry(struct elf *elf, const uint8_t *notes, uint64_t bytes, uint64_t align)
{
	Elf64_Nhdr note;

	for (uint64_t at = 0; bytes - at >= sizeof(note);) {
		uint64_t name, desc;

		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		name = padded(note.n_namesz, align);
		desc = padded(note.n_descsz, align);
		if (name > bytes - at || desc > bytes - at - name)
			return;
		if (note.n_type == NOTE_PHYS32_ENTRY && note.n_namesz == sizeof("Xen") &&
			!memcmp(notes + at, "Xen", sizeof("Xen")) && (note.n_descsz == 4 || note.n_descsz == 8)) {
			memcpy(&elf->entry, notes + at + name, note.n_descsz);
			elf->has_entry = true;
			return;
		}
		at += name + desc;
	}
}

static int read_notes(struct elf *elf, const Elf64_Phdr *segment, struct error *err)
{
	cleanup_free uint8_t *notes = NULL;
	int ret = check_file_part(elf, segment, err);

	if (ret < 0)
		return ret;
	if (segment->p_filesz > NOTES_BYTES_MAX)
		return bad(err, "too many notes");
	notes = malloc(segment->p_filesz + 1);
	if (!notes)
		return fail(err, ENOMEM, "read the kernel's notes");
	ret = boot_read(elf->fd, "kernel", segment->p_offset, notes, segment->p_filesz, err);
	if (ret == 0)
		find_entry(elf, notes, segment->p_filesz, segment->p_align == 8 ? 8 : 4);
	return ret;
}

/* Everything is checked before the first byte is loaded. */
static int check_segments(const struct boot_request *request, struct elf *elf, struct error *err)
{
	bool entry_loaded = false;

	for (size_t i = 0; i < elf->count; i++) {
		const Elf64_Phdr *segment = &elf->segment[i];
		int ret = 0;

		if (loads(segment))
			ret = check_load(request, elf, i, err);
		else if (segment->p_type == PT_NOTE && !elf->has_entry)
			ret = read_notes(elf, segment, err);
		if (ret < 0)
			return ret;
		if (loads(segment) && segment->p_paddr + segment->p_memsz > elf->end)
			elf->end = segment->p_paddr + segment->p_memsz;
	}
	if (!elf->has_entry) {
		fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel is an ELF file without a PVH entry");
		return fail_hint(err, "build it with CONFIG_PVH=y, or give its bzImage");
	}
	for (size_t i = 0; i < elf->count; i++)
		entry_loaded |= loads(&elf->segment[i]) && elf->entry >= elf->segment[i].p_paddr &&
				elf->entry - elf->segment[i].p_paddr < elf->segment[i].p_filesz;
	return entry_loaded ? 0 : bad(err, "the PVH entry is in no segment");
}

static int load_segments(const struct boot_request *request, const struct elf *elf, struct error *err)
{
	for (size_t i = 0; i < elf->count; i++) {
		const Elf64_Phdr *segment = &elf->segment[i];
		uint8_t *guest;
		int ret;

		if (!loads(segment))
			continue;
		guest = guest_ptr(request->ram, gpa(segment->p_paddr), segment->p_memsz);
		if (!guest)
			return bad(err, "a segment lies outside of guest memory");
		ret = boot_read(elf->fd, "kernel", segment->p_offset, guest, segment->p_filesz, err);
		if (ret < 0)
			return ret;
		memset(guest + segment->p_filesz, 0, segment->p_memsz - segment->p_filesz);
	}
	return 0;
}

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

int boot_load_pvh(const struct boot_request *request, struct boot_entry *ret_entry, struct error *err)
{
	struct elf elf = { .fd = request->kernel_fd };
	struct range initrd;
	int ret = boot_file_size(elf.fd, "kernel", &elf.bytes, err);

	if (ret == 0)
		ret = read_segments(&elf, err);
	if (ret == 0)
		ret = check_segments(request, &elf, err);
	if (ret == 0)
		ret = load_segments(request, &elf, err);
	if (ret == 0)
		ret = boot_write_cmdline(request, UINT32_MAX, err);
	if (ret == 0)
		ret = boot_load_initrd(request, elf.end, request->layout->ram[0].at.end, &initrd, err);
	if (ret == 0)
		ret = write_start_info(request, initrd, err);
	if (ret == 0)
		*ret_entry = (struct boot_entry){ .rip = elf.entry, .rbx = BOOT_START_INFO };
	return ret;
}
