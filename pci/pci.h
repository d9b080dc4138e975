/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci: what PCI functions this host has, and what they are. Who uses them is use/'s. Looks only.
 *
 *	addr.c		addresses: one struct, one parser, one formatter
 *	inventory.c	the list of functions, from sysfs: function.h has one function's facts, children.h what hangs
 *			off it
 *	children.c	network devices and disks of the functions, for the inventory
 *	lookup.c	the order of the inventory, and functions of it by address
 *	names.c		what vendors and devices are called: the only use of libpci
 *	select.c	DEVICE arguments: address, netdev, block device, NVMe controller, PF/INDEX, vendor:device,
 *			serial:, mac:, path:
 *	range.h		ranges of VFs in lists of devices: range.c
 *	identity.h	which card a function is, wherever it sits
 *	capability.h	configuration space and its capability lists: capability.c; their fields as a table:
 *			capability_field.c
 *	detail.h	BARs, link, vital product data, permanent MAC of one function
 *	port.h		root and switch ports: slots, ARI forwarding
 *	window.h	memory windows of ports and bridges: what of them is taken, and what would still fit
 *	msix.c		the MSI-X table size, from configuration space
 *	modalias.h	which modules would drive a function
 *
 * All of it runs below a struct sysroot, so a captured host answers as the real one does. Facts that could not be read
 * are "unknown" (negative, empty), never guessed.
 */
#ifndef PCI_PCI_H
#define PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "os/sysroot.h"

struct pci_addr {
	uint32_t domain;               /* VMD's are above 0xffff */
	uint8_t bus, device, function; /* device < 32, function < 8 */
};

/* The name of a group that VFIO makes up for a device without IOMMU (iommu/unconfined.h): no group, for us. */
#define PCI_GROUP_UNCONFINED "vfio-noiommu"

#define PCI_ADDR_TEXT_SIZE sizeof("00000000:00:00.0")

/* "0000:01:10.0" or "01:10.0", hexadecimal of any case; -EINVAL for anything else. */
int pci_addr_parse(const char *text, struct pci_addr *ret_addr);
const char *pci_addr_text(struct pci_addr addr, char buf[static PCI_ADDR_TEXT_SIZE]);
int pci_addr_compare(struct pci_addr a, struct pci_addr b);

/* The last component of a sysfs path that is an address: the function that a device below it hangs off; or -ENOENT. */
int pci_addr_in_path(const char *path, struct pci_addr *ret_addr);

enum {
	PCI_NAME_MAX = 32,
	PCI_CHILD_MAX = 8,
	PCI_RESET_MAX = 6,
};

/* Text of a fixed size, for the lists below. */
struct pci_name {
	char text[PCI_NAME_MAX];
};

struct pci_sriov {
	bool capable; /* a physical function */
	uint16_t total_vfs, num_vfs;
	int autoprobe; /* 0, 1; -1 unknown */
};

struct pci_device {
	struct pci_addr addr;
	uint32_t class; /* 24 bits: class, subclass, programming interface */
	uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
	char vendor[64], name[96], class_name[64]; /* from the PCI ID database; "" when not in it */
	char driver[64];                           /* "" for none */
	int iommu_group;                           /* -1: none, or one that confines nothing */
	int numa_node;                             /* -1: none or unknown */
	bool is_bridge;
	struct pci_name netdevs[PCI_CHILD_MAX];
	size_t netdev_count;
	struct pci_name block_devices[PCI_CHILD_MAX];
	size_t block_count;
	struct pci_sriov sriov;
	bool is_vf;
	struct pci_addr pf;                           /* when is_vf */
	int vf_index;                                 /* when is_vf; else -1 */
	struct pci_name reset_methods[PCI_RESET_MAX]; /* in the kernel's order */
	size_t reset_count;
	bool reset_known; /* the kernel is new enough to say (5.15) */
};

struct pci_inventory {
	struct pci_device *devices; /* by address; owned */
	size_t count;
	uint64_t announcements; /* uevents of the kernel before it was read; 0 unknown */
	unsigned int how;       /* enum pci_look */
};

enum pci_look {
	PCI_LOOK_NAMES = 1, /* fill names: reads the ID database */
	/*
	 * For a list of thousands: the reset methods of VFs are those of the PF's first one. Not for who gives one
	 * away.
	 */
	PCI_LOOK_VFS_ALIKE = 2,
};

/* Every function below sys/bus/pci/devices. how: enum pci_look. */
int pci_inventory_read(
	const struct sysroot *root, unsigned int how, struct pci_inventory *ret_inventory, struct error *err);
void pci_inventory_done(struct pci_inventory *inventory);

/*
 * A second look: 0 when the kernel has announced no change (uevents) since the inventory was read, 1 when it was read
 * again, which ends every pointer into it. Reset methods and sriov_drivers_autoprobe change without being announced:
 * whoever writes those reads anew.
 */
int pci_inventory_refresh(const struct sysroot *root, struct pci_inventory *inventory, struct error *err);

/* NULL when there is none. The result points into the inventory. */
const struct pci_device *pci_inventory_find(const struct pci_inventory *inventory, struct pci_addr addr);

/*
 * The one function that a DEVICE argument means: see docs/cli.md. CODE_NO_SUCH_DEVICE with the nearest names in the
 * hint, CODE_AMBIGUOUS_DEVICE with all that fit, CODE_NO_SUCH_VF or CODE_NOT_A_PF for PF/INDEX.
 */
int pci_select(const struct sysroot *root, const struct pci_inventory *inventory, const char *text,
	const struct pci_device **ret_device, struct error *err);

/* vfio-pci or one of its variants (mlx5_vfio_pci): a driver that hands the function to user space. */
bool pci_driver_is_vfio(const char *driver);

/* MSI-X table size of a function from its configuration space, 0 for none; -errno where that cannot be read. */
int pci_msix_vectors(const struct sysroot *root, struct pci_addr addr);

enum pci_user_severity {
	PCI_USER_NOTE,   /* would be missed, stops nothing */
	PCI_USER_BLOCKS, /* the host would lose something: refuse unless named by an override */
};

struct pci_user {
	char kind[16];  /* "mount", "swap", "lvm", "address", "route", "ssh", "bond", "vfio", "guest", ... */
	char what[160]; /* "/dev/nvme0n1p1 is mounted on /srv" */
	enum pci_user_severity severity;
};

struct pci_users {
	struct pci_user *user; /* owned */
	size_t count;
	bool incomplete; /* something could not be read, for want of privilege */
};

/*
 * Who uses a function: file systems and swap on its disks (through partitions, LVM, md, dm-crypt), addresses, routes
 * and live ssh sessions on its network devices (through bonds, bridges, VLANs), its own VFs' users, a display that is
 * the boot console, processes that hold its VFIO group.
 */
int pci_users_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device,
	struct pci_users *ret_users, struct error *err);
void pci_users_done(struct pci_users *users);

/*
 * Which other process has the group's VFIO node open: "process 812 (qemu) has /dev/vfio/7 open". False: none was seen.
 */
bool pci_vfio_holder(const struct sysroot *root, int group, char *buf, size_t size);

/* The same of a node by its name below /dev: "vfio/devices/vfio3". */
bool pci_node_holder(const struct sysroot *root, const char *name, char *buf, size_t size);

#endif
