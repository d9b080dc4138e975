/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands that have changed the host say about its record of devices (assign/record.h). */
#ifndef CLI_RECORD_NOTE_H
#define CLI_RECORD_NOTE_H

#include "assign/host.h"
#include "cli/cli.h"

/* Keep a record of this boot, and say when the devices differ from the last one's. Never a failure of the command. */
void record_note(const struct cli *cli, const struct host *host);

#endif
