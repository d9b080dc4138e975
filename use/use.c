// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who uses PCI functions: the graph is read from the host, in order, and asked about one of them. Blocks what would
 * cost data, the way in, or the screen; notes what would merely be missed. Looks only; what it was not allowed to see
 * makes the answer incomplete.
 */
#include "use/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	CLASS_ETHERNET = 0x0200,
};

/* What stands below comes from what stands above: sessions from addresses, those from links. */
static void (*const readers[])(struct use_build *build) = {
	use_read_links,
	use_read_addresses,
	use_read_sessions,
	use_read_listeners,
	use_read_disks,
	use_read_content,
	use_read_mounts,
	use_read_remote,
	use_place_content,
	use_read_console,
	use_read_subsystems,
	use_read_nodes,
	use_read_memory,
	use_read_processes,
	use_place_sessions,
	use_check_exclusive,
	use_note_content,
};

/* sysfs shows the network devices of our own network namespace; a container's are invisible, and still in use. */
static void place_hidden_network(struct use_build *build, uint32_t function)
{
	const struct pci_device *device = &build->graph->inventory->devices[function];
	const char *driver = device->driver;
	struct use_graph *graph = build->graph;

	if (device->class >> 8 != CLASS_ETHERNET || device->netdev_count || !driver[0] || pci_driver_is_vfio(driver) ||
		text_starts_with(driver, "virtio") || strstr(driver, "stub"))
		return;
	if (strstr(driver, "uio"))
		use_link(graph, function,
			use_add(graph, "uio", 0, "a program in user space, perhaps", "uio:%s",
				graph->node[function].name),
			PCI_USER_BLOCKS,
			use_text(graph, "%s drives it: a program may drive it from user space", driver), NULL);
	else
		use_link(graph, function,
			use_add(graph, "netns", 0, "its network device, in another network namespace", "netns:%s",
				graph->node[function].name),
			PCI_USER_BLOCKS,
			use_text(graph,
				"%s drives it, and its network device is not visible here: another network namespace "
				"has it",
				driver),
			NULL);
}

/*
 * The function that makes the bus which this one is on, as a node: "…/0000:d7:05.5/pci10000:00/10000:00:00.0", where
 * VMD, or another driver that is a host bridge itself, is above a root bus. USE_NONE: the machine makes it.
 */
static uint32_t maker_of_bus(struct use_build *build, uint32_t function)
{
	char path[512];
	char *root;
	char *next;

	if (sysroot_read_link(
		    build->root, path, sizeof(path), "sys/bus/pci/devices/%s", build->graph->node[function].name) <= 0)
		return USE_NONE;
	/* The last root bus of the path: all below it are bridges. */
	root = strstr(path, "/pci");
	while (root && (next = strstr(root + 1, "/pci")))
		root = next;
	if (!root)
		return USE_NONE;
	*root = '\0';
	return use_function_of_path(build, path);
}

static bool same_bus(const struct pci_device *a, const struct pci_device *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/*
 * A VF lives and dies with its PF; functions on a bus that another function makes, with that one, however many bridges
 * are between them. One question per bus: those of a bus are side by side in the inventory.
 */
static void place_functions(struct use_build *build)
{
	const struct pci_inventory *inventory = build->graph->inventory;
	uint32_t maker = USE_NONE;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_device *device = &inventory->devices[i];

		if (device->is_vf)
			use_link(build->graph, use_function_at(build->graph, device->pf), (uint32_t)i, PCI_USER_BLOCKS,
				NULL, use_text(build->graph, "VF %d", device->vf_index));
		if (!i || !same_bus(device, device - 1))
			maker = maker_of_bus(build, (uint32_t)i);
		use_link(build->graph, maker, (uint32_t)i, PCI_USER_BLOCKS, NULL, NULL);
	}
}

