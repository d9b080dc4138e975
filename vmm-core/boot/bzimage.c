// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linux bzImage, entered at its 32-bit entry point (Documentation/arch/x86/boot.rst, protocol 2.10 of Linux 2.6.31 and
 * later). The real-mode part is not run: what it would find out goes into the zero page. The kernel is put where it
 * prefers to be, or where its alignment lets it when memory ends before that.
 */
#include <asm/bootparam.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/boot/boot.h"

enum {
	SECTOR = 512,
	SETUP_SECTS_DEFAULT = 4, /* what 0 means, for history's sake */
	PROTOCOL_LEAST = 0x020a, /* init_size and pref_address */
	HEADER_OFFSET = offsetof(struct boot_params, hdr),
	HEADER_END_BYTE = 0x201, /* a short jump over the header: tells its size */
	HEADER_END_BASE = 0x202,
	SYSSIZE_UNIT = 16,
	VERSION_BASE = 0x200,
	VERSION_TEXT_SIZE = 16,
};

struct bzimage {
	struct setup_header hdr;
	uint64_t kernel_offset, kernel_bytes; /* the protected-mode part in the file */
	struct range at;                      /* all that the kernel needs until it knows its memory */
};

static int read_header(const struct boot_request *request, struct bzimage *image, struct error *err)
{
	uint8_t raw[HEADER_OFFSET + sizeof(struct setup_header)];
	size_t end;
	int ret = boot_read(request->kernel_fd, "kernel", 0, raw, sizeof(raw), err);

	if (ret < 0)
		return ret;
	/* A younger kernel's header may be longer, an older one's shorter: what lies behind is code. */
	end = HEADER_END_BASE + (size_t)raw[HEADER_END_BYTE];
	if (end > sizeof(raw))
		end = sizeof(raw);
	memset(&image->hdr, 0, sizeof(image->hdr));
	memcpy(&image->hdr, raw + HEADER_OFFSET, end - HEADER_OFFSET);
	return 0;
}

static int check_header(const struct bzimage *image, struct error *err)
{
	const struct setup_header *hdr = &image->hdr;

	if (hdr->version < PROTOCOL_LEAST)
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel has boot protocol %d.%02d, 2.10 is needed",
			hdr->version >> 8, hdr->version & 0xff);
	if (!(hdr->loadflags & LOADED_HIGH))
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel is a zImage, a bzImage is needed");
	if (!hdr->kernel_alignment || hdr->kernel_alignment & (hdr->kernel_alignment - 1))
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel's alignment 0x%x is no power of two",
			hdr->kernel_alignment);
	return 0;
}

static int find_kernel(const struct boot_request *request, struct bzimage *image, struct error *err)
{
	uint64_t setup_sects = image->hdr.setup_sects ? image->hdr.setup_sects : SETUP_SECTS_DEFAULT;
	uint64_t declared = (uint64_t)image->hdr.syssize * SYSSIZE_UNIT, bytes;
	int ret = boot_file_size(request->kernel_fd, "kernel", &bytes, err);

	if (ret < 0)
		return ret;
	image->kernel_offset = (setup_sects + 1) * SECTOR;
	if (!declared)
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel image says that it holds no kernel");
	/* The last unit need not be full; behind it there may be a signature. */
	if (image->kernel_offset >= bytes || bytes - image->kernel_offset + SYSSIZE_UNIT - 1 < declared)
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC,
			"the kernel image is cut off: %" PRIu64 " bytes, its header says %" PRIu64, bytes,
			image->kernel_offset + declared);
	image->kernel_bytes = bytes - image->kernel_offset < declared ? bytes - image->kernel_offset : declared;
	return 0;
}

static bool fits(const struct boot_request *request, uint64_t start, uint64_t bytes)
{
	return start >= BOOT_HIGH_START && guest_ptr(request->ram, gpa(start), bytes) &&
	       start + bytes <= request->layout->ram[0].at.end;
}

static int place_kernel(const struct boot_request *request, struct bzimage *image, struct error *err)
{
	const struct setup_header *hdr = &image->hdr;
	uint64_t need = hdr->init_size > image->kernel_bytes ? hdr->init_size : image->kernel_bytes;
	uint64_t align = hdr->kernel_alignment, start = hdr->pref_address;
	char text[32], memory[32];

	if (hdr->relocatable_kernel) {
		uint64_t lowest = (BOOT_HIGH_START + align - 1) & ~(align - 1);

		start = hdr->pref_address & ~(align - 1);
		if (!fits(request, start, need))
			start = lowest;
	}
	if (!fits(request, start, need)) {
		fail_code(err, CODE_BAD_IMAGE, E2BIG,
			"the kernel needs %s at 0x%" PRIx64 ", the guest has %s of memory",
			size_to_text(need, text, sizeof(text)), start,
			size_to_text(request->ram->bytes, memory, sizeof(memory)));
		return fail_hint(err, "give the guest more memory");
	}
	/* Linux unpacks itself to its preferred address also where it was put below: what it needs ends behind that. */
	image->at = (struct range){ start, (start < hdr->pref_address ? hdr->pref_address : start) + need };
	if (image->at.end < image->at.start)
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the kernel's preferred address 0x%" PRIx64 " is none",
			(uint64_t)hdr->pref_address);
	return boot_read(request->kernel_fd, "kernel", image->kernel_offset, guest_ptr(request->ram, gpa(start), need),
		image->kernel_bytes, err);
}

/*
 * Does the image say that it is a Linux which can do with ECAM alone? Linux puts its version there, "6.1.0-13-amd64
 * ...", and the protocol has nothing better to tell; others use the format too (memtest86+). Before 4.19 Linux takes a
 * machine without the ports for one without PCI, and does not account for the addresses that it finds there.
 */
static bool can_do_without_ports(const struct boot_request *request, const struct bzimage *image)
{
	uint64_t at = VERSION_BASE + (uint64_t)image->hdr.kernel_version;
	char text[VERSION_TEXT_SIZE] = "";
	size_t size = sizeof(text) - 1;
	unsigned int major, minor;

	if (!image->hdr.kernel_version || at >= image->kernel_offset)
		return false;
	if (image->kernel_offset - at < size)
		size = (size_t)(image->kernel_offset - at);
	return boot_read(request->kernel_fd, "kernel", at, text, size, NULL) == 0 && isdigit((unsigned char)text[0]) &&
	       sscanf(text, "%3u.%3u", &major, &minor) == 2 && (major > 4 || (major == 4 && minor >= 19));
}

int boot_load_bzimage(const struct boot_request *request, struct boot_entry *ret_entry, struct error *err)
{
	struct bzimage image;
	struct range initrd;
	int ret = read_header(request, &image, err);

	if (ret == 0)
		ret = check_header(&image, err);
	if (ret == 0)
		ret = find_kernel(request, &image, err);
	if (ret == 0)
		ret = place_kernel(request, &image, err);
	if (ret == 0)
		ret = boot_write_cmdline(request, image.hdr.cmdline_size, err);
	if (ret == 0)
		ret = boot_load_initrd(request, image.at.end, (uint64_t)image.hdr.initrd_addr_max + 1, &initrd, err);
	if (ret < 0)
		return ret;
	image.hdr.code32_start = (uint32_t)image.at.start;
	*ret_entry = (struct boot_entry){
		.rip = image.at.start, .rsi = BOOT_PARAMS, .config_ports = !can_do_without_ports(request, &image)
	};
	return boot_write_zero_page(request, &image.hdr, initrd, err);
}
