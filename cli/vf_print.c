// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFs of one PF or of all; see vf_print.h. */
#include "cli/vf_print.h"

#include "view/vf_row.h"

int vf_print(const struct cli *cli, const struct host *host, const struct pci_device *pf, struct error *err)
{
	struct vf_list list;
	json_t *object;
	int ret = vf_list_read(host, pf, &list, err);

	if (ret < 0)
		return ret;
	if (!cli->json) {
		ret = table_print(cli, &vf_table, list.line, list.count, err);
	} else {
		object = cli_json_new();
		json_object_set_new(object, "vfs", vf_list_json(&list));
		json_object_set_new(object, "pfs", pf_list_json(&list));
		ret = cli_json_print(cli, object, err);
	}
	vf_list_done(&list);
	return ret;
}

int vf_print_changed(const struct cli *cli, const struct request_done *done, struct error *err)
{
	const struct pci_device *pf = done->count == 1 ? pci_inventory_find(&done->host.pci, done->addr[0]) : NULL;

	return vf_print(cli, &done->host, pf, err);
}
