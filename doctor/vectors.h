/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt vectors that the host's processors have left: from debugfs where root may read it, else counted in
 * /proc/interrupts.
 */
#ifndef DOCTOR_VECTORS_H
#define DOCTOR_VECTORS_H

#include "os/sysroot.h"

enum {
	/* Of 256, less exceptions and what the kernel keeps (arch/x86/include/asm/irq_vectors.h). */
	VECTORS_PER_CPU = 200,
};

struct vectors {
	bool known, exact; /* exact: as the kernel says; else from how many interrupts there are */
	int64_t unused;    /* may be negative when it is an estimate */
	size_t cpus, interrupts;
};

void vectors_read(const struct sysroot *root, struct vectors *ret_vectors);

/* Who has an interrupt: "16-fasteoi vfio-intx(0000:01:00.0), ehci_hcd" of /proc/interrupts; false: nothing is known. */
bool vectors_users(const struct sysroot *root, unsigned int number, char *buf, size_t size);

#endif
