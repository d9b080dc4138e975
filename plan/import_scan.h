/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import while it is filled, by the files that read other programs' files. Used by plan/ only. */
#ifndef PLAN_IMPORT_SCAN_H
#define PLAN_IMPORT_SCAN_H

#include "distro/conf_file.h"
#include "plan/import.h"

struct import_scan {
	const struct host *host;
	struct import *import;
	const char *source;     /* the row's name */
	enum rival_stage stage; /* and when it acts */
};

/* A fact about a device, its value printed; place as import_place() says it. */
void import_fact(struct import_scan *scan, enum import_what what, const struct pci_device *device, int vf,
	const char *place, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* What cannot be carried over. */
void import_left(struct import_scan *scan, const char *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A note, also of a conflict. */
void import_note_add(struct import *import, struct import_note **list, size_t *count, const char *place,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* "/etc/x.conf:3". Returns buf. */
const char *import_place(const struct conf_line *line, char *buf, size_t size);

/* The device with a network device of that name (no glob), or NULL. */
const struct pci_device *import_netdev(const struct import_scan *scan, const char *name);

/* The device of that permanent MAC, or NULL. */
const struct pci_device *import_mac(const struct import_scan *scan, const char *mac);

void import_scan_driverctl(struct import_scan *scan);
void import_scan_modprobe(struct import_scan *scan);
void import_scan_udev(struct import_scan *scan);
void import_scan_networkd(struct import_scan *scan);
void import_scan_netplan(struct import_scan *scan);
void import_scan_nmstate(struct import_scan *scan);
void import_scan_proxmox(struct import_scan *scan);
void import_scan_libvirt(struct import_scan *scan);

#endif
