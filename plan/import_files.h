/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs' files as a whole, for those that have structure: YAML and XML. Used by plan/import_*.c only. */
#ifndef PLAN_IMPORT_FILES_H
#define PLAN_IMPORT_FILES_H

#include "plan/import_scan.h"
#include "plan/place.h"

/*
 * The texts of all files of some directories (conf_dirs_each()), behind those that are in the list. Their names begin
 * with '/'.
 */
void import_files_read(struct import_scan *scan, const char *const *dirs, const char *suffix, struct source_list *list);

#endif
