// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the rooms that know to one model: where a function is (iommu/topology.h), what it is (the inventory), whose it
 * is and who uses it (device_row), which group it is in and why (group_row). The kernel's groups are drawn where it has
 * made some, else those that it would make. Reads sys/devices/system for nodes and sockets; changes nothing.
 */
#include "picture/host_model.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pci/capability.h"

enum {
	CLASS_BRIDGE = 0x0604,
};

static const struct topology_function *function_of(const struct topology_model *model, size_t index)
{
	return &model->view.topology.function[index];
}

/*
 * Places
 * -----------------------------------------------------------------------------------------------------------------
 */

static int parent_of(const struct topology_model *model, int index)
{
	const struct topology_function *function = function_of(model, (size_t)index);

	return function->parent >= 0 ? function->parent : function->dma_via;
}

/* Bridges above, or too many of them: a captured tree may lie, and loop. */
static int depth_of(const struct topology_model *model, int index)
{
	int depth = 0;

	for (int at = parent_of(model, index); at >= 0 && depth <= PICTURE_DEPTH_MAX; at = parent_of(model, at))
		depth++;
	return depth;
}

static bool has_functions_below(const struct topology_model *model, const bool *is_parent, size_t index)
{
	return is_parent[index] || model->host->pci.devices[index].class >> 8 == CLASS_BRIDGE;
}

static int pf_of(const struct topology_model *model, const struct pci_device *device)
{
	int pf = device->is_vf ? topology_find(&model->view.topology, device->pf) : -1;

	return pf >= 0 && !model->host->pci.devices[pf].is_vf ? pf : -1;
}

static void add_function(struct topology_model *model, size_t index, const bool *is_parent)
{
	const struct pci_device *device = &model->host->pci.devices[index];
	bool is_port = has_functions_below(model, is_parent, index) && !device->is_vf;
	int at = picture_add(&model->picture, pf_of(model, device) >= 0 ? PICTURE_VF
					      : is_port                 ? PICTURE_PORT
									: PICTURE_DEVICE);
	struct picture_item *item;

	model->item[index] = at;
	if (model->picture.out_of_memory)
		return;
	item = &model->picture.item[at];
	pci_addr_text(device->addr, item->address);
	snprintf(item->id, sizeof(item->id), "pci-%s", item->address);
	for (char *c = item->id; *c; c++)
		*c = isalnum((unsigned char)*c) ? *c : '-';
	item->device = device;
	item->users = &model->row[index].verdict.users;
	item->verdict = &model->row[index].verdict;
	picture_clean(item->driver, sizeof(item->driver), device->driver);
	topology_name_owner(&model->row[index], item);
	if (is_port)
		topology_name_port(model, index, item);
	else
		topology_name_device(device, item);
	topology_add_badges(model, index);
}

/* A platform function without reset method is no news. */
static bool is_small(const struct topology_model *model, const struct picture_item *item)
{
	if (item->kind != PICTURE_DEVICE || !topology_is_platform(item->device) || item->detail[0])
		return false;
	for (size_t i = 0; i < item->badge_count; i++) {
		const struct picture_badge *badge = &model->picture.badge[item->badge + i];

		if (badge->level != PICTURE_INFO && strcmp(badge->kind, "reset"))
			return false;
	}
	return item->owner == PICTURE_HOST || item->owner == PICTURE_NOBODY;
}

static int add_functions(struct topology_model *model)
{
	size_t count = model->host->pci.count;
	cleanup_free bool *is_parent = calloc(count + 1, sizeof(*is_parent));

	if (!is_parent)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (parent_of(model, (int)i) >= 0 && !model->host->pci.devices[i].is_vf)
			is_parent[parent_of(model, (int)i)] = true;
	for (size_t i = 0; i < count && !model->picture.out_of_memory; i++)
		add_function(model, i, is_parent);
	if (model->picture.out_of_memory)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		model->picture.item[model->item[i]].small = is_small(model, &model->picture.item[model->item[i]]);
	return 0;
}

