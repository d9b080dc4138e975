/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's files as JSON, and back; used by journal.c and its tests. Texts are the caller's to free. */
#ifndef PLAN_JOURNAL_JSON_H
#define PLAN_JOURNAL_JSON_H

#include "plan/journal.h"

/* NULL without memory. */
char *journal_entry_to_json(const struct journal_entry *entry);
char *journal_found_to_json(const struct step_list *found);

/* -EBADMSG with the reason, but not the file's name. */
int journal_entry_from_json(const char *text, size_t size, struct journal_entry *ret_entry, struct error *err);
int journal_found_from_json(const char *text, size_t size, struct step_list *ret_found, struct error *err);

#endif
