/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU groups as `groups`, `why` and `show` print them: the kernel's facts, and the proof of why they are as they are.
 */
#ifndef VIEW_GROUP_ROW_H
#define VIEW_GROUP_ROW_H

#include <jansson.h>

#include "assign/verdict.h"
#include "base/cleanup.h"
#include "iommu/proof.h"

/* The topology of the host and the groups that the rule gives; read once per command. */
struct group_view {
	const struct host *host; /* not owned */
	struct judge judge;
	struct topology topology;
	int *by_rule; /* topology_group() */
};

int group_view_open(struct group_view *view, const struct host *host, struct error *err);
void group_view_close(struct group_view *view);

/* False for a function that is not in the topology. */
bool group_view_proof(const struct group_view *view, struct pci_addr addr, struct proof *ret_proof);

struct group_row {
	struct iommu_group group;
	bool readable;    /* else only the id is filled, and reason says why */
	bool isolated;    /* one function, bridges above it not counted */
	bool viable;      /* VFIO could take it: no host driver in it, but for the one function of an isolated group */
	char reason[512]; /* why it is not both; "" */
};

void group_row_read(const struct group_view *view, int id, struct group_row *ret_row);

/* New references. */
json_t *json_pci_addrs(const struct pci_addr *addr, size_t count);
json_t *json_reserved_regions(const struct iommu_group *group);

#endif
