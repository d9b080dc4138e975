/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict of assign/ as JSON and as a few words. */
#ifndef VIEW_VERDICT_JSON_H
#define VIEW_VERDICT_JSON_H

#include <jansson.h>

#include "assign/verdict.h"

/* True, false, or null where it cannot be told. A new reference, like the others here. */
json_t *verdict_answer_json(const struct verdict *verdict, enum verdict_use use);

/* Codes of what stops a guest of `sluice run`: [CODE]. */
json_t *verdict_blockers_json(const struct verdict *verdict);

/* [{code, text, stops, may_stop, remedies}]; judge NULL: without the remedies. */
json_t *verdict_reasons_json(struct judge *judge, const struct verdict *verdict);

/* "yes", "no", "other VMM" (a limit of sluice-vmm only), "unknown". */
const char *verdict_word(const struct verdict *verdict);

/* The codes behind verdict_word(), the first of them and how many more: "GROUP-NOT-VIABLE +1"; "" for a yes. */
void verdict_reason_text(const struct verdict *verdict, char *buf, size_t size);

#endif
