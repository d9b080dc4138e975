/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one verdict on a device: may it be given away, to whom, whose is it now, what stands against that, and what would
 * help. A pure judgement from one look at the host (inventory, IOMMU, users, leases): it takes no lock and changes
 * nothing. Every command that says "yes" or "no" about a device asks here.
 *
 * Four things can be wanted of a device, and a blocker says which of them it stops: that its driver gives it up at all;
 * that vfio-pci takes it; that a guest of `sluice run` gets it; that another VMM's guest gets it after `sluice bind`.
 * What sluice-vmm cannot do is no fault of the device, and does not stop the last.
 */
#ifndef ASSIGN_VERDICT_H
#define ASSIGN_VERDICT_H

#include "assign/device_log.h"
#include "assign/host.h"
#include "assign/lease.h"

enum verdict_use {
	VERDICT_TAKE = 1 << 0, /* away from the driver that it has */
	VERDICT_BIND = 1 << 1, /* to vfio-pci */
	VERDICT_RUN = 1 << 2,  /* to a guest of `sluice run` */
	VERDICT_VMM = 1 << 3,  /* to a guest of another VMM */

	VERDICT_GUESTS = VERDICT_RUN | VERDICT_VMM,
	VERDICT_ALL = VERDICT_TAKE | VERDICT_BIND | VERDICT_GUESTS,
};

enum verdict_answer {
	VERDICT_NO,
	VERDICT_YES,
	VERDICT_UNKNOWN, /* nothing against it was seen, and not everything could be seen */
};

enum verdict_owner {
	OWNER_NOBODY,
	OWNER_HOST,     /* a driver of the host */
	OWNER_OPERATOR, /* by `sluice bind` */
	OWNER_GUEST,    /* a running guest of sluice */
};

/* One thing that stands against giving the device away. */
struct blocker {
	enum code code;
	unsigned int stops;  /* enum verdict_use: what it makes impossible; 0: a note */
	unsigned int doubts; /* enum verdict_use: what may be impossible because of it, and cannot be told from here */
	char text[256];      /* what comes after the device's address: "is in use: eth0 has 10.0.0.1/24" */
};

struct verdict {
	const struct pci_device *device;
	struct pci_users users; /* owned */
	enum verdict_owner owner;
	char owner_text[48];     /* "guest web1", "operator", "host", "" */
	struct blocker *blocker; /* those of the host first, then in the order of verdict.c's table; owned */
	size_t blocker_count;
	bool all_asked;                   /* else what costs much was not asked, since nothing more depends on it */
	const struct pci_device *foreign; /* the first other device of its group that the host drives; NULL: none */
	size_t foreign_count;
};

/* The IOMMU group of some devices, as far as VFIO cares. */
struct judged_group {
	int id;
	size_t first, member_count; /* in judge.member */
	size_t device_count;        /* without the bridges to the devices */
	size_t foreign_count;       /* with a driver of the host that VFIO does not tolerate */
	size_t behind_count;        /* of those, behind a VMD: they go with its driver */
};

enum judge_how {
	JUDGE_THOROUGHLY = 1 << 0, /* ask everything of every device; see verdict_read() */
	JUDGE_AFRESH = 1 << 1,     /* look again who uses what, once: for those who are about to change it */
};

struct topology;

/* What the verdicts of one command share, so that one of thousands asks the kernel nothing that another has asked. */
struct judge {
	const struct host *host;      /* not owned */
	unsigned int how;             /* enum judge_how */
	const struct pci_addr *given; /* judged as if they were with vfio-pci already; not owned */
	size_t given_count;
	struct lease *lease; /* by address; owned */
	size_t lease_count;
	const struct pci_device **member; /* those in a group, by group; owned */
	size_t member_count;
	struct judged_group *group; /* by id; owned */
	size_t group_count;
	struct use_graph *use;     /* of JUDGE_AFRESH, read at the first question; owned */
	struct topology *topology; /* read when a remedy needs it; owned */
	int denylist;              /* vfio-pci goes by its list; negative: not asked yet */
	struct device_log log;     /* read at the first question; owned */
	bool log_read;
};

/* given: devices that the same guest or command gets too. */
int judge_open(struct judge *judge, const struct host *host, unsigned int how, const struct pci_addr *given,
	size_t given_count, struct error *err);
void judge_close(struct judge *judge);

/* Who uses a device, as this judge is to look. The caller ends it with pci_users_done(). */
int judge_users(struct judge *judge, const struct pci_device *device, struct pci_users *ret_users, struct error *err);

/* NULL for an id that no device of the inventory has. */
const struct judged_group *judge_group(const struct judge *judge, int id);

/*
 * In a domain that the kernel has made up for what is behind Intel's VMD: it is there as long as the VMD has its
 * driver.
 */
bool judge_is_behind_vmd(const struct pci_device *device);

/* Is this member of a group with a driver of the host that VFIO does not tolerate beside a guest's device? */
bool judge_is_foreign(const struct judge *judge, const struct pci_device *member);

/*
 * The verdict on a device of the host's inventory; ended by verdict_done(). Reserved memory and configuration space
 * cost system calls, and the latter wakes a device that sleeps: unless the judge is thorough they are asked only of
 * devices that could still go to some guest.
 */
int verdict_read(struct judge *judge, const struct pci_device *device, struct verdict *ret_verdict, struct error *err);
void verdict_done(struct verdict *verdict);

enum verdict_answer verdict_answer(const struct verdict *verdict, enum verdict_use use);

/* The first blocker of that code; NULL for none. */
const struct blocker *verdict_find(const struct verdict *verdict, enum code code);

/*
 * 0, or the first blocker that stops the use as an error: with its remedy as the hint. accepted: codes that do not
 * count.
 */
int verdict_check(struct judge *judge, const struct verdict *verdict, enum verdict_use use, const enum code *accepted,
	size_t accepted_count, struct error *err);

/* "X is mounted on /; eth0 has 10.0.0.1/24; and 3 more": the dearest uses first, as many as fit. How many there are. */
size_t verdict_name_users(const struct pci_users *users, char *buf, size_t size);

#endif
