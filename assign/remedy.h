/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would help against a blocker. A remedy is made for this device on this host, and checked before anybody sees it:
 * its targets exist, the host can do without them, and the verdict after it would be better. What fails the check is
 * not offered.
 */
#ifndef ASSIGN_REMEDY_H
#define ASSIGN_REMEDY_H

#include "assign/verdict.h"

enum {
	REMEDY_MAX = 4,
	REMEDY_TARGET_MAX = 16,
};

struct remedy {
	char text[400];    /* what to do: a clause without full stop */
	char command[256]; /* to paste, with this host's addresses; "" where no command does it */
	struct pci_addr target[REMEDY_TARGET_MAX]; /* the devices that it acts on, beside the one that it is for */
	size_t target_count;
	bool none; /* there is none on this host, and text says why */
};

/* The best first; at most max. 0: none is known. */
size_t remedies_find(struct judge *judge, const struct verdict *verdict, const struct blocker *blocker,
	struct remedy *ret_remedy, size_t max);

/* All of them as one sentence, commands in quotes; "" for none. Returns buf. */
const char *remedies_text(
	struct judge *judge, const struct verdict *verdict, const struct blocker *blocker, char *buf, size_t size);

#endif
