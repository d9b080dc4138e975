/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of this host hangs off its PCI functions, as a graph that is read once per command: from a function to its
 * disks, links and device nodes, from those to what is stacked on them (RAID, LVM, bonds, bridges), and on to what
 * people would miss: mounts, swap, addresses, routes, ssh sessions, the display, programs.
 *
 * An edge leads from what carries to what is carried. A node that has several carriers either needs all of them (an LVM
 * volume), or survives while `needs` of its living ones are left (a bond, a mirror, a disk with two paths): whoever
 * asks what a loss costs has only to follow that rule (use/impact.h).
 *
 * Questions about one function cost no system call. Looks only; what could not be seen is counted.
 *
 *	graph.c		the graph as a data structure
 *	use.c		reading it, and the answer about one function
 *	reader.h	the files that read it from the host, one for each kind of use
 *	impact.h	what would be lost with functions
 */
#ifndef USE_GRAPH_H
#define USE_GRAPH_H

#include "pci/pci.h"

#define USE_NONE UINT32_MAX

enum use_flag {
	USE_CARRIER = 1,  /* hardware and its parts (function, link, disk, device node): by itself no use */
	USE_FUNCTION = 2, /* a PCI function */
	USE_NOTE = 4,     /* would be missed, stops nothing */
	USE_OWN = 8,      /* the ssh session that the command runs in */
	USE_UNSEEN = 16,  /* the kernel would not say whether it is in use */
	USE_HELD = 32,    /* programs may have it open, so processes that cannot be looked into matter */
};

struct use_node {
	const char *kind;   /* "bond", "mount", "route", ... */
	const char *id;     /* "net:bond0", "mount:/srv": unique, the same as long as the thing is */
	const char *name;   /* for people: "bond0", "/srv" */
	unsigned int flags; /* enum use_flag */
	uint32_t needs;     /* living carriers that keep it up; 0: all of them */
	uint32_t first_in, first_out, last_in, last_out, seen;
};

struct use_edge {
	uint32_t from, to, next_in, next_out;
	const char *what;  /* a sentence: "eth0 carries bond0 (bond)"; NULL where that is no use */
	const char *label; /* the carried one as a branch of a tree: "default route via 10.0.2.2"; never NULL */
	enum pci_user_severity severity;
	bool live; /* the carrier does its part now; a bond's slave without link does not */
};

enum {
	USE_FILE_MAX = 8
};

/* What could not be seen, for want of privilege. */
struct use_unseen {
	size_t processes;            /* that could not be looked into */
	char file[USE_FILE_MAX][64]; /* that could not be read, the first ones */
	size_t file_count;           /* all of them */
	bool truncated;              /* memory ran out, or a limit was reached */
};

struct use_graph {
	const struct sysroot *root;
	const struct pci_inventory *inventory; /* must outlive the graph; node i is its function i */
	struct use_node *node;
	struct use_edge *edge;
	size_t node_count, node_space, edge_count, edge_space;
	uint32_t *slot; /* nodes by id: open addressing */
	size_t slot_count;
	struct use_text *texts; /* what all the strings point into */
	struct use_unseen unseen;
	uint32_t stamp;  /* of the walk under way */
	uint32_t *queue; /* of that walk; use_graph_users() */
	size_t queue_space;
	bool out_of_memory;
};

/* Look at the host. The caller ends it with use_graph_free(). */
int use_graph_read(const struct sysroot *root, const struct pci_inventory *inventory, struct use_graph **ret_graph,
	struct error *err);
void use_graph_free(struct use_graph *graph);

/* As pci_users_read(), from what was read before. The graph is not changed but for the walk's own marks. */
int use_graph_users(
	struct use_graph *graph, const struct pci_device *device, struct pci_users *ret_users, struct error *err);

/* Was something of this node not to be seen, for want of privilege? */
bool use_is_hidden(const struct use_graph *graph, const struct use_node *node);

/* The node of a function of the inventory. */
uint32_t use_function(const struct use_graph *graph, const struct pci_device *device);
uint32_t use_function_at(const struct use_graph *graph, struct pci_addr addr);

/* The node of that id: found, or USE_NONE. */
uint32_t use_find(const struct use_graph *graph, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The node of that id, made if need be. kind must outlive the graph (a literal, or use_text()); name is copied.
 * USE_NONE when memory runs out, which every function here takes as "nothing".
 */
uint32_t use_add(struct use_graph *graph, const char *kind, unsigned int flags, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* A string that lives as long as the graph. "" when memory runs out. */
const char *use_text(struct use_graph *graph, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * An edge, once: one that is there already is left as it is. what and label as in struct use_edge, from use_text() or
 * literal; label NULL stands for the name of `to`. The edge is good until the next one is made; NULL for nothing.
 */
struct use_edge *use_link(struct use_graph *graph, uint32_t from, uint32_t to, enum pci_user_severity severity,
	const char *what, const char *label);
/* Note that a file could not be read, for want of privilege. */
void use_note_unseen(struct use_graph *graph, const char *path);

bool use_is_linked(struct use_graph *graph, uint32_t from, uint32_t to);

#endif