static void read_all(struct use_build *build)
{
	struct use_graph *graph = build->graph;

	for (size_t i = 0; i < graph->inventory->count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];

		pci_addr_text(graph->inventory->devices[i].addr, name);
		use_add(graph, "function", USE_CARRIER | USE_FUNCTION, name, "pci:%s", name);
	}
	build->machine = use_add(graph, "machine", USE_CARRIER, "this machine", "machine");
	for (size_t i = 0; i < array_size(readers) && !graph->out_of_memory; i++)
		readers[i](build);
	for (size_t i = 0; i < graph->inventory->count && !graph->out_of_memory; i++)
		place_hidden_network(build, (uint32_t)i);
	if (!graph->out_of_memory)
		place_functions(build);
}

int use_graph_read(const struct sysroot *root, const struct pci_inventory *inventory, struct use_graph **ret_graph,
	struct error *err)
{
	struct use_graph *graph = calloc(1, sizeof(*graph));
	struct use_build build = { .root = root, .graph = graph };
	bool failed;

	if (!graph)
		return fail(err, ENOMEM, "list the users of devices");
	graph->root = root;
	graph->inventory = inventory;
	read_all(&build);
	free(build.address);
	free(build.route);
	free(build.session);
	free(build.disk);
	free(build.mount);
	failed = graph->out_of_memory;
	if (failed)
		use_graph_free(graph);
	else
		*ret_graph = graph;
	return failed ? fail(err, ENOMEM, "list the users of devices") : 0;
}

/* One question under way. */
struct answer {
	struct use_graph *graph;
	struct pci_users users;
	size_t space;
	uint32_t *queue; /* the graph's: nodes to go on from */
	size_t count;
	bool out_of_memory;
};

static void add_user(
	struct answer *answer, const char *kind, enum pci_user_severity severity, const char *prefix, const char *what)
{
	struct pci_user *grown =
		use_grow(answer->users.user, answer->users.count, &answer->space, sizeof(*answer->users.user));
	struct pci_user *user;

	if (!grown) {
		answer->out_of_memory = true;
		return;
	}
	answer->users.user = grown;
	user = &grown[answer->users.count++];
	*user = (struct pci_user){ .severity = severity };
	text_copy(user->kind, sizeof(user->kind), kind);
	/* Cutting a long text is right. */
	if (!prefix[0])
		text_copy(user->what, sizeof(user->what), what);
	else if (snprintf(user->what, sizeof(user->what), "%s: %s", prefix, what) < 0)
		answer->out_of_memory = true;
}

bool use_is_hidden(const struct use_graph *graph, const struct use_node *node)
{
	return node->flags & USE_UNSEEN || (node->flags & USE_HELD && graph->unseen.processes) ||
	       (graph->unseen.file_count && !(node->flags & USE_FUNCTION));
}

/* Everything that hangs off one function, nearest first; functions below it are for later. */
static void walk(struct answer *answer, uint32_t start, const char *prefix)
{
	struct use_graph *graph = answer->graph;
	size_t first = answer->count;

	answer->queue[answer->count++] = start;
	for (size_t i = first; i < answer->count && !answer->out_of_memory; i++) {
		for (uint32_t at = graph->node[answer->queue[i]].first_out; at != USE_NONE;) {
			const struct use_edge *edge = &graph->edge[at];
			struct use_node *to = &graph->node[edge->to];

			at = edge->next_out;
			if (edge->what)
				add_user(answer, to->kind, edge->severity, prefix, edge->what);
			if (to->flags & USE_FUNCTION || to->seen == graph->stamp)
				continue;
			to->seen = graph->stamp;
			answer->users.incomplete |= use_is_hidden(graph, to);
			answer->queue[answer->count++] = edge->to;
		}
	}
}

/*
 * All functions below a node, over any number of levels (VMD controller, its ports, their disks), each once, at the
 * head of the queue. Returns how many. The order is nearest first.
 */
static size_t find_functions_below(struct answer *answer, uint32_t start)
{
	struct use_graph *graph = answer->graph;
	uint32_t from = start;
	size_t count = 0;

	graph->stamp++;
	graph->node[start].seen = graph->stamp;
	for (size_t next = 0;; from = answer->queue[next++]) {
		for (uint32_t at = graph->node[from].first_out; at != USE_NONE; at = graph->edge[at].next_out) {
			struct use_node *to = &graph->node[graph->edge[at].to];

			if (!(to->flags & USE_FUNCTION) || to->seen == graph->stamp)
				continue;
			to->seen = graph->stamp;
			answer->queue[count++] = graph->edge[at].to;
		}
		if (next == count)
			return count;
	}
}

