/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other programs' configuration files say of this host's devices, as facts with file and line: how many VFs, which
 * driver, what a VF is set to. Every program that is read has a row in import.c; looks only.
 *
 *	import_driver.c		driverctl, modprobe.d, udev rules
 *	import_network.c	systemd-networkd; import_yaml.c netplan, nmstate (files as a whole: import_files.h)
 *	import_guest.c		Proxmox VE; import_libvirt.c libvirt (XML)
 *
 *	import_scan.h		what these share
 *
 * What cannot be said in sluice's file, or is about no device of this host, becomes a note that says so.
 */
#ifndef PLAN_IMPORT_H
#define PLAN_IMPORT_H

#include "assign/host.h"
#include "distro/rival.h"

enum {
	IMPORT_ITSELF = -1, /* the function, and none of its VFs */
	IMPORT_EACH_VF = -2,
};

enum import_what {
	IMPORT_VFS,     /* value: their number */
	IMPORT_DRIVER,  /* value: its name, or "none" */
	IMPORT_EARLY,   /* it is kept from its own driver before that is loaded */
	IMPORT_SETTING, /* value: "vlan=100", of one VF */
	IMPORT_POOL,    /* value: the name of a set of devices that this is one of */
	IMPORT_KINDS
};

struct import_fact {
	enum import_what what;
	struct pci_addr device; /* the PF, for facts about VFs that may not be there yet */
	int vf;                 /* or IMPORT_ITSELF, IMPORT_EACH_VF */
	char value[128];
	char source[16]; /* "driverctl" */
	char place[176]; /* "/etc/driverctl.d/pci-0000:01:00.0:1" */
	enum rival_stage stage;
};

struct import_note {
	char place[176]; /* "" of no file */
	char text[300];
};

struct import {
	struct import_fact *fact; /* owned, as all below */
	size_t fact_count;
	struct import_note *left; /* what could not be carried over */
	size_t left_count;
	struct import_note *conflict; /* filled by draft_import() */
	size_t conflict_count;
	char used[16][16]; /* sources that had something to say */
	size_t used_count;
	bool incomplete; /* something could not be read, for want of privilege */
	bool out_of_memory;
};

/*
 * names: "auto", or names of sources separated by commas. CODE_USAGE for one that there is not; -ENOMEM.
 */
int import_read(const struct host *host, const char *names, struct import *ret_import, struct error *err);
void import_done(struct import *import);

#endif
