// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who uses a function's network devices: what is stacked on them (bond, bridge, VLAN, macvlan: the upper_* links of
 * sysfs-class-net), the addresses and routes of all of these, and the ssh sessions that come in through them.
 *
 * Addresses come from getifaddrs(3) on this host, and on a captured one from proc/net, where IPv4 addresses have no
 * interface: there the connected route that fits an address names it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/user.h"

enum {
	LINK_MAX = 32,
	ADDRESS_MAX = 64,
	SSH_PORT = 22,
	TCP_ESTABLISHED = 1,
	ROUTE_GATEWAY = 0x2,
};

#define ROUTE6_LOCAL 0x80000000u

struct net_address {
	char link[IFNAMSIZ];
	int family;
	uint8_t bytes[16]; /* network order; 4 of them for IPv4 */
	unsigned int prefix;
};

struct network {
	struct user_scan *scan;
	char link[LINK_MAX][IFNAMSIZ]; /* the device itself first, then all that is stacked on it */
	size_t link_count;
	struct net_address address[ADDRESS_MAX];
	size_t address_count;
};

static bool has_link(const struct network *net, const char *name)
{
	for (size_t i = 0; i < net->link_count; i++)
		if (!strcmp(net->link[i], name))
			return true;
	return false;
}

static bool add_link(struct network *net, const char *name)
{
	if (has_link(net, name) || strlen(name) >= IFNAMSIZ)
		return false;
	if (net->link_count == LINK_MAX) {
		net->scan->users.incomplete = true;
		return false;
	}
	text_copy(net->link[net->link_count++], IFNAMSIZ, name);
	return true;
}

/* "bond", "bridge", "vlan", "macvlan": the kernel's own word, or "upper" where it has none. */
static void link_kind(const struct network *net, const char *name, char *kind, size_t size)
{
	char text[512];
	const char *type;

	text_copy(kind, size, "upper");
	if (sysroot_read_text(net->scan->root, text, sizeof(text), "sys/class/net/%s/uevent", name) < 0)
		return;
	type = strstr(text, "DEVTYPE=");
	if (type)
		sscanf(type, "DEVTYPE=%15[a-z0-9_-]", kind);
}

static void add_uppers(struct network *net, const char *name)
{
	cleanup_dir DIR *dir = sysroot_open_dir(net->scan->root, "sys/class/net/%s", name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *upper = entry->d_name + strlen("upper_");
		char kind[16];

		if (!text_starts_with(entry->d_name, "upper_") || !add_link(net, upper))
			continue;
		link_kind(net, upper, kind, sizeof(kind));
		user_add(net->scan, PCI_USER_BLOCKS, kind, "%s carries %s (%s)", name, upper, kind);
	}
}

static void add_address(struct network *net, const char *link, int family, const void *bytes, unsigned int prefix)
{
	struct net_address *address = &net->address[net->address_count];

	if (!has_link(net, link))
		return;
	if (net->address_count == ADDRESS_MAX) {
		net->scan->users.incomplete = true;
		return;
	}
	*address = (struct net_address){ .family = family, .prefix = prefix };
	text_copy(address->link, sizeof(address->link), link);
	memcpy(address->bytes, bytes, family == AF_INET ? 4 : 16);
	net->address_count++;
}

static unsigned int count_bits(const uint8_t *mask, size_t size)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < size; i++)
		bits += (unsigned int)__builtin_popcount(mask[i]);
	return bits;
}

static void read_own_addresses(struct network *net)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0) {
		net->scan->users.incomplete = true;
		return;
	}
	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		char link[IFNAMSIZ];

		if (!at->ifa_addr)
			continue;
		text_copy(link, sizeof(link), at->ifa_name);
		/* "eth0:1" is a label of an address of eth0. */
		link[strcspn(link, ":")] = '\0';
		if (at->ifa_addr->sa_family == AF_INET) {
			const struct sockaddr_in *in = (const void *)at->ifa_addr;
			const struct sockaddr_in *mask = (const void *)at->ifa_netmask;

			add_address(net, link, AF_INET, &in->sin_addr,
				mask ? count_bits((const uint8_t *)&mask->sin_addr, 4) : 32);
		} else if (at->ifa_addr->sa_family == AF_INET6) {
			const struct sockaddr_in6 *in = (const void *)at->ifa_addr;
			const struct sockaddr_in6 *mask = (const void *)at->ifa_netmask;

			add_address(net, link, AF_INET6, &in->sin6_addr,
				mask ? count_bits(mask->sin6_addr.s6_addr, 16) : 128);
		}
	}
	freeifaddrs(all);
}

