// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses and routes: getifaddrs(3) and proc/net/{route,ipv6_route}. On a captured host addresses come from
 * capture/addresses ("LINK ADDRESS/PREFIX"), or else from proc/net, where IPv4 addresses have no interface: there the
 * connected route that fits an address names it. Policy routing (ip rule) and second next hops are not looked at.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	ROUTE_UP = 0x1,
	ROUTE_GATEWAY = 0x2,
	ROUTE_REJECT = 0x200,
};

#define ROUTE6_LOCAL 0x80000000u

static size_t ip_size(const struct use_ip *ip)
{
	return ip->family == AF_INET ? 4 : 16;
}

bool use_ip_parse(const char *text, struct use_ip *ret_ip)
{
	struct use_ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return false;
	*ret_ip = ip;
	return true;
}

const char *use_ip_text(const struct use_ip *ip, char buf[static USE_IP_TEXT_SIZE])
{
	if (!inet_ntop(ip->family, ip->bytes, buf, USE_IP_TEXT_SIZE))
		text_copy(buf, USE_IP_TEXT_SIZE, "?");
	return buf;
}

static bool is_equal(const struct use_ip *a, const struct use_ip *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, ip_size(a));
}

static bool covers(const struct use_ip *net, unsigned int prefix, const struct use_ip *ip)
{
	unsigned int rest = prefix % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (net->family != ip->family || prefix > 8 * ip_size(net) || memcmp(net->bytes, ip->bytes, prefix / 8) != 0)
		return false;
	return !rest || !((net->bytes[prefix / 8] ^ ip->bytes[prefix / 8]) & mask);
}

struct use_ip use_ip_bare(const struct use_ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct use_ip bare = { .family = AF_INET };

	if (ip->family != AF_INET6 || memcmp(ip->bytes, mapped, sizeof(mapped)) != 0)
		return *ip;
	memcpy(bare.bytes, ip->bytes + sizeof(mapped), 4);
	return bare;
}

struct use_address *use_address_find(const struct use_build *build, const struct use_ip *ip)
{
	const struct use_ip bare = use_ip_bare(ip);

	for (size_t i = 0; i < build->address_count; i++)
		if (is_equal(&build->address[i].ip, &bare))
			return &build->address[i];
	return NULL;
}

uint32_t use_way_to(const struct use_build *build, const struct use_ip *ip)
{
	const struct use_ip bare = use_ip_bare(ip);
	uint32_t way = USE_NONE;
	uint32_t metric = 0;
	unsigned int best = 0;

	for (size_t i = 0; i < build->address_count; i++) {
		const struct use_address *at = &build->address[i];

		if ((way == USE_NONE || at->prefix > best) && covers(&at->ip, at->prefix, &bare)) {
			way = at->node;
			best = at->prefix;
		}
	}
	for (size_t i = 0; i < build->route_count; i++) {
		const struct use_route *at = &build->route[i];

		if (covers(&at->to, at->prefix, &bare) &&
			(way == USE_NONE || at->prefix > best || (at->prefix == best && at->metric < metric))) {
			way = at->node;
			best = at->prefix;
			metric = at->metric;
		}
	}
	return way;
}

/* Every link that is up has a link-local IPv6 address; by itself it is no sign of use. */
static bool is_link_local6(const struct use_ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static void add_address(struct use_build *build, const char *link, const struct use_ip *ip, unsigned int prefix)
{
	uint32_t carrier = use_find(build->graph, "net:%s", link);
	bool note = is_link_local6(ip);
	char text[USE_IP_TEXT_SIZE];
	char name[64];
	struct use_address *address;

	use_ip_text(ip, text);
	if (carrier == USE_NONE || use_find(build->graph, "address:%s:%s", link, text) != USE_NONE)
		return;
	address = use_next(build, address);
	if (!address)
		return;
	snprintf(name, sizeof(name), "%s/%u", text, prefix);
	*address = (struct use_address){ .ip = *ip, .prefix = prefix };
	text_copy(address->link, sizeof(address->link), link);
	address->node =
		use_add(build->graph, "address", note ? USE_NOTE : 0, name, "address:%s:%s", address->link, text);
	use_link(build->graph, carrier, address->node, note ? PCI_USER_NOTE : PCI_USER_BLOCKS,
		use_text(build->graph, "%s has the address %s", link, name), NULL);
}

static unsigned int count_bits(const uint8_t *mask, size_t size)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < size; i++)
		bits += (unsigned int)__builtin_popcount(mask[i]);
	return bits;
}

