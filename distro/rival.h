/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other programs that act on a device: they split it, choose its driver, or give it to a guest, at boot or later,
 * without asking anybody. Found in their configuration, with the file and line; looking only.
 *
 *	rival.c		the list, and who acts last at boot
 *	rival_network.c	NetworkManager, ifcfg files, netplan, systemd's .link and .network files
 *	rival_driver.c	driverctl, modprobe.d and the kernel's command line, udev rules, whatever writes to sysfs at
 *			boot
 *	rival_guest.c		libvirt, Proxmox VE
 */
#ifndef DISTRO_RIVAL_H
#define DISTRO_RIVAL_H

#include "distro/modprobe_conf.h"
#include "pci/pci.h"

enum rival_aim {
	RIVAL_VFS,    /* makes VFs of the device, or sets them up */
	RIVAL_DRIVER, /* chooses its driver */
	RIVAL_GUEST,  /* gives it to a guest */
};

/* When it acts, in the order of a boot; who acts later finds what the others have done. */
enum rival_stage {
	RIVAL_AT_LOAD,    /* when the driver's module is loaded */
	RIVAL_BY_UDEV,    /* when the device appears */
	RIVAL_BY_NETWORK, /* when networks are brought up */
	RIVAL_BY_SERVICE, /* late in the boot */
	RIVAL_ON_DEMAND,  /* when someone starts the guest */
};

struct rival {
	char name[24]; /* "NetworkManager" */
	enum rival_aim aim;
	enum rival_stage stage;
	struct pci_addr device;
	char file[160];  /* "/etc/driverctl.d/pci-0000:01:00.0:1" */
	char what[200];  /* "makes 4 VFs when the connection 'lan' comes up, and removes them when it goes down" */
	int64_t vfs;     /* how many; -1: it says nothing of that */
	char driver[32]; /* which; "": it says nothing of that */
};

struct rivals {
	struct rival *item; /* by device, and then in the order of stages; owned */
	size_t count;
	bool incomplete; /* something could not be read, for want of privilege */
};

int rivals_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct modprobe_conf *conf,
	struct rivals *ret_rivals, struct error *err);
void rivals_done(struct rivals *rivals);

/* The next one that acts on a device, behind previous (NULL: the first); NULL at the end. */
const struct rival *rival_next(const struct rivals *rivals, const struct rival *previous, struct pci_addr device);

/* Who has the last word at boot about a device's VFs or driver; NULL: nobody. */
const struct rival *rival_winner(const struct rivals *rivals, struct pci_addr device, enum rival_aim aim);

#endif
