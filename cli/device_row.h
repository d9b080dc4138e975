/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device as `list` shows it: the inventory's facts, who uses it, whose it is, and what stands against giving it away. */
#ifndef CLI_DEVICE_ROW_H
#define CLI_DEVICE_ROW_H

#include "cli/manager_json.h"
#include "host/host.h"
#include "host/lease.h"
#include "pci/modalias.h"

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
	struct manager_lookup *others;
};

/* Everything about one device of the host's inventory; ended by device_row_done(). */
int device_row_read(
	const struct host *host, const struct pci_device *device, struct device_row *ret_row, struct error *err);
void device_row_done(struct device_row *row);

#endif
