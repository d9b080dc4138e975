/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May a device be given away? Each question looks at the host as it is at that moment; nothing is changed. Asked
 * without the lock the answer is advice; who changes something asks inside it (change.h).
 */
#ifndef ASSIGN_CHECK_H
#define ASSIGN_CHECK_H

#include "assign/host.h"
#include "assign/lease.h"

struct judge;

typedef int (*assign_check_fn)(const struct host *host, const struct pci_device *device, struct error *err);

/*
 * Everything: CODE_DEV_BRIDGE, CODE_DEV_IN_USE naming who uses it, CODE_DEV_MOVED when its lease is another card's. A
 * device that is with vfio-pci already is not asked about host users other than those of VFIO itself.
 */
int assign_check(const struct host *host, const struct pci_device *device, struct error *err);

/* CODE_DEV_IN_USE while a running guest has it by its lease. */
int assign_check_guest(const struct host *host, const struct pci_device *device, struct error *err);

/* CODE_DEV_MOVED when the lease is another card's. */
int assign_check_card(
	const struct host *host, const struct pci_device *device, const struct lease *lease, struct error *err);

/* Is it one of those whose uses by this host the operator has given up? */
bool assign_is_lost(const struct pci_addr *lose, size_t count, struct pci_addr addr);

/* CODE_DEV_IN_USE naming who uses it. */
int assign_check_users(const struct host *host, const struct pci_device *device, struct error *err);

/* The same question, asked again for up to 5 s while it is a dead guest's sluice-vmm that still holds the device. */
int assign_check_when_dead(
	const struct host *host, const struct pci_device *device, assign_check_fn check, struct error *err);

/*
 * The first and the last but one of these about many devices, each asked again while a dead guest still holds it: one
 * look at the host, that of a judge of JUDGE_AFRESH (verdict.h), answers for all of them.
 */
int assign_check_by(struct judge *judge, const struct pci_device *device, struct error *err);
int assign_check_users_by(struct judge *judge, const struct pci_device *device, struct error *err);

#endif
