/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remedies while they are collected: between remedy.c and remedy_group.c only. */
#ifndef ASSIGN_REMEDY_LIST_H
#define ASSIGN_REMEDY_LIST_H

#include "assign/remedy.h"

struct remedy_list {
	struct judge *judge;
	const struct verdict *verdict;
	struct remedy *item;
	size_t count, max;
};

/* One more, or NULL when there is no room; the other two accept NULL. */
struct remedy *remedy_add(struct remedy_list *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void remedy_command(struct remedy *remedy, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void remedy_target(struct remedy *remedy, struct pci_addr addr);

/* Nothing on this host would help, and why. */
void remedy_none(struct remedy_list *list, const char *why);

/* For a group that the host uses too. */
void remedy_mend_group(struct remedy_list *list);

/*
 * A free slot in which the device would share its group with nothing that the host drives. Nothing for what cannot be
 * moved (on a root bus, soldered, behind a VMD), and when what is in the way sits on the same card.
 */
void remedy_offer_slot(struct remedy_list *list);

#endif