struct route {
	char link[IFNAMSIZ];
	struct in_addr destination, gateway, mask;
	unsigned int flags;
};

/* proc/net/route prints addresses as numbers of the host's byte order. */
static bool parse_route(const char *line, struct route *route)
{
	return sscanf(line, "%15s %x %x %x %*s %*s %*s %x", route->link, &route->destination.s_addr,
		       &route->gateway.s_addr, &route->flags, &route->mask.s_addr) == 5;
}

static void place_captured_address(struct network *net, struct in_addr address)
{
	cleanup_file FILE *file = user_open_file(net->scan, "proc/net/route");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		struct route route;

		if (parse_route(line, &route) && !(route.flags & ROUTE_GATEWAY) && route.mask.s_addr &&
			(address.s_addr & route.mask.s_addr) == route.destination.s_addr)
			add_address(net, route.link, AF_INET, &address, count_bits((const uint8_t *)&route.mask, 4));
	}
}

/* "|-- 10.0.2.15" and on the next line "/32 host LOCAL", once in each of two tables. */
static void read_captured_addresses(struct network *net)
{
	cleanup_file FILE *file = user_open_file(net->scan, "proc/net/fib_trie");
	cleanup_free char *line = NULL;
	size_t space = 0;
	struct in_addr address = { 0 };
	bool local_table = false;

	while (file && getline(&line, &space, file) > 0) {
		const char *leaf = strstr(line, "|-- ");
		char text[INET_ADDRSTRLEN];

		if (text_starts_with(line, "Local:"))
			local_table = true;
		else if (text_starts_with(line, "Main:"))
			local_table = false;
		else if (leaf && sscanf(leaf, "|-- %15s", text) == 1)
			inet_pton(AF_INET, text, &address);
		else if (local_table && strstr(line, "/32 host LOCAL"))
			place_captured_address(net, address);
	}
}

static void read_captured_addresses6(struct network *net)
{
	cleanup_file FILE *file = user_open_file(net->scan, "proc/net/if_inet6");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		uint8_t bytes[16];
		unsigned int prefix;
		char link[IFNAMSIZ];

		if (sscanf(line, "%*32s %*x %x %*x %*x %15s", &prefix, link) != 2)
			continue;
		for (size_t i = 0; i < sizeof(bytes); i++)
			sscanf(line + 2 * i, "%2hhx", &bytes[i]);
		add_address(net, link, AF_INET6, bytes, prefix);
	}
}

static bool is_link_local6(const struct net_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* Every link that is up has a link-local IPv6 address; by itself it is no sign of use. */
static void report_addresses(struct network *net)
{
	for (size_t i = 0; i < net->address_count; i++) {
		const struct net_address *address = &net->address[i];
		char text[INET6_ADDRSTRLEN];

		inet_ntop(address->family, address->bytes, text, sizeof(text));
		user_add(net->scan, is_link_local6(address) ? PCI_USER_NOTE : PCI_USER_BLOCKS, "address",
			"%s has the address %s/%u", address->link, text, address->prefix);
	}
}

static void report_routes(struct network *net)
{
	cleanup_file FILE *file = user_open_file(net->scan, "proc/net/route");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		struct route route;
		char to[INET_ADDRSTRLEN];
		char gateway[INET_ADDRSTRLEN];

		if (!parse_route(line, &route) || !has_link(net, route.link))
			continue;
		inet_ntop(AF_INET, &route.destination, to, sizeof(to));
		inet_ntop(AF_INET, &route.gateway, gateway, sizeof(gateway));
		if (!route.mask.s_addr)
			user_add(net->scan, PCI_USER_BLOCKS, "route", "%s has the default route%s%s", route.link,
				route.gateway.s_addr ? " via " : "", route.gateway.s_addr ? gateway : "");
		else if (route.flags & ROUTE_GATEWAY)
			user_add(net->scan, PCI_USER_BLOCKS, "route", "%s has the route to %s/%u via %s", route.link,
				to, count_bits((const uint8_t *)&route.mask, 4), gateway);
	}
}

