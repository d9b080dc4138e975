/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: this machine as a whole, as `sluice` knows and changes it.
 *
 *	struct host	the root, the inventory, the IOMMU: read once per command
 *	distro/rival.h	other programs that act on a device: NetworkManager, netplan, driverctl, libvirt, ...
 *	modprobe_conf.h	what modprobe is told; conf_file.h: configuration files, line by line
 *	boot_loader.h	how this distribution wants kernel arguments and modules, as commands
 *	kernel_log.h	what the kernel said, in this boot and earlier ones
 *	lease.h		who holds which device, and what to give back: small files in /run/sluice/devices
 *	assign.h	bind and release with every protection: in use, group, reset; lease first, then the change
 *	impact.h	what this host would lose with a device
 *	guest.h		running guests: /run/sluice/guests/NAME
 *	guest/end.h	how a detached guest ended, for whoever asks later: /run/sluice/ended
 *	run_dir.h	files below /run/sluice that are whole or absent
 *	record.h	which card was where: /var/lib/sluice/devices.json, and what has changed since
 *	guest/start.h	from options to a running sluice-vmm, and back
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

/*
 * One sluice changes the host at a time: binding, VFs, leases, guest directories. The lock (/run/sluice/.lock) is held as long
 * as *ret_fd is open, and freed by the kernel when the process dies. Waits up to 30 s. CODE_NOT_ROOT, CODE_READ_ONLY.
 */
int host_lock(const struct sysroot *root, int *ret_fd, struct error *err);

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
