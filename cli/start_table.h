/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the steps of a guest's start took: a table, and an array in JSON. */
#ifndef CLI_START_TABLE_H
#define CLI_START_TABLE_H

#include "view/view.h"
#include "wire/control.h"

struct start_row {
	const char *step;
	double at_ms; /* since the first step began */
	double ms;
	uint64_t calls;
	bool counts;
};

extern const struct column start_columns[];

/* The steps that there were, in their order. Returns how many. */
size_t start_rows(const struct control_status *status, struct start_row ret_rows[static STEP_COUNT]);

#endif
