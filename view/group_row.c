// SPDX-License-Identifier: GPL-2.0-or-later
/* One IOMMU group: is it one device's alone, could VFIO take it, and if not, what is in the way. */
#include "view/group_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "view/view.h"

int group_view_open(struct group_view *view, const struct host *host, struct error *err)
{
	int ret = judge_open(&view->judge, host, 0, NULL, 0, err);

	view->host = host;
	view->by_rule = NULL;
	if (!ret)
		ret = topology_read(&host->root, &host->pci, &view->topology, err);
	if (ret < 0) {
		judge_close(&view->judge);
		return ret;
	}
	view->by_rule = calloc(view->topology.count + 1, sizeof(*view->by_rule));
	if (!view->by_rule || topology_group(&view->topology, view->by_rule) < 0) {
		group_view_close(view);
		return fail(err, ENOMEM, "work out the IOMMU groups");
	}
	return 0;
}

void group_view_close(struct group_view *view)
{
	free(view->by_rule);
	view->by_rule = NULL;
	judge_close(&view->judge);
	topology_done(&view->topology);
}

bool group_view_proof(const struct group_view *view, struct pci_addr addr, struct proof *ret_proof)
{
	int index = topology_find(&view->topology, addr);

	if (index < 0)
		return false;
	proof_make(&view->host->root, &view->topology, view->by_rule, index, ret_proof);
	return true;
}

static void explain_merge(const struct group_view *view, struct pci_addr member, char *buf, size_t size)
{
	const struct proof_step *cause;
	char name[PCI_ADDR_TEXT_SIZE];
	struct proof proof;

	if (!group_view_proof(view, member, &proof) || !proof.known) {
		snprintf(buf, size, "several devices share it; why can only be read as root");
		return;
	}
	cause = proof_cause(&proof);
	if (!proof.agrees || !cause)
		snprintf(buf, size, "several devices share it, by the kernel and not by the rule: see 'sluice why %s'",
			pci_addr_text(member, name));
	else
		snprintf(buf, size, "%s: %s: %s", pci_addr_text(cause->device, name), cause->value, cause->consequence);
}

/* The first member that is a device, and the first that the host drives. */
static const struct pci_device *first_member(const struct judge *judge, const struct judged_group *group, bool foreign)
{
	for (size_t i = 0; i < group->member_count; i++) {
		const struct pci_device *member = judge->member[group->first + i];

		if (foreign ? judge_is_foreign(judge, member) : member->class >> 8 != 0x0604)
			return member;
	}
	return judge->member[group->first];
}

static void explain_foreign(const struct judge *judge, const struct judged_group *group, char *buf, size_t size)
{
	const struct pci_device *foreign = first_member(judge, group, true);
	char name[PCI_ADDR_TEXT_SIZE];
	char more[32] = "";

	if (group->foreign_count > 1)
		snprintf(more, sizeof(more), " and %zu more", group->foreign_count - 1);
	snprintf(buf, size, "the host drives %s (driver %s)%s", pci_addr_text(foreign->addr, name), foreign->driver,
		more);
}

void group_row_read(const struct group_view *view, int id, struct group_row *ret_row)
{
	const struct judged_group *group = judge_group(&view->judge, id);
	struct error err = { 0 };

	*ret_row = (struct group_row){ 0 };
	if (iommu_group_read(&view->host->root, id, &ret_row->group, &err) < 0) {
		ret_row->group.id = id;
		text_copy(ret_row->reason, sizeof(ret_row->reason), err.msg);
		return;
	}
	ret_row->readable = true;
	ret_row->isolated = !group || group->device_count <= 1;
	ret_row->viable = ret_row->isolated || !group->foreign_count;
	if (!ret_row->viable)
		explain_foreign(&view->judge, group, ret_row->reason, sizeof(ret_row->reason));
	else if (!ret_row->isolated)
		explain_merge(
			view, first_member(&view->judge, group, false)->addr, ret_row->reason, sizeof(ret_row->reason));
}

json_t *json_pci_addrs(const struct pci_addr *addr, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pci_addr(addr[i]));
	return list;
}

json_t *json_reserved_regions(const struct iommu_group *group)
{
	json_t *list = json_array();

	for (size_t i = 0; i < group->reserved_count; i++)
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:s}", "start", json_hex(group->reserved[i].start, 1), "end",
				      json_hex(group->reserved[i].end, 1), "type", group->reserved[i].kind));
	return list;
}
