// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on room for VFs: registers in the bridge's window, bus numbers below the bridge (SR-IOV 1.1, 2.1.2, 3.3.9 and
 * 3.3.14).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "pci/capability.h"
#include "pci/detail.h"

enum {
	/* Of the SR-IOV capability. */
	SRIOV_FIRST_OFFSET = 0x14,
	SRIOV_STRIDE = 0x16,
	SRIOV_BAR = 0x24, /* six of them */
	SRIOV_BARS = 6,
};

/* The bridge above, as text; "" on a root bus. */
static const struct topology_function *bridge_above(const struct facts *facts, const struct pci_device *device)
{
	int index = topology_find(&facts->topology, device->addr);
	int parent = index < 0 ? -1 : facts->topology.function[index].parent;

	return parent < 0 ? NULL : &facts->topology.function[parent];
}

static void fix_room(const struct facts *facts, struct findings *findings)
{
	fix_add_argument(facts, findings, "pci=realloc");
	finding_fix_more(findings, "; or switch SR-IOV and 'above 4G decoding' on in the firmware's set-up");
}

/* The SR-IOV capability; NULL where there is none, or configuration space cannot be read. */
static const struct pci_capability *read_capability(const struct sysroot *root, const struct pci_device *pf,
	struct pci_config *config, struct pci_capabilities *list)
{
	if (pci_config_read(root, pf->addr, config) < 0)
		return NULL;
	pci_capabilities_list(config, list);
	return pci_capability_find(list, true, PCI_EXT_SRIOV);
}

/* Does the card say that its VFs have registers: 1, 0, or -1 where it cannot be asked. */
static int has_vf_bars(const struct sysroot *root, const struct pci_device *pf)
{
	struct pci_capabilities list;
	struct pci_config config;
	const struct pci_capability *sriov = read_capability(root, pf, &config, &list);

	for (unsigned int i = 0; sriov && i < SRIOV_BARS; i++)
		if (pci_config_value(&config, sriov->offset + SRIOV_BAR + 4 * i, 4))
			return 1;
	return sriov ? 0 : -1;
}

/* The kernel forgets the size of what it found no place for: resource has nothing but zeros then. */
static void no_place_at_all(
	const struct facts *facts, const struct pci_device *device, const char *bridge, struct findings *findings)
{
	int has = has_vf_bars(&facts->host->root, device);

	finding_evidence(findings, "/sys/bus/pci/devices/%s/resource: no VF BARs; the SR-IOV capability %s",
		findings->about.subject,
		has > 0 ? "has some"
		: has   ? "cannot be read"
			: "has none");
	if (has <= 0) {
		finding_say(findings, has ? CHECK_UNMEASURED : CHECK_OK,
			has ? "whether its VFs have registers cannot be read" : "its VFs have no registers");
		return;
	}
	finding_say(
		findings, CHECK_WARN, "no room for the registers of %u VFs below %s", device->sriov.total_vfs, bridge);
	fix_room(facts, findings);
}

static void check_vf_memory(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct topology_function *bridge = bridge_above(facts, device);
	struct pci_bar bars[PCI_BAR_MAX];
	size_t count = pci_bars_read(&facts->host->root, device->addr, bars);
	char size[32], name[PCI_ADDR_TEXT_SIZE] = "a root bus";
	uint64_t needed = 0, homeless = 0;

	if (!count) {
		finding_say(findings, CHECK_UNMEASURED, "/sys/bus/pci/devices/%s/resource cannot be read",
			findings->about.subject);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (bars[i].index < PCI_BAR_VF)
			continue;
		needed += bars[i].size;
		homeless += bars[i].address ? 0 : bars[i].size;
	}
	if (bridge)
		pci_addr_text(bridge->addr, name);
	if (!needed && device->sriov.total_vfs) {
		no_place_at_all(facts, device, name, findings);
		return;
	}
	size_to_text(homeless ? homeless : needed, size, sizeof(size));
	finding_evidence(findings, "/sys/bus/pci/devices/%s/resource: VF BARs of %s, %s", findings->about.subject, size,
		homeless ? "without address" : "with addresses");
	if (!homeless) {
		finding_say(findings, CHECK_OK, "room for those of all %u VFs (%s)", device->sriov.total_vfs, size);
		return;
	}
	finding_say(findings, CHECK_WARN, "no room for %s of registers of %u VFs below %s", size,
		device->sriov.total_vfs, name);
	fix_room(facts, findings);
}

