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

#endif
