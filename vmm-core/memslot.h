/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM memory slots: what of this process's memory the guest sees, and where. The CPU's second-level tables (EPT, NPT)
 * are filled by KVM from these. Every change is counted, since a change while the guest runs stops all its vCPUs.
 */
#ifndef VMM_CORE_MEMSLOT_H
#define VMM_CORE_MEMSLOT_H

#include <stddef.h>

#include "base/error.h"
#include "wire/addr.h"
#include "wire/limits.h"

enum {
	MEMSLOT_MAX = LIMIT_SLOTS
};

struct memslot {
	struct range at; /* empty: the slot is free */
	void *host;
	const char *what; /* "ram", "bar": static text */
};

struct memslots {
	int vm_fd;
	struct memslot slot[MEMSLOT_MAX];
	uint64_t changes;               /* KVM_SET_USER_MEMORY_REGION calls */
	uint64_t changes_while_running; /* of them, after the first instruction of the guest */
	bool running;
};

/* at and host are page aligned and free of other slots; host stays mapped until the slot is removed. */
int memslot_add(struct memslots *slots, struct range at, void *host, const char *what, struct error *err);

/* Removes the slot that starts there. */
int memslot_remove(struct memslots *slots, uint64_t start, struct error *err);

#endif
