/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `topology` draws: the host's functions, groups, owners and users, joined into the model of picture/picture.h. */
#ifndef PICTURE_HOST_MODEL_H
#define PICTURE_HOST_MODEL_H

#include "picture/picture.h"
#include "sriov/eswitch.h"
#include "view/device_row.h"
#include "view/group_row.h"

struct topology_model {
	struct picture picture;
	struct group_view view;
	struct device_row *row; /* as the host's inventory; owned */
	int *item;              /* of each function of it */
	const struct host *host;
	struct eswitch *eswitch; /* of PCI functions; owned */
	size_t eswitch_count;
};

/* The host must outlive the model, which topology_model_close() ends. */
int topology_model_open(struct topology_model *model, const struct host *host, struct error *err);
void topology_model_close(struct topology_model *model);

/* host_name.c: titles and details, and whose it is. A platform function is one of those that a host has dozens of. */
void topology_name_port(const struct topology_model *model, size_t index, struct picture_item *item);
void topology_name_device(const struct pci_device *device, struct picture_item *item);
void topology_name_owner(const struct device_row *row, struct picture_item *item);
bool topology_is_platform(const struct pci_device *device);

/* host_group.c: once all items have their badges, which name the causes. -ENOMEM is the only failure. */
int topology_add_groups(struct topology_model *model);

/* host_badges.c: everything there is to say about one function, worst first in the end. */
void topology_add_badges(struct topology_model *model, size_t index);

/* host_eswitch.c: -ENOMEM is the only failure to read; a badge for a physical function, and for a VF with a port. */
int topology_read_eswitches(struct topology_model *model);
void topology_close_eswitches(struct topology_model *model);
void topology_badge_eswitch(struct topology_model *model, const struct pci_device *device, int item);

/* host_json.c: {"host", "nodes", "groups", ...}: a new reference. */
json_t *topology_json(const struct picture *picture);

#endif
