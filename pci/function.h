/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts about one function in the inventory, from its folder in sysfs. Used by inventory.c only.
 *
 * A function costs five system calls, one more when it is none of a PF's VFs: uevent (ids, class, driver) and
 * reset_method are each opened and read, and closed with hundreds of others; the group is a link; sriov_totalvfs is
 * tried. A VF costs three where VFs may be taken for alike.
 */
#ifndef PCI_FUNCTION_H
#define PCI_FUNCTION_H

#include "os/fd_batch.h"
#include "pci/pci.h"

struct function_reader {
	const struct sysroot *root;
	bool vfs_alike;                   /* PCI_LOOK_VFS_ALIKE */
	struct fd_batch open;             /* files that were read and not closed yet */
	const struct pci_device *last_vf; /* whose reset methods stand for its siblings'; not owned */
};

/* Everything but its NUMA node, names, VFs and children. device->addr, is_vf, pf and vf_index are filled before. */
void function_read(struct function_reader *reader, struct pci_device *device);

/* The value of a small number file of the function; unknown where it cannot be read. */
int function_number(struct function_reader *reader, struct pci_addr addr, const char *attribute, int unknown);

/* Address of VF index from the PF's link; -ENOENT behind the last. */
int function_vf_link(
	const struct function_reader *reader, struct pci_addr pf, unsigned int index, struct pci_addr *ret_addr);

#endif
