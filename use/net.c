// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network links, and what is stacked on them (Documentation/ABI/testing/sysfs-class-net): bond, bridge, VLAN, macvlan,
 * team, VXLAN, Open vSwitch. The kernel links both ends of each pair (upper_X, lower_X); the carried ones are few, so
 * they are asked. Tunnels that are routed and not stacked (WireGuard, GRE) have no such link and are not followed.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

#define CLASS "sys/class/net"

/* What ethtool(8) calls the drivers of links whose kind sysfs does not tell. */
static const struct {
	const char *driver, *kind;
} driver_kinds[] = {
	{ "team", "team" },
	{ "openvswitch", "ovs" },
	{ "macvlan", "macvlan" },
	{ "ipvlan", "ipvlan" },
	{ "veth", "veth" },
	{ "tun", "tap" },
};

/* What it was when the host was captured. */
static const char *captured_kind(const struct use_build *build, const char *name)
{
	char kind[16];

	if (sysroot_read_answer(build->root, "link_kinds", name, kind, sizeof(kind)) <= 0)
		return NULL;
	for (size_t i = 0; i < array_size(driver_kinds); i++)
		if (!strcmp(kind, driver_kinds[i].kind))
			return driver_kinds[i].kind;
	return NULL;
}

static const char *kind_by_driver(const struct use_build *build, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };
	cleanup_close int fd = -1;

	if (build->root->captured)
		return captured_kind(build, name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	text_copy(request.ifr_name, sizeof(request.ifr_name), name);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0)
		return NULL;
	for (size_t i = 0; i < array_size(driver_kinds); i++)
		if (!strncmp(info.driver, driver_kinds[i].driver, sizeof(info.driver)))
			return driver_kinds[i].kind;
	return NULL;
}

/* "bond", "bridge", "vlan", "macvlan": the kernel's own word, or "upper" where it has none. */
static const char *link_kind(struct use_build *build, const char *name, const struct use_names *entries)
{
	char text[512];
	char kind[16];
	const char *known;

	if (sysroot_read_text(build->root, text, sizeof(text), CLASS "/%s/uevent", name) > 0 &&
		use_value(text, "DEVTYPE", kind, sizeof(kind))[0])
		return use_text(build->graph, "%s", kind);
	if (use_names_have(entries, "bonding"))
		return "bond";
	if (use_names_have(entries, "bridge"))
		return "bridge";
	if (!strcmp(name, "ovs-system"))
		return "ovs";
	known = kind_by_driver(build, name);
	return known ? known : "upper";
}

/* A slave that has no link carries nothing now. */
static bool is_live(const struct use_build *build, const char *link)
{
	char state[32];

	if (sysroot_read_text(build->root, state, sizeof(state), CLASS "/%s/bonding_slave/mii_status", link) > 0)
		return !strcmp(state, "up");
	if (sysroot_read_text(build->root, state, sizeof(state), CLASS "/%s/operstate", link) > 0)
		return strcmp(state, "down") != 0 && strcmp(state, "lowerlayerdown") != 0;
	return true;
}

/* What keeps an upper link up: one slave of a bond or team (or as many as it was told), all below anything else. */
static uint32_t link_needs(const struct use_build *build, const char *name, const char *kind)
{
	uint64_t value = 0;

	if (!strcmp(kind, "bond")) {
		if (sysroot_read_u64(build->root, &value, CLASS "/%s/bonding/min_links", name) < 0 || !value)
			return 1;
		return value > 255 ? 255 : (uint32_t)value;
	}
	/* Ports of a bridge lead to different places, unless spanning tree was switched on for more than one way. */
	if (!strcmp(kind, "bridge"))
		return !sysroot_read_u64(build->root, &value, CLASS "/%s/bridge/stp_state", name) && value ? 1 : 0;
	return !strcmp(kind, "team") ? 1 : 0;
}

static void add_carried(struct use_build *build, const char *lower, const char *upper)
{
	struct use_graph *graph = build->graph;
	uint32_t from = use_find(graph, "net:%s", lower);
	uint32_t to = use_find(graph, "net:%s", upper);
	struct use_edge *edge;

	if (from == USE_NONE || to == USE_NONE || use_is_linked(graph, to, from))
		return;
	edge = use_link(graph, from, to, PCI_USER_BLOCKS,
		use_text(graph, "%s carries %s (%s)", lower, upper, graph->node[to].kind),
		use_text(graph, "%s carries %s", upper, lower));
	if (edge && graph->node[to].needs)
		edge->live = is_live(build, lower);
}