/* The last bus number that is behind the bridge above; -1 unknown. */
static int last_bus(const struct facts *facts, const struct topology_function *bridge)
{
	char name[PCI_ADDR_TEXT_SIZE];
	struct pci_config config;
	uint64_t bus;

	if (!sysroot_read_u64(&facts->host->root, &bus, "sys/bus/pci/devices/%s/subordinate_bus_number",
		    pci_addr_text(bridge->addr, name)))
		return (int)bus;
	if (pci_config_read(&facts->host->root, bridge->addr, &config) < 0 || config.size < PCI_CONFIG_HEADER)
		return -1;
	return (int)pci_config_value(&config, 0x1a, 1);
}

/* Where VFs are, as distances from the PF (sysfs since Linux 4.14; else the capability). False: not known. */
static bool read_layout(
	const struct sysroot *root, const struct pci_device *pf, uint64_t *ret_offset, uint64_t *ret_stride)
{
	const struct pci_capability *sriov;
	struct pci_capabilities list;
	struct pci_config config;
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(pf->addr, name);
	if (!sysroot_read_u64(root, ret_offset, "sys/bus/pci/devices/%s/sriov_offset", name) &&
		!sysroot_read_u64(root, ret_stride, "sys/bus/pci/devices/%s/sriov_stride", name))
		return true;
	sriov = read_capability(root, pf, &config, &list);
	if (!sriov)
		return false;
	*ret_offset = pci_config_value(&config, sriov->offset + SRIOV_FIRST_OFFSET, 2);
	*ret_stride = pci_config_value(&config, sriov->offset + SRIOV_STRIDE, 2);
	return true;
}

/* How many VFs lie below the end of the last bus. */
static uint64_t vfs_below(uint64_t id, uint64_t offset, uint64_t stride, unsigned int last)
{
	uint64_t end = (uint64_t)last << 8 | 0xff;

	if (id + offset > end)
		return 0;
	return stride ? (end - id - offset) / stride + 1 : 1;
}

static void check_vf_buses(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct topology_function *bridge = bridge_above(facts, device);
	uint64_t id = (uint64_t)device->addr.bus << 8 | device->addr.device << 3 | device->addr.function;
	unsigned int total = device->sriov.total_vfs;
	uint64_t offset, stride, fit;
	int last = bridge ? last_bus(facts, bridge) : 0xff;

	if (!total)
		return;
	if (last < 0 || !read_layout(&facts->host->root, device, &offset, &stride) || (!stride && total > 1)) {
		finding_say(findings, CHECK_UNMEASURED, "where its VFs would be is not known");
		return;
	}
	finding_evidence(findings, "/sys/bus/pci/devices/%s: first VF at +%llu, then every %llu; last bus %02x",
		findings->about.subject, (unsigned long long)offset, (unsigned long long)stride, (unsigned int)last);
	fit = vfs_below(id, offset, stride, (unsigned int)last);
	if (fit >= total) {
		finding_say(findings, CHECK_OK, "enough for all %u VFs", total);
		return;
	}
	finding_say(findings, CHECK_WARN, "they end at bus %02x: %llu of %u VFs can be made", (unsigned int)last,
		(unsigned long long)fit, total);
	fix_add_argument(facts, findings, "pci=assign-busses");
	finding_fix_more(
		findings, "; or switch SR-IOV and ARI on in the firmware's set-up, which then leaves bus numbers free");
}

const struct check vf_resources_checks[] = {
	{ CODE_VF_NOMEM, SECTION_SRIOV, SCOPE_PF, "Room for VFs' registers",
		"all VFs' registers have to fit the window of the bridge above", check_vf_memory },
	{ CODE_VF_BUS_RANGE, SECTION_SRIOV, SCOPE_PF, "Bus numbers for VFs",
		"VFs beyond the bridge's last bus number cannot be made", check_vf_buses },
	{ .run = NULL },
};
