// SPDX-License-Identifier: GPL-2.0-or-later
/* Restarts as a rule; see restart.h. */
#include "guest/restart.h"

static bool is_wanted(const struct restart_rule *rule, bool failed)
{
	return rule->when == RESTART_ALWAYS || (rule->when == RESTART_ON_FAILURE && failed);
}

static int64_t delay_of(const struct restart_rule *rule, uint32_t in_a_row)
{
	uint64_t delay = rule->delay_seconds;

	if (delay >= RESTART_DELAY_MAX)
		return (int64_t)delay;
	for (uint32_t i = 0; i < in_a_row && delay < RESTART_DELAY_MAX; i++)
		delay *= 2;
	return delay < RESTART_DELAY_MAX ? (int64_t)delay : RESTART_DELAY_MAX;
}

int64_t restart_after(const struct restart_rule *rule, struct restart_count *count, bool failed, uint64_t ran_seconds)
{
	int64_t delay;

	if (ran_seconds >= RESTART_HOLDS_SECONDS)
		count->in_a_row = 0;
	if (!is_wanted(rule, failed) || (rule->limit && count->in_a_row >= rule->limit))
		return -1;
	delay = delay_of(rule, count->in_a_row);
	count->in_a_row++;
	count->total++;
	return delay;
}

bool restart_gave_up(const struct restart_rule *rule, const struct restart_count *count, bool failed)
{
	return is_wanted(rule, failed) && rule->limit && count->in_a_row >= rule->limit;
}
