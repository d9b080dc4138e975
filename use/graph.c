// SPDX-License-Identifier: GPL-2.0-or-later
/* The graph of uses as a data structure: nodes by id, edges in order, strings that live as long; see graph.h. */
#include "use/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	TEXT_BLOCK = 16384,
	ID_SIZE = 512, /* more than any mount point that is told apart */
	FIRST_SLOTS = 1024,
};

struct use_text {
	struct use_text *next;
	size_t used, size;
	char text[];
};

static char *take_text(struct use_graph *graph, size_t size)
{
	struct use_text *block = graph->texts;
	char *taken;

	if (!block || block->size - block->used < size) {
		size_t wanted = size > TEXT_BLOCK ? size : TEXT_BLOCK;

		block = malloc(sizeof(*block) + wanted);
		if (!block) {
			graph->out_of_memory = true;
			return NULL;
		}
		*block = (struct use_text){ .next = graph->texts, .size = wanted };
		graph->texts = block;
	}
	taken = block->text + block->used;
	block->used += size;
	return taken;
}

static const char *keep_text(struct use_graph *graph, const char *text)
{
	size_t size = strlen(text) + 1;
	char *kept = take_text(graph, size);

	return kept ? memcpy(kept, text, size) : "";
}

const char *use_text(struct use_graph *graph, const char *fmt, ...)
{
	char text[ID_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return keep_text(graph, text);
}

/* FNV-1a. */
static size_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3;
	return (size_t)value;
}

/* The slot of an id: with its node, or the empty one where it belongs. The table is never full. */
static uint32_t *find_slot(const struct use_graph *graph, const char *id)
{
	size_t at = hash(id) & (graph->slot_count - 1);

	while (graph->slot[at] != USE_NONE && strcmp(graph->node[graph->slot[at]].id, id) != 0)
		at = (at + 1) & (graph->slot_count - 1);
	return &graph->slot[at];
}

static bool grow_slots(struct use_graph *graph)
{
	struct use_graph grown = *graph;

	if (graph->slot && graph->node_count * 2 < graph->slot_count)
		return true;
	grown.slot_count = graph->slot_count ? graph->slot_count * 2 : FIRST_SLOTS;
	grown.slot = malloc(grown.slot_count * sizeof(*grown.slot));
	if (!grown.slot)
		return false;
	for (size_t i = 0; i < grown.slot_count; i++)
		grown.slot[i] = USE_NONE;
	for (size_t i = 0; i < graph->node_count; i++)
		*find_slot(&grown, graph->node[i].id) = (uint32_t)i;
	free(graph->slot);
	graph->slot = grown.slot;
	graph->slot_count = grown.slot_count;
	return true;
}

void *use_grow(void *array, size_t count, size_t *space, size_t size)
{
	size_t wanted = *space ? *space * 2 : 64;
	void *grown;

	if (count < *space)
		return array;
	grown = reallocarray(array, wanted, size);
	if (grown)
		*space = wanted;
	return grown;
}

static uint32_t add_node(
	struct use_graph *graph, const char *kind, unsigned int flags, const char *name, const char *id)
{
	struct use_node *grown = use_grow(graph->node, graph->node_count, &graph->node_space, sizeof(*grown));
	uint32_t *slot;

	graph->node = grown ? grown : graph->node;
	if (!grown || !grow_slots(graph)) {
		graph->out_of_memory = true;
		return USE_NONE;
	}
	slot = find_slot(graph, id);
	if (*slot != USE_NONE)
		return *slot;
	graph->node[graph->node_count] = (struct use_node){
		.kind = kind,
		.id = keep_text(graph, id),
		.name = keep_text(graph, name),
		.flags = flags,
		.first_in = USE_NONE,
		.first_out = USE_NONE,
		.last_in = USE_NONE,
		.last_out = USE_NONE,
	};
	if (graph->out_of_memory)
		return USE_NONE;
	*slot = (uint32_t)graph->node_count++;
	return *slot;
}

uint32_t use_add(struct use_graph *graph, const char *kind, unsigned int flags, const char *name, const char *fmt, ...)
{
	char id[ID_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(id, sizeof(id), fmt, args);
	va_end(args);
	return add_node(graph, kind, flags, name, id);
}

uint32_t use_find(const struct use_graph *graph, const char *fmt, ...)
{
	char id[ID_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(id, sizeof(id), fmt, args);
	va_end(args);
	return graph->slot ? *find_slot(graph, id) : USE_NONE;
}

static struct use_edge *find_edge(struct use_graph *graph, uint32_t from, uint32_t to)
{
	for (uint32_t at = graph->node[to].first_in; at != USE_NONE; at = graph->edge[at].next_in)
		if (graph->edge[at].from == from)
			return &graph->edge[at];
	return NULL;
}

bool use_is_linked(struct use_graph *graph, uint32_t from, uint32_t to)
{
	return from != USE_NONE && to != USE_NONE && find_edge(graph, from, to);
}

static void append(struct use_graph *graph, uint32_t index)
{
	struct use_node *from = &graph->node[graph->edge[index].from];
	struct use_node *to = &graph->node[graph->edge[index].to];

	*(from->last_out == USE_NONE ? &from->first_out : &graph->edge[from->last_out].next_out) = index;
	*(to->last_in == USE_NONE ? &to->first_in : &graph->edge[to->last_in].next_in) = index;
	from->last_out = index;
	to->last_in = index;
}

struct use_edge *use_link(struct use_graph *graph, uint32_t from, uint32_t to, enum pci_user_severity severity,
	const char *what, const char *label)
{
	struct use_edge *grown;
	struct use_edge *edge;

	if (from == USE_NONE || to == USE_NONE || from == to)
		return NULL;
	edge = find_edge(graph, from, to);
	if (edge)
		return edge;
	grown = use_grow(graph->edge, graph->edge_count, &graph->edge_space, sizeof(*grown));
	if (!grown) {
		graph->out_of_memory = true;
		return NULL;
	}
	graph->edge = grown;
	edge = &graph->edge[graph->edge_count];
	*edge = (struct use_edge){
		.from = from,
		.to = to,
		.next_in = USE_NONE,
		.next_out = USE_NONE,
		.what = what,
		.label = label ? label : graph->node[to].name,
		.severity = severity,
		.live = true,
	};
	append(graph, (uint32_t)graph->edge_count++);
	return edge;
}

uint32_t use_function(const struct use_graph *graph, const struct pci_device *device)
{
	return (uint32_t)(device - graph->inventory->devices);
}

uint32_t use_function_at(const struct use_graph *graph, struct pci_addr addr)
{
	const struct pci_device *device = pci_inventory_find(graph->inventory, addr);

	return device ? use_function(graph, device) : USE_NONE;
}

void use_graph_done(struct use_graph *graph)
{
	while (graph->texts) {
		struct use_text *next = graph->texts->next;

		free(graph->texts);
		graph->texts = next;
	}
	free(graph->node);
	free(graph->edge);
	free(graph->slot);
	free(graph->queue);
}

void use_graph_free(struct use_graph *graph)
{
	if (graph)
		use_graph_done(graph);
	free(graph);
}
