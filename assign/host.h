/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assign: giving devices away and taking them back, with every protection.
 *
 *	host.h		this machine: root, inventory, IOMMU, users, read once per command
 *	change.h	the host's lock, and this machine read inside it: what every changing function asks for
 *	request.h	what commands ask for: one call each, from names of devices to the host as it is afterwards; request_vf.c: of VFs
 *	assign.h	the transactions: several devices taken, ended, released (release.c); all of them, or what is left is told (left.h)
 *	check.h		questions asked again before a device is changed: running guest, other card, users
 *	lease.h		who holds which device, and what to give back: small files in /run/sluice/devices; lease_card.c: for which card
 *	guest_dir.h	whether the guest that a lease names is alive
 *	bound_by.h	by which file and line a device has its driver
 *	node.h		who may open the VFIO nodes of a device, and whose they were before
 *	clean.h		whether a device was reset since its last guest, and which were not
 *	binding.h	who drives a function: driver_override, unbind, drivers_probe
 *	verdict.h	may a device be given away, to whom, what blocks it: judge.c what verdicts share, blocker_rule.h what
 *			is found by a look at the device, refusal.c a verdict as an error
 *	denylist.h	devices that vfio-pci itself refuses; device_log.h: what the kernel log holds against a device
 *	remedy.h	what would help against a blocker, checked: remedy_list.h (remedy_list.c), remedy_group.c
 *	vfio.h		opening container, groups and devices
 *	record.h	which card was where: /var/lib/sluice/devices.json (record_json.c), and what has changed since (record_compare.c)
 */
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
 * Who uses a device, as pci_users_read() says it, from one look at the host that all questions of a command share. Who is
 * about to change the host asks pci_users_read(), which looks again.
 */
int host_users(
	const struct host *host, const struct pci_device *device, struct pci_users *ret_users, struct error *err);

/* That look itself: NULL, with err filled, when memory runs out. It belongs to the host. */
struct use_graph *host_use(const struct host *host, struct error *err);

/* Look again, after a change: ends pointers into the inventory. */
int host_refresh(struct host *host, struct error *err);

#endif
