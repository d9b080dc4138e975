/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that vfio-pci refuses by a list of its own (vfio_pci_dev_in_denylist() in drivers/vfio/pci/vfio_pci.c, since
 * Linux 5.9; read in 5.10 to 7.3): a guest that has one can hang the host or reach past its bounds. The module's option
 * disable_denylist=1 lets them through.
 */
#ifndef ASSIGN_DENYLIST_H
#define ASSIGN_DENYLIST_H

#include "os/sysroot.h"
#include "pci/pci.h"

/* What the device is on the list for; NULL: it is not on it. */
const char *denylist_reason(const struct pci_device *device);

/* Does vfio-pci go by the list on this host: its kernel has it, and no option switches it off. */
bool denylist_is_on(const struct sysroot *root);

/* Is vfio-pci built into the kernel, so that its options go onto the kernel's command line? */
bool denylist_is_builtin(const struct sysroot *root);

#endif
