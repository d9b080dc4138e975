// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names from the PCI ID database, the only use of libpci: pci_lookup_name() without any access to the bus.
 *
 * libpci reports trouble by printing, and by a callback that must not return (its own one exits the process). Here a
 * broken database means no names: warnings are dropped, and the error callback jumps back to where the names were asked
 * for. libpci gives its callbacks no context, so the jump's target is kept per thread.
 */
#include "pci/names.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <pci/pci.h>

static _Thread_local jmp_buf *give_up;

__attribute__((noreturn)) static void on_error(char *message, ...)
{
	(void)message;
	longjmp(*give_up, 1);
}

static void on_message(char *message, ...)
{
	(void)message;
}

static void lookup(struct pci_access *access, char *buf, size_t size, int flags, int first, int second)
{
	if (!pci_lookup_name(access, buf, (int)size, flags | PCI_LOOKUP_NO_NUMBERS, first, second))
		buf[0] = '\0';
}

static void fill_one(struct pci_access *access, struct pci_device *device)
{
	lookup(access, device->vendor, sizeof(device->vendor), PCI_LOOKUP_VENDOR, device->vendor_id, 0);
	lookup(access, device->name, sizeof(device->name), PCI_LOOKUP_DEVICE, device->vendor_id, device->device_id);
	lookup(access, device->class_name, sizeof(device->class_name), PCI_LOOKUP_CLASS, (int)(device->class >> 8), 0);
}

static bool same_names(const struct pci_device *one, const struct pci_device *other)
{
	return one->vendor_id == other->vendor_id && one->device_id == other->device_id &&
	       one->class >> 8 == other->class >> 8;
}

static void copy_names(struct pci_device *to, const struct pci_device *from)
{
	memcpy(to->vendor, from->vendor, sizeof(to->vendor));
	memcpy(to->name, from->name, sizeof(to->name));
	memcpy(to->class_name, from->class_name, sizeof(to->class_name));
}

/* The functions of a card, and its VFs all the more, are alike and follow each other. */
static void fill_next(struct pci_access *access, struct pci_device *device, const struct pci_device *previous)
{
	if (previous && same_names(device, previous))
		copy_names(device, previous);
	else
		fill_one(access, device);
}

static void fill_all(struct pci_access *access, struct pci_device *devices, size_t count)
{
	jmp_buf here;

	access->error = on_error;
	access->warning = on_message;
	access->debug = on_message;
	give_up = &here;
	if (!setjmp(here))
		for (size_t i = 0; i < count; i++)
			fill_next(access, &devices[i], i ? &devices[i - 1] : NULL);
	give_up = NULL;
}

void pci_names_fill(struct pci_device *devices, size_t count)
{
	/*
	 * Allocates a few hundred bytes and settings; its error callback is still libpci's own, used for want of
	 * memory.
	 */
	struct pci_access *access = pci_alloc();

	/* The file has all the names; udev's copy of it is slower, and libudev leaks a little at each look-up. */
	pci_set_param(access, "hwdb.disable", "1");
	fill_all(access, devices, count);
	pci_free_name_list(access);
	pci_cleanup(access);
}
