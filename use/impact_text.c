// SPDX-License-Identifier: GPL-2.0-or-later
/* What a loss is called: branches of the tree, the verdict in plain words, and what could not be seen. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/impact.h"

enum {
	NAMES_SHOWN = 3,
};

/* What a verdict counts, the dearest first; a layer only where nothing lost stands on it. */
static const struct {
	const char *kind, *one, *many;
	bool is_layer;
} words[] = {
	{ "ssh", "ssh session", "ssh sessions", false },
	{ "mount", "mounted file system", "mounted file systems", false },
	{ "swap", "swap space", "swap spaces", false },
	{ "guest", "running guest", "running guests", false },
	{ "route", "route", "routes", false },
	{ "address", "address", "addresses", false },
	{ "display", "display", "displays", false },
	{ "console", "console", "consoles", false },
	{ "keyboard", "keyboard", "keyboards", false },
	{ "export", "exported disk", "exported disks", false },
	{ "iscsi", "iSCSI session", "iSCSI sessions", true },
	{ "nvmeof", "remote NVMe controller", "remote NVMe controllers", true },
	{ "zfs", "ZFS pool", "ZFS pools", true },
	{ "btrfs", "btrfs file system", "btrfs file systems", true },
	{ "raid", "RAID array", "RAID arrays", true },
	{ "lvm", "LVM volume", "LVM volumes", true },
	{ "crypt", "encrypted volume", "encrypted volumes", true },
	{ "multipath", "multipath device", "multipath devices", true },
	{ "loop", "loop device", "loop devices", true },
	{ "bond", "bond", "bonds", true },
	{ "bridge", "bridge", "bridges", true },
	{ "vlan", "VLAN", "VLANs", true },
	{ "process", "program", "programs", true },
	{ "vfio", "program that uses VFIO", "programs that use VFIO", true },
	{ "rdma", "program that uses RDMA", "programs that use RDMA", false },
};

__attribute__((format(printf, 3, 4))) static void put(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	if (used < size)
		vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
}

const char *impact_severity_name(enum impact_severity severity)
{
	static const char *const names[] = { "none", "note", "degraded", "lost" };

	return names[severity];
}

const char *impact_role_name(enum impact_role role)
{
	static const char *const names[] = { "named", "group", "vf", "bus", "below" };

	return names[role];
}

const char *impact_purpose_name(enum impact_purpose purpose)
{
	static const char *const names[] = { "bind", "vfs", "reset" };

	return names[purpose];
}

static void put_survivors(const struct impact *impact, uint32_t node, char *buf, size_t size)
{
	const struct use_graph *graph = impact->graph;
	bool hit = false;
	size_t shown = 0;

	for (uint32_t at = graph->node[node].first_in; at != USE_NONE; at = graph->edge[at].next_in)
		hit |= impact->node[graph->edge[at].from].state == IMPACT_GONE;
	for (uint32_t at = graph->node[node].first_in; hit && at != USE_NONE; at = graph->edge[at].next_in)
		if (impact_is_survivor(impact, &graph->edge[at]))
			put(buf, size, "%s%s", shown++ ? ", " : ": goes on with ",
				graph->node[graph->edge[at].from].name);
}

const char *impact_branch(const struct impact *impact, uint32_t node, char *buf, size_t size)
{
	const struct use_graph *graph = impact->graph;
	const struct use_edge *edge = impact_edge(impact, node);
	const struct impact_node *state = &impact->node[node];

	text_copy(buf, size, edge ? edge->label : graph->node[node].name);
	if (graph->node[node].flags & USE_FUNCTION) {
		const struct pci_device *device = &graph->inventory->devices[node];

		if (strcmp(buf, graph->node[node].name) != 0)
			put(buf, size, " (%s)", graph->node[node].name);
		put(buf, size, "%s%s", device->driver[0] ? ", driver " : "", device->driver);
	}
	if (state->state == IMPACT_DEGRADED)
		put_survivors(impact, node, buf, size);
	else if (state->state == IMPACT_GONE && graph->node[node].flags & USE_OWN)
		put(buf, size, ": YOU WOULD BE LOCKED OUT");
	return buf;
}

static bool is_known(const char *kind)
{
	for (size_t i = 0; i < array_size(words); i++)
		if (!strcmp(words[i].kind, kind))
			return true;
	return false;
}

