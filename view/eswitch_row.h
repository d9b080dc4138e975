/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Eswitches as `eswitch list` shows them, and one with its VFs as `eswitch show` does: rows, columns, JSON. */
#ifndef VIEW_ESWITCH_ROW_H
#define VIEW_ESWITCH_ROW_H

#include "assign/host.h"
#include "sriov/eswitch.h"
#include "sriov/eswitch_plan.h"
#include "view/view.h"

/* One device of `eswitch list`. */
struct eswitch_row {
	char handle[DEVLINK_HANDLE_TEXT_SIZE];
	char netdev[16], driver[64];
	const char *mode, *inline_mode, *encap_mode; /* NULL: the driver has none */
	int vfs, representors, tc_offload;
};

/* All devices of this host that have an eswitch. */
struct eswitch_list {
	struct eswitch_row *row; /* owned */
	struct table_row *line;  /* owned */
	size_t count;
};

int eswitch_list_read(const struct sysroot *root, struct eswitch_list *ret_list, struct error *err);
void eswitch_list_done(struct eswitch_list *list);

extern const struct column eswitch_columns[];
extern const struct table eswitch_table;

/* One VF of `eswitch show`. */
struct eswitch_vf_row {
	const struct eswitch *eswitch;
	const struct eswitch_vf *vf;
	unsigned int index;
	const struct devlink_port *port; /* NULL: none, as below */
	const struct devlink_rate *rate;
	const struct representor *representor;
};

extern const struct column eswitch_vf_columns[];
extern const struct table eswitch_vf_table;

/* Rows of all VFs; the caller frees both. They point into *eswitch. -ENOMEM. */
int eswitch_vf_rows(const struct eswitch *eswitch, struct eswitch_vf_row **ret_rows, struct table_row **ret_lines);

/* Everything of one eswitch, and the steps of a plan: new references. */
json_t *eswitch_json(const struct eswitch *eswitch);
json_t *eswitch_plan_json(const struct eswitch_plan *plan);
json_t *devlink_params_json(const struct devlink_param *params, size_t count);
json_t *devlink_resources_json(const struct devlink_resource *resources, size_t count);

#endif