/* Sockets of a node, by its first processor. */
static void describe_node(const struct sysroot *root, int node, struct picture_item *item)
{
	char cpus[64];
	char text[160];
	uint64_t socket;

	if (sysroot_read_text(root, cpus, sizeof(cpus), "sys/devices/system/node/node%d/cpulist", node) <= 0)
		return;
	if (sysroot_read_u64(root, &socket, "sys/devices/system/cpu/cpu%d/topology/physical_package_id", atoi(cpus)) <
		0)
		snprintf(text, sizeof(text), "CPUs %s", cpus);
	else
		snprintf(text, sizeof(text), "socket %u, CPUs %s", (unsigned int)socket, cpus);
	picture_clean(item->detail, sizeof(item->detail), text);
}

static int add_node(struct topology_model *model, int node)
{
	int at = picture_add(&model->picture, PICTURE_NODE);
	struct picture_item *item;

	if (model->picture.out_of_memory)
		return at;
	item = &model->picture.item[at];
	if (node < 0) {
		text_copy(item->id, sizeof(item->id), "node-unknown");
		text_copy(item->title, sizeof(item->title), "No NUMA node");
		text_copy(item->detail, sizeof(item->detail), "the firmware names none");
	} else {
		snprintf(item->id, sizeof(item->id), "node-%d", node);
		snprintf(item->title, sizeof(item->title), "NUMA node %d", node);
		describe_node(&model->host->root, node, item);
	}
	return at;
}

/* A root bus: where it is, and which of its functions has been seen first. */
struct root_bus {
	uint32_t domain;
	uint8_t bus;
	int node, item, functions;
};

struct roots {
	struct root_bus *bus; /* by first function's address; owned */
	size_t count;
};

/* Functions come by address, so those of a root bus are mostly neighbours; what is not is looked for. */
static struct root_bus *root_of(struct roots *roots, struct pci_addr addr)
{
	for (size_t i = roots->count; i-- > 0;)
		if (roots->bus[i].domain == addr.domain && roots->bus[i].bus == addr.bus)
			return &roots->bus[i];
	return NULL;
}

static bool is_on_root_bus(const struct topology_model *model, size_t index)
{
	const struct picture_item *item = &model->picture.item[model->item[index]];

	return item->kind != PICTURE_VF &&
	       (parent_of(model, (int)index) < 0 || depth_of(model, (int)index) > PICTURE_DEPTH_MAX);
}

static void find_roots(const struct topology_model *model, struct roots *roots)
{
	for (size_t i = 0; i < model->host->pci.count; i++) {
		const struct pci_device *device = &model->host->pci.devices[i];
		struct root_bus *bus;

		if (!is_on_root_bus(model, i))
			continue;
		bus = root_of(roots, device->addr);
		if (!bus) {
			bus = &roots->bus[roots->count++];
			*bus = (struct root_bus){
				.domain = device->addr.domain, .bus = device->addr.bus, .node = -1, .item = -1
			};
		}
		if (bus->node < 0)
			bus->node = device->numa_node;
		bus->functions++;
	}
}

static void add_root(struct topology_model *model, struct root_bus *bus, int node_item)
{
	struct picture_item *item;

	bus->item = picture_add(&model->picture, PICTURE_ROOT);
	if (model->picture.out_of_memory)
		return;
	item = &model->picture.item[bus->item];
	snprintf(item->id, sizeof(item->id), "root-%04x-%02x", bus->domain, bus->bus);
	snprintf(item->title, sizeof(item->title), "Root complex pci%04x:%02x", bus->domain, bus->bus);
	snprintf(item->detail, sizeof(item->detail), "%d function%s on the root bus", bus->functions,
		bus->functions == 1 ? "" : "s");
	picture_put_below(&model->picture, bus->item, node_item);
}

/* Nodes in their order, those without number last; each with its root buses. */
static void add_roots(struct topology_model *model, struct roots *roots)
{
	for (int last = -1;;) {
		int node = -1;
		int item;

		for (size_t i = 0; i < roots->count; i++)
			if (roots->bus[i].item < 0 && roots->bus[i].node > last &&
				(node < 0 || roots->bus[i].node < node))
				node = roots->bus[i].node;
		item = -1;
		for (size_t i = 0; i < roots->count && !model->picture.out_of_memory; i++) {
			if (roots->bus[i].item >= 0 || roots->bus[i].node != node)
				continue;
			if (item < 0) {
				item = add_node(model, node);
				if (model->picture.out_of_memory)
					return;
				picture_put_below(&model->picture, item, -1);
			}
			add_root(model, &roots->bus[i], item);
		}
		if (node < 0)
			return;
		last = node;
	}
}

