/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How `sluice` starts `sluice-vmm`: one SOCK_SEQPACKET socket, given as descriptor 3, and a few messages over it.
 *
 *	sluice                                       sluice-vmm
 *	LAUNCH_MACHINE + kvm, kernel, initrd, ...  ->  creates the machine, starts to populate RAM
 *	                                               (meanwhile sluice opens the devices, which resets them)
 *	LAUNCH_VIRTIO  + file                      ->  one per emulated device
 *	LAUNCH_DMA     + address space             ->  every device is in it; (none: a guest without devices)
 *	LAUNCH_DEVICE  + device                    ->  one per device
 *	LAUNCH_START   { how long it took so far } ->  maps, boots
 *	            <-  LAUNCH_STEP, at the beginning of each step from here on
 *	            <-  LAUNCH_CAGE { walls }, locked in: nothing of the guest was looked at before
 *	            <-  LAUNCH_RUNNING, at the first instruction
 *	LAUNCH_DMA, LAUNCH_DEVICE + device         ->  hot plug: into a free port; LAUNCH_DMA before the first device
 *	            <-  LAUNCH_PLUGGED { address, error }
 *	LAUNCH_UNPLUG { address, flags }           ->  asks the guest to let go of the device, or pulls it
 *	            <-  LAUNCH_UNPLUGGED { address }, when sluice-vmm has closed it; one for each function of its slot
 *	            <-  LAUNCH_WANTED { address }, when the host wants it back
 *	            <-  LAUNCH_ENDED { how, error }, before the process exits;  also instead of RUNNING
 *
 * sluice-vmm opens no file by itself: all it needs comes as a descriptor with a message. The structs are fixed in size
 * and both programs are built together; launch_hello carries LAUNCH_VERSION so that a stray mixture is refused by name.
 * The sender trusts nothing it gets back beyond these structs' ranges, since a guest may have taken sluice-vmm over.
 * When the socket closes, sluice has died: sluice-vmm ends the guest at once, so that devices are never left running
 * with nobody to give them back.
 */
#ifndef WIRE_LAUNCH_H
#define WIRE_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/cage.h"
#include "wire/cpu.h"
#include "wire/limits.h"
#include "wire/on_error.h"
#include "wire/rule.h"
#include "wire/start_step.h"

enum {
	LAUNCH_VERSION = 14,
	LAUNCH_SOCKET_FD = 3,
	LAUNCH_FD_MAX = 1 + LIMIT_GROUPS, /* of LAUNCH_DMA: a container and its groups */
	LAUNCH_CMDLINE_MAX = 2048,
	LAUNCH_NAME_MAX = 32,
	LAUNCH_FUNCTION_MAX = 8, /* of one device */
	LAUNCH_LABEL_MAX = 256,
	LAUNCH_SERIAL_MAX = 20, /* what a virtio disk can say */
	VCPU_MAX = LIMIT_VCPUS,
};

enum launch_type {
	LAUNCH_MACHINE = 1,
	LAUNCH_DMA,
	LAUNCH_DEVICE,
	LAUNCH_START,
	LAUNCH_RUNNING,
	LAUNCH_ENDED,
	LAUNCH_STEP,
	LAUNCH_PLUGGED,
	LAUNCH_UNPLUG,
	LAUNCH_UNPLUGGED,
	LAUNCH_WANTED,
	LAUNCH_VIRTIO,
	LAUNCH_CAGE,
};

/* Descriptors of LAUNCH_MACHINE, in this order; the flags say which of the optional ones follow. */
enum launch_machine_fd {
	LAUNCH_FD_KVM,
	LAUNCH_FD_KERNEL,
	LAUNCH_FD_CONTROL,     /* listening SOCK_SEQPACKET socket, control.h */
	LAUNCH_FD_CONSOLE_IN,  /* with LAUNCH_CONSOLE_STDIO; else one listening SOCK_STREAM socket, in this place */
	LAUNCH_FD_CONSOLE_OUT, /* with LAUNCH_CONSOLE_STDIO */
			       /* then, with LAUNCH_INITRD, the initial RAM disk */
};

enum launch_flags {
	LAUNCH_INITRD = 1 << 0,
	LAUNCH_CONSOLE_STDIO = 1 << 1,
	LAUNCH_HOTPLUG = 1 << 2, /* devices may come later: some ports are free */
};

struct launch_machine {
	uint32_t version;
	uint32_t flags;
	char name[LAUNCH_NAME_MAX];
	uint32_t cpus; /* 1 to VCPU_MAX: as many as cpu.shape has */
	struct cpu_config cpu;
	uint32_t device_count; /* LAUNCH_DEVICE messages that follow */
	uint32_t port_count;   /* root ports of the guest */
	uint32_t virtio_count; /* LAUNCH_VIRTIO messages that follow */
	uint32_t user;         /* that sluice-vmm becomes, and its group; 0: it stays who it is */
	uint64_t memory_bytes;
	uint64_t page_bytes; /* 4 KiB, 2 MiB or 1 GiB backing */
	char cmdline[LAUNCH_CMDLINE_MAX];
};

