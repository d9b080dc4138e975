/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sluice-vmm locks itself in before the guest's first byte is looked at: an allow list of system calls and their
 * arguments (sandbox_calls.c); vCPU threads, which handle the guest's accesses, get a shorter one, and so do the
 * threads of virtio devices. Everything that the process will ever open it has been given before. What is not on the
 * list kills the process. What of the host is behind that wall is cage.h's, which comes first.
 */
#ifndef VMM_CORE_SANDBOX_H
#define VMM_CORE_SANDBOX_H

#include <stdbool.h>

#include "base/error.h"

struct sandbox;

/*
 * False in builds with AddressSanitizer, whose run-time needs calls that no guest may have: nothing is filtered there.
 */
bool sandbox_filters(void);

/*
 * Prepare both filters, then lock the process in, which has promised to gain no privileges (cage_enter()); with hotplug
 * it can still take in devices. All threads but the caller have ended.
 */
int sandbox_enter(struct sandbox **ret_sandbox, bool hotplug, struct error *err);
void sandbox_free(struct sandbox *sandbox);

/* By a vCPU thread, for itself. Nothing happens without a sandbox (NULL). */
int sandbox_enter_vcpu(const struct sandbox *sandbox, struct error *err);

/* The same by the thread of a virtio device. */
int sandbox_enter_worker(const struct sandbox *sandbox, struct error *err);

#endif
