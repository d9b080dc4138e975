/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One VFIO device (include/uapi/linux/vfio.h): an opened descriptor and what the kernel says about it. Nothing else in
 * sluice-vmm issues VFIO device ioctls or reads and writes a device's regions. Description and reset are in
 * vfio_device.c, accesses to regions in vfio_region.c, interrupts in vfio_irq.c.
 *
 * Everything the kernel answers is checked before use: region sizes and offsets, capability chains (bounded, no loops),
 * sparse areas inside their region, vector counts. What does not add up is CODE_DEV_MALFORMED.
 */
#ifndef PASSTHROUGH_VFIO_DEVICE_H
#define PASSTHROUGH_VFIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum {
	VFIO_BAR_COUNT = 6,
	VFIO_AREA_MAX = 8,
	VFIO_VECTOR_MAX = 2048, /* of MSI-X */
	VFIO_MSI_MAX = 32,
	VFIO_IRQ_KINDS = 3, /* VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_MSIX_IRQ_INDEX */
};

/* How this half talks to the kernel; tests put failures in. mmap and pread/pwrite are the libc functions' types. */
struct vfio_sys {
	int (*ioctl)(int fd, unsigned long request, void *argument);
	ssize_t (*pread)(int fd, void *buf, size_t size, off_t offset);
	ssize_t (*pwrite)(int fd, const void *buf, size_t size, off_t offset);
	void *(*mmap)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
	int (*munmap)(void *address, size_t size);
};

extern const struct vfio_sys vfio_sys_kernel;

struct vfio_area {
	uint64_t offset, size; /* page aligned, within the region rounded up to pages; sorted */
};

struct vfio_region {
	uint64_t size; /* 0: the device has no such BAR */
	off_t file_offset;
	bool readable, writable, mappable;
	struct vfio_area area[VFIO_AREA_MAX]; /* what of it may be mapped; one area of all of it when not sparse */
	size_t area_count;
};

/* One kind of interrupt, as VFIO offers it. */
struct vfio_irq {
	uint32_t count; /* vectors; 0: the device, or the kernel for it, has none of that kind */
	bool dynamic;   /* vectors can be added while others are enabled (no VFIO_IRQ_INFO_NORESIZE) */
};

struct vfio_device {
	const struct vfio_sys *sys;
	int fd;        /* owned */
	char name[16]; /* the host's address, for messages */
	bool can_reset;
	struct vfio_region bar[VFIO_BAR_COUNT];
	struct vfio_region config, rom; /* rom: size 0 without */
	struct vfio_irq irq[VFIO_IRQ_KINDS];
	uint64_t irq_calls, resets; /* VFIO_DEVICE_SET_IRQS and VFIO_DEVICE_RESET issued */
};

/* Takes over fd (closed on failure too). sys NULL: the kernel. */
int vfio_device_init(
	struct vfio_device *device, int fd, const char *name, const struct vfio_sys *sys, struct error *err);
void vfio_device_done(struct vfio_device *device);

/* Little-endian access to configuration space; size 1, 2 or 4. A device that is gone reads as ones. */
uint32_t vfio_device_read_config(const struct vfio_device *device, unsigned int offset, unsigned int size);
void vfio_device_write_config(const struct vfio_device *device, unsigned int offset, unsigned int size, uint32_t value);

/* Registers of a BAR that are not mapped; size 1, 2, 4 or 8. */
uint64_t vfio_bar_read(const struct vfio_device *device, unsigned int bar, uint64_t offset, unsigned int size);
void vfio_bar_write(
	const struct vfio_device *device, unsigned int bar, uint64_t offset, unsigned int size, uint64_t value);

/* The expansion ROM from its beginning; what of the size bytes it has not, or does not let be read, is ones. */
void vfio_rom_read(const struct vfio_device *device, uint8_t *buf, size_t size);

/* Map [offset, offset + size) of a BAR, aligned in this process like in the BAR (up to 1 GiB). */
int vfio_bar_mmap(const struct vfio_device *device, unsigned int bar, uint64_t offset, uint64_t size, void **ret_host,
	struct error *err);
void vfio_bar_munmap(const struct vfio_device *device, void *host, uint64_t size);

/* Ask what interrupts there are; by vfio_device_init(). */
int vfio_irq_read(struct vfio_device *device, struct error *err);

/*
 * Set the triggers of vectors [first, first + count) of kind index: an eventfd each, -1 for none. With nothing enabled
 * before, this enables the kind on the device; another kind must be disabled first. -ENOSPC (CODE_VECTORS_SHORT): the
 * host has not so many vectors, and none was enabled.
 */
int vfio_irq_trigger(struct vfio_device *device, uint32_t index, uint32_t first, uint32_t count,
	const int32_t *eventfds, struct error *err);

/* Disable a kind as a whole. Harmless when it is not enabled. Afterwards INTx is held. */
int vfio_irq_disable(struct vfio_device *device, uint32_t index, struct error *err);

/*
 * INTx, once it has its trigger: VFIO masks it each time it has signalled, and unmasks it when eventfd is signalled,
 * without anybody's help. Held (Command.INTx Disable) it stays masked, which says nothing of its being enabled.
 */
int vfio_irq_unmask_by(struct vfio_device *device, int eventfd, struct error *err);
void vfio_irq_hold_intx(const struct vfio_device *device, bool hold);

int vfio_device_reset(struct vfio_device *device, struct error *err);

/*
 * Ask to be told (an eventfd) when the host wants the device back, or when the device reports a fatal error. A device
 * or kernel without that notification is no error: it never comes.
 */
int vfio_device_notify(struct vfio_device *device, uint32_t irq_index, int eventfd, struct error *err);

#endif
