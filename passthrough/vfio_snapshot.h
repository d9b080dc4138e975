/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first 256 bytes of a device's configuration space as they were found, and its BARs: nothing is decided from a
 * second reading, which might say something else. For vfio_config.c alone.
 */
#ifndef PASSTHROUGH_VFIO_SNAPSHOT_H
#define PASSTHROUGH_VFIO_SNAPSHOT_H

#include "passthrough/vfio_device.h"
#include "vmm-core/pci/pci.h"

enum {
	STD_SIZE = 256,  /* the space that conventional PCI has */
	STD_FIRST = 0x40 /* capabilities begin after the header */
};

struct snapshot {
	const struct vfio_device *device;
	uint8_t bytes[STD_SIZE];
};

/* CODE_DEV_LOST: it reads as ones. CODE_DEV_MALFORMED: it has no header of an endpoint. */
int snapshot_take(const struct vfio_device *device, struct snapshot *ret_snapshot, struct error *err);

/* A little-endian field; it lies within. */
uint32_t snapshot_get(const struct snapshot *snapshot, unsigned int offset, unsigned int size);

/* What BAR index is; kind PCI_BAR_NONE where there is none, or where it is the upper half of another. */
int snapshot_read_bar(const struct snapshot *snapshot, unsigned int index, struct pci_bar *ret_bar, struct error *err);

/* CODE_DEV_MALFORMED with the device's name. */
int vfio_malformed(const struct vfio_device *device, struct error *err, const char *what, uint64_t where);

#endif
