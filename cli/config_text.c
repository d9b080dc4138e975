// SPDX-License-Identifier: GPL-2.0-or-later
/* What was found in configuration files, as text and as JSON. */
#include "cli/config_text.h"

#include <errno.h>

void config_say(const struct cli *cli, const struct config_findings *findings, bool notes)
{
	char text[1700];

	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].is_error || (!cli->quiet && (notes || cli->verbose)))
			fputs(config_finding_text(&findings->item[i], text, sizeof(text)), stderr);
	if (findings->left_out)
		fprintf(stderr, "and %zu more errors\n", findings->left_out);
}

int config_load_or_say(const struct cli *cli, const struct sysroot *root, const struct option_list *files,
	struct desired **ret_desired, struct error *err)
{
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	size_t errors;
	int ret = config_load(root, files->item, files->count, ret_desired, &findings, err);

	errors = findings.errors + findings.left_out;
	if (errors == 1 && ret < 0)
		return ret; /* err is the one, whole */
	config_say(cli, &findings, false);
	if (errors)
		return fail_code(err, CODE_CONFIG, EINVAL, "the configuration has %zu errors", errors);
	return ret;
}

json_t *config_findings_json(const struct config_findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->item[i];

		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o, s:s, s:s, s:o}", "file", json_text(finding->file), "line",
				      finding->at.line ? json_integer(finding->at.line) : json_null(), "column",
				      finding->at.line ? json_integer(finding->at.column) : json_null(), "severity",
				      finding->is_error ? "error" : "note", "message", finding->text, "hint",
				      json_text(finding->hint)));
	}
	return list;
}
