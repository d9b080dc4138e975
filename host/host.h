/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: this machine as a whole, as `sluice` knows and changes it.
 *
 *	struct host	the root, the inventory, the IOMMU: read once per command
 *	doctor.h	checks of readiness, each with a stable code, evidence, cause and fix
 *	lease.h		who holds which device, and what to give back: small files in /run/sluice/devices
 *	assign.h	bind and release with every protection: in use, group, reset; lease first, then the change
 *	guest.h		running guests: /run/sluice/guests/NAME
 *	guest_end.h	how a detached guest ended, for whoever asks later: /run/sluice/ended
 *	run_dir.h	files below /run/sluice that are whole or absent
 *	record.h	which card was where: /var/lib/sluice/devices.json, and what has changed since
 *	launch_guest.h	from options to a running sluice-vmm, and back
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "base/sysroot.h"
#include "iommu/iommu.h"
#include "pci/pci.h"

struct host {
	struct sysroot root;
	struct pci_inventory pci;
	struct iommu_host iommu;
};

/* Reads everything that most commands need; with_names as in pci_inventory_read(). */
int host_open(struct host *host, const char *sysroot, bool with_names, struct error *err);
void host_close(struct host *host);

/*
 * One sluice changes the host at a time: binding, VFs, leases, guest directories. The lock (/run/sluice/.lock) is held as long
 * as *ret_fd is open, and freed by the kernel when the process dies. Waits up to 30 s. CODE_NOT_ROOT, CODE_READ_ONLY.
 */
int host_lock(const struct sysroot *root, int *ret_fd, struct error *err);

/* Read the inventory again, after a change. */
int host_refresh(struct host *host, struct error *err);

#endif
