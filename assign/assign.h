/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assign: giving devices away and taking them back, with every protection.
 *
 *	host.h		this machine: root, inventory, IOMMU, users, read once per command: host.c
 *	change.h	the host's lock, and this machine read inside it: what every changing function asks for
 *	request.h	what commands ask for: one call each, from names of devices to the host as it is afterwards;
 *			request_vf.c, request_vf_set.c, request_vf_create.c: VFs; request_eswitch.h: of
 *			embedded switches
 *	assign.h	the transactions: several devices taken, ended, released (release.c); all of them, or what is
 *			left is told (left.h)
 *	check.h		questions asked again before a device is changed: running guest, other card, users
 *	lease.h		who holds which device, and what to give back: small files in /run/sluice/devices; lease_card.c:
 *			for which card
 *	vfs.h		VFs made and removed, with what is written down about them: vfs.c; vfs_change.h: another number
 *			of them, with all that they had: vfs_change.c
 *	vf_lease.h	what a VF was set to before somebody had it, and its return: vf_lease.c
 *	guest_dir.h	whether the guest that a lease names is alive
 *	bound_by.h	by which file and line a device has its driver
 *	node.h		who may open the VFIO nodes of a device, and whose they were before
 *	reset.h		how a device is reset, and whether it is back afterwards: reset.c; with its bus: reset_set.c
 *	clean.h		whether a device was reset since its last guest, and which were not
 *	virtio.h	whether a virtio function does its DMA through the IOMMU: virtio.c
 *	pick.h		DEVICE arguments of who takes devices; free:PF, a VF that nobody has: pick.c
 *	gc.c		leases that nobody holds any more
 *	variant.h	which driver of VFIO is best for a device: variant.c
 *	binding.h	who drives a function: driver_override, unbind, drivers_probe
 *	verdict.h	may a device be given away, to whom, what blocks it: judge.c what verdicts share, blocker_rule.h
 *			what is found by a look at the device, refusal.c a verdict as an error
 *	denylist.h	devices that vfio-pci itself refuses; device_log.h: what the kernel log holds against a device
 *	remedy.h	what would help against a blocker, checked: remedy_list.h (remedy_list.c), remedy_group.c
 *	vfio.h		opening VFIO for a guest: vfio_backend.h, by groups (vfio_group.c) or by devices and iommufd
 *			(vfio_cdev.c); vfio_explain.h why the kernel said no; vfio_given.h descriptors that
 *			somebody else has opened: vfio_given.c
 *	record.h	which card was where: /var/lib/sluice/devices.json (record_json.c), and what has changed since
 *			(record_compare.c)
 *
 * This header has the transactions: several devices taken, ended or released. Each checks inside the lock, since it
 * asks for a struct change; writes a lease before a device is changed; reads back what came of it. When it fails, err
 * says what is left of each device (left.h).
 */
#ifndef ASSIGN_ASSIGN_H
#define ASSIGN_ASSIGN_H

#include "assign/change.h"
#include "assign/check.h"
#include "assign/lease.h"

/* What is wanted of the devices. */
struct assign_wish {
	const struct pci_addr *addr;
	size_t count;
	const char *driver;  /* NULL: the best of VFIO for each (variant.h); "": none */
	const char *guest;   /* NULL: for the operator, until a release; else for that guest, until assign_end_all() */
	uint64_t generation; /* of that guest (guest_dir.h) */
	const struct pci_addr *unclean_ok; /* accepted although their last reset failed (clean.h) */
	size_t unclean_ok_count;
	const struct pci_addr *lose; /* the operator gives up this host's uses of these, guests' not */
	size_t lose_count;
	/*
	 * For a guest: what each VF is set to as long as the guest has it; NULL, and NULL for one: nothing is said. A
	 * network VF without address then gets its stable one (sriov/vf_mac.h).
	 */
	const struct vf_settings *const *vf;
	int64_t uid; /* this user may open the devices' VFIO nodes; -1: only root */
};

/*
 * Check all devices, then bind all to the driver. What each had is kept in its lease, also over several takers. When
 * one cannot be had those before it are put back: CODE_ROLLED_BACK or another of that exit status, CODE_HALF_DONE when
 * something is left. Before anything is changed: CODE_DEV_LOST, CODE_USAGE for one that is named twice, those of
 * assign_check(), CODE_DEV_NOT_CLEAN, CODE_NO_GROUP, CODE_IOMMU_OFF.
 */
int assign_take_all(const struct change *change, const struct assign_wish *wish, struct error *err);

enum assign_result {
	ASSIGN_RESTORED,    /* it has the driver back that it had */
	ASSIGN_STILL_BOUND, /* the guest is gone, the operator's `bind` holds on */
	ASSIGN_NO_LEASE,    /* nothing was written down: the override was cleared and the kernel chose a driver */
	ASSIGN_UNTOUCHED,   /* nothing to do: no lease, and not with vfio-pci */
};

/* After a guest's end: back to the operator's binding, or to the driver it had. All are tried. */
int assign_end_all(const struct change *change, const struct pci_addr *addr, size_t count, struct error *err);

/*
 * The same by a guest's own sluice, which may come late: a device whose lease is another's by now is left alone, and so
 * is one without lease.
 */
int assign_end_own(const struct change *change, const struct lease_owner *owner, const struct pci_addr *addr,
	size_t count, struct error *err);

/* What a gc did. */
struct assign_gc {
	struct pci_addr *ended; /* devices that dead guests had, and that are back where they were before; owned */
	size_t ended_count;
	struct pci_addr *dropped; /* addresses whose lease went, since nothing is there any more; owned */
	size_t dropped_count;
};

/*
 * End the leases of guests that are dead, and drop those of devices that are gone. What the operator has bound stays
 * bound. All are tried; err is the first failure. *ret_gc is filled in every case; assign_gc_done() ends it.
 */
int assign_gc_all(const struct change *change, struct assign_gc *ret_gc, struct error *err);
void assign_gc_done(struct assign_gc *gc);

/*
 * `release`: back to the driver that the device had before the first taker, whoever died in between; works without a
 * lease too. All are checked before one is changed: CODE_DEV_IN_USE while a running guest or another program has it,
 * CODE_DEV_MOVED when the lease is another card's. ret_results has one for each device.
 */
int assign_release_all(const struct change *change, const struct pci_addr *addr, size_t count,
	enum assign_result *ret_results, struct error *err);

/*
 * Drop the lease, and leave the device as it is: it is for a card that is gone. CODE_DEV_IN_USE while a running guest
 * has it.
 */
int assign_forget(const struct change *change, struct pci_addr addr, struct error *err);

#endif