/* How a function below is called: as the edge from its PF or its bus has it, "VF 3" or its address. */
static const char *label_of(const struct use_graph *graph, uint32_t function)
{
	uint32_t at = graph->node[function].first_in;

	return at == USE_NONE ? graph->node[function].name : graph->edge[at].label;
}

static void walk_functions_below(struct answer *answer, uint32_t start, const struct pci_device *device)
{
	const struct use_graph *graph = answer->graph;
	size_t count = find_functions_below(answer, start);

	if (device->sriov.num_vfs) {
		char text[96];

		snprintf(text, sizeof(text), "it is split into %u VFs, which would go with it", device->sriov.num_vfs);
		add_user(answer, "vfs", PCI_USER_BLOCKS, "", text);
	}
	for (size_t i = 0; i < count && !answer->out_of_memory; i++) {
		answer->graph->stamp++;
		answer->count = count;
		walk(answer, answer->queue[i], label_of(graph, answer->queue[i]));
	}
}

/* One for all questions: no walk comes to a node twice. */
static uint32_t *room_to_walk(struct use_graph *graph)
{
	if (graph->queue_space <= graph->node_count) {
		free(graph->queue);
		graph->queue = malloc((graph->node_count + 1) * sizeof(*graph->queue));
		graph->queue_space = graph->queue ? graph->node_count + 1 : 0;
	}
	return graph->queue;
}

/* There is an answer for each of thousands, and most of them are short. */
static void give_back_room(struct pci_users *users)
{
	struct pci_user *exact = users->count ? realloc(users->user, users->count * sizeof(*exact)) : NULL;

	if (exact)
		users->user = exact;
}

int use_graph_users(
	struct use_graph *graph, const struct pci_device *device, struct pci_users *ret_users, struct error *err)
{
	struct answer answer = { .graph = graph };
	uint32_t start = use_function(graph, device);

	*ret_users = (struct pci_users){ 0 };
	if (graph->node[start].first_out == USE_NONE && !device->sriov.num_vfs)
		return 0;
	answer.queue = room_to_walk(graph);
	answer.out_of_memory = !answer.queue;
	if (answer.queue) {
		graph->stamp++;
		walk(&answer, start, "");
		walk_functions_below(&answer, start, device);
	}
	if (answer.out_of_memory) {
		pci_users_done(&answer.users);
		return fail(err, ENOMEM, "list the users of a device");
	}
	*ret_users = answer.users;
	give_back_room(ret_users);
	return 0;
}

int pci_users_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device,
	struct pci_users *ret_users, struct error *err)
{
	struct use_graph *graph = NULL;
	int ret = use_graph_read(root, inventory, &graph, err);

	if (ret < 0)
		return ret;
	ret = use_graph_users(graph, device, ret_users, err);
	use_graph_free(graph);
	return ret;
}

void pci_users_done(struct pci_users *users)
{
	if (!users)
		return;
	free(users->user);
	*users = (struct pci_users){ 0 };
}

bool pci_node_holder(const struct sysroot *root, const char *name, char *buf, size_t size)
{
	const struct pci_inventory none = { 0 };
	struct use_graph graph = { .root = root, .inventory = &none };
	struct use_build build = { .root = root, .graph = &graph };
	uint32_t node = use_add(&graph, "vfio", USE_HELD, "", "dev:%s", name);
	bool found = false;

	if (node != USE_NONE)
		use_read_processes(&build);
	if (node != USE_NONE && graph.node[node].first_out != USE_NONE) {
		found = true;
		text_copy(buf, size, graph.edge[graph.node[node].first_out].what);
	}
	use_graph_done(&graph);
	return found;
}

bool pci_vfio_holder(const struct sysroot *root, int group, char *buf, size_t size)
{
	char name[32];

	snprintf(name, sizeof(name), "vfio/%d", group);
	return pci_node_holder(root, name, buf, size);
}
