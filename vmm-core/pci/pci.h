/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's PCI Express hierarchy: a host bridge at 00:00.0, root ports at 00:01.0 and up, and behind port N the one
 * device of bus N, of one function or several. The machine's own emulated functions are the last devices of bus 0: a
 * port for each would cost a guest's start a hundred accesses, and none of them is ever pulled. Configuration space is
 * reached through ECAM and, for old guests, ports 0xcf8 and 0xcfc.
 *
 * What a function is lies in its pci_function_ops; how it looks lies in its configuration tables (config.h). There
 * is no firmware in the guest, so pci_bus_assign() does what firmware would: bus numbers, bridge windows and BARs are
 * programmed, and memory decoding is on, before the first instruction. A guest that keeps these addresses (Linux does)
 * causes no memory slot change at all.
 *
 * BARs (bar.h): after each write to a BAR or to COMMAND the wanted mappings of all functions are computed from the
 * registers, compared with the present ones, and then unmapped before anything is mapped. A BAR whose decoding is
 * switched off stays where it is mapped until it is decoded elsewhere or another BAR wants the place: operating systems
 * switch decoding off while they size BARs, and each change of a memory slot stops every vCPU. An address outside the
 * windows of the layout is never mapped, so that a BAR cannot cover RAM, an APIC or ECAM. Where mapping fails the BAR
 * is left unmapped and reads as ones. I/O BARs and the expansion ROM follow the same rules, in their own place.
 *
 * A memory BAR smaller than a page can be mapped only with the rest of its page. So it gets a page of its own at
 * power-on, and is shown as that page for as long as no other BAR lies in it.
 *
 *	bus.c		the hierarchy, and both ways to configuration space
 *	config.h	configuration space of a function, as tables: value, emulated and writable bits of each byte
 *	bar.h		BAR registers, and the mappings that follow from them
 *	assign.c	what firmware would do: bus numbers, bridge windows, addresses
 *	port.h		host bridge and root ports
 *	slot.h		the slot of a port: presence, power, the events of native hot plug; slot_power.h: what becomes
 *			of its card
 *	hotplug.h	functions that come and go while the guest runs
 *	msix.h		MSI-X of an emulated function
 *
 * This file knows nothing of VFIO: a passed-through device (passthrough/vfio_pci.h) is one kind of function, a root
 * port another.
 */
#ifndef VMM_CORE_PCI_PCI_H
#define VMM_CORE_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/layout.h"
#include "vmm-core/pci/config.h"

struct vm;
struct pci_function;

enum {
	PCI_BAR_COUNT = 6,
	PCI_ROM = PCI_BAR_COUNT, /* the expansion ROM's index in a function's regions */
	PCI_REGION_COUNT,
	PCI_PORT_MAX = LIMIT_DEVICES, /* root ports, at device 1 to 30 of bus 0 */
	PCI_SLOT_FUNCTIONS = 8,       /* of one device */
	PCI_OWN_MAX = LIMIT_VIRTIO,   /* emulated functions on bus 0 */
	PCI_OWN_DEVICE_LAST = 31,
	PCI_FUNCTION_MAX =
		1 + 2 * PCI_PORT_MAX + PCI_OWN_MAX, /* the host bridge, ports, what is behind and beside them */
};

enum pci_bar_kind {
	PCI_BAR_NONE,
	PCI_BAR_IO,
	PCI_BAR_MEM32,
	PCI_BAR_MEM32_PREFETCHABLE,
	PCI_BAR_MEM64, /* takes the next BAR register too */
	PCI_BAR_MEM64_PREFETCHABLE,
	PCI_BAR_ROM,
	PCI_BAR_KIND_COUNT
};

struct pci_bar {
	enum pci_bar_kind kind;
	uint64_t size; /* power of two */
	bool mapped;
	bool whole_page;  /* mapped with the rest of its page */
	uint64_t address; /* where it is mapped; valid when mapped */
	/* scratch of pci_bars_update() */
	bool wanted, wanted_page;
	uint64_t wanted_address;
};

struct pci_function_ops {
	const char *kind; /* "root-port", "vfio" */
	/* Hardware side of non-emulated bits; both NULL where everything is emulated. */
	uint32_t (*hardware_read)(struct pci_function *fn, unsigned int offset, unsigned int size);
	void (*hardware_write)(
		struct pci_function *fn, unsigned int offset, unsigned int size, uint32_t value, uint32_t mask);
	/*
	 * The slot has lost its power or its link, or is held in reset: the guest sees nothing of fn, which does no DMA
	 * and does not interrupt. May be NULL.
	 */
	void (*lose_power)(struct pci_function *fn);
	/* It has power again, or its reset is over: registers and hardware as after power-on. May be NULL. */
	void (*regain_power)(struct pci_function *fn);
	/* After a guest's write has been applied to the tables: side effects of the registers in it. May be NULL. */
	void (*config_written)(struct pci_function *fn, unsigned int offset, unsigned int size);
	/*
	 * Make BAR index visible at place: memory slots, traps; ports where it is an I/O BAR. place is as large as the
	 * BAR, or one page where a smaller BAR has the page to itself. On failure nothing of it is left.
	 */
	int (*bar_map)(struct pci_function *fn, unsigned int index, struct range place, struct error *err);
	void (*bar_unmap)(struct pci_function *fn, unsigned int index);
	/*
	 * A KVM machine begins (vm->irqs, slots and buses are there, BARs follow) or ends. power_on puts registers
	 * and hardware into their state after reset; the first one after a device was opened finds it just reset by the
	 * kernel and must not reset it again.
	 */
	int (*power_on)(struct pci_function *fn, struct vm *vm, struct error *err);
	void (*power_off)(struct pci_function *fn);
};

