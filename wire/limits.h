/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much one guest, or a host's configuration, can have: the one table that both programs are built on. Every
 * array for a guest's devices,
 * groups, slots, descriptors is sized by it, with assertions beside it; guest/check.c refuses what is beyond it before
 * anything is taken. docs/cli.md tells it to people.
 */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

enum {
	LIMIT_VCPUS = 254,     /* an entry each in the guest's MADT, with 8-bit APIC ids */
	LIMIT_CPU_HIDDEN = 32, /* features of the host's processor that a guest is not shown */
	LIMIT_DEVICES = 30,    /* a root port each, at device 1 to 30 of the guest's bus 0 */
	LIMIT_GROUPS = LIMIT_DEVICES,
	LIMIT_DISKS = 8, /* virtio devices, by kind, and all; functions of the last two devices of the guest's bus 0 */
	LIMIT_NETS = 7,
	LIMIT_VIRTIO = LIMIT_DISKS + LIMIT_NETS + 1,
	LIMIT_RAM_REGIONS = 8, /* a memory slot and a DMA map each */
	LIMIT_DEVICE_PIECES =
		16, /* that the BARs of one device are cut into; each is a memory slot, or a trapped range */
	LIMIT_SLOTS = LIMIT_RAM_REGIONS + LIMIT_DEVICES * LIMIT_DEVICE_PIECES,
	LIMIT_KVM_SLOTS = 509,      /* what KVM of Linux 5.10 has; later ones have more */
	LIMIT_RULES = 32,           /* of a user's about one device's configuration space */
	LIMIT_ROM_BYTES = 16 << 20, /* of a device's expansion ROM: what its register can say */
	LIMIT_DEVICE_SOURCES = 2,   /* event loop: the host wants a device back, it reports an error */
	/* KVM's interrupt routes on x86, less the pins of IOAPIC and PIC: MSI-X and MSI vectors of all devices */
	LIMIT_MESSAGES = 4096 - 24 - 16,
	LIMIT_PCI32_BYTES = 512 << 20,  /* of the guest below 4 GiB for BARs that are not 64-bit and prefetchable */
	LIMIT_PCI32_GRANULE = 1 << 20,  /* of a slot's window in it (PCI-to-PCI Bridge Architecture 1.2, 3.2.5.8) */
	LIMIT_JOURNAL_BYTES = 64 << 20, /* of one file of the journal of plans */
	LIMIT_GENERATIONS = 32,         /* plans that were done, and can be taken back */
	LIMIT_THREADS = 1024,      /* of sluice-vmm, and of what the kernel does for it, where its user is its alone */
	LIMIT_GUESTS_AT_ONCE = 16, /* that `up` or `down` sees to at the same time */
	LIMIT_E820 = LIMIT_RAM_REGIONS + 4, /* entries of the guest's memory map */
};

/* How much a host's configuration can be: what is beyond it is refused where it is met. */
enum {
	LIMIT_CONFIG_FILES = 64,
	LIMIT_CONFIG_BYTES = 1 << 20, /* of a file */
	LIMIT_CONFIG_LINE = 4096,     /* bytes */
	LIMIT_CONFIG_TEXT = 2048,     /* of one value: a guest's kernel command line has as much */
	LIMIT_CONFIG_DEPTH = 12,      /* of mappings and lists in each other */
	LIMIT_CONFIG_NODES = 200000,  /* of a file: 4096 VFs with all of their settings are 110000 */
	LIMIT_CONFIG_ERRORS = 20,     /* that are told in one go */
	LIMIT_CONFIG_NAMED = 4096,    /* aliases, PFs, bindings, pools, guests, each */
};

_Static_assert((int)LIMIT_SLOTS <= (int)LIMIT_KVM_SLOTS, "every KVM has a slot for every piece of every device");
_Static_assert((int)LIMIT_VIRTIO <= 2 * 8, "two devices have eight functions each");
_Static_assert((int)LIMIT_VCPUS <= 255, "an APIC id has 8 bits, and 255 means all");

#endif
