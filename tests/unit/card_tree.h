/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cards in a temporary tree, as sysfs shows them to root: where they sit, and what tells them apart. */
#ifndef CARD_TREE_H
#define CARD_TREE_H

#include "tests/unit/temp_tree.h"

struct card {
	const char *chain; /* below pci0000:00: "0000:00:1c.0/0000:01:00.0"; its bridges need not be cards */
	unsigned int class, vendor, device, subsystem_vendor, subsystem;
	const char *driver;       /* NULL: none */
	int group;                /* -1: none */
	const char *serial;       /* "00-1b-21-ff-ff-0a-0b-0c"; NULL: no such capability */
	const char *netdev, *mac; /* the MAC in use, unchanged since the start; NULL: none */
	unsigned int acs;         /* capability << 16 | control; 0: none */
};

void card_put(const struct temp_tree *tree, const struct card *card);

/* A VF at chain, number index of the PF at pf. */
void card_put_vf(const struct temp_tree *tree, const struct card *vf, const char *pf, int index);

#endif
