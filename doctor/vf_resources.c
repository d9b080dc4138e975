// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on room for VFs: registers in the bridge's window, bus numbers below the bridge (SR-IOV 1.1, 2.1.2, 3.3.9
 * and 3.3.14).
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
#include "sriov/vf_place.h"

enum {
	/* Of the SR-IOV capability. */
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

/*
 * What will not do: "; port X does not forward ARI, ..." after it, where that is the cause, and ways out that this host
 * has.
 */
static void say_place(const struct facts *facts, const struct pci_device *device, const struct vf_place *place,
	const char *what, struct findings *findings)
{
	char cause[160], ways[512];

	vf_place_cause(place, device, cause, sizeof(cause));
	finding_say(findings, CHECK_WARN, "%s%s%s", what, cause[0] ? "; " : "", cause);
	finding_fix(findings, "%s",
		vf_place_ways(&facts->host->root, &facts->host->pci, device, place, ways, sizeof(ways)));
}

static void check_vf_buses(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct vf_place place;
	char what[80];

	if (!device->sriov.total_vfs)
		return;
	if (!vf_place_read(&facts->host->root, device, &place)) {
		finding_say(findings, CHECK_UNMEASURED, "where its VFs would be is not known");
		return;
	}
	finding_evidence(findings, "/sys/bus/pci/devices/%s: first VF at +%llu, then every %llu; last bus %02x",
		findings->about.subject, (unsigned long long)place.offset, (unsigned long long)place.stride,
		place.last_bus);
	if (place.fit >= place.total) {
		finding_say(findings, CHECK_OK, "enough for all %u VFs", place.total);
		return;
	}
	snprintf(what, sizeof(what), "they end at bus %02x: %u of %u VFs can be made", place.last_bus, place.fit,
		place.total);
	say_place(facts, device, &place, what, findings);
}

/* Does a VF at a device number that needs ARI answer all the same. */
static bool far_vf_answers(const struct facts *facts, const struct pci_device *pf)
{
	size_t count;
	const struct pci_device *const *vf = device_index_vfs(&facts->index, pf->addr, &count);
	char name[PCI_ADDR_TEXT_SIZE];
	uint8_t header[8];

	for (size_t i = 0; i < count; i++)
		if (vf[i]->addr.bus == pf->addr.bus && vf[i]->addr.device &&
			sysroot_read_bytes(&facts->host->root, header, sizeof(header), "sys/bus/pci/devices/%s/config",
				pci_addr_text(vf[i]->addr, name)) == sizeof(header))
			return header[4] != 0xff || header[5] != 0xff;
	return false;
}

static void check_vf_ari(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const char *const states[] = { [PCI_ARI_UNKNOWN] = "not known",
		[PCI_ARI_NO] = "not in its device capabilities 2",
		[PCI_ARI_OFF] = "off",
		[PCI_ARI_ON] = "on" };
	char port[PCI_ADDR_TEXT_SIZE], what[80];
	struct vf_place place;

	if (!device->sriov.total_vfs || !vf_place_read(&facts->host->root, device, &place) || !place.has_port)
		return;
	pci_addr_text(place.port.addr, port);
	if (place.port.ari == PCI_ARI_UNKNOWN) {
		finding_say(findings, CHECK_UNMEASURED, "whether port %s forwards ARI cannot be read", port);
		return;
	}
	finding_evidence(findings,
		"/sys/bus/pci/devices/%s: ARI forwarding %s; first VF at +%llu, then every %llu; %s/ari_enabled", port,
		states[place.port.ari], (unsigned long long)place.offset, (unsigned long long)place.stride,
		findings->about.subject);
	if (place.reached >= place.fit || far_vf_answers(facts, device)) {
		finding_say(findings, CHECK_OK, "port %s %s", port,
			place.port.ari == PCI_ARI_ON ? "forwards ARI" : "does not forward ARI; its VFs do without");
		return;
	}
	snprintf(what, sizeof(what), "%u of %u VFs can be reached", place.reached, place.total);
	say_place(facts, device, &place, what, findings);
}

const struct check vf_resources_checks[] = {
	{ CODE_VF_NOMEM, SECTION_SRIOV, SCOPE_PF, "Room for VFs' registers",
		"all VFs' registers have to fit the window of the bridge above", check_vf_memory },
	{ CODE_VF_BUS_RANGE, SECTION_SRIOV, SCOPE_PF, "Bus numbers for VFs",
		"VFs beyond the bridge's last bus number cannot be made", check_vf_buses },
	{ CODE_VF_NO_ARI, SECTION_SRIOV, SCOPE_PF, "VFs behind the port",
		"a port without ARI forwarding reaches the first functions of a card only", check_vf_ari },
	{ .run = NULL },
};
