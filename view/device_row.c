// SPDX-License-Identifier: GPL-2.0-or-later
/* One device as a row: the inventory's facts, and the verdict of assign/. */
#include "view/device_row.h"

#include "base/text.h"

int device_row_read(struct judge *judge, const struct pci_device *device, struct device_row *ret_row, struct error *err)
{
	struct device_row row = { .device = device };
	int ret = verdict_read(judge, device, &row.verdict, err);

	if (ret < 0)
		return ret;
	row.users = row.verdict.users;
	text_copy(row.owner, sizeof(row.owner), row.verdict.owner_text);
	for (size_t i = 0; i < row.verdict.blocker_count && row.blocker_count < BLOCKER_MAX; i++)
		if (row.verdict.blocker[i].stops & VERDICT_RUN)
			row.blocker[row.blocker_count++] = row.verdict.blocker[i].code;
	*ret_row = row;
	return 0;
}

void device_row_done(struct device_row *row)
{
	if (row)
		verdict_done(&row->verdict);
}
