/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Driver binding: who drives a PCI function of this host, by driver_override, unbind and drivers_probe
 * (Documentation/ABI/testing/sysfs-bus-pci).
 *
 * A probe reports success even when no driver took the device, so every change is read back; one that was not taken is
 * undone and says what is there now. driver_override names one function only: never new_id, which takes its twins too.
 */
#ifndef ASSIGN_BINDING_H
#define ASSIGN_BINDING_H

#include "os/host_lock.h"
#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	DRIVER_NAME_MAX = 64
};

/* Who drives a function, as it is and as it should be restored. */
struct binding {
	char driver[DRIVER_NAME_MAX];   /* "" for none */
	char override[DRIVER_NAME_MAX]; /* "" for none */
};

int binding_read(const struct sysroot *root, struct pci_addr addr, struct binding *ret_binding, struct error *err);

/*
 * Bind addr to driver ("vfio-pci"; "": to none), from whatever it has. *ret_before gets what it had, also when
 * nothing had to be done. On failure the function is back at what it had (CODE_ROLLED_BACK, CODE_PROBE_NOT_TAKEN), or
 * the error is CODE_HALF_DONE. The caller has checked that nobody uses the device, and wrote down what it had.
 */
int binding_set(const struct host_lock *lock, struct pci_addr addr, const char *driver, struct binding *ret_before,
	struct error *err);

/* Put a binding back: override first, then the driver it had, or a probe for the kernel's choice when that is gone. */
int binding_restore(
	const struct host_lock *lock, struct pci_addr addr, const struct binding *binding, struct error *err);

/*
 * Offer a function that nobody drives to whatever the kernel chooses. Where no driver takes it, the modules that know
 * it are loaded first and it is offered once more: on a host that loads modules by udev, the one for a VF that was made
 * a moment ago may still be on its way. Whether anybody took it, binding_read() says.
 */
int binding_offer(const struct host_lock *lock, struct pci_addr addr, struct error *err);

/* Try to load a module; what came of it, sysfs shows. Nothing happens for a root that is not this host's. */
void binding_load_module(const struct sysroot *root, const char *module);

#endif
