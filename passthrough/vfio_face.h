/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device's configuration space while it is being made into what its guest sees. For vfio_config.c, which makes it by
 * our tables, and vfio_rules.c, which changes it by a user's rules.
 */
#ifndef PASSTHROUGH_VFIO_FACE_H
#define PASSTHROUGH_VFIO_FACE_H

#include "passthrough/vfio_config.h"
#include "passthrough/vfio_snapshot.h"

enum {
	FACE_CAP_MAX = 128
};

/* A capability of either chain, as the device has it. */
struct face_cap {
	uint16_t at, id;
	uint16_t size; /* in bytes, 0: as far as the next one */
	bool extended, vendors;
	uint8_t action; /* enum rule_action: a rule shows or passes what it holds; else 0 */
};

struct face {
	struct snapshot found;
	struct pci_config *config;
	struct pci_bar bar[PCI_BAR_COUNT];
	struct vfio_capabilities *caps;
	bool taken[STD_SIZE]; /* bytes that a capability holds which is shown by our tables */
	const struct vfio_rules *rules;
	struct face_cap cap[FACE_CAP_MAX];
	size_t cap_count;
	bool caps_left_out; /* there are more */
};

/* Rows explain, and decide nothing: what is too much for them is left out. */
void face_note(struct face *face, unsigned int offset, unsigned int size, const char *name, const char *why);

/* Of the first 256 bytes as they were found; of the rest there is one reading. */
uint32_t face_read(const struct face *face, unsigned int at, unsigned int size);

/* What the last rule about a capability says: enum rule_action, 0 for none. */
uint8_t face_rule(const struct face *face, uint8_t what, uint16_t id);

void face_add_cap(struct face *face, struct face_cap cap);

/* What follows from the guest's root port, from VFIO, and from the BARs' sizes: vfio_fit.c. */
void face_fit_express(struct face *face);
void face_fit_reset(struct face *face);

/* Resizable BARs at `at`, with one size each. False: what the capability says cannot be, nothing was changed. */
bool face_fit_rebar(struct face *face, unsigned int at);

/*
 * When all capabilities are known: what rules show or pass. CODE_USAGE with the rule's line where it is about a
 * register of a capability that is not the vendor's own.
 */
int face_apply_rules(struct face *face, struct error *err);

#endif
