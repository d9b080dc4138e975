// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What both boot protocols share: which image it is, the memory map, the command line, the initial RAM disk, the
 * descriptor table that the first instruction runs on. See boot.h.
 */
#include "vmm-core/boot/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/boot/acpi.h"
#include "vmm-core/boot/elf.h"
#include "vmm-core/device/acpi_power.h"
#include "wire/launch.h"

enum {
	HEADER_MAGIC_OFFSET = 0x202,
	HEADER_BYTES = HEADER_MAGIC_OFFSET + 4,
};

/* Flat 4 GiB segments at the selectors of boot.h. A processor reads them when the kernel reloads a segment register. */
static int write_gdt(const struct boot_request *request, struct error *err)
{
	static const uint64_t gdt[BOOT_GDT_BYTES / sizeof(uint64_t)] = {
		[BOOT_GDT_CODE / sizeof(uint64_t)] = 0x00cf9b000000ffff,
		[BOOT_GDT_DATA / sizeof(uint64_t)] = 0x00cf93000000ffff,
		[BOOT_GDT_TSS / sizeof(uint64_t)] = 0x00008b0000000067,
	};
	void *guest = guest_ptr(request->ram, gpa(BOOT_GDT), sizeof(gdt));

	if (!guest)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory at 0x%x", BOOT_GDT);
	memcpy(guest, gdt, sizeof(gdt));
	return 0;
}

/*
 * Firmware's first instruction, for who restarts the machine by jumping there: Linux, as it takes a hardware-reduced
 * machine for one of UEFI, and then finds no UEFI. In 16-bit code: write the reset register, stop.
 */
static int write_reset_vector(const struct boot_request *request, struct error *err)
{
	static const uint8_t code[] = { 0xb0, ACPI_POWER_RESET_VALUE,                      /* mov al, value */
		0xba, (uint8_t)(ACPI_POWER_BASE + ACPI_POWER_RESET), ACPI_POWER_BASE >> 8, /* mov dx, port */
		0xee, 0xf4, 0xeb, 0xfd };                                                  /* out dx, al; hlt; jmp */
	uint8_t *guest = guest_ptr(request->ram, gpa(BOOT_RESET_VECTOR), sizeof(code));

	_Static_assert(BOOT_RESET_VECTOR + sizeof(code) <= BOOT_HIGH_START, "the reset vector ends below 1 MiB");
	_Static_assert(ACPI_TABLES_END <= BOOT_RESET_VECTOR, "the reset vector is no table's");
	if (!guest)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory at 0x%x", BOOT_RESET_VECTOR);
	memcpy(guest, code, sizeof(code));
	return 0;
}

/* One of the values of a word like "pci=conf1,nocrs", which ends at a space. */
static bool word_has_value(const char *word, const char *name, const char *value)
{
	if (!text_starts_with(word, name))
		return false;
	for (word += strlen(name); *word && *word != ' '; word += *word == ',') {
		size_t length = strcspn(word, ", ");

		if (length == strlen(value) && !memcmp(word, value, length))
			return true;
		word += length;
	}
	return false;
}

/*
 * Linux reads the first 256 bytes of configuration space by the ports where they answer, two exits an access, and by
 * ECAM where they do not. So they answer to others, and to a Linux that was told to do without ECAM, without the table
 * that says where it is, or without ACPI's interrupts: it then looks for devices by the ports alone
 * (pci_legacy_init()). One that was built without ECAM has to be told.
 */
static bool linux_wants_ports(const char *cmdline)
{
	static const struct {
		const char *name, *value;
	} words[] = { { "pci=", "conf1" }, { "pci=", "nommconf" }, { "pci=", "noacpi" }, { "acpi=", "off" },
		{ "acpi=", "noirq" } };

	for (const char *at = cmdline; *at; at += strcspn(at, " "), at += strspn(at, " "))
		for (size_t i = 0; i < array_size(words); i++)
			if (word_has_value(at, words[i].name, words[i].value))
				return true;
	return false;
}

static int load_elf(const struct boot_request *request, struct boot_entry *ret_entry, struct error *err)
{
	struct elf elf;
	int ret = elf_read(request, &elf, err);
	bool is_linux;

	if (ret < 0)
		return ret;
	is_linux = elf.is_linux && elf.entry64 && elf_has_code_at(&elf, elf.entry64);
	if (!is_linux && !elf.has_pvh) {
		fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel is an ELF file without a PVH entry");
		return fail_hint(err, "build it with CONFIG_PVH=y, or give its bzImage");
	}
	if (!is_linux && !elf_has_code_at(&elf, elf.pvh))
		return elf_bad(err, "the PVH entry is in no segment");
	ret = elf_load(request, &elf, err);
	if (ret < 0)
		return ret;
	ret = is_linux ? boot_load_linux_elf(request, &elf, ret_entry, err)
		       : boot_load_pvh(request, &elf, ret_entry, err);
	if (ret == 0)
		ret_entry->config_ports = !is_linux || linux_wants_ports(request->cmdline);
	return ret;
}

int boot_load(const struct boot_request *request, struct boot_entry *ret_entry, struct error *err)
{
	uint8_t header[HEADER_BYTES];
	uint64_t bytes;
	int ret = boot_file_size(request->kernel_fd, "kernel", &bytes, err);

	if (ret == 0)
		ret = boot_read(request->kernel_fd, "kernel", 0, header, sizeof(header), err);
	if (ret == 0)
		ret = write_gdt(request, err);
	if (ret == 0)
		ret = write_reset_vector(request, err);
	if (ret < 0)
		return ret;
	if (!memcmp(header, ELFMAG, SELFMAG))
		return load_elf(request, ret_entry, err);
	if (!memcmp(&header[HEADER_MAGIC_OFFSET], "HdrS", 4)) {
		ret = boot_load_bzimage(request, ret_entry, err);
		if (ret == 0 && linux_wants_ports(request->cmdline))
			ret_entry->config_ports = true;
		return ret;
	}
	fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel is neither a Linux bzImage nor an ELF file");
	return fail_hint(err, "give the kernel's vmlinuz, or an uncompressed vmlinux with a PVH entry");
}
