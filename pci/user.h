/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that find out who uses a function: the list being filled, and one function per kind of use. Used by
 * pci/ only; pci.h has pci_users_read(), which calls them all.
 *
 *	user.c		the list, the order of questions, virtual functions, the display, the keyboard
 *	user_disk.c	block devices: partitions, holders, mounts, swap
 *	user_net.c	network devices: bonds and bridges above them, addresses, routes, ssh sessions
 *	user_process.c	processes that hold a device node open
 */
#ifndef PCI_USER_H
#define PCI_USER_H

#include <stdio.h>

#include "pci/pci.h"

enum {
	USER_NODE_MAX = 48
};

/* A device node that a process may hold: /dev/<name>, or a link that ends like it (/dev in a container). */
struct user_node {
	char name[40];     /* "vfio/12", "sda", "dri/card0" */
	char kind[16];     /* of the pci_user that a holder becomes */
	bool only_writers; /* whoever has it open for reading only is a note */
};

struct user_scan {
	const struct sysroot *root;
	const struct pci_inventory *inventory;
	struct pci_users users;
	bool out_of_memory;
	struct user_node node[USER_NODE_MAX];
	size_t node_count;
};

void user_add(struct user_scan *scan, enum pci_user_severity severity, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Ask user_processes() to look for this node too. A full list makes the answer incomplete. */
void user_watch_node(struct user_scan *scan, const char *kind, bool only_writers, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A file below the root for reading; NULL where it cannot be, and then for want of privilege marks the answer. */
FILE *user_open_file(struct user_scan *scan, const char *path);

void user_disks(struct user_scan *scan, const struct pci_device *device);
void user_networks(struct user_scan *scan, const struct pci_device *device);
void user_processes(struct user_scan *scan);

#endif
