/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a change of several devices that failed has left of each, and what that makes of its error: ROLLED-BACK (exit
 * status 7) when all is as it was before, HALF-DONE (8) when something is not, with names, drivers and leases.
 */
#ifndef ASSIGN_LEFT_H
#define ASSIGN_LEFT_H

#include "assign/change.h"
#include "pci/pci.h"

struct left {
	size_t remaining, back, done;
	char text[256];     /* what is left: "0000:01:10.0 has no driver (it had e1000e), its lease is kept" */
	char names[160];    /* of those devices: "0000:01:10.0 0000:01:10.1" */
	char back_text[96]; /* the ones that are as they were */
	char done_text[96]; /* the ones for which the change was made, and stays */
};

/* The device is not as it was, and could not be put back: what it is now is looked up. */
void left_remaining(struct left *left, const struct change *change, struct pci_addr addr);

/* The device was changed, and is again as it was before. */
void left_back(struct left *left, struct pci_addr addr);

/* The device was changed as asked for, and stays so. */
void left_done(struct left *left, struct pci_addr addr);

/* Makes of err, the first failure, what the whole has come to. Returns -errnum. */
int left_judge(const struct left *left, struct error *err);

#endif
