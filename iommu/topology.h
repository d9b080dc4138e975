/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What decides which functions share an IOMMU group: the tree of buses, the type of each function, its access control
 * (ACS) and what is known about its maker's exceptions; and the rule itself, as Linux applies it when it makes the
 * groups (pci_device_group() in drivers/iommu/iommu.c, pci_for_each_dma_alias() in drivers/pci/search.c,
 * pci_acs_enabled() in drivers/pci/pci.c; read in 6.12 and 7.2, between which it did not change, and compared with the
 * groups that real machines' kernels from 5.9 to 7.0 made: tests/data/groups).
 *
 *	1. A function whose requests carry another's requester ID is in the other's group: behind a bridge to a
 *	   conventional bus, by a quirk of the device, behind Intel's VMD.
 *	2. A port that may turn a request round without showing it to the IOMMU makes one group of itself and all below
 *	   it: one whose ACS lacks source validation, request or completion redirection, or upstream forwarding.
 *	3. Functions of one device that do not isolate each other are in one group.
 *
 * Looking only. The IVRS table's own aliases are not read here: they say, where they matter, what the bridges say.
 */
#ifndef IOMMU_TOPOLOGY_H
#define IOMMU_TOPOLOGY_H

#include "pci/capability.h"
#include "pci/pci.h"

enum {
	ACS_SOURCE_VALIDATION = 0x01,
	ACS_REQUEST_REDIRECT = 0x04,
	ACS_COMPLETION_REDIRECT = 0x08,
	ACS_UPSTREAM_FORWARDING = 0x10,
	/* What the kernel wants of a port or function that isolates: REQ_ACS_FLAGS in drivers/iommu/iommu.c. */
	ACS_REQUIRED = 0x1d,
};

struct topology_function {
	struct pci_addr addr;
	int parent;  /* index of the bridge above; -1: on a root bus */
	int dma_via; /* index of the function that does its DMA (VMD); -1: itself */
	bool known;  /* configuration space was readable as far as needed; else only the addresses and ids are filled */
	bool is_vf, is_bridge, multifunction;
	bool no_slot;         /* a port for what is built in, by its PCI Express capability */
	uint8_t express_type; /* enum pci_express_type */
	uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
	bool has_acs;
	uint16_t acs_supported, acs_enabled;
	bool pch_isolation; /* Intel PCH root ports without ACS: the chipset's equivalent can be switched on */
	int kernel_group;   /* -1: none */
};

struct topology {
	struct topology_function *function; /* by address; owned */
	size_t count;
	bool amd_iommu;    /* the firmware has an IVRS table */
	bool would_only;   /* no groups here: the kernel has not switched on ACS, so what is supported counts */
	bool override;     /* the kernel's command line asks for groups that the hardware does not justify */
	bool redirect_off; /* it asks for ports without redirection (pci=disable_acs_redir=) */
	char release[48];  /* the kernel that made the groups; "" unknown */
};

/* Facts about every function of the inventory. Ended by topology_done(). */
int topology_read(const struct sysroot *root, const struct pci_inventory *inventory, struct topology *ret_topology,
	struct error *err);
void topology_done(struct topology *topology);

/* Index of a function, or -1. */
int topology_find(const struct topology *topology, struct pci_addr addr);

bool topology_same_slot(const struct topology_function *one, const struct topology_function *other);

/* What ACS_REQUIRED bits a function lacks: those that it supports and has not enabled. */
unsigned int topology_acs_missing(const struct topology *topology, const struct topology_function *function);

/* Does it keep DMA between what is below (or beside) it from bypassing the IOMMU; quirks count. */
bool topology_isolates(const struct topology *topology, const struct topology_function *function);

/* A bridge that puts its own requester ID on what is below it. */
bool topology_is_alias_bridge(const struct topology_function *function);

/* Do they use each other's requester ID, by a quirk of either. */
bool topology_are_aliases(const struct topology_function *one, const struct topology_function *other);

/* Two functions of one device of which neither isolates. */
bool topology_are_unisolated_siblings(
	const struct topology *topology, const struct topology_function *one, const struct topology_function *other);

/* Rules 1 (bridges, VMD) and 2: the topmost function that this one must share with; itself when there is none. */
int topology_anchor(const struct topology *topology, int index);

/*
 * All rules: ret_group[i] is the lowest index in the group of function i, or -1 where something on its way could not
 * be read. ret_group has topology->count places. -ENOMEM is the only failure.
 */
int topology_group(const struct topology *topology, int *ret_group);

#endif
