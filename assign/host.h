/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine as a command sees it: root, inventory, IOMMU and users, read once. assign.h explains the room. */
#ifndef ASSIGN_HOST_H
#define ASSIGN_HOST_H

#include "iommu/iommu.h"
#include "os/sysroot.h"
#include "use/graph.h"

struct host {
	struct sysroot root;
	struct pci_inventory pci;
	struct iommu_host iommu;
	struct use_graph **use; /* who uses what, read at the first question; NULL inside: not read yet; owned */
};

/* Reads everything that most commands need; how as in pci_inventory_read(). */
int host_open(struct host *host, const char *sysroot, unsigned int how, struct error *err);
void host_close(struct host *host);

/* The same of a root that is open already, and stays the caller's. */
int host_open_at(struct host *host, const struct sysroot *root, unsigned int how, struct error *err);

/*
 * Who uses a device, as pci_users_read() says it, from one look at the host that all questions of a command share. Who
 * is about to change the host asks pci_users_read(), which looks again.
 */
int host_users(
	const struct host *host, const struct pci_device *device, struct pci_users *ret_users, struct error *err);

/* That look itself: NULL, with err filled, when memory runs out. It belongs to the host. */
struct use_graph *host_use(const struct host *host, struct error *err);

/* Look again, after a change: ends pointers into the inventory. */
int host_refresh(struct host *host, struct error *err);

#endif
