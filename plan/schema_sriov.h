/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of `sriov`, for schema_rows.c. */
#ifndef PLAN_SCHEMA_SRIOV_H
#define PLAN_SCHEMA_SRIOV_H

#include "plan/schema.h"

/* By PF: struct raw_pf. */
extern const struct schema_array schema_sriov;

#endif
