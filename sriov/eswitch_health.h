/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with an eswitch as it is: rules that are not offloaded, representors that are down, a mode that was
 * lost, a change that was cut off. Looks only; the doctor tells it.
 */
#ifndef SRIOV_ESWITCH_HEALTH_H
#define SRIOV_ESWITCH_HEALTH_H

#include "base/error.h"
#include "sriov/eswitch.h"

struct eswitch_trouble {
	char summary[160], evidence[160], fix[160];
};

/*
 * One of CODE_ESWITCH_NO_OFFLOAD, CODE_REPRESENTOR_DOWN, CODE_ESWITCH_LOST, CODE_ESWITCH_LEFT: 1 when that is wrong,
 * 0 when it is in order, -1 when the question does not apply.
 */
int eswitch_health(
	const struct sysroot *root, const struct eswitch *now, enum code code, struct eswitch_trouble *ret_trouble);

#endif
