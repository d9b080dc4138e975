/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a guest's description to a running sluice-vmm, and back to a host as it was.
 *
 *	guest_check()	everything that can be known to be wrong before anything is changed, best message first
 *	guest_start()	lock, check, directory, leases and binding, unlock; sluice-vmm; descriptors and messages of
 *			launch.h; devices are opened (and so reset) in parallel while sluice-vmm populates the guest's
 *			memory
 *	guest_event()	RUNNING, devices that come and go (hotplug.h), ENDED, as they come on run.socket
 *	guest_finish()	sluice-vmm is gone, devices are given back, the directory is removed
 *
 * The process that called guest_start() is the guest's supervisor. When it dies, sluice-vmm dies (PDEATHSIG, and the
 * socket's end); leases stay and the next `release`, `vf destroy` or `run` repairs.
 */
#ifndef GUEST_START_H
#define GUEST_START_H

#include "assign/host.h"
#include "assign/record.h"
#include "assign/vfio.h"
#include "guest/disk.h"
#include "guest/guest.h"
#include "guest/net.h"
#include "guest/rules.h"
#include "wire/launch.h"

struct guest_spec {
	char name[GUEST_NAME_SIZE]; /* "": the first free of guest1, guest2, ... */
	const char *kernel;
	const char *initrd; /* NULL: none */
	const char *cmdline;
	uint64_t memory_bytes;
	uint64_t page_bytes; /* 4 KiB (transparent huge pages where possible), 2 MiB or 1 GiB */
	uint32_t cpus;
	struct cpu_config cpu;               /* no sockets: one, of cpus cores, with all that the host has */
	struct guest_disk disk[LIMIT_DISKS]; /* in the order in which the guest finds them */
	size_t disk_count;
	struct guest_net net[LIMIT_NETS];
	size_t net_count;
	bool rng;                                  /* it has the host's random numbers */
	const char *device_name[GUEST_DEVICE_MAX]; /* as typed; guest_start() finds out which devices they are now */
	struct pci_addr device[GUEST_DEVICE_MAX];  /* where device_name is NULL: given by address */
	size_t device_count;
	const char *rom_file[GUEST_DEVICE_MAX]; /* what the guest sees as that device's expansion ROM; NULL: its own */
	const struct guest_rules *rules;        /* about their configuration spaces; NULL: none */
	bool rom_off[GUEST_DEVICE_MAX];         /* it sees none */
	enum on_error on_error[GUEST_DEVICE_MAX];
	bool device_no_reset_ok[GUEST_DEVICE_MAX], device_unclean_ok[GUEST_DEVICE_MAX]; /* as the lists by name below */
	/* What a VF is set to while this guest has it; NULL: nothing is said (assign_wish). Borrowed for the start. */
	const struct vf_settings *vf[GUEST_DEVICE_MAX];
	int device_fd[GUEST_DEVICE_MAX]; /* of its VFIO node, opened before; 0: none. Taken over */
	int dma_fd;                      /* the same of the address space for DMA */
	const char *no_reset_name[GUEST_DEVICE_MAX];
	struct pci_addr no_reset_ok[GUEST_DEVICE_MAX]; /* accepted although they cannot be reset */
	size_t no_reset_ok_count;
	const char *unclean_name[GUEST_DEVICE_MAX];
	struct pci_addr unclean_ok[GUEST_DEVICE_MAX]; /* accepted although their last reset failed */
	size_t unclean_ok_count;
	const char *bypass_name[GUEST_DEVICE_MAX];
	struct pci_addr bypass_ok[GUEST_DEVICE_MAX]; /* accepted although their DMA may not go through the IOMMU */
	size_t bypass_ok_count;
	bool unsafe_interrupts_ok;
	enum vfio_choice backend; /* how VFIO is opened */
	const char *vf_token;     /* of VFs whose PF is with VFIO, and of such a PF: a UUID; NULL: none */
	uint32_t free_ports;      /* for devices that come later */
	bool console_socket;
	/*
	 * The write end of a pipe whose other end is held by the command that wants the guest: once that is gone, the
	 * guest is not started any more. 0: nobody can go away.
	 */
	int caller_fd;
	int vmm_fd; /* of the program of sluice-vmm (vmm_process_find()); borrowed; 0: it is looked for */
	int console_in, console_out; /* of sluice-vmm, without console_socket; borrowed */
};

