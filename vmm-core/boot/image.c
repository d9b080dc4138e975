// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What all boot protocols (bzimage.c, linux_elf.c, pvh.c) need of a boot: the memory map, the image's bytes, the
 * command line, the initial RAM disk. See boot.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "vmm-core/boot/boot.h"
#include "wire/launch.h"

enum {
	PAGE_BYTES = 4096,
};

size_t boot_memory_map(const struct layout *layout, struct boot_memory ret_map[static BOOT_MAP_MAX])
{
	size_t count = 0, i = 0;
	struct boot_memory *map = ret_map;

	map[count++] = (struct boot_memory){ { 0, BOOT_LOW_RAM_END }, BOOT_MEMORY_RAM };
	map[count++] = (struct boot_memory){ { BOOT_LOW_RAM_END, BOOT_HIGH_START }, BOOT_MEMORY_RESERVED };
	for (; i < layout->ram_count && layout->ram[i].at.start < LAYOUT_ECAM; i++) {
		struct range at = layout->ram[i].at;

		if (at.start < BOOT_HIGH_START)
			at.start = BOOT_HIGH_START;
		map[count++] = (struct boot_memory){ at, BOOT_MEMORY_RAM };
	}
	/* Linux uses ECAM only where the map, or ACPI, says that nothing else is there. */
	map[count++] = (struct boot_memory){ layout->ecam, BOOT_MEMORY_RESERVED };
	for (; i < layout->ram_count; i++)
		map[count++] = (struct boot_memory){ layout->ram[i].at, BOOT_MEMORY_RAM };
	return count;
}

int boot_file_size(int fd, const char *what, uint64_t *ret_bytes, struct error *err)
{
	struct stat st;

	/*
	 * Not fstat(): some C libraries make newfstatat of it, which takes a path and is not among the sandbox's calls.
	 */
	if (syscall(SYS_fstat, fd, &st) < 0)
		return fail(err, errno, "look at the %s", what);
	if (!S_ISREG(st.st_mode))
		return fail_code(err, CODE_BAD_IMAGE, EINVAL, "the %s is not a regular file", what);
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

int boot_read(int fd, const char *what, uint64_t offset, void *buf, uint64_t size, struct error *err)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, (uint8_t *)buf + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(err, errno, "read the %s", what);
		if (got == 0)
			return fail_code(err, CODE_BAD_IMAGE, ENOEXEC,
				"the %s ends at byte %" PRIu64 ", it should have %" PRIu64 " more", what, offset + done,
				size - done);
		done += (uint64_t)got;
	}
	return 0;
}

int boot_write_cmdline(const struct boot_request *request, uint64_t longest, struct error *err)
{
	size_t length = strlen(request->cmdline);
	char *guest = guest_ptr(request->ram, gpa(BOOT_CMDLINE), LAUNCH_CMDLINE_MAX);

	if (length >= LAUNCH_CMDLINE_MAX || length > longest)
		return fail_code(err, CODE_BAD_IMAGE, E2BIG,
			"the kernel takes a command line of at most %" PRIu64 " characters, not of %zu",
			longest < LAUNCH_CMDLINE_MAX ? longest : LAUNCH_CMDLINE_MAX - 1, length);
	if (!guest)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory for a command line");
	memcpy(guest, request->cmdline, length + 1);
	return 0;
}

static int read_initrd(
	const struct boot_request *request, uint64_t start, uint64_t bytes, struct range *ret_at, struct error *err)
{
	void *guest = guest_ptr(request->ram, gpa(start), bytes);
	int ret;

	if (!guest)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory at 0x%" PRIx64, start);
	ret = boot_read(request->initrd_fd, "initial RAM disk", 0, guest, bytes, err);
	if (ret == 0)
		*ret_at = (struct range){ start, start + bytes };
	return ret;
}

int boot_load_initrd(const struct boot_request *request, uint64_t kernel_end, uint64_t limit, struct range *ret_at,
	struct error *err)
{
	uint64_t bytes, lowest, top = request->layout->ram[0].at.end;
	char size[32], room[32], memory[32];
	int ret;

	*ret_at = (struct range){ 0, 0 };
	if (request->initrd_fd < 0)
		return 0;
	ret = boot_file_size(request->initrd_fd, "initial RAM disk", &bytes, err);
	if (ret < 0)
		return ret;
	if (!bytes)
		return fail_code(err, CODE_BAD_IMAGE, ENOEXEC, "the initial RAM disk is empty");
	if (limit < top)
		top = limit;
	/*
	 * Both ends may lie anywhere: they are what the kernel image says, and the kernel's may be too high to be
	 * rounded. The first page is one that the kernel has no part of.
	 */
	lowest = kernel_end > top ? kernel_end : (kernel_end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	if (lowest > top || bytes > top - lowest) {
		fail_code(err, CODE_BAD_IMAGE, E2BIG,
			"the initial RAM disk of %s does not fit: between the kernel and 0x%" PRIx64 " there are %s",
			size_to_text(bytes, size, sizeof(size)), top,
			size_to_text(lowest > top ? 0 : top - lowest, room, sizeof(room)));
		return fail_hint(err, "the guest has %s of memory; give it more",
			size_to_text(request->ram->bytes, memory, sizeof(memory)));
	}
	return read_initrd(request, (top - bytes) / PAGE_BYTES * PAGE_BYTES, bytes, ret_at, err);
}