static bool carries_loss(const struct impact *impact, uint32_t node)
{
	const struct use_graph *graph = impact->graph;

	for (uint32_t at = graph->node[node].first_out; at != USE_NONE; at = graph->edge[at].next_out)
		if (impact->node[graph->edge[at].to].severity == IMPACT_LOST)
			return true;
	return false;
}

/* kind NULL: of none of the kinds above, and a layer perhaps. */
static bool counts(const struct impact *impact, uint32_t index, const char *kind, bool is_layer)
{
	const struct use_node *node = &impact->graph->node[index];

	if (impact->node[index].severity != IMPACT_LOST || node->flags & USE_CARRIER ||
		(is_layer && carries_loss(impact, index)))
		return false;
	return kind ? !strcmp(node->kind, kind) : !is_known(node->kind);
}

struct sentence {
	const struct impact *impact;
	char *buf;
	size_t size;
	bool begun;
};

/* "2 mounted file systems (/srv, /home)" */
static void add_kind(struct sentence *sentence, const char *kind, bool is_layer, const char *one, const char *many)
{
	const struct impact *impact = sentence->impact;
	char names[256] = "";
	size_t count = 0;

	for (size_t i = 0; i < impact->loss_count; i++) {
		const char *name = impact->graph->node[impact->loss[i]].name;

		if (!counts(impact, impact->loss[i], kind, is_layer))
			continue;
		if (++count <= NAMES_SHOWN)
			put(names, sizeof(names), "%s%s", count > 1 ? ", " : "", name);
	}
	if (!count)
		return;
	put(sentence->buf, sentence->size, "%s%zu %s (%s%s)", sentence->begun ? ", " : "This host would lose ", count,
		count == 1 ? one : many, names, count > NAMES_SHOWN ? ", ..." : "");
	sentence->begun = true;
}

static void add_degraded(struct sentence *sentence)
{
	const struct impact *impact = sentence->impact;
	size_t count = 0;

	for (size_t i = 0; i < impact->loss_count; i++) {
		uint32_t node = impact->loss[i];
		char hit[256] = "";

		/* The places where something goes on with less, and not all that stands on them. */
		put_survivors(impact, node, hit, sizeof(hit));
		if (impact->node[node].state != IMPACT_DEGRADED || impact->node[node].severity != IMPACT_LESS ||
			!hit[0])
			continue;
		put(sentence->buf, sentence->size, "%s%s",
			count++ ? ", " : " It would go on without a spare: ", impact->graph->node[node].name);
	}
	if (count)
		put(sentence->buf, sentence->size, ".");
}

const char *impact_verdict(const struct impact *impact, char *buf, size_t size)
{
	struct sentence sentence = { .impact = impact, .buf = buf, .size = size };

	buf[0] = '\0';
	for (size_t i = 0; i < array_size(words); i++)
		add_kind(&sentence, words[i].kind, words[i].is_layer, words[i].one, words[i].many);
	add_kind(&sentence, NULL, true, "thing more", "things more");
	put(buf, size, sentence.begun ? "." : "This host would lose nothing that it uses.");
	add_degraded(&sentence);
	if (impact->locked_out)
		put(buf, size, " The session that you are in is among it: you would be locked out.");
	return buf;
}

const char *impact_unseen(const struct impact *impact, char *buf, size_t size)
{
	const struct use_unseen *unseen = &impact->graph->unseen;
	size_t disks = 0;

	buf[0] = '\0';
	if (impact->complete)
		return buf;
	for (size_t i = 0; i < impact->loss_count; i++)
		disks += impact->graph->node[impact->loss[i]].flags & USE_UNSEEN ? 1 : 0;
	if (unseen->processes)
		put(buf, size, "%zu processes of other users could not be looked into. ", unseen->processes);
	if (disks)
		put(buf, size, "Whether the kernel holds %zu of the disks for itself could not be asked. ", disks);
	for (size_t i = 0; i < unseen->file_count && i < USE_FILE_MAX; i++)
		put(buf, size, "/%s could not be read. ", unseen->file[i]);
	if (impact->groups_unknown)
		put(buf, size, "There are no IOMMU groups: what would have to go along is unknown. ");
	if (unseen->processes || disks || unseen->file_count)
		put(buf, size, "Ask as root.");
	text_chomp(buf);
	return buf;
}
