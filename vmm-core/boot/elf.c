// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF kernels: segments and notes; see elf.h. The ELF structures are the System V ABI's, of 32 and 64 bits.
 */
#include "vmm-core/boot/elf.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	NOTES_BYTES_MAX = 64 * 1024,
	NOTE_PHYS32_ENTRY = 18, /* XEN_ELFNOTE_PHYS32_ENTRY of Xen's elfnote.h */
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

int elf_bad(struct error *err, const char *what)
{
	return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel's ELF header is not valid: %s", what);
}

/* Where the program headers are, whatever the class. */
static int read_ehdr(struct elf *elf, bool *ret_wide, uint64_t *ret_offset, struct error *err)
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
		return elf_bad(err, "neither 32 nor 64 bits");
	machine = wide ? ehdr.wide.e_machine : ehdr.narrow.e_machine;
	if (ehdr.wide.e_ident[EI_DATA] != ELFDATA2LSB || (machine != EM_X86_64 && machine != EM_386))
		return elf_bad(err, "not for x86");
	elf->count = wide ? ehdr.wide.e_phnum : ehdr.narrow.e_phnum;
	elf->entry64 = wide && machine == EM_X86_64 ? ehdr.wide.e_entry : 0;
	*ret_offset = wide ? ehdr.wide.e_phoff : ehdr.narrow.e_phoff;
	entry_size = wide ? ehdr.wide.e_phentsize : ehdr.narrow.e_phentsize;
	if (!elf->count || elf->count > ELF_SEGMENT_MAX)
		return elf_bad(err, "number of segments");
	if (entry_size != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return elf_bad(err, "size of a program header");
	if (*ret_offset > elf->bytes || elf->bytes - *ret_offset < elf->count * entry_size)
		return elf_bad(err, "program headers lie behind the end of the file");
	*ret_wide = wide;
	return 0;
}

static int read_segments(struct elf *elf, struct error *err)
{
	uint64_t offset = 0;
	bool wide = false;
	int ret = read_ehdr(elf, &wide, &offset, err);

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
		return elf_bad(err, "a segment is larger in the file than in memory");
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
			return elf_bad(err, "two segments overlap in memory");
	}
	return 0;
}

/* Size of a note's name or descriptor with its padding. */
static uint64_t padded(uint32_t bytes, uint64_t align)
{
	return (bytes + align - 1) & ~(align - 1);
}

static bool owned_by(const Elf64_Nhdr *note, const uint8_t *name, const char *owner)
{
	return note->n_namesz == strlen(owner) + 1 && !memcmp(name, owner, note->n_namesz);
}

/* Of the bytes of a note: a PVH entry, or the mark that Linux leaves in its own file (its build salt, since 4.19). */
static void take_note(struct elf *elf, const Elf64_Nhdr *note, const uint8_t *name, const uint8_t *desc)
{
	if (owned_by(note, name, "Linux"))
		elf->is_linux = true;
	if (elf->has_pvh || note->n_type != NOTE_PHYS32_ENTRY || !owned_by(note, name, "Xen") ||
		(note->n_descsz != 4 && note->n_descsz != 8))
		return;
	memcpy(&elf->pvh, desc, note->n_descsz);
	elf->has_pvh = true;
}

static void take_notes(struct elf *elf, const uint8_t *notes, uint64_t bytes, uint64_t align)
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
		take_note(elf, &note, notes + at, notes + at + name);
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
		return elf_bad(err, "too many notes");
	notes = malloc(segment->p_filesz + 1);
	if (!notes)
		return fail(err, ENOMEM, "read the kernel's notes");
	ret = boot_read(elf->fd, "kernel", segment->p_offset, notes, segment->p_filesz, err);
	if (ret == 0)
		take_notes(elf, notes, segment->p_filesz, segment->p_align == 8 ? 8 : 4);
	return ret;
}

static int check_segments(const struct boot_request *request, struct elf *elf, struct error *err)
{
	for (size_t i = 0; i < elf->count; i++) {
		const Elf64_Phdr *segment = &elf->segment[i];
		int ret = 0;

		if (loads(segment))
			ret = check_load(request, elf, i, err);
		else if (segment->p_type == PT_NOTE)
			ret = read_notes(elf, segment, err);
		if (ret < 0)
			return ret;
		if (loads(segment) && segment->p_paddr + segment->p_memsz > elf->end)
			elf->end = segment->p_paddr + segment->p_memsz;
	}
	return 0;
}

bool elf_has_code_at(const struct elf *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->count; i++)
		if (loads(&elf->segment[i]) && address >= elf->segment[i].p_paddr &&
			address - elf->segment[i].p_paddr < elf->segment[i].p_filesz)
			return true;
	return false;
}

int elf_read(const struct boot_request *request, struct elf *ret_elf, struct error *err)
{
	struct elf *elf = ret_elf;
	int ret;

	*elf = (struct elf){ .fd = request->kernel_fd };
	ret = boot_file_size(elf->fd, "kernel", &elf->bytes, err);
	if (ret == 0)
		ret = read_segments(elf, err);
	return ret < 0 ? ret : check_segments(request, elf, err);
}

int elf_load(const struct boot_request *request, const struct elf *elf, struct error *err)
{
	for (size_t i = 0; i < elf->count; i++) {
		const Elf64_Phdr *segment = &elf->segment[i];
		uint8_t *guest;
		int ret;

		if (!loads(segment))
			continue;
		guest = guest_ptr(request->ram, gpa(segment->p_paddr), segment->p_memsz);
		if (!guest)
			return elf_bad(err, "a segment lies outside of guest memory");
		ret = boot_read(elf->fd, "kernel", segment->p_offset, guest, segment->p_filesz, err);
		if (ret < 0)
			return ret;
		memset(guest + segment->p_filesz, 0, segment->p_memsz - segment->p_filesz);
	}
	return 0;
}
