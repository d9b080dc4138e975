/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases: who holds a device, and what it gets back. One small text file per device, /run/sluice/devices/BDF, written
 * before a device is changed and removed after it was put back: whoever dies in between leaves behind all that
 * `release` needs.
 *
 * A device can be bound by the operator (`bind`) and then also be lent to a guest (`run`); when the guest ends it
 * goes back to being bound, and `release` gives it back to the driver it had in the beginning.
 *
 * The lease says which card it is for: when another one has the address by then (hot plug), it must not get what the
 * first one had.
 */
#ifndef ASSIGN_LEASE_H
#define ASSIGN_LEASE_H

#include "assign/binding.h"
#include "assign/guest_dir.h"
#include "os/host_lock.h"
#include "pci/identity.h"
#include "pci/pci.h"
#include "sriov/vf_text.h"

enum {
	LEASE_NODES = 3, /* of one device: its group's, its own, iommufd's */
	LEASE_NODE_MAX = 40,
};

/* A node below /dev that was given to a user, and whose it was before (assign/node.h). */
struct lease_node {
	char name[LEASE_NODE_MAX]; /* "vfio/12", "vfio/devices/vfio3", "iommu" */
	uint32_t uid, gid, mode;
};

struct lease {
	struct pci_addr addr;
	struct binding before; /* what to give back */
	bool has_user;         /* by `bind --user` */
	uint32_t user;         /* who may open the nodes */
	struct lease_node node[LEASE_NODES];
	size_t node_count;
	bool bound;                  /* by `bind`: stays when the guest ends */
	char guest[GUEST_NAME_SIZE]; /* "" for none; it may have died without giving back */
	uint64_t generation;         /* of the guest: names are used again (guest_dir.h); 0: not known */
	char vf_before
		[VF_TEXT_SIZE]; /* settings of a VF, as text, when it was first taken; "" none (assign/vf_lease.h) */
	char vf_guest[VF_TEXT_SIZE];  /* ... and when the guest took it */
	struct pci_identity identity; /* path "": not known, by a lease of an older sluice */
};

/* Who ends a lease: a guest, in this life of its name. */
struct lease_owner {
	const char *guest;
	uint64_t generation;
};

/* Is it the lease of that guest, and not of a later one of the same name, or of nobody? */
bool lease_is_of(const struct lease *lease, const struct lease_owner *owner);

/* Returns 1 with *ret_lease, 0 when there is none; CODE_FAILED with EBADMSG when the file makes no sense. */
int lease_read(const struct sysroot *root, struct pci_addr addr, struct lease *ret_lease, struct error *err);

int lease_write(const struct host_lock *lock, const struct lease *lease, struct error *err);
int lease_remove(const struct host_lock *lock, struct pci_addr addr, struct error *err);

/* All leases, by address; those that make no sense are left out. The caller frees *ret_leases. */
int lease_list(const struct sysroot *root, struct lease **ret_leases, size_t *ret_count, struct error *err);

/* The name of the running guest that holds the device; false when none does. name: GUEST_NAME_SIZE bytes. */
bool lease_guest(const struct sysroot *root, struct pci_addr addr, char name[static GUEST_NAME_SIZE]);

/*
 * Is the card that the lease is for still the one at its address (lease_card.c)? A lease of an older sluice does not
 * say. What cannot be told apart and sits elsewhere now is not taken for the same. False: was and is say which cards,
 * size bytes each.
 */
bool lease_is_for(const struct sysroot *root, const struct pci_inventory *inventory, const struct lease *lease,
	const struct pci_device *device, char *was, char *is, size_t size);

#endif
