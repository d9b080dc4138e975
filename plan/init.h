/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `sluice init`: a commented configuration file from a host as it is, so that the plan of it is empty; and with facts
 * that other programs' files say of its devices (import.h), so that it replaces those.
 *
 *	init_host.c	the host as it is: which cards get names, how they are split, who drives them
 *	init_facts.c	what imported facts change in that; where they contradict each other
 *	init_write.c	the draft as YAML, with what the schema's rows say of each part as comments
 *
 * Nothing here changes the host.
 */
#ifndef PLAN_INIT_H
#define PLAN_INIT_H

#include "assign/host.h"
#include "base/cleanup.h"
#include "pci/identity.h"
#include "plan/import.h"
#include "sriov/sriov.h"

struct draft_vf {
	bool said; /* something is to be written of it */
	struct vf_settings set;
	char driver[64];   /* "": nothing */
	char comment[160]; /* "": none */
};

struct draft_card {
	const struct pci_device *device; /* in the host's inventory */
	char name[32];                   /* its alias */
	struct pci_identity identity;
	bool is_split; /* an entry of sriov is to be written */
	uint32_t count;
	char vf_driver[64];  /* of all its VFs; "": nothing */
	struct draft_vf *vf; /* count of them; owned */
	char driver[64];     /* an entry of devices; "": none */
	bool early;
	char comment[200]; /* where that is from; "" */
};

struct draft_pool {
	char name[32];
	char members[400]; /* as YAML: "a, b/0-3" */
	char comment[200];
};

struct draft {
	struct draft_card *card; /* by address; owned */
	size_t count;
	struct draft_pool *pool; /* owned */
	size_t pool_count;
	char iommu[16];        /* "": as it is */
	char argument[8][128]; /* of the kernel */
	size_t argument_count;
	char time[24], host_name[64];
};

int draft_host(const struct host *host, struct draft *ret_draft, struct error *err);
void draft_done(struct draft *draft);

/* The card, or the PF of a VF; NULL when it has no name in the draft. */
struct draft_card *draft_find(const struct draft *draft, const struct pci_device *device);

/*
 * Put what was imported over it. Facts that say different things of one device: the one whose program acts last at boot
 * is taken, and the others go into import->conflict. -ENOMEM.
 */
int draft_import(struct draft *draft, const struct host *host, struct import *import, struct error *err);

/* The file's text, which the caller frees; NULL without memory. import: NULL, or what is told of it in comments. */
char *draft_write(const struct draft *draft, const struct import *import);

#endif
