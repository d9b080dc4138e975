/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of several guests, as `up` and `down` say it: a line as it comes, errors at the end, and JSON. */
#ifndef CLI_GUEST_RESULTS_H
#define CLI_GUEST_RESULTS_H

#include "cli/cli.h"
#include "plan/guest_flow.h"

/* words: of people, by enum guest_did: "is up already", "is up". */
struct guest_words {
	const char *nothing, *did, *by_force;
};

/* One line; nothing for failures, which are told at the end. */
void guest_result_say(const struct cli *cli, const struct guest_words *words, const struct desired_guest *guest,
	const struct guest_result *result);

/*
 * All of them as {"guests": [{name, did, error}]} with --json; every failure but one on stderr, and that one, which is
 * the first cause, in err, since a command ends with one.
 */
int guest_results_end(
	const struct cli *cli, const struct desired *desired, const struct guest_result *result, struct error *err);

#endif
