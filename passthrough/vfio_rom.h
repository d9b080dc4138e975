/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expansion ROM of a passed-through device (PCI Firmware Specification 3.3, 5; PCI Local Bus 3.0, 6.2.5.2 for its
 * register): the device's own (VFIO_PCI_ROM_REGION_INDEX), a file in its place, or none.
 *
 * The device's ROM is read once, when its guest first switches it on, and never again: reading is slow, some cards
 * have their memory decoding changed by it, and a second answer might be another. The guest reads a copy and writes
 * nothing.
 */
#ifndef PASSTHROUGH_VFIO_ROM_H
#define PASSTHROUGH_VFIO_ROM_H

#include "passthrough/vfio_device.h"
#include "vmm-core/pci/pci.h"

struct vfio_rom {
	const struct vfio_device *device; /* to be read from; NULL: bytes has what there is */
	uint8_t *bytes;                   /* size of them, owned; NULL: no ROM */
	uint64_t size;                    /* as the guest sees it: a power of two */
};

/*
 * The device's own, none where it has none, or one beyond LIMIT_ROM_BYTES. device is borrowed until vfio_rom_done().
 */
int vfio_rom_init(struct vfio_rom *rom, const struct vfio_device *device, struct error *err);

/* What the file has instead; fd is borrowed. CODE_BAD_IMAGE: empty, too large, or not begun like a ROM. */
int vfio_rom_from_file(struct vfio_rom *rom, int fd, struct error *err);
void vfio_rom_done(struct vfio_rom *rom);

/* The function's row for it; kind PCI_BAR_NONE where there is none. */
struct pci_bar vfio_rom_bar(const struct vfio_rom *rom);

int vfio_rom_show(struct vfio_rom *rom, struct vm *vm, struct range place, struct error *err);
void vfio_rom_hide(struct vm *vm, uint64_t address);

#endif
