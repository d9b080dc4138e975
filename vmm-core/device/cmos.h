/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PC's real-time clock (MC146818) behind ports 0x70 and 0x71: the host's time of day, UTC. A guest can read it and
 * set the alarm registers; it cannot set the time, and no interrupt comes from it.
 */
#ifndef VMM_CORE_DEVICE_CMOS_H
#define VMM_CORE_DEVICE_CMOS_H

#include <time.h>

#include "base/error.h"
#include "vmm-core/bus.h"

#define CMOS_PORT 0x70
enum {
	CMOS_PORT_COUNT = 2,
	CMOS_CENTURY = 0x32, /* as the FADT names it */
};

struct cmos;

/* now is time(2), or a test's clock. */
int cmos_new(struct cmos **ret_cmos, time_t (*now)(time_t *), struct error *err);
void cmos_free(struct cmos *cmos);

extern const struct bus_ops cmos_bus_ops;

#endif
