/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reset of some devices leaves in their registers, taken back before a guest has them: one tenant's addresses
 * for DMA are nothing that the next one should find, and the card should not write to them in the next one's memory.
 *
 * A table of registers, for the devices that are known to keep them and where a write of their power-on value has no
 * other effect. What a device only counts (packets of its tenants) cannot be written, and stays.
 */
#ifndef PASSTHROUGH_VFIO_SCRUB_H
#define PASSTHROUGH_VFIO_SCRUB_H

#include "passthrough/vfio_device.h"

/*
 * For a device that was reset and is nobody's yet. Returns how many registers were written: 0 for devices that the
 * table does not name.
 */
unsigned int vfio_scrub(const struct vfio_device *device);

#endif