enum launch_virtio_kind {
	LAUNCH_VIRTIO_DISK = 1, /* descriptor: a regular file or block device, open as the flags say */
	LAUNCH_VIRTIO_NET,      /* descriptors: a tap with a header of 12 bytes, non-blocking; vhost-net, or none */
	LAUNCH_VIRTIO_RNG,      /* no descriptor */
	LAUNCH_VIRTIO_KIND_END
};

enum launch_virtio_flags {
	LAUNCH_VIRTIO_READ_ONLY = 1 << 0,
};

struct launch_virtio {
	uint32_t kind; /* enum launch_virtio_kind */
	uint32_t flags;
	uint64_t disk_bytes;
	char serial[LAUNCH_SERIAL_MAX + 1];
	uint8_t mac[6];
	char label[LAUNCH_LABEL_MAX]; /* what people know it by: for messages and `guest` only */
};

enum launch_dma_kind {
	LAUNCH_DMA_TYPE1 = 1, /* descriptors: container, then the groups, which stay open for the guest's life */
	LAUNCH_DMA_IOMMUFD,   /* descriptor: iommufd, with an I/O address space in it */
};

struct launch_dma {
	uint32_t kind;
	uint32_t ioas; /* iommufd: the address space; else 0 */
};

enum launch_device_flags {
	LAUNCH_NO_RESET_OK = 1 << 0, /* whoever starts the guest accepts that the device cannot be reset */
	LAUNCH_ROM_FILE = 1 << 1,    /* a second descriptor is what the guest sees as the device's expansion ROM */
	LAUNCH_ROM_OFF = 1 << 2,     /* it sees none */
	LAUNCH_OWN_GROUP = 1 << 3,   /* hot plug: the last descriptor is its group, which is not in LAUNCH_DMA */
	LAUNCH_MORE = 1 << 4, /* hot plug: another function of the same card follows; with the last it is put in */
	LAUNCH_GROUP_BEFORE = 1 << 5, /* hot plug: its group is that of the one that was sent before */
};

enum {
	LAUNCH_NO_GROUP = UINT32_MAX >> 1,
};

/*
 * Descriptors: the VFIO device, its DMA going through the space of LAUNCH_DMA. With LAUNCH_ROM_FILE the file follows.
 */
struct launch_device {
	uint32_t flags;
	uint32_t port,
		function; /* where it is in the guest: behind which root port, from 0; 0 to 7. Hot plug: which function alone */
	uint32_t group;    /* which of the groups of LAUNCH_DMA, from 0; LAUNCH_NO_GROUP: none, or its own */
	uint32_t on_error; /* enum on_error */
	char address[16];  /* the host's PCI address, for messages only */
	uint32_t rule_count;
	struct config_rule rule[LIMIT_RULES]; /* about its configuration space */
};

struct launch_start {
	struct step_time step[STEP_COUNT]; /* sluice's own */
};

struct launch_step {
	uint32_t step; /* enum start_step */
};

enum vm_end {
	VM_END_NONE,
	VM_END_POWEROFF, /* the guest switched itself off */
	VM_END_RESET,    /* the guest restarts: never leaves sluice-vmm as LAUNCH_ENDED */
	VM_END_CRASH,    /* triple fault, KVM could not go on, a device failed: error says which */
	VM_END_KILLED,   /* by a control command or a signal */
	VM_END_FAILED,   /* it never ran */
};

enum launch_hotplug_flags {
	LAUNCH_PULL = 1 << 0, /* without asking the guest */
};

/* PLUGGED, UNPLUG, UNPLUGGED, WANTED. */
struct launch_hotplug {
	uint32_t flags;
	char address[16];   /* the host's PCI address, as in LAUNCH_DEVICE */
	char in_guest[16];  /* PLUGGED: where the guest has it, "03:00.0" */
	struct error error; /* PLUGGED: why it was not; WANTED: why */
};

struct launch_ended {
	uint32_t how; /* enum vm_end */
	uint32_t resets;
	struct error error;
};

struct launch_message {
	uint32_t type;
	uint32_t size; /* of the payload */
	union {
		struct launch_machine machine;
		struct launch_dma dma;
		struct launch_device device;
		struct launch_virtio virtio;
		struct launch_start start;
		struct launch_step step;
		struct launch_hotplug hotplug;
		struct launch_ended ended;
		struct cage_report cage;
	};
	int fd[LAUNCH_FD_MAX]; /* sent: borrowed. Received: owned, closed by launch_message_done() */
	uint32_t fd_count;
};

/* One message with its descriptors. */
int launch_send(int socket, const struct launch_message *message, struct error *err);

/*
 * Waits for one message. Returns 1, 0 at the end of the stream, or -errno. Sizes, types and strings are checked here:
 * text is terminated, enumerations are in range, descriptors are close-on-exec.
 */
int launch_receive(int socket, struct launch_message *ret_message, struct error *err);

/* Closes what launch_receive() got and nobody took. */
void launch_message_done(struct launch_message *message);

#endif
