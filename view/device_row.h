/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device as `list` shows it: the inventory's facts, who uses it, whose it is, and what stands against giving it away. */
#ifndef VIEW_DEVICE_ROW_H
#define VIEW_DEVICE_ROW_H

#include "assign/host.h"
#include "assign/lease.h"
#include "pci/modalias.h"
#include "view/rival_json.h"
#include "view/view.h"

enum {
	BLOCKER_MAX = 8
};

struct device_row {
	const struct pci_device *device;
	struct pci_users users; /* owned */
	char owner[48];         /* "guest vm1", "operator", "host", "" */
	enum code blocker[BLOCKER_MAX];
	size_t blocker_count;
};

/* What the columns of `list` look things up in. */
struct device_context {
	const struct host *host;
	struct pci_modaliases aliases;
	struct rival_lookup *others;
};

/* Of rows of this kind, with a struct device_context: device_columns.c. */
extern const struct column device_columns[];

/*
 * What the rows of one command share, so that a row of thousands asks the kernel nothing that another has asked: leases,
 * and who is in whose group.
 */
struct device_view {
	const struct host *host; /* not owned */
	bool thorough;           /* ask everything of every device; see device_row_read() */
	struct lease *lease;     /* by address; owned */
	size_t lease_count;
	const struct pci_device **member; /* those in a group, by group; owned */
	size_t member_count;
	struct pci_addr vf_pf; /* VFs of one PF are alike: the last PF, and the MSI-X vectors of its VFs */
	int vf_vectors;        /* negative: not asked yet, or not known */
};

int device_view_open(struct device_view *view, const struct host *host, bool thorough, struct error *err);
void device_view_close(struct device_view *view);

/*
 * Everything about one device of the host's inventory; ended by device_row_done(). Reserved memory and MSI-X cost system
 * calls, and the latter wakes a device that sleeps: unless the view is thorough they are asked only of devices that
 * nothing else stands against.
 */
int device_row_read(
	struct device_view *view, const struct pci_device *device, struct device_row *ret_row, struct error *err);
void device_row_done(struct device_row *row);

#endif
