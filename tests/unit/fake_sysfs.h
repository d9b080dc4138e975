/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sysfs tree in a temporary directory, made by a test, and a kernel behind it that does what PCI and SR-IOV do when
 * attributes are written: driver_override, unbind, drivers_probe, sriov_numvfs. What it does was compared with the lab.
 */
#ifndef FAKE_SYSFS_H
#define FAKE_SYSFS_H

#include "os/host_lock.h"
#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	FAKE_LOG_MAX = 64
};

struct fake_sysfs {
	char dir[64];
	struct sysroot root;
	struct host_lock *lock; /* NULL: not held */

	/* How this kernel behaves. */
	const char *refused_driver; /* the driver that takes no device */
	struct {
		const char *address, *driver; /* this driver does not take this function; NULL: no such rule */
	} refusal[2];
	const char *native_driver; /* whom a probe without override finds; NULL: nobody */
	int numvfs_errno;          /* what sriov_numvfs answers to a number above zero; 0: it works */
	int unbind_errno;          /* ETIMEDOUT: a driver that hangs */
	unsigned int killed_at;    /* the nth write is the program's last act, from 1; 0: none */
	bool killed_before;        /* and does not come to it */
	int reset_errno;           /* what a write to a function's "reset" answers; 0: it is reset */
	unsigned int missing_vfs;  /* VFs that never appear, although the write succeeds */
	bool keeps_vfs;            /* their number does not become zero, although the write succeeds */

	/* Every write, in order: "path=text". */
	char log[FAKE_LOG_MAX][160];
	size_t log_count;
};

struct fake_device {
	const char *address; /* with domain */
	unsigned int vendor, device, class;
	const char *driver; /* NULL: none */
	int group;          /* -1: none */
	unsigned int total_vfs;
};

/* Owned by the caller, ended by fake_sysfs_free(), which removes the tree. captured: as with --sysroot. */
struct fake_sysfs *fake_sysfs_new(bool captured);
void fake_sysfs_free(struct fake_sysfs *fake);

/* The host's lock, taken at the first question and held until it is given up, or the tree ends. */
const struct host_lock *fake_lock(struct fake_sysfs *fake);
void fake_unlock(struct fake_sysfs *fake);

/* A file, a link, a directory; the directories above them are made. */
void fake_file(struct fake_sysfs *fake, const char *text, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void fake_link(struct fake_sysfs *fake, const char *target, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void fake_dir(struct fake_sysfs *fake, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A PCI function as the kernel shows it, and a driver without devices. */
void fake_pci(struct fake_sysfs *fake, const struct fake_device *device);
void fake_driver(struct fake_sysfs *fake, const char *driver);

/* A class device ("net", "block", "nvme") below a function: sys/devices/…/ADDRESS/CLASS/NAME, and the link to it. */
void fake_child(struct fake_sysfs *fake, const char *address, const char *class, const char *name);

/* The inventory of the tree, which must be readable. The caller ends it. */
struct pci_inventory fake_inventory(const struct fake_sysfs *fake);

/* Driver of a function now: "" for none. Points into buf. */
const char *fake_driver_of(const struct fake_sysfs *fake, const char *address, char buf[static 64]);

/* Was this written, and when: its place in the log, or -1. */
int fake_log_find(const struct fake_sysfs *fake, const char *path_end, const char *text);

#endif
