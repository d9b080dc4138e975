// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps of a guest's start as rows; see start_table.h. Times are what its sluice-vmm says, and no more than that.
 */
#include "cli/start_table.h"

#include "guest/guest.h"

static json_t *row_at(const void *row, const void *context)
{
	(void)context;
	return json_real(((const struct start_row *)row)->at_ms);
}

static json_t *row_ms(const void *row, const void *context)
{
	(void)context;
	return json_real(((const struct start_row *)row)->ms);
}

const struct column start_columns[] = {
	{ "STEP", "step", "what was done", COLUMN_SHOWN, FIELD(struct start_row, step) },
	{ "AT-MS", "at_ms", "when it began, in ms since the first step did", COLUMN_SHOWN | COLUMN_RIGHT,
		.get = row_at },
	{ "MS", "ms", "how long it took", COLUMN_SHOWN | COLUMN_RIGHT, .get = row_ms },
	{ "CALLS", "calls", "devices, or requests to the kernel", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct start_row, calls), KNOWN_IF(struct start_row, counts) },
	{ NULL },
};

size_t start_rows(const struct control_status *status, struct start_row ret_rows[static STEP_COUNT])
{
	uint64_t first = UINT64_MAX;
	size_t count = 0;

	for (enum start_step step = 0; step < STEP_COUNT; step++)
		if (status->step[step].start_ns && status->step[step].start_ns < first)
			first = status->step[step].start_ns;
	for (enum start_step step = 0; step < STEP_COUNT; step++) {
		const struct step_time *time = &status->step[step];

		if (!time->start_ns)
			continue;
		ret_rows[count++] = (struct start_row){
			.step = guest_step_name(step),
			.at_ms = (double)(time->start_ns - first) / 1e6,
			.ms = (double)time->ns / 1e6,
			.calls = time->calls,
			.counts = time->calls != 0,
		};
	}
	return count;
}