static int place_all(struct topology_model *model)
{
	size_t count = model->host->pci.count;
	struct roots roots = { .bus = calloc(count + 1, sizeof(*roots.bus)) };
	cleanup_free void *owned = roots.bus;

	if (!roots.bus)
		return -ENOMEM;
	find_roots(model, &roots);
	add_roots(model, &roots);
	for (size_t i = 0; i < count && !model->picture.out_of_memory; i++) {
		int pf = pf_of(model, &model->host->pci.devices[i]);

		if (pf >= 0)
			picture_put_below(&model->picture, model->item[i], model->item[pf]);
		else if (is_on_root_bus(model, i))
			picture_put_below(&model->picture, model->item[i],
				root_of(&roots, model->host->pci.devices[i].addr)->item);
		else
			picture_put_below(&model->picture, model->item[i], model->item[parent_of(model, (int)i)]);
	}
	return model->picture.out_of_memory ? -ENOMEM : 0;
}

/*
 * The host
 * ---------------------------------------------------------------------------------------------------------------
 */

static void describe_host(struct topology_model *model)
{
	const struct host *host = model->host;
	struct picture *picture = &model->picture;
	bool unknown = false;
	char groups[48] = "no IOMMU groups";
	char text[80] = "";
	size_t vfs = 0;

	if (sysroot_read_text(&host->root, text, sizeof(text), "proc/sys/kernel/hostname") <= 0)
		sysroot_read_text(&host->root, text, sizeof(text), "etc/hostname");
	if (!text[0] || !strcmp(text, "(none)")) /* the kernel's word for a host that nobody named */
		text_copy(text, sizeof(text), host->root.captured ? "captured host" : "this host");
	picture_clean(picture->host, sizeof(picture->host), text);
	for (size_t i = 0; i < host->pci.count; i++) {
		vfs += host->pci.devices[i].is_vf;
		unknown |= !function_of(model, i)->known;
	}
	if (host->iommu.translating)
		snprintf(groups, sizeof(groups), "%zu IOMMU group%s", picture->group_count,
			picture->group_count == 1 ? "" : "s");
	snprintf(picture->summary, sizeof(picture->summary), "%zu PCI functions, %zu of them VFs, %s%s%s",
		host->pci.count, vfs, groups, host->iommu.vendor[0] ? ", IOMMU: " : "", host->iommu.vendor);
	if (!host->iommu.translating)
		picture_note(picture, "the IOMMU is off or missing: no groups; boxes show what groups there would be");
	if (host->iommu.interrupt_remapping == IOMMU_NO && host->iommu.translating)
		picture_note(picture, "interrupts are not remapped: nothing can be given to guests");
	if (unknown)
		picture_note(picture,
			"configuration space could not be read for every function (run as root): ACS is unknown there");
}

static int read_rows(struct topology_model *model, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	const struct host *host = model->host;
	int ret = judge_open(&judge, host, 0, NULL, 0, err);

	model->row = calloc(host->pci.count + 1, sizeof(*model->row));
	model->item = calloc(host->pci.count + 1, sizeof(*model->item));
	if (!model->row || !model->item)
		return fail(err, ENOMEM, "read the topology");
	for (size_t i = 0; !ret && i < host->pci.count; i++)
		ret = device_row_read(&judge, &host->pci.devices[i], &model->row[i], err);
	return ret;
}

int topology_model_open(struct topology_model *model, const struct host *host, struct error *err)
{
	int ret;

	*model = (struct topology_model){ .host = host };
	picture_init(&model->picture);
	ret = group_view_open(&model->view, host, err);
	if (ret < 0)
		return ret;
	ret = read_rows(model, err);
	if (ret < 0)
		return ret;
	if (topology_read_eswitches(model) < 0 || add_functions(model) < 0 || place_all(model) < 0 ||
		topology_add_groups(model) < 0)
		return fail(err, ENOMEM, "make the model of the topology");
	describe_host(model);
	if (picture_settle(&model->picture) < 0)
		return fail(err, ENOMEM, "make the model of the topology");
	return 0;
}

void topology_model_close(struct topology_model *model)
{
	for (size_t i = 0; model->row && i < model->host->pci.count; i++)
		device_row_done(&model->row[i]);
	free(model->row);
	free(model->item);
	topology_close_eswitches(model);
	group_view_close(&model->view);
	picture_done(&model->picture);
	*model = (struct topology_model){ 0 };
}
