// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device's expansion ROM in its guest; see vfio_rom.h. Reads trap: a ROM is copied once by a driver or a boot loader,
 * so that a memory slot would cost more than it saves.
 */
#include "passthrough/vfio_rom.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "vmm-core/vm.h"
#include "wire/limits.h"

enum {
	ROM_SIZE_MIN = 2048, /* by the format of the register */
	SIGNATURE_0 = 0x55,
	SIGNATURE_1 = 0xaa,
};

static const char image_hint[] = "rom= wants the image as a card has it: no archive, no updater";

/* Filled with what an empty socket reads as. */
static int allocate(struct vfio_rom *rom, uint64_t length, struct error *err)
{
	uint64_t size = ROM_SIZE_MIN;

	while (size < length)
		size *= 2;
	rom->bytes = malloc(size);
	if (!rom->bytes)
		return fail(err, ENOMEM, "keep an expansion ROM of %llu bytes", (unsigned long long)size);
	rom->size = size;
	return 0;
}

int vfio_rom_init(struct vfio_rom *rom, const struct vfio_device *device, struct error *err)
{
	*rom = (struct vfio_rom){ 0 };
	if (device->rom.size == 0 || device->rom.size > LIMIT_ROM_BYTES)
		return 0;
	rom->device = device;
	return allocate(rom, device->rom.size, err);
}

static int read_file(uint8_t *bytes, uint64_t size, int fd)
{
	for (uint64_t at = 0; at < size;) {
		ssize_t got = pread(fd, bytes + at, size - at, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += (uint64_t)got;
	}
	return 0;
}

int vfio_rom_from_file(struct vfio_rom *rom, int fd, struct error *err)
{
	struct stat about;
	int ret;

	vfio_rom_done(rom);
	if (fstat(fd, &about))
		return fail(err, errno, "read the file of an expansion ROM");
	if (!S_ISREG(about.st_mode) || about.st_size < 2 || about.st_size > LIMIT_ROM_BYTES) {
		fail_code(err, CODE_BAD_IMAGE, EINVAL,
			"an expansion ROM is a file of 2 bytes to %d MiB, not of %lld bytes", LIMIT_ROM_BYTES >> 20,
			(long long)about.st_size);
		return fail_hint(err, "%s", image_hint);
	}
	ret = allocate(rom, (uint64_t)about.st_size, err);
	if (ret)
		return ret;
	memset(rom->bytes, 0xff, rom->size);
	ret = read_file(rom->bytes, (uint64_t)about.st_size, fd);
	if (ret) {
		fail(err, -ret, "read the file of an expansion ROM");
	} else if (rom->bytes[0] != SIGNATURE_0 || rom->bytes[1] != SIGNATURE_1) {
		fail_code(err, CODE_BAD_IMAGE, EINVAL, "the file of an expansion ROM does not begin with 55 aa");
		ret = fail_hint(err, "%s", image_hint);
	}
	if (ret)
		vfio_rom_done(rom);
	return ret;
}

void vfio_rom_done(struct vfio_rom *rom)
{
	free(rom->bytes);
	*rom = (struct vfio_rom){ 0 };
}

struct pci_bar vfio_rom_bar(const struct vfio_rom *rom)
{
	return (struct pci_bar){ .kind = rom->bytes ? PCI_BAR_ROM : PCI_BAR_NONE, .size = rom->size };
}

static uint64_t rom_read(void *opaque, uint64_t offset, unsigned int size)
{
	const struct vfio_rom *rom = opaque;
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)rom->bytes[offset + i] << (8 * i);
	return value;
}

static const struct bus_ops rom_ops = { "rom", rom_read, NULL };

int vfio_rom_show(struct vfio_rom *rom, struct vm *vm, struct range place, struct error *err)
{
	if (rom->device)
		vfio_rom_read(rom->device, rom->bytes, rom->size);
	rom->device = NULL;
	return bus_add(&vm->mmio, place.start, rom->size, &rom_ops, rom, err);
}

void vfio_rom_hide(struct vm *vm, uint64_t address)
{
	bus_remove(&vm->mmio, address);
}
