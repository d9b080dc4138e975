// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Remedies for a device that shares its IOMMU group with what the host drives: give the others to vfio-pci too, where
 * this host can do without them; or move the card to a slot where it shares with nobody. Both are tried on paper first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/remedy_list.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/slot.h"
#include "iommu/topology.h"

/* Why the rest of a group cannot go with the device. */
struct objection {
	char text[288];
};

static const struct topology *read_topology(struct judge *judge)
{
	if (judge->topology)
		return judge->topology;
	judge->topology = calloc(1, sizeof(*judge->topology));
	if (judge->topology && topology_read(&judge->host->root, &judge->host->pci, judge->topology, NULL) < 0) {
		free(judge->topology);
		judge->topology = NULL;
	}
	return judge->topology;
}

/* Its blocking uses in *ret_objection and true; else all it carries is appended to carries. */
static bool is_needed(struct remedy_list *list, const struct pci_device *member, struct objection *ret_objection,
	char *carries, size_t size)
{
	struct pci_users users = { 0 };
	char name[PCI_ADDR_TEXT_SIZE], uses[160];
	bool needed;

	pci_addr_text(member->addr, name);
	if (host_users(list->judge->host, member, &users, NULL) < 0)
		return true;
	needed = verdict_name_users(&users, uses, sizeof(uses)) > 0;
	if (needed)
		snprintf(ret_objection->text, sizeof(ret_objection->text),
			"this host cannot do without %s, which is in its group: %s", name, uses);
	for (size_t i = 0; !needed && i < users.count; i++) {
		size_t used = strlen(carries);

		if (used + strlen(users.user[i].what) + 3 < size)
			snprintf(carries + used, size - used, "%s%s", used ? "; " : "", users.user[i].what);
	}
	for (size_t i = 0; !needed && !users.count && i < member->netdev_count + member->block_count; i++) {
		const struct pci_name *child = i < member->netdev_count
						       ? &member->netdevs[i]
						       : &member->block_devices[i - member->netdev_count];
		size_t used = strlen(carries);

		if (used + PCI_NAME_MAX + 3 < size)
			snprintf(carries + used, size - used, "%s%s", used ? "; " : "", child->text);
	}
	pci_users_done(&users);
	return needed;
}

/* Can this other member leave its driver without harm to the device or the host? */
static bool may_go_too(struct remedy_list *list, const struct pci_device *member, struct objection *ret_objection,
	char *carries, size_t size)
{
	const struct pci_device *device = list->verdict->device;
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(member->addr, name);
	if (device->is_vf && !pci_addr_compare(device->pf, member->addr)) {
		snprintf(ret_objection->text, sizeof(ret_objection->text),
			"its own PF %s is in its group, and must keep its driver: without it the VFs are gone", name);
		return false;
	}
	if (member->sriov.num_vfs) {
		snprintf(ret_objection->text, sizeof(ret_objection->text),
			"%s, which is in its group, must keep its driver: without it its %u VFs are gone", name,
			member->sriov.num_vfs);
		return false;
	}
	if (judge_is_behind_vmd(device)) {
		snprintf(ret_objection->text, sizeof(ret_objection->text),
			"it is behind the VMD %s and cannot leave it: switch VMD off for its slot in the firmware's "
			"set-up "
			"(changes the names of disks), or give the whole VMD away",
			name);
		return false;
	}
	if (member->is_bridge) {
		snprintf(ret_objection->text, sizeof(ret_objection->text),
			"%s, a part of the chipset, is in its group and stays with the host", name);
		return false;
	}
	return !is_needed(list, member, ret_objection, carries, size);
}

/* All others of the group with vfio-pci too: the group is viable then, since nobody is left whom the host drives. */
static void offer_whole_group(struct remedy_list *list, struct objection *ret_objection)
{
	const struct judge *judge = list->judge;
	const struct judged_group *group = judge_group(judge, list->verdict->device->iommu_group);
	struct remedy remedy = { .text = "" };
	char carries[160] = "";
	char name[PCI_ADDR_TEXT_SIZE];

	text_copy(remedy.command, sizeof(remedy.command), "sluice bind");
	for (size_t i = 0; group && i < group->member_count; i++) {
		const struct pci_device *member = judge->member[group->first + i];
		size_t used = strlen(remedy.command);

		if (member == list->verdict->device || !judge_is_foreign(judge, member) ||
			(judge_is_behind_vmd(member) && !judge_is_behind_vmd(list->verdict->device)))
			continue;
		if (!may_go_too(list, member, ret_objection, carries, sizeof(carries)))
			return;
		if (used + PCI_ADDR_TEXT_SIZE + 1 > sizeof(remedy.command)) {
			snprintf(ret_objection->text, sizeof(ret_objection->text), "its group is too large");
			return;
		}
		snprintf(
			remedy.command + used, sizeof(remedy.command) - used, " %s", pci_addr_text(member->addr, name));
		remedy_target(&remedy, member->addr);
	}
	if (!remedy.target_count)
		return;
	snprintf(remedy.text, sizeof(remedy.text), "give %s of its group to vfio-pci too%s%s%s",
		remedy.target_count > 1 ? "the others" : "the other",
		carries[0] ? ", if this host can do without (" : "", carries, carries[0] ? ")" : "");
	if (list->count < list->max)
		list->item[list->count++] = remedy;
}

