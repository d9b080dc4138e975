/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the firmware says of this host's IOMMUs (DMAR or IVRS), and what the kernel adds (sys/class/iommu): units with
 * their abilities and devices, and memory that is reserved for devices.
 *
 *	table.c	from a table's items to units and reservations
 *	ability.c	registers (cap, ecap, EFR) to abilities
 *	join.c	the table of a host, its registers, its devices
 *
 * An ability is what the unit could do, from its registers where the kernel shows them, else from the table; whether
 * the kernel uses it is struct iommu_host's business (iommu.h).
 */
#ifndef IOMMU_TABLE_H
#define IOMMU_TABLE_H

#include "iommu/acpi.h"
#include "iommu/iommu.h"

struct iommu_abilities {
	enum iommu_answer dma_remapping, interrupt_remapping, x2apic, posted_interrupts, scalable_mode, pasid;
	uint64_t page_sizes;        /* bit N: pages of 2^N bytes at the second level; 0 unknown */
	unsigned int address_width; /* bits of an IOVA; 0 unknown */
	unsigned int pasid_bits;    /* 0 unknown or none */
};

struct iommu_unit {
	char name[24]; /* as in sys/class/iommu; the name that it would have there */
	bool in_table, in_kernel;
	uint32_t item; /* in the table, when in_table: its DRHD, or the most telling IVHD */
	int segment;   /* -1 unknown */
	uint64_t address;
	bool address_known;
	enum iommu_answer include_all;
	struct iommu_abilities can;
	/* Registers as the kernel shows them, with which of them it does. */
	uint64_t cap, ecap, features;
	bool cap_known, ecap_known, features_known;
	char version[16]; /* "1:0"; "" unknown */
	struct pci_addr *device;
	size_t device_count;
};

enum iommu_reservation_kind {
	IOMMU_RMRR,
	IOMMU_UNITY,     /* AMD: to be mapped one to one */
	IOMMU_EXCLUSION, /* AMD: never to be translated */
};

struct iommu_reservation {
	enum iommu_reservation_kind kind;
	uint32_t item;
	uint16_t segment;
	uint64_t base, end;      /* both inclusive, as the table has them */
	struct pci_addr *device; /* this host's that it is for; owned */
	bool *blocks;            /* for each: that it cannot be given to a guest for this */
	size_t device_count;
};

/* Functions first to last (bus << 8 | device << 3 | function) of a segment belong to a unit or reservation. */
struct iommu_cover {
	size_t owner;
	uint16_t segment, first, last;
};

struct iommu_table {
	struct acpi_table acpi; /* size 0: there is none, or it could not be read */
	bool amd;
	int table_errno;                 /* why it could not be read; 0 */
	uint32_t flags;                  /* DMAR: flags; IVRS: IVinfo */
	unsigned int host_address_width; /* bits; 0 unknown */
	struct iommu_unit *unit;
	size_t unit_count;
	struct iommu_reservation *reservation;
	size_t reservation_count;
};

/*
 * Decode the bytes of a DMAR or IVRS table. CODE_ACPI_MALFORMED when they are none; flaws inside are in ret->acpi, and
 * what they leave is decoded.
 */
int iommu_table_parse(const void *bytes, size_t size, struct iommu_table *ret_table, struct error *err);
void iommu_table_done(struct iommu_table *table);
#define cleanup_iommu_table cleanup(iommu_table_done)

/* This host's (or a captured one's): the table when it may be read, sysfs, and who is covered. */
int iommu_table_read(const struct sysroot *root, const struct pci_inventory *inventory, struct iommu_table *ret_table,
	struct error *err);

/* What registers say. For AMD, efr is the extended feature register. */
void iommu_abilities_intel(struct iommu_abilities *can, const struct iommu_unit *unit);
void iommu_abilities_amd(struct iommu_abilities *can, uint64_t efr);

/* The same from an IVHD of type 10h, whose feature field has the bits in other places. */
void iommu_abilities_amd_short(struct iommu_abilities *can, uint32_t features);

/*
 * Names of the flags that are set, for people and programs; NULL behind the last. index counts the known flags up from
 * 0: "" for one that is not set.
 */
const char *iommu_table_flag(const struct iommu_table *table, size_t index);

/* A new unit or reservation at the end, zeroed but for unknowns; NULL without memory. */
struct iommu_unit *iommu_unit_add(struct iommu_table *table);

#endif
