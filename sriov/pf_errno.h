/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it means that a write to sriov_numvfs was refused, or hangs: errno in its context, with the kernel's words and
 * the next command. Used by pf.c only.
 */
#ifndef SRIOV_PF_ERRNO_H
#define SRIOV_PF_ERRNO_H

#include "os/kmsg.h"
#include "pci/pci.h"

struct pf_attempt {
	const struct sysroot *root;
	const struct pci_device *device;
	char name[PCI_ADDR_TEXT_SIZE];
	unsigned int total;   /* as the driver offers */
	unsigned int count;   /* that was written */
	unsigned int seconds; /* that it had */
	pid_t writer;         /* who hangs */
	struct kmsg *kmsg;    /* from before the write on */
};

/* Fills err for errnum, ETIMEDOUT for one that hangs. Returns -errnum. */
int pf_errno_explain(const struct pf_attempt *attempt, int errnum, struct error *err);

#endif
