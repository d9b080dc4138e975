// SPDX-License-Identifier: GPL-2.0-or-later
/* What the verdicts of one command share: leases, and who is in whose IOMMU group, read once for all devices. */
#include <errno.h>
#include <stdlib.h>

#include "assign/verdict.h"
#include "base/cleanup.h"
#include "iommu/topology.h"

enum {
	CLASS_PCI_BRIDGE = 0x0604,
	SEGMENT_MAX = 0xffff,
};

static int compare_members(const void *a, const void *b)
{
	const struct pci_device *const *one = a;
	const struct pci_device *const *other = b;

	if ((*one)->iommu_group != (*other)->iommu_group)
		return (*one)->iommu_group < (*other)->iommu_group ? -1 : 1;
	return pci_addr_compare((*one)->addr, (*other)->addr);
}

static bool is_given(const struct judge *judge, struct pci_addr addr)
{
	for (size_t i = 0; i < judge->given_count; i++)
		if (!pci_addr_compare(judge->given[i], addr))
			return true;
	return false;
}

bool judge_is_foreign(const struct judge *judge, const struct pci_device *member)
{
	return !iommu_group_tolerates(member) && !is_given(judge, member->addr);
}

bool judge_is_behind_vmd(const struct pci_device *device)
{
	return device->addr.domain > SEGMENT_MAX;
}

/* Bridges above a device are in its group only for what is below them. */
static void count_groups(struct judge *judge)
{
	for (size_t i = 0; i < judge->member_count; i++) {
		const struct pci_device *member = judge->member[i];
		struct judged_group *group = judge->group + judge->group_count;

		if (!judge->group_count || group[-1].id != member->iommu_group) {
			*group = (struct judged_group){ .id = member->iommu_group, .first = i };
			judge->group_count++;
		} else {
			group--;
		}
		group->member_count++;
		group->device_count += member->class >> 8 != CLASS_PCI_BRIDGE;
		group->foreign_count += judge_is_foreign(judge, member);
		group->behind_count += judge_is_foreign(judge, member) && judge_is_behind_vmd(member);
	}
}

static int sort_groups(struct judge *judge)
{
	const struct pci_inventory *pci = &judge->host->pci;

	judge->member = calloc(pci->count + 1, sizeof(*judge->member));
	judge->group = calloc(pci->count + 1, sizeof(*judge->group));
	if (!judge->member || !judge->group)
		return -ENOMEM;
	for (size_t i = 0; i < pci->count; i++)
		if (pci->devices[i].iommu_group >= 0)
			judge->member[judge->member_count++] = &pci->devices[i];
	if (judge->member_count)
		qsort(judge->member, judge->member_count, sizeof(*judge->member), compare_members);
	count_groups(judge);
	return 0;
}

int judge_open(struct judge *judge, const struct host *host, unsigned int how, const struct pci_addr *given,
	size_t given_count, struct error *err)
{
	*judge = (struct judge){ .host = host, .how = how, .given = given, .given_count = given_count, .denylist = -1 };
	if (sort_groups(judge) < 0) {
		judge_close(judge);
		return fail(err, ENOMEM, "look at the devices");
	}
	/* Leases that may not be read are none that can be shown. */
	if (lease_list(&host->root, &judge->lease, &judge->lease_count, NULL) < 0)
		judge->lease_count = 0;
	return 0;
}

void judge_close(struct judge *judge)
{
	if (!judge)
		return;
	use_graph_free(judge->use);
	topology_done(judge->topology);
	free(judge->topology);
	device_log_done(&judge->log);
	free(judge->lease);
	free(judge->member);
	free(judge->group);
	*judge = (struct judge){ 0 };
}

static int compare_ids(const void *key, const void *group)
{
	int id = *(const int *)key;
	int other = ((const struct judged_group *)group)->id;

	return (id > other) - (id < other);
}

const struct judged_group *judge_group(const struct judge *judge, int id)
{
	if (!judge->group_count)
		return NULL;
	return bsearch(&id, judge->group, judge->group_count, sizeof(*judge->group), compare_ids);
}
