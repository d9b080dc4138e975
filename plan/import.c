// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of programs whose files are read, and the facts that they yield. Who makes how many VFs and who binds what
 * is known to distro/rival.h for most of them: those facts are taken from there; the files beside this one add what a
 * file says besides, and what it says of devices that are not there.
 */
#include "plan/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/import_scan.h"

static const struct source {
	const char *name;
	const char *rivals[2]; /* what distro/rival.h calls it; NULL: nothing is taken from there */
	enum rival_stage stage;
	void (*scan)(struct import_scan *scan);
} sources[] = {
	{ "modprobe", { "modprobe" }, RIVAL_AT_LOAD, import_scan_modprobe },
	{ "driverctl", { "driverctl" }, RIVAL_BY_UDEV, import_scan_driverctl },
	{ "udev", { "udev" }, RIVAL_BY_UDEV, NULL },
	{ "networkmanager", { "NetworkManager" }, RIVAL_BY_NETWORK, NULL },
	{ "networkd", { "systemd-udevd", "systemd-networkd" }, RIVAL_BY_NETWORK, import_scan_networkd },
	{ "netplan", { "netplan" }, RIVAL_BY_NETWORK, import_scan_netplan },
	{ "nmstate", { NULL }, RIVAL_BY_NETWORK, import_scan_nmstate },
	{ "boot", { "boot script" }, RIVAL_BY_SERVICE, NULL },
	{ "proxmox", { NULL }, RIVAL_ON_DEMAND, import_scan_proxmox },
	{ "libvirt", { NULL }, RIVAL_ON_DEMAND, import_scan_libvirt },
};

void import_done(struct import *import)
{
	free(import->fact);
	free(import->left);
	free(import->conflict);
	*import = (struct import){ 0 };
}

/* From the list of rivals --------------------------------------------------------------------------------------- */

static void take_rival(struct import_scan *scan, const struct rival *rival)
{
	const struct pci_device *device = pci_inventory_find(&scan->host->pci, rival->device);

	if (!device)
		return;
	scan->stage = rival->stage;
	if (rival->aim == RIVAL_DRIVER && rival->driver[0]) {
		import_fact(scan, IMPORT_DRIVER, device, IMPORT_ITSELF, rival->file, "%s", rival->driver);
		/* It stands in files that are read in the initramfs too. */
		if (rival->stage <= RIVAL_BY_UDEV && pci_driver_is_vfio(rival->driver))
			import_fact(scan, IMPORT_EARLY, device, IMPORT_ITSELF, rival->file, "early");
	} else if (rival->aim == RIVAL_VFS && rival->vfs >= 0)
		import_fact(scan, IMPORT_VFS, device, IMPORT_ITSELF, rival->file, "%lld", (long long)rival->vfs);
	else if (rival->aim == RIVAL_VFS)
		import_left(scan, rival->file, "%s (it does not say how many)", rival->what);
}

static void take_rivals(struct import_scan *scan, const struct source *source, const struct rivals *rivals)
{
	for (size_t i = 0; i < rivals->count; i++)
		for (size_t j = 0; j < array_size(source->rivals); j++)
			if (source->rivals[j] && !strcmp(rivals->item[i].name, source->rivals[j]))
				take_rival(scan, &rivals->item[i]);
}

/* The sources --------------------------------------------------------------------------------------------------- */

/* Is name in a list of names between commas? */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
		if (strcspn(at, ",") == length && !memcmp(at, name, length))
			return true;
	return false;
}

static int check_names(const char *names, struct error *err)
{
	for (const char *at = names; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
		char name[32];
		bool known = false;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ","), at);
		for (size_t i = 0; i < array_size(sources); i++)
			known = known || !strcmp(sources[i].name, name);
		if (known)
			continue;
		fail_code(err, CODE_USAGE, EINVAL, "--from: nothing is called '%s'", name);
		return fail_hint(err, "auto, or some of: modprobe, driverctl, udev, networkmanager, networkd, netplan, "
				      "nmstate, boot, proxmox, libvirt");
	}
	return 0;
}

static void scan_sources(const struct host *host, const char *names, const struct rivals *rivals, struct import *import)
{
	bool all = !strcmp(names, "auto");

	for (size_t i = 0; i < array_size(sources); i++) {
		struct import_scan scan = { host, import, sources[i].name, sources[i].stage };

		if (!all && !is_listed(names, sources[i].name))
			continue;
		take_rivals(&scan, &sources[i], rivals);
		scan.stage = sources[i].stage;
		if (sources[i].scan)
			sources[i].scan(&scan);
	}
	import->incomplete = import->incomplete || rivals->incomplete;
}

int import_read(const struct host *host, const char *names, struct import *ret_import, struct error *err)
{
	cleanup(modprobe_conf_done) struct modprobe_conf conf = { 0 };
	cleanup(rivals_done) struct rivals rivals = { 0 };
	struct import import = { 0 };
	int ret = strcmp(names, "auto") != 0 ? check_names(names, err) : 0;

	if (!ret)
		ret = modprobe_conf_read(&host->root, &conf, err);
	if (!ret)
		ret = rivals_read(&host->root, &host->pci, &conf, &rivals, err);
	if (ret < 0)
		return ret;
	scan_sources(host, names, &rivals, &import);
	if (import.out_of_memory) {
		import_done(&import);
		return fail(err, ENOMEM, "read other programs' files");
	}
	*ret_import = import;
	return 0;
}
