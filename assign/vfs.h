/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFs made and removed inside a change: sriov/ does it, and here are the protections around it: nobody's VFs are taken
 * away, and what was written down about VFs that are gone goes with them. Another number where there are some is
 * vfs_change.h's.
 */
#ifndef ASSIGN_VFS_H
#define ASSIGN_VFS_H

#include "assign/change.h"
#include "assign/check.h"

/*
 * count VFs where there are none (or as many already); as pf_create_vfs(), with the kernel's own words. Reads the host
 * again: pf is not valid afterwards.
 */
int vfs_create(struct change *change, const struct pci_device *pf, unsigned int count, struct error *err);

struct vfs_wish {
	struct pci_addr pf;
	unsigned int count;
};

/* The same for several PFs, whose drivers work beside each other: all or none. */
int vfs_create_all(struct change *change, const struct vfs_wish *wishes, size_t count, struct error *err);

/* CODE_DEV_IN_USE, which names all who use VFs of the PF, as many as fit. */
int vfs_check_unused(const struct host *host, struct pci_addr pf, struct error *err);

/*
 * Back to none; CODE_DEV_IN_USE while anybody uses one of them: this host's uses do not count of those in lose, nor of
 * the PF's when it is in lose. Reads the host again.
 */
int vfs_destroy(struct change *change, const struct pci_device *pf, const struct pci_addr *lose, size_t lose_count,
	struct error *err);

#endif
