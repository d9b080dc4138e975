// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Uses of a network link that need no address: programs that read or send its packets raw (packet(7), proc/net/packet),
 * as network sensors, DHCP and LLDP do, and the kernel's log that netconsole sends
 * (Documentation/networking/netconsole.rst). Both are notes: what would be lost besides has an address, or is a program
 * that names the link.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

/* Sockets of a link, by its number. */
struct packet_link {
	uint64_t index;
	unsigned int count;
};

struct packets {
	struct packet_link *at; /* owned */
	size_t count, space;
};

static int compare_links(const void *a, const void *b)
{
	const struct packet_link *one = a;
	const struct packet_link *other = b;

	return one->index < other->index ? -1 : one->index > other->index;
}

/* "0000000000000000 3      3    0003   2     1 0      0      12345": the fifth is the link; 0 is all of them. */
static void read_packets(struct use_build *build, struct packets *packets)
{
	int fd = sysroot_open_file(build->root, 0, "proc/net/packet");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		unsigned int index;
		struct packet_link *grown;

		if (sscanf(line, "%*x %*u %*u %*x %u", &index) != 1 || !index)
			continue;
		grown = use_grow(packets->at, packets->count, &packets->space, sizeof(*grown));
		if (!grown) {
			build->graph->out_of_memory = true;
			return;
		}
		packets->at = grown;
		packets->at[packets->count++] = (struct packet_link){ index, 1 };
	}
}

/* One entry for each link, in order. */
static void count_packets(struct packets *packets)
{
	size_t count = 0;

	if (packets->count)
		qsort(packets->at, packets->count, sizeof(*packets->at), compare_links);
	for (size_t i = 0; i < packets->count; i++)
		if (count && packets->at[count - 1].index == packets->at[i].index)
			packets->at[count - 1].count++;
		else
			packets->at[count++] = packets->at[i];
	packets->count = count;
}

static void place_packets(struct use_build *build, const struct packets *packets, uint32_t link)
{
	struct use_graph *graph = build->graph;
	const char *name = graph->node[link].name;
	struct packet_link key = { 0 };
	const struct packet_link *found;
	const char *text;

	if (sysroot_read_u64(build->root, &key.index, "sys/class/net/%s/ifindex", name) < 0)
		return;
	found = bsearch(&key, packets->at, packets->count, sizeof(key), compare_links);
	if (!found)
		return;
	text = use_text(graph, "%u raw socket%s on %s", found->count, found->count == 1 ? "" : "s", name);
	use_link(graph, link, use_add(graph, "packet", USE_NOTE, text, "packet:%s", name), PCI_USER_NOTE,
		use_text(graph, "programs read packets of %s, or send them, without its addresses (%s)", name, text),
		NULL);
}

static void read_netconsole(struct use_build *build)
{
	struct use_graph *graph = build->graph;
	struct use_names targets;

	use_names_read(build, &targets, "sys/kernel/config/netconsole");
	for (size_t i = 0; i < targets.count; i++) {
		const char *target = targets.name[i];
		uint64_t enabled = 0;
		char link[64];

		if (sysroot_read_u64(build->root, &enabled, "sys/kernel/config/netconsole/%s/enabled", target) < 0 ||
			!enabled ||
			sysroot_read_text(build->root, link, sizeof(link), "sys/kernel/config/netconsole/%s/dev_name",
				target) <= 0)
			continue;
		use_link(graph, use_find(graph, "net:%s", link),
			use_add(graph, "netconsole", USE_NOTE,
				use_text(graph, "the kernel's log by netconsole (%s)", target), "netconsole:%s",
				target),
			PCI_USER_NOTE, use_text(graph, "the kernel sends its log through %s (netconsole)", link), NULL);
	}
	use_names_done(&targets);
}

void use_read_listeners(struct use_build *build)
{
	struct packets packets = { 0 };
	size_t count = build->graph->node_count;

	read_packets(build, &packets);
	count_packets(&packets);
	for (size_t i = 0; i < count && packets.count; i++)
		if (text_starts_with(build->graph->node[i].id, "net:"))
			place_packets(build, &packets, (uint32_t)i);
	free(packets.at);
	read_netconsole(build);
}
