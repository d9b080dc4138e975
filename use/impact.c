// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of everything that hangs off the functions that go. A node is gone when one of its carriers is and it
 * needs all of them, or when fewer living ones are left than it needs; it goes on degraded when enough are left; and
 * what stands on a degraded node is degraded with it. States only get worse, so the search ends, whatever the shape of
 * the graph.
 */
#include "use/impact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static enum impact_state state_of(const struct impact *impact, uint32_t node)
{
	return impact->node[node].state;
}

bool impact_is_survivor(const struct impact *impact, const struct use_edge *edge)
{
	return edge->live && state_of(impact, edge->from) != IMPACT_GONE;
}

/* From what carries it. */
static enum impact_state judge(const struct impact *impact, uint32_t index)
{
	const struct use_graph *graph = impact->graph;
	const struct use_node *node = &graph->node[index];
	enum impact_state worst = IMPACT_UNTOUCHED;
	uint32_t left = 0;

	for (uint32_t at = node->first_in; at != USE_NONE; at = graph->edge[at].next_in) {
		const struct use_edge *edge = &graph->edge[at];

		left += impact_is_survivor(impact, edge);
		if (state_of(impact, edge->from) > worst)
			worst = state_of(impact, edge->from);
	}
	if (worst != IMPACT_GONE || !node->needs)
		return worst;
	return left < node->needs ? IMPACT_GONE : IMPACT_DEGRADED;
}

static void spread(struct impact *impact, uint32_t *queue)
{
	const struct use_graph *graph = impact->graph;
	size_t head = 0;
	size_t tail = 0;
	size_t space = graph->node_count * 4; /* a node's state changes three times at most */

	for (size_t i = 0; i < impact->device_count; i++) {
		uint32_t node = use_function(graph, impact->device[i].device);

		impact->node[node].state = impact->device[i].goes ? IMPACT_GONE : IMPACT_SHAKEN;
		impact->node[node].device = i;
		queue[tail++] = node;
	}
	for (; head < tail; head++)
		for (uint32_t at = graph->node[queue[head]].first_out; at != USE_NONE; at = graph->edge[at].next_out) {
			uint32_t to = graph->edge[at].to;
			struct impact_node *reached = &impact->node[to];
			enum impact_state state = judge(impact, to);

			if (state <= reached->state || tail == space)
				continue;
			if (reached->state == IMPACT_UNTOUCHED) {
				reached->parent = queue[head];
				reached->device = impact->node[queue[head]].device;
			}
			reached->state = state;
			queue[tail++] = to;
		}
}

/* Hardware is as bad a loss as the worst thing on it; uses are a loss by themselves, notes are none. */
static enum impact_severity judge_node(const struct use_node *node, enum impact_state state)
{
	if (state == IMPACT_UNTOUCHED)
		return IMPACT_NOTHING;
	if (state == IMPACT_SHAKEN || node->flags & (USE_NOTE | USE_CARRIER))
		return IMPACT_NOTE;
	return state == IMPACT_GONE ? IMPACT_LOST : IMPACT_LESS;
}

static void judge_all(struct impact *impact)
{
	const struct use_graph *graph = impact->graph;
	bool changed = true;

	for (size_t i = 0; i < graph->node_count; i++)
		impact->node[i].severity = judge_node(&graph->node[i], impact->node[i].state);
	while (changed) {
		changed = false;
		for (size_t i = 0; i < graph->edge_count; i++) {
			const struct use_edge *edge = &graph->edge[i];
			struct impact_node *from = &impact->node[edge->from];

			if (graph->node[edge->from].flags & USE_CARRIER && from->severity != IMPACT_NOTHING &&
				impact->node[edge->to].severity > from->severity) {
				from->severity = impact->node[edge->to].severity;
				changed = true;
			}
		}
	}
}

static bool is_device(const struct impact *impact, uint32_t node)
{
	for (size_t i = 0; i < impact->device_count; i++)
		if (use_function(impact->graph, impact->device[i].device) == node)
			return true;
	return false;
}

/* A device node that nobody has open is no loss. */
static bool is_idle_node(const struct impact *impact, uint32_t node)
{
	return impact->graph->node[node].first_out == USE_NONE &&
	       !strncmp(impact->graph->node[node].id, "dev:", strlen("dev:"));
}

/* Depth first, so that a tree can be printed as it comes: parents before children. */
static void collect(struct impact *impact, uint32_t node)
{
	const struct use_graph *graph = impact->graph;

	for (uint32_t at = graph->node[node].first_out; at != USE_NONE; at = graph->edge[at].next_out) {
		uint32_t to = graph->edge[at].to;

		if (impact->node[to].parent != node || is_device(impact, to) || is_idle_node(impact, to))
			continue;
		impact->loss[impact->loss_count++] = to;
		impact->locked_out |= graph->node[to].flags & USE_OWN && impact->node[to].severity == IMPACT_LOST;
		collect(impact, to);
	}
}

static void judge_complete(struct impact *impact)
{
	impact->complete = !impact->groups_unknown;
	for (size_t i = 0; i < impact->graph->node_count; i++)
		if (state_of(impact, (uint32_t)i) != IMPACT_UNTOUCHED &&
			use_is_hidden(impact->graph, &impact->graph->node[i]))
			impact->complete = false;
}

static int follow(struct impact *impact, struct error *err)
{
	size_t count = impact->graph->node_count;
	cleanup_free uint32_t *queue = calloc(4 * count + 1, sizeof(*queue));

	impact->node = calloc(count + 1, sizeof(*impact->node));
	impact->loss = calloc(count + 1, sizeof(*impact->loss));
	if (!queue || !impact->node || !impact->loss)
		return fail(err, ENOMEM, "follow what devices carry");
	for (size_t i = 0; i < count; i++)
		impact->node[i].parent = USE_NONE;
	spread(impact, queue);
	judge_all(impact);
	for (size_t i = 0; i < impact->device_count; i++)
		collect(impact, use_function(impact->graph, impact->device[i].device));
	judge_complete(impact);
	return 0;
}

int impact_read(const struct sysroot *root, const struct pci_inventory *pci, struct use_graph *graph,
	const struct pci_device *const *devices, size_t count, enum impact_purpose purpose, struct impact *ret_impact,
	struct error *err)
{
	struct impact impact = { .purpose = purpose, .graph = graph };
	int ret = impact_find_devices(root, pci, devices, count, &impact, err);

	if (!ret && impact.graph->out_of_memory)
		ret = fail(err, ENOMEM, "follow what devices carry");
	if (!ret)
		ret = follow(&impact, err);
	if (ret < 0) {
		impact_done(&impact);
		return ret;
	}
	*ret_impact = impact;
	return 0;
}

void impact_done(struct impact *impact)
{
	if (!impact)
		return;
	free(impact->device);
	free(impact->node);
	free(impact->loss);
	*impact = (struct impact){ 0 };
}

const struct use_edge *impact_edge(const struct impact *impact, uint32_t node)
{
	const struct use_graph *graph = impact->graph;

	for (uint32_t at = graph->node[node].first_in; at != USE_NONE; at = graph->edge[at].next_in)
		if (graph->edge[at].from == impact->node[node].parent)
			return &graph->edge[at];
	return NULL;
}
