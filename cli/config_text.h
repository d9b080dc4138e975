/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found in configuration files, for people and for programs: every command that reads them says it alike. */
#ifndef CLI_CONFIG_TEXT_H
#define CLI_CONFIG_TEXT_H

#include "cli/cli.h"
#include "plan/config.h"

/*
 * config_load() of the files that -f named (none: the host's), its errors told on stderr, each with its line and a
 * caret, and its notes with -v; the error that is left then counts them.
 */
int config_load_or_say(const struct cli *cli, const struct sysroot *root, const struct option_list *files,
	struct desired **ret_desired, struct error *err);

/* All of them on stderr, notes only with -v or when notes is set. */
void config_say(const struct cli *cli, const struct config_findings *findings, bool notes);

/* [{file, line, column, severity, message, hint}]: a new reference. */
json_t *config_findings_json(const struct config_findings *findings);

#endif
