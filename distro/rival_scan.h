/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that look for rivals: the list being filled. Used by distro/rival*.c only. */
#ifndef DISTRO_RIVAL_SCAN_H
#define DISTRO_RIVAL_SCAN_H

#include "distro/conf_file.h"
#include "distro/rival.h"

struct rival_scan {
	const struct sysroot *root;
	const struct pci_inventory *inventory;
	const struct modprobe_conf *conf;
	struct rivals rivals;
	bool out_of_memory;
};

/* Add a copy of rival for a device, with its text. */
void rival_add(struct rival_scan *scan, const struct rival *rival, const struct pci_device *device, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

/* "/etc/x.conf:3" of a line into rival->file. */
void rival_at(struct rival *rival, const struct conf_line *line);

/*
 * The next device (behind previous) that is a network device of that name (a glob) or MAC address: what is "" is not
 * asked. NULL at the end, and when both are "".
 */
const struct pci_device *rival_next_netdev(
	const struct rival_scan *scan, const struct pci_device *previous, const char *name, const char *mac);

void rival_scan_network(struct rival_scan *scan);
void rival_scan_driver(struct rival_scan *scan);
void rival_scan_guest(struct rival_scan *scan);

#endif
