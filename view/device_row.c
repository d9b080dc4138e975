// SPDX-License-Identifier: GPL-2.0-or-later
/* One device as a row: the inventory's facts, and the verdict of assign/. */
#include "view/device_row.h"

int device_row_read(struct judge *judge, const struct pci_device *device, struct device_row *ret_row, struct error *err)
{
	struct device_row row = { .device = device };
	int ret = verdict_read(judge, device, &row.verdict, err);

	if (!ret)
		*ret_row = row;
	return ret;
}

void device_row_done(struct device_row *row)
{
	if (row)
		verdict_done(&row->verdict);
}