struct pci_function {
	const struct pci_function_ops *ops;
	char name[32];                 /* for messages: the host's address of a VF, "port 3" */
	uint8_t bus, device, function; /* in the guest; set by pci_bus_add*() */
	bool has_neighbours;           /* other functions of the same device; set by the bus */
	struct pci_config config;
	struct pci_bar bar[PCI_REGION_COUNT]; /* their registers are the bus's: set by pci_bus_power_on() */
	struct vm *vm;                        /* while powered on */
};

struct pci_slot {
	bool occupied; /* a card sits in it */
	bool on;       /* and the guest has its power on */
	bool failed;   /* it has no link until its power goes, or it is reset */
	bool powered;  /* on, not held in reset, not failed: it is there for the guest */
	bool told;     /* of the condition that holds now, by a message */
	bool asserted; /* the port's INTx, as far as it is this port's */
};

struct pci_bus {
	struct pci_function *function[PCI_FUNCTION_MAX];
	size_t count;
	unsigned int port_count;
	struct pci_function *owned; /* host bridge and ports, port_count + 1 of them */
	struct pci_function *child[PCI_PORT_MAX][PCI_SLOT_FUNCTIONS]; /* behind port i; all NULL: an empty slot */
	struct pci_function *own[PCI_OWN_MAX];                        /* emulated functions on bus 0 */
	size_t own_count;
	struct pci_slot slot[PCI_PORT_MAX]; /* of port i */
	/* The guest has switched off the power of a card's slot: by a vCPU thread, with vm->lock held. May be NULL. */
	void (*switched_off)(void *opaque, unsigned int port);
	void *switched_opaque;
	uint32_t config_address; /* port 0xcf8 */
	bool ports_hidden;
};

/* Creates the host bridge and port_count root ports. */
int pci_bus_init(struct pci_bus *bus, unsigned int port_count, struct error *err);
void pci_bus_done(struct pci_bus *bus);

/* Put a function at device 0, function 0 behind the next free port. It stays the caller's and must outlive the bus. */
int pci_bus_add_behind_port(struct pci_bus *bus, struct pci_function *fn, struct error *err);

/*
 * Put a function at device 0, function `number` (0 to 7) behind port `port` (from 0). A guest finds the functions of a
 * slot that has a function 0, so the caller gives out 0 too.
 */
int pci_bus_add(
	struct pci_bus *bus, struct pci_function *fn, unsigned int port, unsigned int number, struct error *err);

/*
 * Put emulated functions on bus 0, all at once: in their order eight a device, so that they end at device 31. They stay
 * the caller's and must outlive the bus. CODE_LAYOUT where ports are in the way.
 */
int pci_bus_add_own(struct pci_bus *bus, struct pci_function *const *fns, size_t count, struct error *err);

/*
 * Put the bus's own registers into the tables of fn, at power-on and when it resets itself: those of all BARs, with
 * address 0, and in the header type whether there are functions beside it.
 */
void pci_bar_registers_init(struct pci_function *fn);

/* The bytes of 64-bit window that the added functions' BARs need, alignment included; for layout_plan(). */
uint64_t pci_bus_window64_bytes(const struct pci_bus *bus);

/*
 * power_on of every function, assignment of addresses, config space on vm->mmio (ECAM) and vm->pio. Undone on failure.
 * The ports 0xcf8 to 0xcff are claimed whole, with the reset control register 0xcf9 in their midst: a byte written
 * there that sets bit 2 ends the run with VM_END_RESET.
 */
int pci_bus_power_on(struct pci_bus *bus, struct vm *vm, struct error *err);
void pci_bus_power_off(struct pci_bus *bus);

/*
 * Until power-off, 0xcf8 and 0xcfc answer as ports that nobody has: a Linux that does not find its address there reads
 * all of configuration space by ECAM, in half the exits. The reset control register stays.
 */
void pci_bus_hide_ports(struct pci_bus *bus);

/* One configuration access of the guest; absent functions read as ones. offset < 4096, size 1, 2 or 4. */
uint32_t pci_bus_config_read(struct pci_bus *bus, uint16_t bdf, unsigned int offset, unsigned int size);
void pci_bus_config_write(struct pci_bus *bus, uint16_t bdf, unsigned int offset, unsigned int size, uint32_t value);

#endif
