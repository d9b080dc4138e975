/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is written to what is meant: names looked up, ranges and defaults spread over single VFs. */
#ifndef PLAN_CONFIG_BUILD_H
#define PLAN_CONFIG_BUILD_H

#include "plan/config_finding.h"
#include "plan/config_raw.h"

/* Fills desired, whose arena and sources are there. Names that mean nothing go into findings. -ENOMEM. */
int config_build(const struct config_raw *raw, struct desired *desired, struct config_findings *findings);

#endif
