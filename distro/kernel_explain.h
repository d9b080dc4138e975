/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something that was just tried on a device failed: from what the kernel has logged about it since. */
#ifndef DISTRO_KERNEL_EXPLAIN_H
#define DISTRO_KERNEL_EXPLAIN_H

#include "distro/kernel_message.h"
#include "os/kmsg.h"

/*
 * The cause that the kernel reported of a device since kmsg was opened, with what to do in fix; NULL for none that is
 * known. One that says only that something failed gives way to one that says why.
 */
const struct message_cause *kernel_explain(struct kmsg *kmsg, struct pci_addr addr, char *fix, size_t size);

#endif
