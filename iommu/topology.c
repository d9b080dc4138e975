// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The facts that groups are made of, from sysfs: where a function is, from the path behind its link in
 * sys/bus/pci/devices; what it is, from its configuration space. And the kernel's rule, applied to them (topology.h).
 * Nothing here asks the kernel which groups it has made: that is what the result is compared with.
 */
#include "iommu/topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/quirk.h"

enum {
	EXPRESS_FLAGS = 2,
	EXPRESS_SLOT = 0x0100,
	ACS_CAP = 4,
	ACS_CONTROL = 6,
	ACS_CONTROL_WIDE = 8,
	/* The LPC bridge of a PCH, and in it the base address of the registers that isolate its root ports. */
	LPC_DEVICE = 31,
	LPC_RCBA = 0xf0,
	LPC_RCBA_ENABLE = 1,
};

static int compare_addr(const void *key, const void *function)
{
	return pci_addr_compare(*(const struct pci_addr *)key, ((const struct topology_function *)function)->addr);
}

int topology_find(const struct topology *topology, struct pci_addr addr)
{
	const struct topology_function *found =
		topology->count ? bsearch(&addr, topology->function, topology->count, sizeof(*found), compare_addr)
				: NULL;

	return found ? (int)(found - topology->function) : -1;
}

/*
 * ".../pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0": the function above, and, where a root bus hangs off a
 * function (VMD), that function.
 */
static void read_place(const struct sysroot *root, const char *name, const struct topology *topology,
	struct topology_function *function)
{
	char target[1024];
	char *rest = target;
	char *part;
	int last = -1;

	function->parent = -1;
	function->dma_via = -1;
	if (sysroot_read_link(root, target, sizeof(target), "sys/bus/pci/devices/%s", name) < 0)
		return;
	while ((part = strsep(&rest, "/"))) {
		struct pci_addr addr;

		if (text_starts_with(part, "pci") && strchr(part, ':')) {
			function->dma_via = last;
			last = -1;
		} else if (!pci_addr_parse(part, &addr) && pci_addr_compare(addr, function->addr)) {
			last = topology_find(topology, addr);
		}
	}
	function->parent = last;
}

static void read_acs(
	const struct pci_config *config, const struct pci_capability *acs, struct topology_function *function)
{
	unsigned int control =
		acs_quirk_has_wide_control(function->vendor_id, function->device_id, function->express_type)
			? ACS_CONTROL_WIDE
			: ACS_CONTROL;

	function->has_acs = true;
	function->acs_supported = (uint16_t)pci_config_value(config, acs->offset + ACS_CAP, 2) &
				  (uint16_t)~acs_quirk_broken(function->vendor_id, function->device_id);
	function->acs_enabled = (uint16_t)pci_config_value(config, acs->offset + control, 2);
}

/* The kernel isolates the ports of a PCH through registers that the LPC bridge points to; without them it cannot. */
static bool read_pch_isolation(const struct sysroot *root, struct pci_addr port)
{
	const struct pci_addr lpc = { .domain = port.domain, .bus = port.bus, .device = LPC_DEVICE };
	struct pci_config config;

	return !pci_config_read(root, lpc, &config) && config.size >= PCI_CONFIG_CONVENTIONAL &&
	       pci_config_value(&config, LPC_RCBA, 4) & LPC_RCBA_ENABLE;
}

/* Slot Implemented (PCI Express Base 6.0, 7.5.3.2), which means something for root and downstream ports. */
static bool has_slot(const struct pci_config *config, const struct pci_capabilities *list)
{
	const struct pci_capability *express = pci_capability_find(list, false, PCI_CAP_EXPRESS);

	return express && pci_config_value(config, express->offset + EXPRESS_FLAGS, 2) & EXPRESS_SLOT;
}

