/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many VFs a PF can have as things are: computed from what the card, the port above, the kernel and the driver say,
 * without writing sriov_numvfs. One row for each thing that VFs take; the least of them is the answer.
 */
#ifndef SRIOV_CAPACITY_H
#define SRIOV_CAPACITY_H

#include "pci/pci.h"

/* What VFs take, and what can run out. */
enum capacity_kind {
	CAPACITY_CARD,       /* TotalVFs: what the card offers */
	CAPACITY_DRIVER,     /* what the PF's driver allows */
	CAPACITY_REGISTERS,  /* BARs of VFs in the window of the port above */
	CAPACITY_BUSES,      /* bus numbers behind that port */
	CAPACITY_ARI,        /* functions that it reaches */
	CAPACITY_VECTORS,    /* MSI-X vectors that the card has for all VFs together */
	CAPACITY_QUEUES,     /* NVMe: queues */
	CAPACITY_INTERRUPTS, /* NVMe: interrupts */
	CAPACITY_KINDS,
};

struct capacity_limit {
	bool counts;      /* false: this PF has no such limit, or it is not known */
	bool stops;       /* the kernel makes no more; else it does, and they are of no use */
	unsigned int max; /* VFs */
	char evidence[320];
	char more[640]; /* what one more would take, as a clause; "" nothing helps */
};

struct capacity {
	struct capacity_limit limit[CAPACITY_KINDS];
	unsigned int total;       /* that the card offers */
	unsigned int now;         /* that there are; another number goes through none */
	unsigned int max;         /* that the kernel makes */
	int by_windows;           /* VFs whose registers fit the port's windows, as computed from these; -1 not known */
	unsigned int usable;      /* of them, those that can have what they need to work */
	enum capacity_kind first; /* what limits max */
	bool incomplete;          /* something could not be read: missing says what, "" none */
	char missing[160];
};

/* "card", "driver", "registers", ...: stable words. */
const char *capacity_kind_name(enum capacity_kind kind);

/* pf is a physical function of the inventory. */
void capacity_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *pf,
	struct capacity *ret_capacity);

/* The row that would be in the way of count VFs, the first to be met; NULL: none. Of those that stop nothing, too. */
const struct capacity_limit *capacity_obstacle(
	const struct capacity *capacity, unsigned int count, enum capacity_kind *ret_kind);

#endif
