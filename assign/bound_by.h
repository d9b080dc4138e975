/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By whom a device has the driver that it has, or none: the file and line that decided. Sluice itself, a program that
 * binds devices (distro/rival.h), an override that somebody wrote, modprobe's options and blacklists, or the kernel's
 * own match. Found in what is configured now: nobody recorded who wrote to sysfs, so what nothing explains is said to
 * be by hand. Looks only.
 */
#ifndef ASSIGN_BOUND_BY_H
#define ASSIGN_BOUND_BY_H

#include "assign/host.h"
#include "distro/rival.h"
#include "pci/modalias.h"

/* What is asked for every device of a command. */
struct bound_by_lookup {
	const struct host *host;
	const struct pci_modaliases *aliases;
	const struct modprobe_conf *conf;
	const struct rivals *rivals;
};

struct bound_by {
	/*
	 * "sluice"; "driverctl", "udev", "boot script", "libvirt", "proxmox"; "modprobe", "kernel argument"; "override"
	 * (written by somebody unknown), "autoprobe" (switched off at the PF), "kernel" (its own match), "hand",
	 * "nobody".
	 */
	char by[24];
	char file[176]; /* "/etc/modprobe.d/vfio.conf:3"; "" when no file says so */
	char what[256];
};

void bound_by_find(const struct bound_by_lookup *lookup, const struct pci_device *device, struct bound_by *ret_bound);

#endif
