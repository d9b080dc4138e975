/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a function says about itself in its configuration space: the standard and the extended capability list, walked
 * within bounds whatever the device (or a captured file) says, and the fields of those that matter for giving it away.
 *
 * Without privilege the kernel shows the first 64 bytes only, and a conventional function has 256; so every answer says
 * how far it could look (struct pci_capabilities: visible, extended_visible). Reading only.
 */
#ifndef PCI_CAPABILITY_H
#define PCI_CAPABILITY_H

#include "pci/pci.h"

enum {
	PCI_CONFIG_SIZE = 4096,
	PCI_CONFIG_HEADER = 64,
	PCI_CONFIG_CONVENTIONAL = 256,
	PCI_CAPABILITY_MAX = 96,
};

struct pci_config {
	uint8_t byte[PCI_CONFIG_SIZE];
	size_t size; /* what could be read: 64, 256 or 4096; less for a broken file */
};

/* 0, or -errno: -ENODEV for a function that is gone (all ones). */
int pci_config_read(const struct sysroot *root, struct pci_addr addr, struct pci_config *ret_config);

/* bytes (1, 2 or 4) at offset, little endian; all ones when that lies beyond what could be read. */
uint32_t pci_config_value(const struct pci_config *config, unsigned int offset, unsigned int bytes);

/* Header type 1: a bridge to another bus. */
bool pci_config_is_bridge(const struct pci_config *config);
bool pci_config_is_multifunction(const struct pci_config *config);

/* Identifiers (PCI Code and ID Assignment Specification); those that the program itself asks for. */
enum pci_cap_id {
	PCI_CAP_PM = 0x01,
	PCI_CAP_MSI = 0x05,
	PCI_CAP_EXPRESS = 0x10,
	PCI_CAP_MSIX = 0x11,
};

enum pci_ext_cap_id {
	PCI_EXT_SERIAL = 0x03,
	PCI_EXT_ACS = 0x0d,
	PCI_EXT_ARI = 0x0e,
	PCI_EXT_ATS = 0x0f,
	PCI_EXT_SRIOV = 0x10,
	PCI_EXT_REBAR = 0x15,
	PCI_EXT_PASID = 0x1b,
};

struct pci_capability {
	bool extended;
	uint16_t id, offset;
	uint8_t version; /* extended: 1 ... 15; else 0 */
};

struct pci_capabilities {
	struct pci_capability item[PCI_CAPABILITY_MAX]; /* in the lists' order, standard first */
	size_t count;
	bool visible;          /* the standard list could be read */
	bool extended_visible; /* the extended one too, or the function can have none */
	bool malformed;        /* a list loops or leaves its space: it was cut there */
};

void pci_capabilities_list(const struct pci_config *config, struct pci_capabilities *ret_list);

/* The first of its kind, or NULL. */
const struct pci_capability *pci_capability_find(const struct pci_capabilities *list, bool extended, unsigned int id);

/* "msix", "acs", ...; NULL for one without a name here. title: "MSI-X". */
const char *pci_capability_name(const struct pci_capability *capability);
const char *pci_capability_title(const struct pci_capability *capability);

/* The type of a PCI Express function or port (PCI Express Base 6.0, 7.5.3.2). */
enum pci_express_type {
	PCI_EXPRESS_ENDPOINT = 0x0,
	PCI_EXPRESS_LEGACY_ENDPOINT = 0x1,
	PCI_EXPRESS_ROOT_PORT = 0x4,
	PCI_EXPRESS_UPSTREAM = 0x5,
	PCI_EXPRESS_DOWNSTREAM = 0x6,
	PCI_EXPRESS_TO_PCI = 0x7, /* a bridge to a conventional bus */
	PCI_TO_EXPRESS = 0x8,     /* and the other way round */
	PCI_EXPRESS_RC_ENDPOINT = 0x9,
	PCI_EXPRESS_RC_COLLECTOR = 0xa,
	PCI_EXPRESS_NONE = 0x10, /* a conventional function */
};

/* "PCI Express endpoint", ... Never NULL. */
const char *pci_express_type_name(unsigned int type);

/* Type from the list; PCI_EXPRESS_NONE without the capability. */
unsigned int pci_express_type_of(const struct pci_config *config, const struct pci_capabilities *list);

/* Fields ---------------------------------------------------------------------------------------------------------- */

enum pci_field_kind {
	PCI_FIELD_NUMBER,
	PCI_FIELD_FLAG,
	PCI_FIELD_HEX,
	PCI_FIELD_OFFSET, /* number of bytes, masked and not shifted */
	PCI_FIELD_BITS,   /* names of the bits that are set */
	PCI_FIELD_TYPE,   /* pci_express_type_name() */
};

/* One field of a capability: value = ((bytes at offset) & mask) >> (lowest bit of mask), plus add. */
struct pci_field {
	bool extended;
	uint16_t id;
	uint8_t offset, bytes; /* from the capability's start; bytes is 1, 2 or 4 */
	uint32_t mask;
	const char *name; /* "total_vfs" */
	enum pci_field_kind kind;
	uint8_t add;
	const char *const
		*bits; /* PCI_FIELD_BITS: names from the mask's lowest bit up, "" for one without; ends with NULL */
};

/* The fields of a capability, one after the other: start with NULL; NULL ends. */
const struct pci_field *pci_field_next(const struct pci_capability *capability, const struct pci_field *previous);

/* False when it lies beyond what could be read. */
bool pci_field_value(const struct pci_config *config, const struct pci_capability *capability,
	const struct pci_field *field, uint32_t *ret_value);

/* The device serial number ("00-1b-21-ff-ff-0a-0b-0c" in the order people write it), or false for none. */
bool pci_serial_number(const struct pci_config *config, const struct pci_capabilities *list, char *buf, size_t size);

#endif
