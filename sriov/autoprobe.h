/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch sriov_drivers_autoprobe of a PF, which is off while VFs are made. What it was is written down before it is
 * changed, in /run/sluice/autoprobe/BDF, and the note goes when the switch is back: a note that is found inside the
 * lock is one of a sluice that was killed, and whoever takes the lock next puts the switch back.
 */
#ifndef SRIOV_AUTOPROBE_H
#define SRIOV_AUTOPROBE_H

#include "os/host_lock.h"
#include "pci/pci.h"

/* Write down that the switch is on. */
int autoprobe_note(const struct host_lock *lock, struct pci_addr pf, struct error *err);

/* The switch is back: the note goes. One that says so although the switch is off stays. */
void autoprobe_settle(const struct host_lock *lock, struct pci_addr pf);

/* Put back what killed ones left. Waits for a driver that is still making VFs. */
void autoprobe_recover(const struct host_lock *lock);

/* Is there a note, and the switch off? Outside the lock also while a living sluice makes VFs. */
bool autoprobe_is_left(const struct sysroot *root, struct pci_addr pf);

#endif