struct guest_run {
	const struct host
		*host; /* as it was when the devices were taken, and the spec with what its names meant then */
	const struct guest_spec *spec;
	struct host own_host;
	struct guest_spec own_spec;
	struct guest_info info;
	struct guest_dir dir;
	struct record_kept record;
	struct vfio_host vfio;             /* the address space of its devices, for those that come later */
	bool taken;                        /* the devices of spec are this guest's */
	int socket;                        /* to sluice-vmm: readable when guest_event() has something to say */
	pid_t vmm;                         /* 0: none */
	int alone_errnum;                  /* 0: it is in namespaces of its own for processes; else why not */
	bool running;                      /* GUEST_EVENT_RUNNING has come */
	struct step_time step[STEP_COUNT]; /* of this side's steps */
	struct launch_hotplug hotplug;     /* what the last PLUGGED, UNPLUGGED or WANTED said */
};

enum guest_event {
	GUEST_EVENT_STEP,      /* the start has got to run->info.step */
	GUEST_EVENT_CAGED,     /* it is locked in: run->info.cage */
	GUEST_EVENT_RUNNING,   /* the first instruction */
	GUEST_EVENT_PLUGGED,   /* a device has come, or could not */
	GUEST_EVENT_UNPLUGGED, /* sluice-vmm has closed a device */
	GUEST_EVENT_WANTED,    /* the host wants a device back */
	GUEST_EVENT_ENDED,
};

/* Who may not bind drivers: runs guests with what is with VFIO already, and is theirs to open. */
bool guest_is_unprivileged(const struct host *host);

/* How many emulated devices it has. */
size_t guest_virtio_count(const struct guest_spec *spec);

/* Did whoever wants the guest accept that the device cannot be reset? */
bool guest_accepts_no_reset(const struct guest_spec *spec, struct pci_addr addr);

/* And that its last reset failed? */
bool guest_accepts_unclean(const struct guest_spec *spec, struct pci_addr addr);

/* And that its DMA may not go through the IOMMU? */
bool guest_accepts_bypass(const struct guest_spec *spec, struct pci_addr addr);

/*
 * It is not known whether interrupts are remapped, VFIO was told not to mind, and nobody accepted that:
 * CODE_IOMMU_NO_INTREMAP.
 */
int guest_check_interrupts(const struct host *host, const struct guest_spec *spec, struct error *err);

/*
 * Why the guest cannot be started on this host, or 0. Changes nothing. Inside the lock the answer holds, outside it is
 * advice.
 */
int guest_check(const struct host *host, const struct guest_spec *spec, struct error *err);

/*
 * The same for spec's devices alone, which a running guest is to get. With its first ones all of its memory is mapped
 * for DMA.
 */
int guest_check_devices(const struct host *host, const struct guest_spec *spec, bool first, struct error *err);

/*
 * Start the guest on this host; what spec points to is borrowed until guest_finish(), which is also called on failure
 * here. On failure everything is undone already, unless the error is CODE_HALF_DONE.
 */
int guest_start(struct guest_run *run, const struct sysroot *root, const struct guest_spec *spec, struct error *err);

/*
 * The next event; waits for it. ret_ended is filled for ENDED, also when sluice-vmm died without a word; run->hotplug
 * for events of devices. RUNNING comes once, ENDED last; a sluice-vmm that sends anything else has been taken over: it
 * is killed, and that is its end.
 */
int guest_event(struct guest_run *run, enum guest_event *ret_event, struct launch_ended *ret_ended, struct error *err);

/* End sluice-vmm when it is still there, give devices back, remove the directory. Reports the first failure. */
int guest_finish(struct guest_run *run, struct error *err);

#endif
