// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFs of one PF or of all; see vf_print.h. */
#include "cli/vf_print.h"

#include "view/vf_row.h"

/* more: one more member of the object; NULL: none. Stolen. */
static int print(const struct cli *cli, const struct host *host, const struct pci_device *pf, const char *name,
	json_t *more, struct error *err)
{
	struct vf_list list;
	json_t *object;
	int ret = vf_list_read(host, pf, &list, err);

	if (ret < 0) {
		json_decref(more);
		return ret;
	}
	if (!cli->json) {
		json_decref(more);
		ret = table_print(cli, &vf_table, list.line, list.count, err);
	} else {
		object = cli_json_new();
		json_object_set_new(object, "vfs", vf_list_json(&list));
		json_object_set_new(object, "pfs", pf_list_json(&list));
		if (more)
			json_object_set_new(object, name, more);
		ret = cli_json_print(cli, object, err);
	}
	vf_list_done(&list);
	return ret;
}

int vf_print(const struct cli *cli, const struct host *host, const struct pci_device *pf, struct error *err)
{
	return print(cli, host, pf, NULL, NULL, err);
}

int vf_print_changed_and(
	const struct cli *cli, const struct request_done *done, const char *name, json_t *more, struct error *err)
{
	const struct pci_device *pf = done->count == 1 ? pci_inventory_find(&done->host.pci, done->addr[0]) : NULL;

	return print(cli, &done->host, pf, name, more, err);
}

int vf_print_changed(const struct cli *cli, const struct request_done *done, struct error *err)
{
	return vf_print_changed_and(cli, done, NULL, NULL, err);
}
