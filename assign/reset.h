/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a device is brought to a known state between two guests, and whether it is in one afterwards.
 *
 * The ladder is the kernel's (reset_method: FLR, power state, bus, ...). What it has no rung for is a function that
 * shares its bus: the kernel resets no bus for one of several. VFIO does (VFIO_DEVICE_PCI_HOT_RESET,
 * include/uapi/linux/vfio.h) for who holds all functions on it; so such functions can be given together, and not alone.
 */
#ifndef ASSIGN_RESET_H
#define ASSIGN_RESET_H

#include "assign/vfio.h"
#include "os/host_lock.h"
#include "pci/pci.h"

enum reset_kind {
	RESET_UNKNOWN,  /* an old kernel does not say */
	RESET_FUNCTION, /* by a method of its own */
	RESET_SET,      /* its bus, with others that are given too */
	RESET_NONE,
};

enum {
	RESET_OTHERS_MAX = 8,
	RESET_TEXT_SIZE = 256,
};

struct reset_plan {
	enum reset_kind kind;
	char method[PCI_NAME_MAX]; /* RESET_FUNCTION: the first that the kernel tries, "flr" */
	struct pci_addr
		others[RESET_OTHERS_MAX]; /* also on its bus, when only that could be reset: the first of them */
	size_t other_count;               /* all of them, which may be more */
	bool has_missing;                 /* RESET_NONE: one of them is not given, or cannot be */
	struct pci_addr missing;          /* the first */
};

/* device: of the inventory. given: what the same guest gets. */
void reset_plan_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device,
	const struct pci_addr *given, size_t given_count, struct reset_plan *ret_plan);

/* "flr"; "its bus, with 0000:01:00.1"; "none"; "none for it alone: its bus would be reset, with 0000:01:00.1". */
const char *reset_plan_text(const struct reset_plan *plan, char *buf, size_t size);

/*
 * After a reset: is the device back? Its registers answer, have the ids and the header that they had, and no
 * transaction is pending (PCI Express Base 6.0, 7.5.3.5; waited for up to a second). CODE_DEV_NOT_CLEAN says what is
 * wrong.
 */
int reset_verify(const struct sysroot *root, const struct pci_device *device, struct error *err);

/*
 * No DMA from a device that no guest has: bus mastering off, in its command register, read back. A driver mostly leaves
 * it so. 1 when it was on. CODE_DEV_NOT_CLEAN when the register does not take it.
 */
int reset_quiesce(const struct host_lock *lock, struct pci_addr addr, struct error *err);

/*
 * Reset the bus of an open device, all functions of which are open in vfio too (RESET_SET). CODE_DEV_NOT_CLEAN when the
 * kernel refuses or fails.
 */
int reset_set(const struct vfio_host *vfio, int device_fd, const char *name, struct error *err);

#endif
