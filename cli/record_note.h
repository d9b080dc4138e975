/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands that have changed the host say about its record of devices (assign/record.h). */
#ifndef CLI_RECORD_NOTE_H
#define CLI_RECORD_NOTE_H

#include "assign/record.h"
#include "cli/cli.h"

/* Says when the devices differ from the last record's. */
void record_note(const struct cli *cli, const struct record_kept *kept);

#endif
