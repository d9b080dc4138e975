/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a device clean, that is, has it been reset since its last guest? A reset is an intention until somebody has asked
 * how it went: the kernel lets VFIO open and close a device whose reset failed. So a guest's device is reset once more
 * when it is given back, through the attribute "reset" of sysfs, whose write answers with the reset's real result. One
 * that fails is written down in /run/sluice/unclean/BDF, and no guest gets the device until a reset has worked, or
 * somebody accepts it by name.
 */
#ifndef ASSIGN_CLEAN_H
#define ASSIGN_CLEAN_H

#include "assign/change.h"
#include "pci/identity.h"

enum {
	UNCLEAN_WHY_MAX = 128
};

/* What is written down of a device that is not clean. */
struct unclean {
	struct pci_identity identity; /* of the card; path "" unknown */
	char guest[32];               /* the last that had it */
	char why[UNCLEAN_WHY_MAX];    /* "its reset failed: Connection timed out" */
};

/* 1 with *ret_unclean when the card that is there now is marked; 0 otherwise. */
int unclean_read(const struct host *host, const struct pci_device *device, struct unclean *ret_unclean);

/* CODE_DEV_NOT_CLEAN when it is marked, and is none of accepted. */
int unclean_check(const struct host *host, const struct pci_device *device, const struct pci_addr *accepted,
	size_t accepted_count, struct error *err);

/*
 * Reset a device that a guest had (name, or "" when only an older mark is tried again), which is with a driver of VFIO
 * and open nowhere; write down when that fails, and remove the mark when it works. One that cannot be reset at all is
 * left as it is: whoever gave it to a guest has accepted that. Fails only when the mark cannot be written.
 */
int unclean_settle(const struct change *change, struct pci_addr addr, const char *guest, struct error *err);

/* The device is gone, and what was written down about it is nobody's. */
void unclean_forget(const struct host_lock *lock, struct pci_addr addr);

#endif
