/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doctor's report for people: sections, what is not in order in each, and what is to do. */
#ifndef CLI_DOCTOR_TEXT_H
#define CLI_DOCTOR_TEXT_H

#include "cli/cli.h"
#include "doctor/doctor.h"
#include "doctor/fold.h"

/* Never colour alone: a word, and a sign in front where the terminal can show it. */
struct state_look {
	const char *word, *sign, *plain_sign, *color;
};

const struct state_look *doctor_state(enum check_state state);

int doctor_text_print(const struct cli *cli, const struct doctor_report *report, const struct folds *folds, bool strict,
	struct error *err);

#endif
