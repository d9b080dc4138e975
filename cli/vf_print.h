/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VFs as every `sluice vf` prints them: a table, or with --json an object with "vfs" and "pfs". */
#ifndef CLI_VF_PRINT_H
#define CLI_VF_PRINT_H

#include "assign/request.h"
#include "cli/cli.h"

/* The VFs of one PF (NULL: of all). */
int vf_print(const struct cli *cli, const struct host *host, const struct pci_device *pf, struct error *err);

/* The VFs of the PF that was changed, as they are now; those of all PFs when several were. */
int vf_print_changed(const struct cli *cli, const struct request_done *done, struct error *err);

/* With one more member in the object of --json, which is stolen; NULL: none. */
int vf_print_changed_and(
	const struct cli *cli, const struct request_done *done, const char *name, json_t *more, struct error *err);

#endif
