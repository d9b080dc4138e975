/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest: virtual machines of this host, from a description to a running sluice-vmm and back to the host as it was.
 *
 *	guest.h		what running guests there are, and their sockets: guest.c; guest_json.h is their file
 *	check.c		everything that can be known to be wrong before anything is changed
 *	dma_limits.h	what its DMA maps will run into, before any device is touched: dma_limits.c
 *	rules.h		a user's rules about devices' configuration spaces, from a file: rules.c
 *	slots.h		where in the guest each device goes: slots.c
 *	start_step.c	the names of a start's steps
 *	start.h		taking devices, starting sluice-vmm, giving back: start.c; vmm_process.h its process, handover.h
 *			what it is given
 *	supervise.h	the loop of the process that looks after a guest: supervise.c; channel.h carries the console's
 *			bytes
 *	attach.h	devices for a running guest, and back: attach.c asks, hotplug.h is who does it; drain.h: a
 *			card's VFs from all guests: drain.c
 *	control.h	one question to a running guest's control socket: control.c; status.h, how it is
 *	force.h		ending a guest without asking it: force.c
 *	guest_user.h	the user that a guest's process runs as: guest_user.c; cage_json.h: the walls around it
 *	end.h		how a detached guest ended: end.c
 *	keeper.h	who keeps a guest of the configuration, and how it is: keeper.c; keep.h, keep.c: its life over
 *			restarts; restart.h, restart.c: when it is started again
 *	uses.h		running guests as users of their devices: uses.c
 *	disk.h		its disks: what an operator says of them, opened and locked: disk.c
 *	net.h		its network cards: net.c
 *	cpu_options.h	what an operator says of its processors: cpu_options.c
 *	ram_pages.h	in pages of which size its memory lies: ram_pages.c
 *	smaps.h		the mappings of a process: smaps.c
 *	frames.h	where in this machine memory of a process lies: frames.c
 *	translate.h	one address of a guest, all the way to the machine's memory: translate.c
 *	verify.h	do its two second levels agree: verify.c
 *	kvm_params.h	whether this host's KVM has two-level paging in use: kvm_params.c
 *
 * A guest has a directory, /run/sluice/guests/NAME:
 *
 *	lock		locked by the sluice that runs the guest for as long as it lives: assign/guest_dir.h
 *	guest.json	what the guest is: struct guest_info
 *	control		socket of sluice-vmm, control.h
 *	console		socket of the serial console, with --console socket
 *	supervisor	socket of the process that runs the guest, attach.h
 *	log		what sluice-vmm wrote to its standard output and error
 *
 * What a guest is doing is not kept here but asked on its control socket.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdint.h>
#include <sys/types.h>

#include "assign/guest_dir.h"
#include "os/sysroot.h"
#include "pci/pci.h"
#include "wire/cage.h"
#include "wire/limits.h"
#include "wire/start_step.h"

enum {
	GUEST_DEVICE_MAX = LIMIT_DEVICES
};

struct guest_info {
	char name[GUEST_NAME_SIZE];
	pid_t pid;     /* of the sluice that runs it */
	pid_t vmm_pid; /* of sluice-vmm; 0 before it was started */
	uint32_t cpus;
	uint64_t memory_bytes, page_bytes;
	int64_t started; /* seconds since the epoch */
	bool console_socket;
	struct pci_addr device[GUEST_DEVICE_MAX];
	size_t device_count;
	/*
	 * While it is being started: what is being done, and since when (seconds since the epoch); STEP_COUNT: it runs.
	 */
	enum start_step step;
	int64_t step_since;
	uint32_t user; /* of its process, as this host numbers them; 0: root, or not known yet */
	bool caged;    /* cage is known: sluice-vmm has told it, before it looked at anything of the guest's */
	struct cage_report cage;
};

/* What it is called in files and output: "map"; what it does, for people; NULL for STEP_COUNT. */
const char *guest_step_name(enum start_step step);
const char *guest_step_text(enum start_step step);

/* CODE_NO_SUCH_GUEST, with the names that there are in the hint. */
int guest_read(const struct sysroot *root, const char *name, struct guest_info *ret_info, struct error *err);

/* Running guests, by name. The caller frees *ret_guests. */
int guest_list(const struct sysroot *root, struct guest_info **ret_guests, size_t *ret_count, struct error *err);

/* 0, or CODE_READ_ONLY: the guests of a captured host run elsewhere, if they still do. */
int guest_reachable(const struct sysroot *root, struct error *err);

/* Connect to "control" (SOCK_SEQPACKET) or "console" (SOCK_STREAM) of a guest. */
int guest_connect(const struct sysroot *root, const char *name, const char *socket_name, int type, int *ret_fd,
	struct error *err);

/* Write guest.json. */
int guest_dir_write(const struct guest_dir *dir, const struct guest_info *info, struct error *err);

#endif
