/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A passed-through PCI function in the guest: a pci_function whose hardware is a VFIO device.
 *
 *	vfio_pci_new()		reads the device once: regions, capabilities, BAR sizes; builds the configuration tables
 *	pci_bus_add_behind_port()
 *	vm_power_on()		  -> power_on: KVM-VFIO device, command register, BARs mapped; no reset the first time
 *				  INTx, where it has it
 *	  the guest enables MSI or MSI-X -> eventfds, irqfds, routes
 *	vm_power_off()		  -> power_off: no DMA, interrupts off, BARs unmapped; then a reset before the
 *				  next power_on, if it can
 *	vfio_pci_free()		closes the device, and the kernel resets it
 */
#ifndef PASSTHROUGH_VFIO_PCI_H
#define PASSTHROUGH_VFIO_PCI_H

#include "passthrough/vfio_device.h"
#include "passthrough/vfio_kvm.h"
#include "vmm-core/loop.h"
#include "vmm-core/pci/pci.h"
#include "wire/control.h"
#include "wire/on_error.h"

struct vfio_pci;

/* Takes over fd, the VFIO device (closed on failure too). sys NULL: the kernel. */
int vfio_pci_new(struct vfio_pci **ret_device, int fd, const char *name, const struct vfio_sys *sys, struct error *err);

/* The same with a user's rules about its configuration space; borrowed for the call. */
int vfio_pci_new_with_rules(struct vfio_pci **ret_device, int fd, const char *name, const struct config_rule *rules,
	size_t rule_count, const struct vfio_sys *sys, struct error *err);
void vfio_pci_free(struct vfio_pci *device);

/* Before it is powered on: file_fd is the group, or the device itself, that KVM is told about. Both are borrowed. */
void vfio_pci_tell_kvm(struct vfio_pci *device, struct vfio_kvm *kvm, int file_fd);

/* Does VFIO know a way to reset it? One that cannot be reset goes on at the guest's reboot as the guest left it. */
bool vfio_pci_can_reset(const struct vfio_pci *device);

/*
 * Before it is added to the bus: the expansion ROM is what the file has (fd is borrowed), or there is none (fd -1). A
 * guest of one for which this was not called sees the device's own.
 */
int vfio_pci_set_rom(struct vfio_pci *device, int fd, struct error *err);

/* The function to add to the bus; lives as long as the device. */
struct pci_function *vfio_pci_function(struct vfio_pci *device);

/* Who hears of what befalls a device, by the loop's thread. A function that is NULL: it ends the guest. */
struct vfio_pci_watcher {
	void *opaque;
	/* The host wants the device back: why says how that came. Again and again, until it is closed. */
	void (*wanted)(void *opaque, const struct pci_function *fn, const struct error *why);
	/* It has reported an error that was not corrected, which is not to end the guest. Must not close it at once. */
	void (*failed)(void *opaque, const struct pci_function *fn, enum on_error on_error, const struct error *why);
};

/* Before vfio_pci_watch(): what an error of it leads to. */
void vfio_pci_set_on_error(struct vfio_pci *device, enum on_error on_error);

/*
 * Watch for the host wanting the device back (VFIO_PCI_REQ_IRQ_INDEX), so that an unbind on the host never hangs; and
 * for errors (ERR; the kernel tells of non-fatal ones, too). watcher is borrowed for the device's life. Called once.
 */
int vfio_pci_watch(struct vfio_pci *device, struct vm *vm, const struct vfio_pci_watcher *watcher, struct error *err);

/* Its address on the host. */
const char *vfio_pci_name(const struct vfio_pci *device);

/* What became of each register of its configuration space: passthrough/vfio_explain.h. */
void vfio_pci_explain(const struct vfio_pci *device, struct control_explanation *ret_explanation);

/* What `sluice guest` shows. */
void vfio_pci_status(const struct vfio_pci *device, struct control_device *ret_status);

#endif
