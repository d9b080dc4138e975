/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * picture: from a model of the host's PCI topology to a picture of it. The writers know nothing of files: host_model.h
 * fills the model from inventory, groups, leases and users (host_badges.c, host_eswitch.c, host_group.c,
 * host_name.c; host_json.c).
 *
 *	model.c		items (nodes, root buses, functions), groups and badges; what is checked when they are linked
 *	style.h		one table of colours and letters, and how wide a text becomes
 *	layout.h	where everything goes, in pixels: the page (layout.c), subtrees (layout_tree.h), what is in the
 *			boxes (layout_box.c), heading and legend (layout_page.c)
 *	svg.c		the layout as SVG, which stands alone
 *	html.c		the same SVG with a script and a panel of details
 *	text.c, dot.c	the model as a tree for terminals, and for graphviz (which is the user's own)
 *
 * Devices come from the left: root complex, root port, switches, and at the right their cards; VFs are folded under
 * their PF. A group of several functions is a box round its members, in as many parts as are needed to hold nobody
 * else.
 */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include <stdio.h>

#include "base/cleanup.h"
#include "pci/pci.h"

enum picture_kind {
	PICTURE_NODE, /* a NUMA node, or what is known to be in none */
	PICTURE_ROOT, /* a root bus; below a function: VMD's */
	PICTURE_PORT, /* a bridge to another bus */
	PICTURE_DEVICE,
	PICTURE_VF, /* folded into its PF */
};

enum picture_owner {
	PICTURE_HOST,     /* a driver of the host's */
	PICTURE_VFIO,     /* vfio-pci, and nobody uses it */
	PICTURE_OPERATOR, /* `sluice bind` took it */
	PICTURE_GUEST,    /* a guest, or another program that has it open */
	PICTURE_NOBODY,   /* no driver */
	PICTURE_OWNERS,
};

enum picture_level {
	PICTURE_INFO,
	PICTURE_WARN,
	PICTURE_BLOCK,
	PICTURE_LEVELS,
};

enum {
	PICTURE_DEPTH_MAX = 24, /* of bridges, beyond any machine; deeper ones hang off the root bus */
	PICTURE_BADGE_MAX = 12,
};

struct picture_badge {
	int item;
	enum picture_level level;
	char kind[12];    /* "link", "reset", "acs", "use", ... */
	char text[48];    /* on the picture */
	char detail[200]; /* a sentence */
};

struct verdict;

struct picture_item {
	enum picture_kind kind;
	int parent, first_child, last_child, next, child_count; /* -1: none */
	char id[32];                                            /* unique; letters, digits, '-' */
	char address[PCI_ADDR_TEXT_SIZE];                       /* functions */
	char title[112];                                        /* name of a device or port, or of the container */
	char detail[96];                                        /* "eth0, eth1"; for a node "socket 0, CPUs 0-31" */
	char driver[64];                                        /* "" none */
	enum picture_owner owner;                               /* functions that are no port */
	char owner_text[72];                                    /* "host: igb", "guest vm1" */
	bool small;                      /* of the platform, with nothing to say about it: one line */
	int group;                       /* index into the groups, -1: none */
	int whole;                       /* the group of several that it and all below it are in, -1: none */
	size_t badge, badge_count;       /* in picture->badge, worst first */
	int vf_by_owner[PICTURE_OWNERS]; /* of its VFs */
	int vf_count;
	const struct pci_device *device; /* functions; not owned */
	const struct pci_users *users;   /* or NULL; not owned */
	const struct verdict *verdict;   /* of functions, or NULL; not owned */
};

struct picture_group {
	int id; /* the kernel's; -1: it would be one, if the IOMMU were on */
	int member_count;
	bool viable_known, viable;
	char reason[400]; /* why it has several, or is not viable; "" */
	char cause[64];   /* "0000:00:1c.0 lacks RR, CR" */
};

struct picture {
	char host[72], summary[160];
	char note[4][160]; /* what stands against the whole host, or could not be seen; the first ones filled */
	size_t note_count;
	struct picture_item *item;
	size_t item_count, item_space;
	struct picture_group *group;
	size_t group_count;
	struct picture_badge *badge;
	size_t badge_count, badge_space;
	int first_node; /* the items without parent */
	bool out_of_memory;
};

void picture_init(struct picture *picture);
void picture_done(struct picture *picture);
#define cleanup_picture cleanup(picture_done)

/* A new item without place; its index. Without memory an index that can be written to, and out_of_memory is set. */
int picture_add(struct picture *picture, enum picture_kind kind);

/* As its parent's last child; -1: a node. */
void picture_put_below(struct picture *picture, int item, int parent);

/* Badges of one item are added together, one item after the other. */
__attribute__((format(printf, 5, 6))) void picture_add_badge(
	struct picture *picture, int item, enum picture_level level, const char *kind, const char *text, ...);

/* The sentence behind the badge that was added last. */
__attribute__((format(printf, 2, 3))) void picture_explain_badge(struct picture *picture, const char *fmt, ...);

__attribute__((format(printf, 2, 3))) void picture_note(struct picture *picture, const char *fmt, ...);

/*
 * When all items are placed: members of groups are counted, whole subtrees and VFs found, members of a group that are
 * neighbours brought together. 0 or -ENOMEM.
 */
int picture_settle(struct picture *picture);

/* A group that is drawn as a box: one of several functions. */
bool picture_is_shared(const struct picture *picture, int group);

/*
 * Text that any device may have named itself: control characters and what is not UTF-8 become '?'. Cuts whole
 * characters.
 */
void picture_clean(char *buf, size_t size, const char *text);

/* "VFs: 2 with guests, 3 free" of a PF; "" for none. Returns buf. */
const char *picture_vf_text(const struct picture_item *item, char *buf, size_t size);

/* "IOMMU group 9, 6 functions". */
const char *picture_group_text(const struct picture *picture, int group, char *buf, size_t size);

/* What the owners and badge levels are called and how they look: owner's letter for cells and terminals. */
struct picture_owner_look {
	const char *word;   /* "host" */
	const char *title;  /* for the legend */
	char letter;        /* in the cell of a VF */
	const char *symbol; /* UTF-8, for terminals */
	char ascii;         /* the same for poor ones */
	const char *color;  /* cli_color()'s name */
};
extern const struct picture_owner_look picture_owner_looks[PICTURE_OWNERS];
extern const char *const picture_level_names[PICTURE_LEVELS];

/*
 * Writers
 * ----------------------------------------------------------------------------------------------------------------
 */

enum picture_theme {
	PICTURE_AUTO, /* as the reader's system has it; printed: light */
	PICTURE_LIGHT,
	PICTURE_DARK,
};

struct picture_text_look {
	bool utf8, color;
	bool vfs; /* one line for each VF */
};

/* Each returns 0 or -ENOMEM; what cannot be written is left to ferror(). */
int picture_svg(const struct picture *picture, enum picture_theme theme, FILE *out);

/* json: the model for the script, an object. */
int picture_html(const struct picture *picture, enum picture_theme theme, const char *json, FILE *out);
void picture_dot(const struct picture *picture, bool vfs, FILE *out);
void picture_text(const struct picture *picture, const struct picture_text_look *look, FILE *out);

/* Text inside XML and HTML, attributes included. */
void picture_put_xml(FILE *out, const char *text);

#endif
