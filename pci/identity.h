/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which card a function is, beyond the address that firmware, slots and kernels change: where it sits, what kind it is,
 * and what only this one card has (serial numbers, the permanent MAC). So two equal cards are told apart, a moved one
 * is recognised, and one that took another's place is not taken for it.
 *
 * A VF has the numbers of its PF, and its index.
 */
#ifndef PCI_IDENTITY_H
#define PCI_IDENTITY_H

#include "base/text.h"
#include "pci/pci.h"

struct pci_identity {
	char path[160]; /* "0000:00/1c.0/00.0": root bus, then the device.function of each bridge; "" unknown */
	uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
	uint8_t function;        /* ports of a card have its serial number in common */
	int vf_index;            /* -1: no VF */
	char serial[24];         /* the PCI Express device serial number; "" none, useless, or not readable */
	char unique[64];         /* NVMe's or the driver's own number; "" none */
	char vpd[64];            /* vital product data's serial number; "" none, or not read */
	char mac[MAC_TEXT_SIZE]; /* the permanent one of its first network device; "" none */
};

#define PCI_IDENTITY_TEXT_SIZE 640

/*
 * Who the function is, as far as this user may see. Vital product data are read only with with_vpd, since that asks the
 * device and takes it long, and never while VFIO has it, since they are the guest's then.
 */
void pci_identity_read(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *device, bool with_vpd, struct pci_identity *ret_identity);

/* Its place alone: one readlink. "" where sysfs does not say. */
void pci_identity_path(const struct sysroot *root, const struct pci_device *device, char *buf, size_t size);

/* Numbers that say nothing: all zeros, all ones, one made of a MAC of zeros, "N/A" and the like. */
bool pci_serial_is_useless(const char *text);

/*
 * "path=0000:00/1c.0/00.0 ids=8086:10c9:8086:a03c function=0 serial=00-1b-21-ff-ff-0a-0b-0c": one line, in that order.
 */
const char *pci_identity_text(const struct pci_identity *identity, char buf[static PCI_IDENTITY_TEXT_SIZE]);

/* Keys that are not known are left alone; -EINVAL without path and ids, and for values that cannot be. */
int pci_identity_parse(const char *text, struct pci_identity *ret_identity);

enum pci_identity_match {
	PCI_IDENTITY_SAME,    /* the same card at the same place */
	PCI_IDENTITY_MOVED,   /* the same card at another place */
	PCI_IDENTITY_SWAPPED, /* another card at the same place */
	PCI_IDENTITY_OTHER,   /* another card at another place */
	PCI_IDENTITY_UNKNOWN, /* alike, at different places, and nothing tells them apart; or one side knows nothing */
};

/*
 * Are these one card? evidence (may be NULL) says by what: "serial number 00-1b-…", "serial number A, not B", "place
 * and kind alone". Only what both sides know counts.
 */
enum pci_identity_match pci_identity_compare(
	const struct pci_identity *before, const struct pci_identity *now, char *evidence, size_t size);

/* Does anything tell this card from another of its kind? */
bool pci_identity_is_certain(const struct pci_identity *identity);

/* Clear a number that functions of several cards share: it is the maker's, not the card's. */
void pci_identities_settle(struct pci_identity *const *list, size_t count);

/* "8086:10c9, serial number 00-1b-…": what a person calls the card. */
const char *pci_identity_describe(const struct pci_identity *identity, char *buf, size_t size);

#endif
