// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps while they are done; see apply_text.h. */
#include "cli/apply_text.h"

#include "cli/plan_text.h"

/* The host changes meanwhile, and its inventory with it: names are as they are in steps. */
void teller_tell(void *context, enum apply_event event, const struct step *step, size_t number, size_t count)
{
	const struct teller *teller = context;
	char title[400];

	step_title(step, NULL, title, sizeof(title));
	if (event == APPLY_BEGINS)
		cli_say_more(teller->cli, "[%zu/%zu] %s: begins", number, count, title);
	else if (step_is_absent(step->to) && event == APPLY_DONE)
		cli_say_more(teller->cli, "[%zu/%zu] %s: done", number, count, title);
	else
		cli_say(teller->cli, "[%zu/%zu] %s: %s", number, count, title, event == APPLY_DONE ? "done" : "undone");
}