static void read_config(const struct sysroot *root, struct topology_function *function)
{
	struct pci_capabilities list;
	const struct pci_capability *acs;
	struct pci_config config;

	function->express_type = PCI_EXPRESS_NONE;
	if (pci_config_read(root, function->addr, &config) < 0)
		return;
	pci_capabilities_list(&config, &list);
	function->is_bridge = pci_config_is_bridge(&config);
	function->multifunction = pci_config_is_multifunction(&config) || (function->addr.function && !function->is_vf);
	if (!list.visible || !list.extended_visible)
		return;
	function->known = true;
	function->express_type = (uint8_t)pci_express_type_of(&config, &list);
	function->no_slot = !has_slot(&config, &list);
	acs = pci_capability_find(&list, true, PCI_EXT_ACS);
	if (acs)
		read_acs(&config, acs, function);
	if (acs_quirk_is_pch(function->vendor_id, function->device_id, function->express_type))
		function->pch_isolation = read_pch_isolation(root, function->addr);
}

static void read_function(const struct sysroot *root, const struct pci_device *device, const struct topology *topology,
	struct topology_function *function)
{
	char name[PCI_ADDR_TEXT_SIZE];

	function->vendor_id = device->vendor_id;
	function->device_id = device->device_id;
	function->subsystem_vendor_id = device->subsystem_vendor_id;
	function->subsystem_id = device->subsystem_id;
	function->kernel_group = device->iommu_group;
	function->is_vf = device->is_vf;
	read_place(root, pci_addr_text(device->addr, name), topology, function);
	read_config(root, function);
}

/* Behind a port there is one device, so a function with another device number is one of many (ARI). */
static void settle_multifunction(struct topology *topology)
{
	for (size_t i = 0; i < topology->count; i++) {
		struct topology_function *function = &topology->function[i];
		uint8_t above =
			function->parent < 0 ? PCI_EXPRESS_NONE : topology->function[function->parent].express_type;

		if (function->addr.device && !function->is_vf &&
			(above == PCI_EXPRESS_ROOT_PORT || above == PCI_EXPRESS_DOWNSTREAM))
			function->multifunction = true;
	}
}

/* Who made the groups, and was it told to make smaller ones than it should. */
static void read_kernel(const struct sysroot *root, struct topology *topology)
{
	char cmdline[4096] = "";

	if (sysroot_read_text(root, topology->release, sizeof(topology->release), "proc/sys/kernel/osrelease") < 0)
		topology->release[0] = '\0';
	if (sysroot_read_text(root, cmdline, sizeof(cmdline), "proc/cmdline") <= 0)
		return;
	topology->override = strstr(cmdline, "pcie_acs_override=");
	topology->redirect_off = strstr(cmdline, "disable_acs_redir=");
}

int topology_read(const struct sysroot *root, const struct pci_inventory *inventory, struct topology *ret_topology,
	struct error *err)
{
	struct topology topology = {
		.function = calloc(inventory->count + 1, sizeof(*topology.function)),
		.count = inventory->count,
		.amd_iommu = sysroot_exists(root, "sys/firmware/acpi/tables/IVRS"),
		.would_only = true,
	};

	if (!topology.function)
		return fail(err, ENOMEM, "read the PCI topology");
	for (size_t i = 0; i < inventory->count; i++)
		topology.function[i].addr = inventory->devices[i].addr;
	for (size_t i = 0; i < inventory->count; i++) {
		read_function(root, &inventory->devices[i], &topology, &topology.function[i]);
		topology.would_only &= topology.function[i].kernel_group < 0;
	}
	settle_multifunction(&topology);
	read_kernel(root, &topology);
	*ret_topology = topology;
	return 0;
}

void topology_done(struct topology *topology)
{
	if (!topology)
		return;
	free(topology->function);
	*topology = (struct topology){ 0 };
}

static bool same_bus(const struct topology_function *one, const struct topology_function *other)
{
	return one->addr.domain == other->addr.domain && one->addr.bus == other->addr.bus;
}

bool topology_same_slot(const struct topology_function *one, const struct topology_function *other)
{
	return same_bus(one, other) && one->addr.device == other->addr.device;
}

unsigned int topology_acs_missing(const struct topology *topology, const struct topology_function *function)
{
	/*
	 * What is not supported is hard-wired the safe way (PCI Express Base 6.0, 6.12.1), or has nothing to redirect.
	 */
	if (topology->would_only)
		return 0;
	return ACS_REQUIRED & function->acs_supported & ~(unsigned int)function->acs_enabled;
}

