// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What looking commands ask the kernel and no file says, as files below capture/ that their readers take on a captured
 * host:
 *
 *	addresses	LINK ADDRESS/PREFIX	use/address.c
 *	permanent_macs	LINK MAC		pci/detail.c
 *	link_kinds	LINK KIND		use/net.c
 *	disks		NAME held|closed	use/block.c: held for itself by the kernel; not openable
 *	access		NODE ERRNO		doctor/permission.c: what opening it for this user came to
 *	limits		memlock, landlock	os/asker.c
 *	times		FILE SECONDS		distro/boot_loader.c: when it was written
 *	vf_settings	LINK/INDEX KEY=VALUE...	view/vf_row.c
 *	eswitches	WHAT DEVICE KEY=VALUE	sriov/devlink_text.c: only where the kernel has devlink
 *
 * and sriov_numvfs, made of the links to the VFs.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/reduce.h"
#include "capture/walk.h"
#include "distro/boot_loader.h"
#include "distro/modprobe_conf.h"
#include "os/asker.h"
#include "pci/detail.h"
#include "sriov/devlink.h"
#include "sriov/devlink_text.h"
#include "sriov/sriov.h"
#include "sriov/vf_text.h"

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

/* Opening these nodes does nothing but load their modules, which is what the doctor does too. */
static void fill_access(struct capture *capture, FILE *out)
{
	static const char *const nodes[] = { "dev/kvm", "dev/vfio/vfio" };
	char answer[16];

	for (size_t i = 0; i < array_size(nodes); i++) {
		cleanup_close int fd = -1;

		if (capture->root->captured) {
			if (sysroot_read_answer(capture->root, "access", nodes[i], answer, sizeof(answer)) > 0)
				fprintf(out, "%s %s\n", nodes[i], answer);
			continue;
		}
		fd = sysroot_open_file(capture->root, O_RDWR, "%s", nodes[i]);
		fprintf(out, "%s %d\n", nodes[i], fd < 0 ? -fd : 0);
	}
}

static void fill_limits(struct capture *capture, FILE *out)
{
	struct asker asker = asker_read(capture->root);

	asker_write(&asker, out);
}

static void put_time(struct capture *capture, const char *file, FILE *out)
{
	int64_t when;

	if (boot_loader_file_time(capture->root, file, &when) && when >= 0)
		fprintf(out, "%s %" PRId64 "\n", file, when);
}

/* Of the settings that an initramfs may have, and of the initramfs. */
static void fill_times(struct capture *capture, FILE *out)
{
	cleanup(modprobe_conf_done) struct modprobe_conf conf = { 0 };
	char release[128], file[160], last[160] = "";
	int64_t made;

	if (modprobe_conf_read(capture->root, &conf, capture->err) < 0) {
		capture->ret = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < conf.count; i++) {
		if (!text_starts_with(conf.line[i].place, "/etc/"))
			continue;
		snprintf(file, sizeof(file), "%.*s", (int)strcspn(conf.line[i].place + 1, ":"), conf.line[i].place + 1);
		if (strcmp(file, last) != 0)
			put_time(capture, file, out);
		text_copy(last, sizeof(last), file);
	}
	if (sysroot_read_text(capture->root, release, sizeof(release), "proc/sys/kernel/osrelease") > 0 &&
		!strchr(release, '/') && boot_loader_initramfs(capture->root, release, file, sizeof(file), &made))
		put_time(capture, file, out);
}

static void put_settings(
	struct capture *capture, const char *link, unsigned int index, const struct vf_settings *settings, FILE *out)
{
	struct vf_settings told = *settings;
	char text[VF_TEXT_SIZE];

	redact_settings(capture, &told);
	put(capture, REDACT_PATHS, link, out);
	fprintf(out, "/%u %s\n", index, vf_settings_to_text(&told, text, sizeof(text)));
}

static void fill_settings(struct capture *capture, FILE *out)
{
	const struct pci_inventory *all = &capture->host->pci;
	cleanup_free struct vf_settings *settings = calloc(VF_SETTINGS_MAX, sizeof(*settings));

	for (size_t i = 0; settings && i < all->count; i++) {
		const struct pci_device *pf = &all->devices[i];
		size_t count = 0;

		if (!pf->netdev_count || !pf->sriov.num_vfs ||
			vf_settings_look(capture->root, pf->netdevs[0].text, settings, VF_SETTINGS_MAX, &count) < 0)
			continue;
		for (size_t k = 0; k < count; k++)
			put_settings(capture, pf->netdevs[0].text, (unsigned int)k, &settings[k], out);
	}
}

/* Names of rate nodes are people's. */
static void put_name(struct capture *capture, char *name, size_t size)
{
	char told[DEVLINK_NAME_MAX];

	redact_put(capture->redact, REDACT_NAMES, name, told, sizeof(told));
	text_copy(name, size, told);
}

static void put_port(struct capture *capture, const struct devlink_port *port, FILE *out)
{
	struct devlink_port told = *port;

	if (capture->redact)
		redact_mac(capture->redact, &told.function.hw_addr);
	devlink_text_put_port(&told, out);
}

static void put_eswitch(
	struct capture *capture, struct devlink *devlink, const struct devlink_handle *handle, FILE *out)
{
	cleanup_free struct devlink_port *ports = NULL;
	cleanup_free struct devlink_rate *rates = NULL;
	struct devlink_eswitch eswitch;
	size_t count = 0;

	if (devlink_eswitch_read(devlink, handle, &eswitch, NULL) < 0)
		return;
	devlink_text_put_eswitch(handle, &eswitch, out);
	if (devlink_ports_read(devlink, handle, &ports, &count, NULL) >= 0)
		for (size_t i = 0; i < count; i++)
			put_port(capture, &ports[i], out);
	if (devlink_rates_read(devlink, handle, &rates, &count, NULL) >= 0)
		for (size_t i = 0; i < count; i++) {
			put_name(capture, rates[i].node, sizeof(rates[i].node));
			put_name(capture, rates[i].parent, sizeof(rates[i].parent));
			devlink_text_put_rate(&rates[i], out);
		}
}

/* One that could not be asked has no file, which is not the same as one that has no eswitch. */
static void take_eswitches(struct capture *capture)
{
	cleanup_free struct devlink_handle *handles = NULL;
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	cleanup_free char *text = NULL;
	size_t count = 0, size = 0;
	FILE *out;

	if (devlink_open(capture->root, &devlink, NULL) < 0 ||
		devlink_list_handles(&devlink, &handles, &count, NULL) < 0)
		return;
	out = open_memstream(&text, &size);
	for (size_t i = 0; out && i < count; i++)
		put_eswitch(capture, &devlink, &handles[i], out);
	if (!out || fclose(out))
		capture->ret = fail(capture->err, ENOMEM, "capture %s", DEVLINK_TEXT_FILE);
	else
		capture_file(capture, DEVLINK_TEXT_FILE, text, size);
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
		{ "capture/access", fill_access },
		{ "capture/limits", fill_limits },
		{ "capture/times", fill_times },
		{ "capture/vf_settings", fill_settings },
	};
	const struct pci_inventory *all = &capture->host->pci;

	for (size_t i = 0; i < array_size(files) && !capture->ret; i++)
		write_file(capture, files[i].member, files[i].fill);
	if (!capture->ret)
		take_eswitches(capture);
	for (size_t i = 0; i < all->count && !capture->ret; i++)
		if (all->devices[i].sriov.capable)
			count_vfs(capture, &all->devices[i]);
}
