/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host would lose with devices: the graph of uses (use/graph.h) followed from all functions that go, each
 * node judged by what is left to carry it. Looks only.
 *
 *	impact_set.c	which functions go: group mates, VFs, what a reset hits
 *	impact.c	what happens to everything above them
 *	impact_text.c	that in words
 */
#ifndef USE_IMPACT_H
#define USE_IMPACT_H

#include "use/graph.h"

enum impact_purpose {
	IMPACT_BIND,  /* the functions leave their drivers, with all of their IOMMU groups */
	IMPACT_VFS,   /* the number of VFs changes: those that there are go, the PF stays */
	IMPACT_RESET, /* as the kernel would reset them */
};

enum impact_role {
	IMPACT_NAMED, /* asked about */
	IMPACT_GROUP, /* of the same IOMMU group: VFIO takes a group whole */
	IMPACT_VF,    /* of a physical function whose VFs are made anew */
	IMPACT_BUS,   /* reset with its neighbour */
	IMPACT_BELOW, /* behind a bridge that was named */
};

struct impact_device {
	const struct pci_device *device;
	enum impact_role role;
	bool goes;        /* else it stays, and may be interrupted */
	char reason[160]; /* "it is in IOMMU group 9, as 0000:01:00.0 is" */
};

/* What happens to a node, the worse the greater. */
enum impact_state {
	IMPACT_UNTOUCHED,
	IMPACT_SHAKEN,   /* may be interrupted for a moment */
	IMPACT_DEGRADED, /* goes on, with less below it than before */
	IMPACT_GONE,
};

/* What that means to people. */
enum impact_severity {
	IMPACT_NOTHING,
	IMPACT_NOTE,
	IMPACT_LESS, /* "degraded" */
	IMPACT_LOST,
};

struct impact_node {
	enum impact_state state;
	enum impact_severity severity;
	uint32_t parent; /* the node that it was reached from first; USE_NONE for those that were not */
	size_t device;   /* index of the impact_device that it hangs off */
};

struct impact {
	struct use_graph *graph; /* the caller's */
	enum impact_purpose purpose;
	struct impact_device *device; /* owned */
	size_t device_count;
	struct impact_node *node; /* owned; one per node of the graph */
	uint32_t *loss;           /* owned; what is not untouched, the devices themselves left out, nearest first */
	size_t loss_count;
	bool groups_unknown; /* the IOMMU is off, so nobody knows what would have to go along */
	bool locked_out;     /* the ssh session that this command runs in is lost */
	bool complete;       /* everything that matters here could be seen */
};

/*
 * The graph is the caller's (guest/uses.h has the running guests in it), and has to outlive the answer. CODE_NOT_A_PF
 * for IMPACT_VFS of another function. On success the caller ends it with impact_done().
 */
int impact_read(const struct sysroot *root, const struct pci_inventory *pci, struct use_graph *graph,
	const struct pci_device *const *devices, size_t count, enum impact_purpose purpose, struct impact *ret_impact,
	struct error *err);
void impact_done(struct impact *impact);

/* Fills device, device_count and groups_unknown. Between impact.c and impact_set.c. */
int impact_find_devices(const struct sysroot *root, const struct pci_inventory *pci,
	const struct pci_device *const *devices, size_t count, struct impact *impact, struct error *err);

/* "lost", "degraded", "note"; "named", "group", "vf", "bus", "below"; "bind", "vfs", "reset". */
const char *impact_severity_name(enum impact_severity severity);
const char *impact_role_name(enum impact_role role);
const char *impact_purpose_name(enum impact_purpose purpose);

/* One loss: the edge that it was reached by, and the carriers that are left to it. */
const struct use_edge *impact_edge(const struct impact *impact, uint32_t node);
bool impact_is_survivor(const struct impact *impact, const struct use_edge *edge);

/* "bond0 carries eth0: goes on with eth1"; the branch of a tree. Returns buf. */
const char *impact_branch(const struct impact *impact, uint32_t node, char *buf, size_t size);

/* What would be lost, in one sentence: "This host would lose 1 mounted file system (/srv)." Returns buf. */
const char *impact_verdict(const struct impact *impact, char *buf, size_t size);

/* What could not be seen, in one sentence; "" when nothing was hidden. Returns buf. */
const char *impact_unseen(const struct impact *impact, char *buf, size_t size);

#endif
