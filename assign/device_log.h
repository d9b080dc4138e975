/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's log of this boot says about a device, as far as it decides whether it can be given away: a reset
 * that it did not come back from, an NVMe controller that does not get ready. Later words of the kernel undo earlier
 * ones: a device that was found anew has no history.
 */
#ifndef ASSIGN_DEVICE_LOG_H
#define ASSIGN_DEVICE_LOG_H

#include "os/sysroot.h"
#include "pci/pci.h"

enum device_trouble {
	TROUBLE_RESET,     /* "not ready 65535ms after FLR; giving up" */
	TROUBLE_NOT_READY, /* an NVMe controller: "Device not ready; aborting initialisation, CSTS=0x2" */
};

struct device_event {
	struct pci_addr device;
	enum device_trouble trouble;
	char message[160]; /* the kernel's words */
};

struct device_log {
	struct device_event *event; /* what still holds; owned */
	size_t count;
};

/* What could not be read says nothing. */
void device_log_read(const struct sysroot *root, struct device_log *ret_log);
void device_log_done(struct device_log *log);

const struct device_event *device_log_find(
	const struct device_log *log, struct pci_addr device, enum device_trouble trouble);

#endif
