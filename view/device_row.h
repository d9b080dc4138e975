/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device as `list` shows it: the inventory's facts, and the verdict on it. */
#ifndef VIEW_DEVICE_ROW_H
#define VIEW_DEVICE_ROW_H

#include "assign/verdict.h"
#include "pci/modalias.h"
#include "view/rival_json.h"
#include "view/view.h"

struct device_row {
	const struct pci_device *device;
	struct verdict verdict; /* owned */
};

/* What the columns of `list` look things up in. */
struct device_context {
	const struct host *host;
	struct pci_modaliases aliases;
	struct rival_lookup *others;
	struct judge *judge; /* for remedies; NULL: reasons without them, which cost too much for thousands */
};

/* Of rows of this kind, with a struct device_context: device_columns.c. */
extern const struct column device_columns[];

/* One device of the host's inventory, judged; ended by device_row_done(). */
int device_row_read(
	struct judge *judge, const struct pci_device *device, struct device_row *ret_row, struct error *err);
void device_row_done(struct device_row *row);

#endif
