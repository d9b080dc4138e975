/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that look for other managers: the list being filled. Used by host/manager*.c only. */
#ifndef DISTRO_RIVAL_SCAN_H
#define DISTRO_RIVAL_SCAN_H

#include "distro/conf_file.h"
#include "distro/rival.h"

struct manager_scan {
	const struct sysroot *root;
	const struct pci_inventory *inventory;
	const struct modprobe_conf *conf;
	struct managers managers;
	bool out_of_memory;
};

/* Add a copy of manager for a device, with its text. */
void manager_add(struct manager_scan *scan, const struct manager *manager, const struct pci_device *device,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "/etc/x.conf:3" of a line into manager->file. */
void manager_at(struct manager *manager, const struct conf_line *line);

/*
 * The next device (behind previous) that is a network device of that name (a glob) or MAC address: what is "" is not asked.
 * NULL at the end, and when both are "".
 */
const struct pci_device *manager_next_netdev(
	const struct manager_scan *scan, const struct pci_device *previous, const char *name, const char *mac);

void manager_scan_network(struct manager_scan *scan);
void manager_scan_driver(struct manager_scan *scan);
void manager_scan_guest(struct manager_scan *scan);

#endif
