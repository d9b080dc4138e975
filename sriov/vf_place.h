/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the VFs of a PF are or would be: their addresses, counted on from the PF's; how many of them have a bus behind
 * the port above, and how many of those that port reaches (ARI, pci/port.h). And what can be done where some have no
 * place. Looking only.
 */
#ifndef SRIOV_VF_PLACE_H
#define SRIOV_VF_PLACE_H

#include "pci/pci.h"
#include "pci/port.h"

struct vf_place {
	uint64_t offset, stride; /* from the PF to its first VF, and from VF to VF */
	bool has_port;           /* else the PF is on a root bus, where nothing is in between */
	struct pci_port port;    /* the one right above */
	unsigned int last_bus;   /* that is behind the port */
	unsigned int first_bus;  /* of the VFs */
	unsigned int total;      /* VFs that the PF offers */
	unsigned int fit;        /* of them, those with a bus number */
	unsigned int reached;    /* of those, the ones that the port lets the host reach */
};

/* False: not known (an old kernel, and a configuration space that cannot be read). */
bool vf_place_read(const struct sysroot *root, const struct pci_device *pf, struct vf_place *ret_place);

/*
 * "port 0000:00:01.0 does not forward ARI, so the card puts its VFs on bus 02"; "" where ARI is not to blame. Returns
 * buf.
 */
const char *vf_place_cause(const struct vf_place *place, const struct pci_device *pf, char *buf, size_t size);

/*
 * What to do, the harmless first: firmware (or hypervisor), another slot (only one that there is), fewer VFs, and
 * pci=assign-busses where bus numbers are short. Returns buf.
 */
const char *vf_place_ways(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *pf, const struct vf_place *place, char *buf, size_t size);

#endif
