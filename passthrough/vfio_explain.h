/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device's configuration space, register by register: what the device has, what its guest sees, where writes go, and
 * why. Taken from the tables that are in force (vmm-core/pci/config.h), not from those they were made of, so that it
 * cannot say something else than what happens.
 */
#ifndef PASSTHROUGH_VFIO_EXPLAIN_H
#define PASSTHROUGH_VFIO_EXPLAIN_H

#include "passthrough/vfio_config.h"
#include "wire/control.h"

/* Reads the device's registers once each; fn is the function that rows were made for. */
void vfio_explain(const struct vfio_device *device, const struct pci_function *fn, const struct vfio_config_rows *rows,
	struct control_explanation *ret_explanation);

#endif
