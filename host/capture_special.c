// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What looking commands ask the kernel and no file says, as files below capture/ that their readers take on a captured host:
 *
 *	addresses	LINK ADDRESS/PREFIX	pci/user_address.c
 *	permanent_macs	LINK MAC		pci/detail.c
 *	link_kinds	LINK KIND		pci/user_net.c
 *	disks		NAME held|closed	pci/user_block.c: held for itself by the kernel; not openable
 *
 * and sriov_numvfs, made of the links to the VFs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/capture_walk.h"
#include "pci/detail.h"

typedef void (*fill_fn)(struct capture *capture, FILE *out);

static void write_file(struct capture *capture, const char *member, fill_fn fill)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out)
		fill(capture, out);
	if (!out || fclose(out)) {
		capture->ret = fail(capture->err, ENOMEM, "capture %s", member);
		return;
	}
	if (!capture->ret)
		capture_file(capture, member, text, size);
}

static void put(struct capture *capture, enum redact_mode mode, const char *text, FILE *out)
{
	redact_write(capture->redact, mode, text, strlen(text), out);
}

/* Nodes of the graph of uses whose ids begin so. */
static const struct use_node *next_node(
	const struct use_graph *graph, const struct use_node *previous, const char *prefix)
{
	const struct use_node *end = graph->node + graph->node_count;

	for (const struct use_node *node = previous ? previous + 1 : graph->node; node < end; node++)
		if (text_starts_with(node->id, prefix))
			return node;
	return NULL;
}

static struct use_graph *graph_of(struct capture *capture)
{
	struct use_graph *graph = host_use(capture->host, capture->err);

	if (!graph)
		capture->ret = -ENOMEM;
	return graph;
}

/* "address:eth0:10.0.2.15", called "10.0.2.15/24". */
static void fill_addresses(struct capture *capture, FILE *out)
{
	const struct use_graph *graph = graph_of(capture);

	for (const struct use_node *node = NULL; graph && (node = next_node(graph, node, "address:"));) {
		const char *link = node->id + strlen("address:");
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(link, ":"), link);
		put(capture, REDACT_PATHS, name, out);
		fputc(' ', out);
		put(capture, REDACT_RUNNING, node->name, out);
		fputc('\n', out);
	}
}

static void fill_macs(struct capture *capture, FILE *out)
{
	const struct pci_inventory *all = &capture->host->pci;
	char mac[32];

	for (size_t i = 0; i < all->count; i++)
		for (size_t k = 0; k < all->devices[i].netdev_count; k++) {
			const char *name = all->devices[i].netdevs[k].text;

			if (!pci_permanent_mac(capture->root, name, mac, sizeof(mac)))
				continue;
			put(capture, REDACT_PATHS, name, out);
			fputc(' ', out);
			put(capture, REDACT_PATHS, mac, out);
			fputc('\n', out);
		}
}

static void fill_kinds(struct capture *capture, FILE *out)
{
	const struct use_graph *graph = graph_of(capture);

	for (const struct use_node *node = NULL; graph && (node = next_node(graph, node, "net:"));) {
		if (!strcmp(node->kind, "netdev") || !strcmp(node->kind, "upper"))
			continue;
		put(capture, REDACT_PATHS, node->id + strlen("net:"), out);
		fprintf(out, " %s\n", node->kind);
	}
}

static void fill_disks(struct capture *capture, FILE *out)
{
	const struct use_graph *graph = graph_of(capture);

	for (const struct use_node *node = NULL; graph && (node = next_node(graph, node, "held:"));)
		fprintf(out, "%s held\n", node->id + strlen("held:"));
	for (const struct use_node *node = NULL; graph && (node = next_node(graph, node, "block:"));)
		if (node->flags & USE_UNSEEN)
			fprintf(out, "%s closed\n", node->id + strlen("block:"));
}

static void count_vfs(struct capture *capture, const struct pci_device *device)
{
	char path[64], member[CAPTURE_PATH_MAX], file[CAPTURE_PATH_MAX + 16], name[PCI_ADDR_TEXT_SIZE], text[16];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", pci_addr_text(device->addr, name));
	if (!capture_resolve(capture, path, member))
		return;
	snprintf(file, sizeof(file), "%s/sriov_numvfs", member);
	snprintf(text, sizeof(text), "%u\n", device->sriov.num_vfs);
	if (strlen(file) < CAPTURE_PATH_MAX)
		capture_file(capture, file, text, strlen(text));
}

void capture_special(struct capture *capture)
{
	static const struct {
		const char *member;
		fill_fn fill;
	} files[] = {
		{ "capture/addresses", fill_addresses },
		{ "capture/permanent_macs", fill_macs },
		{ "capture/link_kinds", fill_kinds },
		{ "capture/disks", fill_disks },
	};
	const struct pci_inventory *all = &capture->host->pci;

	for (size_t i = 0; i < array_size(files) && !capture->ret; i++)
		write_file(capture, files[i].member, files[i].fill);
	for (size_t i = 0; i < all->count && !capture->ret; i++)
		if (all->devices[i].sriov.capable)
			count_vfs(capture, &all->devices[i]);
}
