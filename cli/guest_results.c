// SPDX-License-Identifier: GPL-2.0-or-later
/* Results of guests, said; see guest_results.h. */
#include "cli/guest_results.h"

#include <unistd.h>

#include "base/utf8.h"

/* Names for programs: a contract. */
static const char *const did_names[] = {
	[GUEST_DID_NOTHING] = "nothing",
	[GUEST_DID_IT] = "done",
	[GUEST_DID_BY_FORCE] = "forced",
	[GUEST_DID_FAIL] = "failed",
	[GUEST_DID_SKIP] = "skipped",
};

void guest_result_say(const struct cli *cli, const struct guest_words *words, const struct desired_guest *guest,
	const struct guest_result *result)
{
	const char *said = result->did == GUEST_DID_NOTHING    ? words->nothing
			   : result->did == GUEST_DID_IT       ? words->did
			   : result->did == GUEST_DID_BY_FORCE ? words->by_force
							       : NULL;

	if (said) {
		cli_say(cli, "%s %s", guest->name, said);
		fflush(cli->out);
	}
}

static bool has_failed(const struct guest_result *result)
{
	return result->chosen && (result->did == GUEST_DID_FAIL || result->did == GUEST_DID_SKIP);
}

static json_t *result_json(const struct desired_guest *guest, const struct guest_result *result)
{
	const struct error *error = &result->error;
	char message[sizeof(error->msg)], hint[sizeof(error->hint)];

	/* What a guest's process said need not be UTF-8, of which alone JSON is made. */
	return json_pack("{s:s, s:s, s:o}", "name", guest->name, "did", did_names[result->did], "error",
		has_failed(result) ? json_pack("{s:s, s:s, s:o}", "code", code_info(error->code)->name, "message",
					     utf8_clean(error->msg, message, sizeof(message)), "hint",
					     json_text(utf8_clean(error->hint, hint, sizeof(hint))))
				   : json_null());
}

static int print_json(
	const struct cli *cli, const struct desired *desired, const struct guest_result *result, struct error *err)
{
	json_t *object, *list;

	if (!cli->json)
		return 0;
	object = cli_json_new();
	list = json_array();
	json_object_set_new(object, "guests", list);
	for (size_t i = 0; i < desired->guest_count; i++)
		if (result[i].chosen)
			json_array_append_new(list, result_json(&desired->guest[i], &result[i]));
	return cli_json_print(cli, object, err);
}

/* The one that the command ends with: the first that failed of itself. */
static const struct guest_result *find_cause(const struct desired *desired, const struct guest_result *result)
{
	for (size_t i = 0; i < desired->guest_count; i++)
		if (result[i].chosen && result[i].did == GUEST_DID_FAIL)
			return &result[i];
	return NULL;
}

int guest_results_end(
	const struct cli *cli, const struct desired *desired, const struct guest_result *result, struct error *err)
{
	const struct guest_result *cause = find_cause(desired, result);
	int ret = print_json(cli, desired, result, err);

	for (size_t i = 0; i < desired->guest_count; i++)
		if (has_failed(&result[i]) && &result[i] != cause)
			cli_print_error(stderr, cli->color && isatty(STDERR_FILENO), &result[i].error);
	if (!cause)
		return ret;
	*err = cause->error;
	return -err->errnum;
}
