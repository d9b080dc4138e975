/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framebuffers that the boot has set up (/proc/iomem): which lie in a device's BAR. The file is read once for all
 * devices.
 */
#ifndef DOCTOR_FRAMEBUFFER_H
#define DOCTOR_FRAMEBUFFER_H

#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	FRAMEBUFFER_MAX = 8
};

struct framebuffer {
	char line[128];
	uint64_t start, end; /* inclusive; end 0: this user does not see addresses */
	bool in_device;      /* nested below a device's own line */
	struct pci_addr device;
};

struct framebuffers {
	struct framebuffer item[FRAMEBUFFER_MAX];
	size_t count;
};

void framebuffers_read(const struct sysroot *root, struct framebuffers *ret_framebuffers);

/* The one in a BAR of the device; NULL for none. */
const struct framebuffer *framebuffer_of(
	const struct sysroot *root, const struct framebuffers *framebuffers, const struct pci_device *device);

#endif
