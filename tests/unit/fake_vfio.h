/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VFIO device that exists in memory only: struct vfio_sys on top of a configuration space, BAR registers and the
 * kernel's rules for VFIO_DEVICE_SET_IRQS (drivers/vfio/pci/vfio_pci_intrs.c). It records what reaches it.
 */
#ifndef FAKE_VFIO_H
#define FAKE_VFIO_H

#include "passthrough/vfio_device.h"

enum {
	FAKE_VFIO_FD = 900, /* no descriptor that a test program has */
	FAKE_CONFIG_SIZE = 4096,
	FAKE_WRITE_MAX = 64,
	FAKE_IRQ_CALL_MAX = 64,
	FAKE_AREA_MAX = 12,
	FAKE_ROM_SIZE = 16384,
	/* where the capabilities of fake_vfio_init()'s device are */
	FAKE_MSIX = 0x70,
	FAKE_EXPRESS = 0xa0,
	FAKE_PM = 0x40,
	FAKE_MSI = 0x50,
	FAKE_VPD = 0xe0,
	FAKE_VPD_SIZE = 64,
	FAKE_VECTORS = 5,
};

struct fake_write {
	unsigned int region;
	uint64_t offset;
	unsigned int size;
	uint64_t value;
};

struct fake_irq_call {
	uint32_t index, flags, start, count;
	int32_t first_fd;
};

struct fake_region {
	uint64_t size;
	bool mappable, msix_mappable;
	struct vfio_area area[FAKE_AREA_MAX];
	uint32_t area_count;       /* 0: no sparse capability */
	uint32_t claimed_areas;    /* when not 0: what the capability says, true or not */
	uint32_t cap_offset, next; /* when not 0: instead of the right ones */
};

struct fake_vfio {
	uint8_t config[FAKE_CONFIG_SIZE];
	struct fake_region bar[VFIO_BAR_COUNT], config_region;
	uint8_t bar_bytes[VFIO_BAR_COUNT][16384];
	uint8_t vpd[FAKE_VPD_SIZE]; /* read as the kernel does it (vfio_vpd_config_write()), nothing beyond answers */
	unsigned int vpd_writes;    /* requests to write it */
	uint64_t rom_region_size;   /* 0: it has none; of it the first FAKE_ROM_SIZE bytes can be read */
	uint8_t rom[FAKE_ROM_SIZE];
	unsigned int rom_reads;
	uint32_t flags, vectors;
	uint32_t msi_vectors, intx_lines; /* 0: the kernel offers none */
	bool dynamic, has_request, has_errors;
	/* interrupts as the kernel holds them */
	bool enabled;  /* MSI or MSI-X */
	uint32_t kind; /* VFIO's index, where enabled or intx.enabled */
	uint32_t allocated;
	int32_t trigger[VFIO_VECTOR_MAX];
	struct {
		bool enabled, masked;
		bool asserted;   /* by the device */
		bool held;       /* Command.INTx Disable as VFIO shows it */
		bool device_bit; /* the same in the device itself */
		int trigger, unmask;
		unsigned int unhandled; /* asserted with nobody there to mask it */
	} intx;
	/* what happened */
	struct fake_write write[FAKE_WRITE_MAX];
	size_t write_count;
	struct fake_irq_call irq_call[FAKE_IRQ_CALL_MAX];
	size_t irq_call_count;
	unsigned int resets, ioctls, mmaps, munmaps;
	int64_t mapped_bytes;
	unsigned int kvm_devices, kvm_adds, kvm_dels;
	int kvm_device_fd, kvm_added_fd;
	bool master_at_reset;
	unsigned int outside;          /* accesses where no region is */
	unsigned int mapped_undecoded; /* maps of BARs while the device did not decode memory */
	char log[4096]; /* writes to configuration space, calls for interrupts and resets, in order: see fake_log() */
	/* what goes wrong */
	unsigned int fail_ioctl; /* the nth, from 1; 0: none */
	unsigned int fail_mmap;
	uint32_t available; /* vectors of the host; 0: enough */
	int fail_intx;      /* what enabling it answers; 0: it works */
	bool cannot_unmask;
	bool fail_reset;
};

extern const struct vfio_sys fake_vfio_sys;

/*
 * A network VF: PM, MSI-X (5 vectors; table at 0x0, pending bits at 0x2000 of BAR 3), PCI Express, then AER, a serial
 * number and ARI; BAR 0 and BAR 3 of 16 KiB each, 64 bits wide. It becomes what FAKE_VFIO_FD means.
 */
void fake_vfio_init(struct fake_vfio *fake);

/* Offer INTx (INTA), and MSI with these Message Control flags. For devices that are made from then on. */
void fake_vfio_add_intx(struct fake_vfio *fake);
void fake_vfio_add_msi(struct fake_vfio *fake, uint32_t flags);
void fake_vfio_remove_msix(struct fake_vfio *fake);

/* The device asserts its line, or takes it back. */
void fake_vfio_assert(struct fake_vfio *fake, bool level);

/* What the kernel does as soon as the eventfd that unmasks INTx is signalled; here when the test says so. */
void fake_vfio_poll(struct fake_vfio *fake);

void fake_set(struct fake_vfio *fake, unsigned int offset, unsigned int size, uint32_t value);
uint32_t fake_get(const struct fake_vfio *fake, unsigned int offset, unsigned int size);

#endif
