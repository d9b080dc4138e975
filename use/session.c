// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP sessions (proc_net(5), proc/net/tcp and tcp6), each below the address that it comes in through. One is an ssh
 * session when its port is one that sshd was told to listen on (sshd_config(5)), when sshd has its socket open, or when
 * this very command runs in it (SSH_CONNECTION). The rest are counted.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	TCP_ESTABLISHED = 1,
	SSH_PORT = 22,
	PORT_MAX = 16,
};

struct ports {
	unsigned int port[PORT_MAX];
	size_t count;
};

/* Addresses are 32-bit words of the host's byte order: 1 of them, or 4; then ":PORT". */
static bool parse_end(const char *text, int family, struct use_ip *ip, uint16_t *port)
{
	size_t words = family == AF_INET ? 1 : 4;

	if (strlen(text) != 8 * words + 5 || text[8 * words] != ':')
		return false;
	ip->family = family;
	for (size_t i = 0; i < words; i++) {
		uint32_t word;

		if (sscanf(text + 8 * i, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(ip->bytes + 4 * i, &word, sizeof(word));
	}
	return sscanf(text + 8 * words + 1, "%4" SCNx16, port) == 1;
}

/* "  0: 0F02000A:0016 0202000A:D431 01 00000000:00000000 00:00000000 00000000  0  0 12345 ..." */
static void take_session(struct use_build *build, char *line)
{
	struct use_session session = { 0 };
	char local[48];
	char remote[48];
	unsigned int state;
	struct use_session *next;
	int family;

	if (sscanf(line, "%*s %47s %47s %x %*s %*s %*s %*s %*s %" SCNu64, local, remote, &state, &session.inode) < 3 ||
		state != TCP_ESTABLISHED)
		return;
	family = strlen(local) == 13 ? AF_INET : AF_INET6;
	if (!parse_end(local, family, &session.local, &session.local_port) ||
		!parse_end(remote, family, &session.remote, &session.remote_port) ||
		!use_address_find(build, &session.local))
		return;
	next = use_next(build, session);
	if (next)
		*next = session;
}

static void read_ports(struct use_build *build, const char *path, struct ports *ports)
{
	char text[16384];
	char *rest = text;
	char *line;
	unsigned int port;

	if (sysroot_read_text(build->root, text, sizeof(text), "%s", path) < 0)
		return;
	while ((line = strsep(&rest, "\n")))
		if (ports->count < PORT_MAX &&
			(sscanf(line, " Port %u", &port) == 1 || sscanf(line, " port %u", &port) == 1))
			ports->port[ports->count++] = port;
}

static void find_ports(struct use_build *build, struct ports *ports)
{
	struct use_names files;

	*ports = (struct ports){ .port = { SSH_PORT }, .count = 1 };
	read_ports(build, "etc/ssh/sshd_config", ports);
	use_names_read(build, &files, "etc/ssh/sshd_config.d");
	for (size_t i = 0; i < files.count; i++) {
		char path[128];

		snprintf(path, sizeof(path), "etc/ssh/sshd_config.d/%s", files.name[i]);
		read_ports(build, path, ports);
	}
	use_names_done(&files);
}

/* SSH_CONNECTION of this process: "CLIENT PORT SERVER PORT". */
static bool read_own(const struct use_build *build, struct use_session *own)
{
	const char *text = build->root->captured ? NULL : getenv("SSH_CONNECTION");
	char remote[64];
	char local[64];

	if (!text ||
		sscanf(text, "%63s %" SCNu16 " %63s %" SCNu16, remote, &own->remote_port, local, &own->local_port) != 4)
		return false;
	/* "fe80::1%eth0" */
	remote[strcspn(remote, "%")] = '\0';
	local[strcspn(local, "%")] = '\0';
	return use_ip_parse(remote, &own->remote) && use_ip_parse(local, &own->local);
}

static int compare_inodes(const void *a, const void *b)
{
	const struct use_session *one = a;
	const struct use_session *other = b;

	return one->inode < other->inode ? -1 : one->inode > other->inode;
}

struct use_session *use_session_by_inode(const struct use_build *build, uint64_t inode)
{
	const struct use_session key = { .inode = inode };

	if (!build->session_count || !inode)
		return NULL;
	return bsearch(&key, build->session, build->session_count, sizeof(key), compare_inodes);
}

static bool is_own(const struct use_build *build, const struct use_session *session, const struct use_session *own)
{
	const struct use_address *one = use_address_find(build, &session->local);
	const struct use_address *other = use_address_find(build, &own->local);

	return session->remote_port == own->remote_port && session->local_port == own->local_port && one == other;
}

void use_read_sessions(struct use_build *build)
{
	struct use_session own = { 0 };
	struct ports ports;
	bool has_own;

	use_each_line(build, "proc/net/tcp", take_session);
	use_each_line(build, "proc/net/tcp6", take_session);
	if (!build->session_count)
		return;
	qsort(build->session, build->session_count, sizeof(*build->session), compare_inodes);
	find_ports(build, &ports);
	has_own = read_own(build, &own);
	for (size_t i = 0; i < build->session_count; i++) {
		struct use_session *session = &build->session[i];

		for (size_t j = 0; j < ports.count; j++)
			session->ssh |= session->local_port == ports.port[j];
		if (has_own && is_own(build, session, &own))
			session->ssh = session->own = true;
	}
}

static void place_ssh(struct use_build *build, const struct use_session *session, const struct use_address *address)
{
	struct use_graph *graph = build->graph;
	uint32_t way = use_way_to(build, &session->remote);
	const char *own = session->own ? " (this one)" : "";
	const struct use_ip bare = use_ip_bare(&session->remote);
	char remote[USE_IP_TEXT_SIZE];
	const char *label;
	uint32_t node;

	use_ip_text(&bare, remote);
	label = use_text(graph, "ssh session from %s%s", remote, own);
	node = use_add(graph, "ssh", session->own ? USE_OWN : 0, use_text(graph, "from %s%s", remote, own), "ssh:%s:%u",
		remote, session->remote_port);
	use_link(graph, address->node, node, PCI_USER_BLOCKS,
		use_text(graph, "an ssh session from %s comes in through %s%s", remote, address->link,
			session->own ? ", the one that this command runs in" : ""),
		label);
	/* The way back may be another one: an address of the loopback link, or two cards in one network. */
	if (way != USE_NONE && !use_is_linked(graph, address->node, way))
		use_link(graph, way, node, PCI_USER_BLOCKS,
			use_text(graph, "an ssh session from %s is answered through %s", remote, graph->node[way].name),
			label);
}

static void place_count(struct use_build *build, const struct use_address *address)
{
	unsigned int count = address->session_count;
	const char *name;
	uint32_t node;

	if (!count)
		return;
	name = use_text(build->graph, "%u other TCP session%s", count, count == 1 ? "" : "s");
	node = use_add(build->graph, "tcp", USE_NOTE, name, "tcp:%s:%s", address->link,
		build->graph->node[address->node].name);
	use_link(build->graph, address->node, node, PCI_USER_NOTE, NULL, NULL);
}

void use_place_sessions(struct use_build *build)
{
	for (size_t i = 0; i < build->session_count; i++) {
		struct use_address *address = use_address_find(build, &build->session[i].local);

		if (build->session[i].ssh)
			place_ssh(build, &build->session[i], address);
		else
			address->session_count++;
	}
	for (size_t i = 0; i < build->address_count; i++)
		place_count(build, &build->address[i]);
}