/* A datapath's ports that are its own: addresses sit there, and packets come from the hardware ports. */
static bool is_internal_port(const struct use_build *build, const char *name)
{
	uint64_t index = 0;
	uint64_t below = 0;

	return sysroot_exists(build->root, "sys/devices/virtual/net/%s", name) &&
	       !sysroot_exists(build->root, CLASS "/%s/tun_flags", name) &&
	       !sysroot_read_u64(build->root, &index, CLASS "/%s/ifindex", name) &&
	       !sysroot_read_u64(build->root, &below, CLASS "/%s/iflink", name) && index == below;
}

static void look_into(struct use_build *build, const char *name)
{
	struct use_names entries;
	struct use_node *self = &build->graph->node[use_find(build->graph, "net:%s", name)];

	use_names_read(build, &entries, CLASS "/%s", name);
	if (self->flags & USE_CARRIER) {
		/* Hardware can be carried too, by a VF of its own (netvsc, failover). */
		for (size_t i = 0; i < entries.count; i++)
			if (text_starts_with(entries.name[i], "lower_"))
				add_carried(build, entries.name[i] + strlen("lower_"), name);
		use_names_done(&entries);
		return;
	}
	self->kind = link_kind(build, name, &entries);
	self->needs = link_needs(build, name, self->kind);
	for (size_t i = 0; i < entries.count; i++) {
		const char *lower = entries.name[i] + strlen("lower_");

		if (!text_starts_with(entries.name[i], "lower_"))
			continue;
		if (!strcmp(self->kind, "ovs") && is_internal_port(build, lower))
			add_carried(build, name, lower);
		else
			add_carried(build, lower, name);
	}
	use_names_done(&entries);
}

/* A hand-made copy of a host may have one end of a pair only. */
static void look_upwards(struct use_build *build, const char *name)
{
	struct use_names entries;

	use_names_read(build, &entries, CLASS "/%s", name);
	for (size_t i = 0; i < entries.count; i++)
		if (text_starts_with(entries.name[i], "upper_"))
			add_carried(build, name, entries.name[i] + strlen("upper_"));
	use_names_done(&entries);
}

static void add_hardware(struct use_build *build, uint32_t function, const char *name)
{
	uint32_t node = use_add(build->graph, "netdev", USE_CARRIER, name, "net:%s", name);

	use_link(build->graph, function, node, PCI_USER_NOTE, NULL, NULL);
}

/* The inventory has found most of them, with a system call each that is not made again. */
static void add_links(struct use_build *build, const struct use_names *links)
{
	const struct pci_inventory *inventory = build->graph->inventory;

	for (size_t i = 0; i < inventory->count; i++)
		for (size_t j = 0; j < inventory->devices[i].netdev_count; j++)
			add_hardware(build, (uint32_t)i, inventory->devices[i].netdevs[j].text);
	for (size_t i = 0; i < links->count; i++) {
		char target[512];
		uint32_t function = USE_NONE;

		if (use_find(build->graph, "net:%s", links->name[i]) != USE_NONE)
			continue;
		if (sysroot_read_link(build->root, target, sizeof(target), CLASS "/%s", links->name[i]) > 0)
			function = use_function_of_path(build, target);
		if (function != USE_NONE)
			add_hardware(build, function, links->name[i]);
		else
			use_add(build->graph, "upper", 0, links->name[i], "net:%s", links->name[i]);
	}
}

static bool may_be_carried(const struct use_build *build, const char *name)
{
	const struct use_node *node = &build->graph->node[use_find(build->graph, "net:%s", name)];
	const struct pci_inventory *inventory = build->graph->inventory;

	if (node->first_in == USE_NONE)
		return strcmp(name, "lo") != 0;
	return text_starts_with(inventory->devices[build->graph->edge[node->first_in].from].driver, "virtio");
}

void use_read_links(struct use_build *build)
{
	struct use_names links;

	use_names_read(build, &links, CLASS);
	add_links(build, &links);
	for (size_t i = 0; i < links.count && !build->graph->out_of_memory; i++)
		if (may_be_carried(build, links.name[i]))
			look_into(build, links.name[i]);
	for (size_t i = 0; i < links.count && links.count <= USE_FEW && !build->graph->out_of_memory; i++)
		look_upwards(build, links.name[i]);
	use_names_done(&links);
}
