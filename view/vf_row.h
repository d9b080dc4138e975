/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Physical functions and their VFs as `vf list` shows them: rows, columns, JSON. */
#ifndef VIEW_VF_ROW_H
#define VIEW_VF_ROW_H

#include "assign/host.h"
#include "sriov/sriov.h"
#include "view/view.h"

struct vf_row {
	const struct pci_device *pf;
	const struct pci_device *vf; /* NULL: the row of the PF itself */
	struct vf_settings settings; /* unset where unknown */
	char user[96];               /* "" for none */
};

struct vf_list {
	struct vf_row *row;     /* owned: each PF, then its VFs */
	struct table_row *line; /* owned */
	size_t count;
};

/* One PF, or with NULL all of the host. The list points into the host's inventory. */
int vf_list_read(const struct host *host, const struct pci_device *pf, struct vf_list *ret_list, struct error *err);
void vf_list_done(struct vf_list *list);

extern const struct column vf_columns[];
extern const struct table vf_table;

/* The VFs' rows; the PFs with the number of their VFs. New references. */
json_t *vf_list_json(const struct vf_list *list);
json_t *pf_list_json(const struct vf_list *list);

#endif
