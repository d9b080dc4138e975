/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was found wrong, or worth knowing, in configuration files: all of it in one go, in the order of the files. A
 * finding holds its text, its line and its caret, so that it can be shown when the files are gone.
 */
#ifndef PLAN_CONFIG_FINDING_H
#define PLAN_CONFIG_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "plan/place.h"

struct config_finding {
	bool is_error; /* else a note */
	struct place at;
	char where[300];   /* "/etc/sluice/sluice.yaml:4:12"; "" of no file */
	char file[288];    /* "/etc/sluice/sluice.yaml" */
	char text[400];    /* what is wrong, lower case, no full stop */
	char excerpt[560]; /* the line and the caret; "" for none */
	char hint[300];    /* what would be right; "" for none */
};

struct config_findings {
	const struct source_list *sources; /* borrowed, while findings are added */
	struct config_finding *item;       /* owned */
	size_t count, errors;
	size_t left_out; /* errors beyond LIMIT_CONFIG_ERRORS */
	bool out_of_memory;
};

void config_findings_done(struct config_findings *findings);

void config_error(struct config_findings *findings, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void config_note(struct config_findings *findings, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The hint of the finding that was added last. */
void config_hint(struct config_findings *findings, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* By file, line and column. */
void config_findings_sort(struct config_findings *findings);

/* "FILE:LINE:COL: error: TEXT", the line, the caret, "hint: ...": as many lines, each with its end. Returns buf. */
const char *config_finding_text(const struct config_finding *finding, char *buf, size_t size);

/* As an error of CODE_CONFIG: the only one of them whole, or how many there are and which is the first. */
int config_findings_fail(const struct config_findings *findings, struct error *err);

#endif
