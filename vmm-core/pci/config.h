/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function's configuration space (PCI Express Base 6.0, 7.5) as four bytes per byte: what the guest reads, which of
 * its bits are ours, which of its bits a guest may change, which it clears by writing one (RW1C).
 *
 *	emulated bit 1: the bit is read from value[];  0: it is read from the hardware
 *	writable bit 1: a guest's write reaches it (value[] where emulated, the hardware where not);  0: it is dropped
 *	clears   bit 1: a guest's write of one clears it in value[]; such a bit is emulated, and not writable
 *
 * The tables are the whole policy, so that it can be tested exhaustively: nothing that is not writable in them reaches
 * the hardware, whatever the size and alignment of the access. Zeroed tables plus emulated = 0xff read as zero and
 * ignore writes: deny is the default.
 */
#ifndef VMM_CORE_PCI_CONFIG_H
#define VMM_CORE_PCI_CONFIG_H

#include <stddef.h>
#include <stdint.h>

enum {
	PCI_CONFIG_SIZE = 4096
};

struct pci_config {
	uint8_t value[PCI_CONFIG_SIZE];
	uint8_t emulated[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE];
	uint8_t clears[PCI_CONFIG_SIZE];
};

/* Everything emulated, zero and read-only. */
void pci_config_init(struct pci_config *config);

/* Set an emulated little-endian field of 1, 2 or 4 bytes, and which of its bits a guest may write. */
void pci_config_set(
	struct pci_config *config, unsigned int offset, unsigned int size, uint32_t value, uint32_t writable);

/* One row of a table of emulated registers. */
struct pci_config_field {
	uint16_t offset; /* from the base that the table is set at */
	uint8_t size;    /* 1, 2 or 4 */
	uint32_t value, writable;
};

void pci_config_set_fields(
	struct pci_config *config, unsigned int base, const struct pci_config_field *fields, size_t count);

/* Emulated bits that a guest clears by writing one to them. */
void pci_config_set_clears(struct pci_config *config, unsigned int offset, unsigned int size, uint32_t bits);

/* Change the value of emulated bits, writable for a guest or not; the tables stay. */
void pci_config_put(struct pci_config *config, unsigned int offset, unsigned int size, uint32_t value);

/* Let [offset, offset + size) show the hardware's bits; writable bits of a guest's writes go there too. */
void pci_config_pass(
	struct pci_config *config, unsigned int offset, unsigned int size, uint32_t bits, uint32_t writable);

/* The emulated part, as this side sees it. */
uint32_t pci_config_get(const struct pci_config *config, unsigned int offset, unsigned int size);

/* Bits of [offset, offset + size) that are not emulated: zero means that no hardware read is needed. */
uint32_t pci_config_passed(const struct pci_config *config, unsigned int offset, unsigned int size);

/* What the guest reads, given what the hardware reads. size 1, 2 or 4; any alignment within the space. */
uint32_t pci_config_guest_read(
	const struct pci_config *config, unsigned int offset, unsigned int size, uint32_t hardware);

/*
 * A guest's write: changes the emulated writable bits, clears what is cleared by ones. *ret_hardware_mask gets the bits
 * that must go on to the hardware (zero: none); the caller merges them into what the hardware holds.
 */
void pci_config_guest_write(
	struct pci_config *config, unsigned int offset, unsigned int size, uint32_t value, uint32_t *ret_hardware_mask);

#endif
