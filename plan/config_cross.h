/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contradictions in a configuration that are seen without the host. */
#ifndef PLAN_CONFIG_CROSS_H
#define PLAN_CONFIG_CROSS_H

#include "plan/config_finding.h"
#include "plan/desired.h"

/* Devices claimed twice, addresses used twice, more than there is: into findings. -ENOMEM. */
int config_cross(const struct desired *desired, struct config_findings *findings);

#endif
