/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sriov: physical functions and the virtual functions split off them.
 *
 *	pf.c		creation and removal: sriov_numvfs and friends (Documentation/ABI/testing/sysfs-bus-pci); which
 *			VF is at which address
 *	pf_errno.h	what an errno of sriov_numvfs means, and a write that hangs: pf_errno.c
 *	autoprobe.h	the switch that keeps drivers from new VFs, and the note that puts it back after a kill:
 *			autoprobe.c
 *	pf_rule.h	rules of single drivers for making VFs, known before one is tried: pf_rule.c
 *	pf_setup.h	cards whose SR-IOV is a switch in their own set-up, and what switches it on: pf_setup.c
 *	capacity.h	how many VFs a PF can have as things are, what limits it, what one more would take:
 *			capacity.c
 *	vf_bar.h	the registers of VFs: how much each has, and whether the kernel has a place for them: vf_bar.c
 *	nvme_vf.h	is an NVMe VF online: nvme_vf.c
 *	nvme_primary.h	queues and interrupts that an NVMe controller has to give to its VFs: nvme_primary.c
 *	nvme_admin.h	the admin commands for all that: nvme_admin.c
 *	vf_place.h	where VFs would be: bus numbers and ARI, and what to do where there is no place: vf_place.c
 *	vf.h		settings of a VF: the order of write, look, undo: vf.c
 *	vf_key.h	their keys: names, ranges, who carries each: vf_key.c
 *	vf_target.h	settings of one VF whatever it is, by the carriers that it has: vf_target.c
 *	vf_nvme.c	NVMe VFs: queues, interrupts, namespaces, online, through their primary controller
 *	vf_sysfs.c	what files of sysfs set: vectors, shares of a graphics card
 *	vf_mac.h	MAC addresses: stable ones, and who on this host has one already: vf_mac.c
 *	vf_netlink.c	those settings of a network card's VFs through its PF: rtnetlink's IFLA_VFINFO_LIST, by libnl
 *	vf_message.h	between settings and that message's bytes: vf_message.c
 *	vf_eswitch.h	the same settings of VFs whose PF is in switchdev mode, past its network device: vf_eswitch.c
 *	vf_text.h	settings as lines of text, which a captured host has in place of a kernel to ask: vf_text.c
 *	eswitch.h	an embedded switch as a whole: eswitch.c; the order in which a driver wants it changed:
 *			eswitch_rule.h (eswitch_rule_file.c: a user's); steps: eswitch_plan.h, eswitch_change.h
 *	eswitch_vfs.h	VFs meanwhile, eswitch_kept.h what they were set to, eswitch_note.h what is written down of it,
 *			eswitch_offload.h hw-tc-offload, eswitch_health.h what is wrong with one
 *	representor.h	network devices that stand for ports of a switch: representor.c
 *	devlink.h	the kernel's interface to all that, by generic netlink: devlink.c eswitches, devlink_port.c
 *			ports and functions, devlink_rate.c rates, devlink_param.c parameters and resources;
 *			devlink_value.c what values are called
 *	devlink_text.h	what devlink says, as text, which a captured host has: devlink_text.c
 *	devlink_exchange.h	one request and its answers; devlink_message.h: attributes; devlink_channel.h: the
 *			socket; devlink_abi.h: numbers that older headers lack
 *
 * Creation keeps drivers away (sriov_drivers_autoprobe off, restored on every path): a VF meant for a guest never meets
 * the host's driver. The kernel changes the number of VFs from and to zero only; a number that is already right is left
 * alone, any other needs the VFs' destruction, which the caller has to ask for.
 */
#ifndef SRIOV_SRIOV_H
#define SRIOV_SRIOV_H

#include "base/text.h"
#include "os/host_lock.h"
#include "os/sysroot.h"
#include "pci/pci.h"

/*
 * Make count VFs (1 to total_vfs) and wait until all of them are there. On failure the PF is at the number it had.
 * CODE_NOT_A_PF, CODE_VF_TOO_MANY, CODE_VF_BUSY (others exist), CODE_VF_NOMEM, CODE_VF_NOSPC, CODE_VF_BUS_RANGE,
 * CODE_VF_NO_ARI, CODE_VF_NO_DRIVER, CODE_PF_RULE (not through sriov_numvfs).
 */
int pf_create_vfs(const struct host_lock *lock, const struct pci_device *pf, unsigned int count, struct error *err);

struct pf_wish {
	const struct pci_device *pf;
	unsigned int count;
};

/*
 * The same for several PFs, whose drivers work beside each other: all, or none (CODE_HALF_DONE, CODE_DRIVER_STUCK when
 * something is left).
 */
int pf_create_all(const struct host_lock *lock, const struct pf_wish *wishes, size_t count, struct error *err);

/* Back to no VFs; done when there are none. The caller has checked that nobody uses them. */
int pf_destroy_vfs(const struct host_lock *lock, const struct pci_device *pf, struct error *err);

/* A setting of a VF that may be unset: only what is set is written. */
#define VF_UNSET (-1)

enum vf_link_state {
	VF_LINK_AUTO,
	VF_LINK_ENABLE,
	VF_LINK_DISABLE,
};

/* Where a VF's address is to come from; in what is wanted, never in what is read. */
enum vf_mac_from {
	VF_MAC_SAID,   /* it is in mac, when has_mac */
	VF_MAC_STABLE, /* made of the card and the VF's number (vf_mac.h) */
	VF_MAC_RANDOM, /* a new one now */
	VF_MAC_KEEP,   /* a guest's VF: whatever it has, also none */
};

/* Scheduling of a graphics card's VFs (Intel xe). */
enum vf_priority {
	VF_PRIORITY_LOW,
	VF_PRIORITY_NORMAL,
	VF_PRIORITY_HIGH,
};

/* What carries a setting to the kernel: which devices have it at all. */
enum vf_by {
	VF_BY_LINK,  /* rtnetlink, to the PF's network device: vf_netlink.c */
	VF_BY_NVME,  /* admin commands to the PF's NVMe controller: vf_nvme.c */
	VF_BY_SYSFS, /* files of the VF and the PF: vf_sysfs.c */
	VF_BY_COUNT,
};

/* As the PF counts them, from the VF's creation on, also while the VF is a guest's. */
struct vf_stats {
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped, broadcast, multicast;
};

enum {
	VF_NUMBERS = 16
};

/* Numbers in ascending order. */
struct vf_numbers {
	uint32_t number[VF_NUMBERS];
	size_t count;
};

struct vf_settings {
	bool has_mac;
	enum vf_mac_from mac_from;
	struct mac_addr mac;
	int64_t vlan;                     /* 0-4094, 0: untagged */
	int64_t qos;                      /* 0-7 */
	int vlan_proto;                   /* 0x8100 or 0x88a8 */
	int64_t min_tx_rate, max_tx_rate; /* Mbit/s, 0: no limit */
	int spoofchk, trust, query_rss;   /* 0 or 1 */
	int link_state;                   /* enum vf_link_state */
	bool has_node_guid, has_port_guid;
	uint64_t node_guid, port_guid; /* InfiniBand */
	int64_t queues, interrupts;    /* NVMe: flexible resources */
	int online;                    /* NVMe: 0 or 1 */
	bool has_namespaces;
	struct vf_numbers namespaces;                /* NVMe: those that are attached */
	int64_t msix;                                /* vectors */
	int64_t exec_quantum_ms, preempt_timeout_us; /* xe */
	int sched_priority;                          /* xe: enum vf_priority */
	int64_t vram_quota;                          /* xe: bytes */
	bool has_stats;
	struct vf_stats stats; /* read only */
};

void vf_settings_init(struct vf_settings *settings);

/* "mac=02:…", "vlan=100", "spoofchk=on": one KEY=VALUE of the command line. CODE_USAGE names the key and its range. */
int vf_settings_parse(struct vf_settings *settings, const char *assignment, struct error *err);

/*
 * Settings of all VFs as the PF's driver reports them, unset where it does not; at most max, *ret_count of them. ifname
 * is the PF's network device. Needs no privilege.
 */
int vf_settings_read_all(
	const char *ifname, struct vf_settings *ret_settings, size_t max, size_t *ret_count, struct error *err);

/* The same of one VF; CODE_NO_SUCH_VF. */
int vf_settings_read(const char *ifname, unsigned int index, struct vf_settings *ret_settings, struct error *err);

/*
 * Writes what is set, reads it back, and undoes on failure or when the driver did not take it (CODE_VF_REJECTED, with
 * the kernel's own words where it gives any; CODE_HALF_DONE when the undoing failed). Of min_tx_rate and max_tx_rate
 * the one that is unset keeps its value. Refuses a MAC that is zero, multicast, or another VF's.
 */
int vf_settings_write(const struct host_lock *lock, const char *ifname, unsigned int index,
	const struct vf_settings *settings, struct error *err);

/*
 * Back to what vf_settings_read() said before: only what differs is written, a MAC of zero too (a driver that does not
 * take that keeps the address). 1 when something was written, 0 when nothing differs; CODE_VF_REJECTED,
 * CODE_NO_SUCH_VF.
 */
int vf_settings_restore(const struct host_lock *lock, const char *ifname, unsigned int index,
	const struct vf_settings *was, struct error *err);

#endif
