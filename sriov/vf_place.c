// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * First VF Offset and VF Stride (SR-IOV 1.1, 2.1.2, 3.3.9 and 3.3.10) from sysfs, since Linux 4.14, or from the
 * capability. A card chooses them by whether the port above forwards ARI: with it VFs follow the PF on its bus; without
 * it only functions 1 to 7 of that bus can be reached, and most cards put their VFs on the next bus, which is there
 * only if the firmware left a number for it. Some put them on their own bus all the same: their registers then read as
 * ones ("unknown header type 7f").
 */
#include "sriov/vf_place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/place.h"
#include "pci/capability.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	SRIOV_FIRST_OFFSET = 0x14,
	SRIOV_STRIDE = 0x16,
	ALL_BUSES = 0xff,
};

static bool read_distances(const struct sysroot *root, const struct pci_device *pf, struct vf_place *place)
{
	const struct pci_capability *sriov;
	struct pci_capabilities list;
	struct pci_config config;
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(pf->addr, name);
	if (!sysroot_read_u64(root, &place->offset, DEVICES "/%s/sriov_offset", name) &&
		!sysroot_read_u64(root, &place->stride, DEVICES "/%s/sriov_stride", name))
		return true;
	if (pci_config_read(root, pf->addr, &config) < 0)
		return false;
	pci_capabilities_list(&config, &list);
	sriov = pci_capability_find(&list, true, PCI_EXT_SRIOV);
	if (!sriov)
		return false;
	place->offset = pci_config_value(&config, sriov->offset + SRIOV_FIRST_OFFSET, 2);
	place->stride = pci_config_value(&config, sriov->offset + SRIOV_STRIDE, 2);
	return true;
}

static uint64_t routing_id(const struct pci_device *pf, const struct vf_place *place, unsigned int index)
{
	return ((uint64_t)pf->addr.bus << 8 | pf->addr.device << 3 | pf->addr.function) + place->offset +
	       index * place->stride;
}

/* Does the port keep the host from functions that ARI would reach. */
static bool lacks_ari(const struct vf_place *place)
{
	return place->has_port && (place->port.ari == PCI_ARI_NO || place->port.ari == PCI_ARI_OFF);
}

/* A port without ARI reaches device 0 of the bus right behind it, and everything on the buses after that. */
static bool is_reached(const struct pci_device *pf, const struct vf_place *place, uint64_t id)
{
	return !lacks_ari(place) || id >> 8 != pf->addr.bus || (id >> 3 & 0x1f) == 0;
}

bool vf_place_read(const struct sysroot *root, const struct pci_device *pf, struct vf_place *ret_place)
{
	struct vf_place place = { .total = pf->sriov.total_vfs, .last_bus = ALL_BUSES };

	if (!read_distances(root, pf, &place) || (!place.stride && place.total > 1))
		return false;
	place.has_port = pci_port_above(root, pf->addr, &place.port);
	if (place.has_port && place.port.last_bus < 0)
		return false;
	if (place.has_port)
		place.last_bus = (unsigned int)place.port.last_bus;
	place.first_bus = (unsigned int)(routing_id(pf, &place, 0) >> 8);
	for (unsigned int i = 0; i < place.total; i++) {
		uint64_t id = routing_id(pf, &place, i);

		if (id >> 8 > place.last_bus)
			break;
		place.fit++;
		place.reached += is_reached(pf, &place, id);
	}
	*ret_place = place;
	return true;
}

const char *vf_place_cause(const struct vf_place *place, const struct pci_device *pf, char *buf, size_t size)
{
	char port[PCI_ADDR_TEXT_SIZE];

	buf[0] = '\0';
	if (!lacks_ari(place))
		return buf;
	pci_addr_text(place->port.addr, port);
	if (place->first_bus != pf->addr.bus)
		snprintf(buf, size, "port %s does not forward ARI, so the card puts its VFs on bus %02x", port,
			place->first_bus);
	else if (place->reached < place->fit)
		snprintf(buf, size, "port %s does not forward ARI and reaches functions 0 to 7 of bus %02x only", port,
			pf->addr.bus);
	return buf;
}

/* Ways, one after the other, with "; or " between them. */
struct ways {
	char *buf;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add_way(struct ways *ways, const char *fmt, ...)
{
	va_list args;

	if (ways->used)
		ways->used += (size_t)snprintf(ways->buf + ways->used, ways->size - ways->used, "; or ");
	if (ways->used + 1 >= ways->size)
		return;
	va_start(args, fmt);
	ways->used += (size_t)vsnprintf(ways->buf + ways->used, ways->size - ways->used, fmt, args);
	va_end(args);
	if (ways->used >= ways->size)
		ways->used = ways->size - 1;
}

/* Is NAME among the comma-separated values of pci= on the command line. */
static bool pci_option(const char *cmdline, const char *name)
{
	for (const char *at = cmdline; (at = strstr(at, "pci=")); at++) {
		if (at > cmdline && at[-1] != ' ')
			continue;
		for (const char *value = at + 4;; value++) {
			size_t length = strcspn(value, ", \n");

			if (length == strlen(name) && !strncmp(value, name, length))
				return true;
			value += length;
			if (*value != ',')
				break;
		}
	}
	return false;
}

static void add_slot(struct ways *ways, const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *pf, const struct vf_place *place)
{
	struct pci_port port[1];
	char text[64];

	/* A card behind a port without slot is soldered. */
	if (!place->port.has_slot)
		return;
	if (pci_ports_with_ari(root, inventory, pf->addr, port, array_size(port)))
		add_way(ways, "move the card to the slot behind %s, which can forward ARI",
			pci_port_text(port, text, sizeof(text)));
}

/* assign-busses numbers all buses anew, and names of interfaces are made of bus numbers. */
static void add_renumbering(struct ways *ways, const struct pci_device *pf, const char *cmdline)
{
	if (pci_option(cmdline, "assign-busses"))
		return;
	add_way(ways,
		"boot with pci=assign-busses, which gives buses other numbers and so renames interfaces (such as %s): "
		"have a way in that needs no network",
		pf->netdev_count ? pf->netdevs[0].text : "enp3s0");
}

const char *vf_place_ways(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *pf, const struct vf_place *place, char *buf, size_t size)
{
	struct ways ways = { buf, size, 0 };
	char cmdline[4096] = "";
	struct place where;

	buf[0] = '\0';
	place_read(root, &where);
	if (sysroot_read_text(root, cmdline, sizeof(cmdline), "proc/cmdline") < 0)
		cmdline[0] = '\0';
	if (lacks_ari(place) && pci_option(cmdline, "noari"))
		add_way(&ways, "remove noari from pci= on the kernel's command line, and reboot");
	if (where.is_guest && !where.is_dom0)
		add_way(&ways, "have %s give the card a port with more bus numbers that forwards ARI", where.name);
	else if (lacks_ari(place))
		add_way(&ways, "switch ARI ('ARI forwarding', 'PCIe ARI support') on in the firmware's set-up");
	else
		add_way(&ways, "switch SR-IOV on in the firmware's set-up, which then leaves bus numbers free");
	if (lacks_ari(place) && (!where.is_guest || where.is_dom0))
		add_slot(&ways, root, inventory, pf, place);
	if (place->reached)
		add_way(&ways, "make %u VFs at most", place->reached);
	if (place->fit < place->total)
		add_renumbering(&ways, pf, cmdline);
	return buf;
}