static void take_own_address(struct use_build *build, const struct ifaddrs *at)
{
	struct use_ip ip = { .family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC };
	char link[IFNAMSIZ];
	size_t offset;

	if (ip.family == AF_INET)
		offset = offsetof(struct sockaddr_in, sin_addr);
	else if (ip.family == AF_INET6)
		offset = offsetof(struct sockaddr_in6, sin6_addr);
	else
		return;
	text_copy(link, sizeof(link), at->ifa_name);
	/* "eth0:1" is a label of an address of eth0. */
	link[strcspn(link, ":")] = '\0';
	memcpy(ip.bytes, (const uint8_t *)at->ifa_addr + offset, ip_size(&ip));
	add_address(build, link, &ip,
		at->ifa_netmask ? count_bits((const uint8_t *)at->ifa_netmask + offset, ip_size(&ip))
				: (unsigned int)ip_size(&ip) * 8);
}

static void read_own_addresses(struct use_build *build)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0) {
		use_note_unseen(build->graph, "network addresses");
		return;
	}
	for (const struct ifaddrs *at = all; at; at = at->ifa_next)
		take_own_address(build, at);
	freeifaddrs(all);
}

/* "eth0 10.0.2.15/24" */
static void take_captured_address(struct use_build *build, char *line)
{
	char link[IFNAMSIZ];
	char text[64];
	unsigned int prefix;
	struct use_ip ip;

	if (sscanf(line, "%15s %63[0-9a-fA-F.:]/%u", link, text, &prefix) == 3 && prefix <= 128 &&
		use_ip_parse(text, &ip))
		add_address(build, link, &ip, prefix);
}

/* The connected route that an address without link fits. */
static void place_address(struct use_build *build, const struct use_ip *ip)
{
	for (size_t i = 0; i < build->route_count; i++) {
		const struct use_route *route = &build->route[i];

		if (!route->has_gateway && route->prefix && covers(&route->to, route->prefix, ip))
			add_address(build, route->link, ip, route->prefix);
	}
}

/* proc/net/fib_trie: "|-- 10.0.2.15" and on the next line "/32 host LOCAL", after "Local:" or "Main:". */
static void read_fib_trie(struct use_build *build)
{
	int fd = sysroot_open_file(build->root, 0, "proc/net/fib_trie");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	struct use_ip ip = { .family = AF_UNSPEC };
	size_t space = 0;
	bool is_local = false;

	while (file && getline(&line, &space, file) > 0) {
		const char *leaf = strstr(line, "|-- ");
		char text[INET_ADDRSTRLEN];

		if (text_starts_with(line, "Local:") || text_starts_with(line, "Main:"))
			is_local = line[0] == 'L';
		else if (leaf && sscanf(leaf, "|-- %15s", text) == 1)
			use_ip_parse(text, &ip);
		else if (is_local && ip.family == AF_INET && strstr(line, "/32 host LOCAL"))
			place_address(build, &ip);
	}
}

/* 32 hexadecimal digits in the order of the bytes. */
static bool parse_hex16(const char *text, uint8_t bytes[16])
{
	for (size_t i = 0; i < 16; i++)
		if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1)
			return false;
	return true;
}

/* "fe80000000000000505400fffe123456 02 40 20 80 eth0" */
static void take_address6(struct use_build *build, char *line)
{
	struct use_ip ip = { .family = AF_INET6 };
	char text[33];
	char link[IFNAMSIZ];
	unsigned int prefix;

	if (sscanf(line, "%32s %*x %x %*x %*x %15s", text, &prefix, link) == 3 && strlen(text) == 32 && prefix <= 128 &&
		parse_hex16(text, ip.bytes))
		add_address(build, link, &ip, prefix);
}

