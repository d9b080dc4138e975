/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver of VFIO that is best for a device: a variant that knows it, with migration and quirks of its own, or
 * vfio-pci, which takes any (Documentation/driver-api/vfio-pci-device-specific-driver-acceptance.rst). modules.alias
 * has them as "vfio_pci:" patterns; of those that match, the one with the fewest wildcards is best.
 */
#ifndef ASSIGN_VARIANT_H
#define ASSIGN_VARIANT_H

#include "assign/binding.h"
#include "os/host_lock.h"
#include "pci/pci.h"

/*
 * The driver for the device; a variant's module is loaded to learn its driver's name. One that is with a driver of VFIO
 * already stays there. vfio-pci where nothing better is known, or a variant cannot be loaded.
 */
void variant_choose(
	const struct host_lock *lock, const struct pci_device *device, char ret_driver[static DRIVER_NAME_MAX]);

#endif