bool topology_isolates(const struct topology *topology, const struct topology_function *function)
{
	const struct acs_quirk *quirk = acs_quirk_find(topology, function);

	if (quirk)
		return acs_quirk_isolates(quirk, function);
	switch (function->express_type) {
	case PCI_EXPRESS_NONE:
	case PCI_EXPRESS_TO_PCI:
	case PCI_TO_EXPRESS:
	case PCI_EXPRESS_RC_COLLECTOR:
		return false;
	case PCI_EXPRESS_ROOT_PORT:
	case PCI_EXPRESS_DOWNSTREAM:
		break;
	default:
		/* One function alone has nobody to talk to. */
		if (!function->multifunction)
			return true;
	}
	return function->has_acs && !topology_acs_missing(topology, function);
}

bool topology_is_alias_bridge(const struct topology_function *function)
{
	return function->express_type == PCI_EXPRESS_NONE || function->express_type == PCI_EXPRESS_TO_PCI ||
	       function->express_type == PCI_TO_EXPRESS;
}

static uint8_t devfn_of(const struct topology_function *function)
{
	return (uint8_t)(function->addr.device << 3 | function->addr.function);
}

bool topology_are_aliases(const struct topology_function *one, const struct topology_function *other)
{
	return same_bus(one, other) && (dma_alias_quirk(one, devfn_of(other)) || dma_alias_quirk(other, devfn_of(one)));
}

bool topology_are_unisolated_siblings(
	const struct topology *topology, const struct topology_function *one, const struct topology_function *other)
{
	return topology_same_slot(one, other) && (one->multifunction || other->multifunction) &&
	       !topology_isolates(topology, one) && !topology_isolates(topology, other);
}

/* The next function on the way to the root; a root bus ends it, -1. depth keeps a tree that loops from hanging us. */
static int above(const struct topology *topology, int index, size_t *depth)
{
	return ++*depth > topology->count ? -1 : topology->function[index].parent;
}

int topology_anchor(const struct topology *topology, int index)
{
	int top = topology->function[index].dma_via >= 0 ? topology->function[index].dma_via : index;
	size_t depth = 0;
	int anchor;

	for (int at = above(topology, top, &depth); at >= 0; at = above(topology, at, &depth))
		if (topology_is_alias_bridge(&topology->function[at]))
			top = at;
	anchor = top;
	depth = 0;
	for (int at = above(topology, top, &depth); at >= 0; at = above(topology, at, &depth))
		if (!topology_isolates(topology, &topology->function[at]))
			anchor = at;
	return anchor;
}

static bool way_is_known(const struct topology *topology, int index)
{
	int via = topology->function[index].dma_via;
	size_t depth = 0;

	for (int at = index; at >= 0; at = above(topology, at, &depth))
		if (!topology->function[at].known)
			return false;
	return via < 0 || topology->function[via].known;
}

static int find_root(int *set, int index)
{
	while (set[index] != index)
		index = set[index] = set[set[index]];
	return index;
}

static void join(int *set, int one, int other)
{
	one = find_root(set, one);
	other = find_root(set, other);
	if (one < other)
		set[other] = one;
	else
		set[one] = other;
}

int topology_group(const struct topology *topology, int *ret_group)
{
	cleanup_free int *set = calloc(topology->count + 1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	for (size_t i = 0; i < topology->count; i++)
		set[i] = (int)i;
	for (size_t i = 0; i < topology->count; i++)
		join(set, (int)i, topology_anchor(topology, (int)i));
	for (size_t i = 0; i < topology->count; i++) {
		const struct topology_function *one = &topology->function[i];

		/* Ordered by address: those of a bus are neighbours. */
		for (size_t k = i + 1; k < topology->count && same_bus(one, one + (k - i)); k++)
			if (topology_are_aliases(one, one + (k - i)) ||
				topology_are_unisolated_siblings(topology, one, one + (k - i)))
				join(set, (int)i, (int)k);
	}
	for (size_t i = 0; i < topology->count; i++)
		ret_group[i] = way_is_known(topology, (int)i) ? find_root(set, (int)i) : -1;
	return 0;
}
