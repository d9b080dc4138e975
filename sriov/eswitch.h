/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One embedded switch as a whole: what devlink says of it (devlink.h), what sysfs says of the device and its VFs, and
 * which representor and which VF belong together. Looks only; eswitch_change.h changes it.
 *
 * A device need not be PCI: the kernel's netdevsim has eswitches without hardware. What is said here of VFs of a PCI
 * function holds for them as far as their bus has it.
 */
#ifndef SRIOV_ESWITCH_H
#define SRIOV_ESWITCH_H

#include "os/sysroot.h"
#include "pci/pci.h"
#include "sriov/devlink.h"
#include "sriov/representor.h"

struct eswitch_vf {
	bool has_addr; /* a PCI function */
	struct pci_addr addr;
	char driver[64]; /* "" for none */
	int port;        /* index into ports; -1: devlink has none */
	int rate;        /* index into rates; -1: none */
	int representor; /* index into representors; -1: none */
};

struct eswitch {
	struct devlink_handle handle;
	bool has_addr; /* a PCI function */
	struct pci_addr addr;
	char driver[64];               /* of the device; "" for none */
	uint16_t vendor_id, device_id; /* 0 where the bus has none */
	char netdev[16];               /* the device's own, no representor of another function; "" for none */
	char switch_id[72];            /* "" for none */
	int tc_offload;                /* of netdev: 0, 1; -1 unknown or not possible */
	struct devlink_eswitch is;
	bool can_vfs; /* has sriov_numvfs */
	unsigned int vf_count;
	struct eswitch_vf *vfs; /* owned, as all below */
	struct devlink_port *ports;
	size_t port_count;
	struct devlink_rate *rates;
	size_t rate_count;
	struct representor *representors; /* of the switch, its uplinks among them */
	size_t representor_count;
};

/* "BUS/NAME"; false when it is none. NAME may not leave its directory. */
bool eswitch_handle_parse(const char *text, struct devlink_handle *ret_handle);

/* The handle of a PCI function. */
struct devlink_handle eswitch_handle_pci(struct pci_addr addr);

/* The handle of the device that a network device is of, whatever its bus; false when it has none. */
bool eswitch_handle_netdev(const struct sysroot *root, const char *netdev, struct devlink_handle *ret_handle);

/* Everything of one device; CODE_ESWITCH_NONE, CODE_NO_SUCH_DEVICE. The caller ends it with eswitch_done(). */
int eswitch_read(const struct sysroot *root, struct devlink *devlink, const struct devlink_handle *handle,
	struct eswitch *ret_eswitch, struct error *err);
void eswitch_done(struct eswitch *eswitch);

/* NULL for a VF without. */
const struct devlink_port *eswitch_vf_port(const struct eswitch *eswitch, unsigned int vf);
const struct devlink_rate *eswitch_vf_rate(const struct eswitch *eswitch, unsigned int vf);
const struct representor *eswitch_vf_representor(const struct eswitch *eswitch, unsigned int vf);

/* The node of that name; NULL for none. */
const struct devlink_rate *eswitch_node(const struct eswitch *eswitch, const char *name);

#endif