/* The port whose slot the card is in: the first on the way up that has one; -1: it is built in. */
static int slot_port(const struct topology *topology, int index)
{
	size_t depth = 0;

	for (int at = topology->function[index].parent; at >= 0 && depth++ < topology->count;
		at = topology->function[at].parent)
		if (topology->function[at].known && !topology->function[at].no_slot &&
			topology->function[at].express_type != PCI_EXPRESS_UPSTREAM)
			return at;
	return -1;
}

static bool is_below(const struct topology *topology, int port, int index)
{
	size_t depth = 0;

	for (int at = index; at >= 0 && depth++ < topology->count; at = topology->function[at].parent)
		if (at == port)
			return true;
	return false;
}

/* Does something that the host drives move along, and stay in the group there? */
static bool moves_along(
	const struct judge *judge, const struct topology *topology, const struct verdict *verdict, int port)
{
	const struct judged_group *group = judge_group(judge, verdict->device->iommu_group);
	int self = topology_find(topology, verdict->device->addr);

	for (size_t i = 0; group && i < group->member_count; i++) {
		const struct pci_device *member = judge->member[group->first + i];
		int index = topology_find(topology, member->addr);

		if (member == verdict->device || !judge_is_foreign(judge, member) || index < 0)
			continue;
		if (is_below(topology, port, index) &&
			(topology->function[index].parent != topology->function[self].parent ||
				topology_are_unisolated_siblings(
					topology, &topology->function[index], &topology->function[self]) ||
				topology_are_aliases(&topology->function[index], &topology->function[self])))
			return true;
	}
	return false;
}

void remedy_offer_slot(struct remedy_list *list)
{
	const struct pci_device *device = list->verdict->device;
	const struct topology *topology = read_topology(list->judge);
	struct slot_choice choice[8];
	char name[PCI_ADDR_TEXT_SIZE];
	int index = topology ? topology_find(topology, device->addr) : -1;
	int port = index < 0 ? -1 : slot_port(topology, index);
	size_t count;

	if (port < 0 || judge_is_behind_vmd(device) || topology->function[index].dma_via >= 0 ||
		moves_along(list->judge, topology, list->verdict, port))
		return;
	count = slot_choices(&list->judge->host->root, topology, index, choice, array_size(choice));
	for (size_t i = 0; i < count; i++) {
		struct remedy *remedy;

		if (choice[i].occupied)
			continue;
		remedy = remedy_add(list, "move the card to the free slot%s%s behind port %s",
			choice[i].name[0] ? " " : "", choice[i].name, pci_addr_text(choice[i].port, name));
		remedy_target(remedy, choice[i].port);
		return;
	}
}

/* Would some guest get the device, were it not for its group? Else nothing else is taken from the host for its sake. */
static bool is_the_last_obstacle(const struct verdict *verdict)
{
	unsigned int stopped = 0;

	for (size_t i = 0; i < verdict->blocker_count; i++)
		if (verdict->blocker[i].code != CODE_GROUP_NOT_VIABLE)
			stopped |= verdict->blocker[i].stops;
	return (stopped & VERDICT_GUESTS) != VERDICT_GUESTS;
}

void remedy_mend_group(struct remedy_list *list)
{
	struct objection objection = { "" };
	size_t before = list->count;
	size_t used;

	if (is_the_last_obstacle(list->verdict))
		offer_whole_group(list, &objection);
	else
		text_copy(objection.text, sizeof(objection.text),
			"what else stands against it has to go before others of its group are taken from the host");
	remedy_offer_slot(list);
	if (!objection.text[0])
		return;
	if (list->count == before) {
		remedy_none(list, objection.text);
		return;
	}
	used = strlen(list->item[before].text);
	snprintf(list->item[before].text + used, sizeof(list->item[before].text) - used, " (%s)", objection.text);
}
