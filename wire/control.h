/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of a running guest: SOCK_SEQPACKET, one request, one answer, structs of fixed size.
 *
 * `sluice` is the only client and holds no state of its own about a guest: what `ps` and `guest` show is asked here.
 * Server side: control.c (sluice-vmm). Client side: control_client.c (sluice).
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/launch.h"
#include "wire/paging.h"

enum control_op {
	CONTROL_STATUS = 1,
	CONTROL_POWER_BUTTON, /* asks the guest's operating system to switch off */
	CONTROL_POWER_OFF,    /* pulls the plug */
	CONTROL_RESET,
	CONTROL_PAUSE,
	CONTROL_RESUME,
	CONTROL_EXPLAIN_CONFIG, /* of one device: register by register */
	CONTROL_TRANSLATE,      /* a virtual address, through the guest's page tables */
	CONTROL_OP_COUNT
};

struct control_request {
	uint32_t version; /* LAUNCH_VERSION */
	uint32_t op;
	char device[16]; /* CONTROL_EXPLAIN_CONFIG: its address on the host */
	/* CONTROL_TRANSLATE */
	uint32_t vcpu;
	uint64_t address;
};

enum {
	CONTROL_COUNTER_MAX = 64,
	CONTROL_SLOT_MAX = LIMIT_SLOTS,
	CONTROL_MAP_MAX = LIMIT_RAM_REGIONS,
	CONTROL_DEVICE_MAX = LIMIT_DEVICES,
	CONTROL_VIRTIO_MAX = LIMIT_VIRTIO,
	CONTROL_NAME_MAX = 32,
	CONTROL_LABEL_MAX = LAUNCH_LABEL_MAX,
	CONTROL_REGISTER_MAX = 192,
	CONTROL_REGISTER_NAME_MAX = 24,
	CONTROL_REGISTER_WHY_MAX = 120,
};

enum guest_state {
	GUEST_STARTING,
	GUEST_RUNNING,
	GUEST_PAUSED,
	GUEST_STATE_COUNT
};

/* Accesses that left the guest for user space, by what answered them. */
struct control_counter {
	char name[CONTROL_NAME_MAX]; /* "serial", "pci-config", "msix-table", ... */
	uint64_t reads, writes;
};

struct control_slot {
	uint64_t gpa, bytes, hva;
	char what[16]; /* "ram", "bar" */
};

struct control_map {
	uint64_t iova, bytes, hva;
};

struct control_device {
	char host_address[16];
	char guest_address[16]; /* "01:00.0" */
	char interrupts[8];     /* the kind in force: "intx", "msi", "msi-x", "none" */
	uint32_t vectors;       /* that it has of this kind */
	uint32_t vectors_enabled;
	char on_error[8];     /* what an error of it leads to: on_error.h */
	uint64_t errors;      /* PCI Express errors that it has reported, of those that were not corrected */
	uint64_t resets;      /* asked for by sluice-vmm; the kernel's own at open is not among them */
	uint64_t irq_changes; /* VFIO_DEVICE_SET_IRQS calls */
};

/* An emulated device. What goes in and out is the guest's view. */
struct control_virtio {
	char kind[8];           /* "disk", "net", "rng" */
	char state[16];         /* "idle": no driver; "runs", "needs-reset" */
	char trouble[64];       /* what its driver did wrong */
	char guest_address[16]; /* "00:1f.0" */
	char label[CONTROL_LABEL_MAX];
	char backend[16]; /* "io_uring", "vhost", "thread" */
	bool read_only;
	uint8_t mac[6];
	uint64_t size_bytes;
	uint64_t requests, bytes_in, bytes_out, errors;
	uint64_t notifications, interrupts;
};

struct control_vcpu {
	uint64_t exits;      /* all KVM exits, from KVM's own statistics */
	uint64_t user_exits; /* of them, those that returned from KVM_RUN */
	uint64_t interrupts; /* signals that made KVM_RUN return */
};

struct control_status {
	uint32_t state; /* enum guest_state */
	uint32_t cpus;
	uint64_t memory_bytes, page_bytes;
	uint64_t uptime_ms;
	uint32_t resets;
	/* Grows with each change of slots, DMA maps and devices: two answers with the same one tell of the same. */
	uint64_t generation;
	uint64_t start_to_first_run_us; /* from exec of sluice-vmm */
	struct step_time step[STEP_COUNT];
	uint64_t slot_changes, slot_changes_while_running;
	char dma_backend[16]; /* "iommufd", "type1v2"; "": no devices */
	uint64_t dma_map_calls, dma_unmap_calls;
	uint64_t route_commits;
	uint64_t pages_4k, pages_2m, pages_1g; /* leaves of the CPU's second level, from KVM's statistics */
	uint32_t counter_count, slot_count, map_count, device_count, virtio_count;
	struct control_counter counter[CONTROL_COUNTER_MAX];
	struct control_slot slot[CONTROL_SLOT_MAX];
	struct control_map map[CONTROL_MAP_MAX];
	struct control_device device[CONTROL_DEVICE_MAX];
	struct control_virtio virtio[CONTROL_VIRTIO_MAX];
	struct control_vcpu vcpu[VCPU_MAX];
};

/* A register of a device's configuration space, or a capability that is not shown. */
struct control_register {
	uint16_t offset;
	uint16_t size;     /* 1, 2 or 4 */
	uint32_t hardware; /* what the device has now */
	uint32_t guest;    /* what the guest reads now */
	uint32_t passed;   /* bits that the guest reads from the device each time */
	uint32_t own;      /* bits of which the guest writes a copy of its own */
	uint32_t through;  /* bits of which the guest writes the device's */
	char name[CONTROL_REGISTER_NAME_MAX];
	char why[CONTROL_REGISTER_WHY_MAX];
};

struct control_explanation {
	uint32_t register_count;
	struct control_register reg[CONTROL_REGISTER_MAX]; /* by offset */
};

struct control_answer {
	struct error error; /* errnum 0: done */
	union {
		struct control_status status;           /* of CONTROL_STATUS */
		struct control_explanation explanation; /* of CONTROL_EXPLAIN_CONFIG */
		struct page_walk walk;                  /* of CONTROL_TRANSLATE */
	};
};

/* Client: one request on a connected socket, waiting at most timeout_ms. Counts and text are checked on arrival. */
int control_call(int socket, enum control_op op, int timeout_ms, struct control_answer *ret_answer, struct error *err);

/* The same for a request of more than an operation; its version is filled in. */
int control_ask(int socket, const struct control_request *request, int timeout_ms, struct control_answer *ret_answer,
	struct error *err);

#endif