static void report_routes6(struct network *net)
{
	cleanup_file FILE *file = user_open_file(net->scan, "proc/net/ipv6_route");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		unsigned int prefix;
		unsigned int flags;
		char link[IFNAMSIZ];

		if (sscanf(line, "%*32s %x %*32s %*x %*32s %*x %*x %*x %x %15s", &prefix, &flags, link) != 3 ||
			!has_link(net, link) || !(flags & ROUTE_GATEWAY) || (flags & ROUTE6_LOCAL))
			continue;
		user_add(net->scan, PCI_USER_BLOCKS, "route", "%s has %s IPv6 route via a gateway", link,
			prefix ? "an" : "the default");
	}
}

/* Addresses in proc/net/tcp* are 32-bit words of the host's byte order: 1 of them, or 4. */
static bool parse_words(const char *text, size_t words, uint8_t *bytes)
{
	for (size_t i = 0; i < words; i++) {
		uint32_t word;

		if (sscanf(text + 8 * i, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(bytes + 4 * i, &word, sizeof(word));
	}
	return text[8 * words] == ':';
}

static const struct net_address *find_address(const struct network *net, int family, const uint8_t *bytes)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (family == AF_INET6 && !memcmp(bytes, mapped, sizeof(mapped))) {
		family = AF_INET;
		bytes += sizeof(mapped);
	}
	for (size_t i = 0; i < net->address_count; i++)
		if (net->address[i].family == family &&
			!memcmp(net->address[i].bytes, bytes, family == AF_INET ? 4 : 16))
			return &net->address[i];
	return NULL;
}

/* "  0: 0F02000A:0016 0202000A:D431 01 ..." */
static void report_session(struct network *net, const char *line, int family)
{
	size_t words = family == AF_INET ? 1 : 4;
	char local[48];
	char remote[48];
	char text[INET6_ADDRSTRLEN];
	unsigned int state;
	uint8_t local_bytes[16];
	uint8_t remote_bytes[16];
	const struct net_address *address;

	if (sscanf(line, "%*s %47s %47s %x", local, remote, &state) != 3 || state != TCP_ESTABLISHED ||
		strlen(local) != 8 * words + 5 || strlen(remote) != 8 * words + 5 ||
		!parse_words(local, words, local_bytes) || !parse_words(remote, words, remote_bytes) ||
		strtoul(local + 8 * words + 1, NULL, 16) != SSH_PORT)
		return;
	address = find_address(net, family, local_bytes);
	if (!address)
		return;
	inet_ntop(family, remote_bytes, text, sizeof(text));
	user_add(net->scan, PCI_USER_BLOCKS, "ssh", "an ssh session from %s comes in through %s", text, address->link);
}

static void report_ssh(struct network *net, const char *path, int family)
{
	cleanup_file FILE *file = user_open_file(net->scan, path);
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0)
		report_session(net, line, family);
}

static void look_at(struct user_scan *scan, const char *name)
{
	struct network net = { .scan = scan };

	if (!add_link(&net, name))
		return;
	for (size_t i = 0; i < net.link_count; i++)
		add_uppers(&net, net.link[i]);
	if (scan->root->captured) {
		read_captured_addresses(&net);
		read_captured_addresses6(&net);
	} else {
		read_own_addresses(&net);
	}
	report_addresses(&net);
	report_routes(&net);
	report_routes6(&net);
	report_ssh(&net, "proc/net/tcp", AF_INET);
	report_ssh(&net, "proc/net/tcp6", AF_INET6);
}

void user_networks(struct user_scan *scan, const struct pci_device *device)
{
	for (size_t i = 0; i < device->netdev_count; i++)
		look_at(scan, device->netdevs[i].text);
}