/* proc/net/route prints addresses as numbers of the host's byte order. */
static void take_route(struct use_build *build, char *line)
{
	struct use_route route = { .to.family = AF_INET, .gateway.family = AF_INET };
	uint32_t to, gateway, mask;
	unsigned int flags;
	struct use_route *next;

	if (sscanf(line, "%15s %" SCNx32 " %" SCNx32 " %x %*s %*s %" SCNu32 " %" SCNx32, route.link, &to, &gateway,
		    &flags, &route.metric, &mask) != 6 ||
		!(flags & ROUTE_UP) || flags & ROUTE_REJECT)
		return;
	memcpy(route.to.bytes, &to, sizeof(to));
	memcpy(route.gateway.bytes, &gateway, sizeof(gateway));
	route.prefix = (unsigned int)__builtin_popcount(mask);
	route.has_gateway = flags & ROUTE_GATEWAY;
	next = use_next(build, route);
	if (next)
		*next = route;
}

static void take_route6(struct use_build *build, char *line)
{
	struct use_route route = { .to.family = AF_INET6, .gateway.family = AF_INET6 };
	char to[33];
	char gateway[33];
	unsigned int flags;
	struct use_route *next;

	if (sscanf(line, "%32s %x %*32s %*x %32s %" SCNx32 " %*x %*x %x %15s", to, &route.prefix, gateway,
		    &route.metric, &flags, route.link) != 6 ||
		strlen(to) != 32 || strlen(gateway) != 32 || route.prefix > 128 || !(flags & ROUTE_UP) ||
		flags & (ROUTE6_LOCAL | ROUTE_REJECT) || !parse_hex16(to, route.to.bytes) ||
		!parse_hex16(gateway, route.gateway.bytes))
		return;
	route.has_gateway = flags & ROUTE_GATEWAY;
	next = use_next(build, route);
	if (next)
		*next = route;
}

/* The address through whose network the gateway is reached, else the link. */
static uint32_t carrier_of(const struct use_build *build, const struct use_route *route)
{
	for (size_t i = 0; i < build->address_count; i++) {
		const struct use_address *at = &build->address[i];

		if (!strcmp(at->link, route->link) && covers(&at->ip, at->prefix, &route->gateway))
			return at->node;
	}
	return use_find(build->graph, "net:%s", route->link);
}

/*
 * Networks on the link itself go with the address; a route is what leads to a gateway, or has no gateway and no
 * address.
 */
static void place_route(struct use_build *build, struct use_route *route)
{
	const char *six = route->to.family == AF_INET6 ? "IPv6 " : "";
	char to[USE_IP_TEXT_SIZE];
	char via[USE_IP_TEXT_SIZE + 8] = "";
	char name[80];

	if (!route->has_gateway && route->prefix) {
		route->node = use_find(build->graph, "net:%s", route->link);
		return;
	}
	use_ip_text(&route->to, to);
	if (route->has_gateway) {
		memcpy(via, " via ", 5);
		use_ip_text(&route->gateway, via + 5);
	}
	if (route->prefix)
		snprintf(name, sizeof(name), "route to %s/%u", to, route->prefix);
	else
		snprintf(name, sizeof(name), "default %sroute", six);
	route->node = use_add(build->graph, "route", 0, name, "route:%s/%u", to, route->prefix);
	if (route->node == USE_NONE)
		return;
	/* Two routes to the same place stand in for each other. */
	build->graph->node[route->node].needs = 1;
	use_link(build->graph, carrier_of(build, route), route->node, PCI_USER_BLOCKS,
		use_text(build->graph, "%s has the %s%s", route->link, name, via),
		use_text(build->graph, "%s%s", name, via));
}

void use_read_addresses(struct use_build *build)
{
	use_each_line(build, "proc/net/route", take_route);
	use_each_line(build, "proc/net/ipv6_route", take_route6);
	if (!build->root->captured) {
		read_own_addresses(build);
	} else if (!use_each_line(build, "capture/addresses", take_captured_address)) {
		read_fib_trie(build);
		use_each_line(build, "proc/net/if_inet6", take_address6);
	}
	for (size_t i = 0; i < build->route_count; i++)
		place_route(build, &build->route[i]);
}
