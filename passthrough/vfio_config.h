/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration space of a passed-through device as its guest sees it: the device is read once, checked, and turned
 * into the tables of vmm-core/pci/config.h. What is shown of each capability is one table in vfio_config_rows.c; a
 * capability without a row there is hidden. Of all that the device answers only bits that the tables pass are read
 * again later.
 */
#ifndef PASSTHROUGH_VFIO_CONFIG_H
#define PASSTHROUGH_VFIO_CONFIG_H

#include "passthrough/vfio_device.h"
#include "vmm-core/pci/pci.h"
#include "wire/rule.h"

enum {
	MSIX_ENTRY_SIZE = 16,
};

/* Where things lie in a BAR. */
struct vfio_place {
	unsigned int bar;
	uint64_t offset, size;
};

enum {
	VFIO_CONFIG_ROW_MAX = 192
};

/* What was made of the device's registers, for explanations: a register, or a capability that is not shown. */
struct vfio_config_row {
	uint16_t offset;
	uint8_t size;
	const char *name, *why; /* static text */
};

struct vfio_config_rows {
	struct vfio_config_row row[VFIO_CONFIG_ROW_MAX];
	size_t count;
};

struct vfio_capabilities {
	unsigned int express;               /* offset of the PCI Express capability; 0: none */
	unsigned int af;                    /* of Advanced Features; 0: none */
	unsigned int vpd;                   /* of Vital Product Data; 0: none */
	unsigned int pin;                   /* of INTx: 1 to 4, INTA to INTD; 0: none */
	unsigned int msi;                   /* offset of the MSI capability; 0: none */
	unsigned int msi_size, msi_pending; /* its bytes; offset of its Pending Bits, 0: none */
	uint32_t msi_vectors;               /* 1 to VFIO_MSI_MAX, by powers of two */
	unsigned int msix;                  /* offset of the MSI-X capability; 0: none */
	uint32_t msix_vectors;              /* 1 to VFIO_VECTOR_MAX */
	struct vfio_place table, pba;
	struct vfio_config_rows rows;
};

/* What a user wants otherwise than our tables have it: wire/rule.h. */
struct vfio_rules {
	const struct config_rule *rule; /* borrowed */
	size_t count;
};

/*
 * Read device and fill fn's tables and the kind and size of its BARs; where the capabilities lie goes to *ret_caps.
 * CODE_DEV_MALFORMED says what contradicts itself, CODE_DEV_LOST that it reads as ones, CODE_USAGE
 * which rule cannot be. rules may be NULL.
 */
int vfio_config_read(const struct vfio_device *device, const struct vfio_rules *rules, struct pci_function *fn,
	struct vfio_capabilities *ret_caps, struct error *err);

#endif
