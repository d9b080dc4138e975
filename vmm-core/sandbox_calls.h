/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sluice-vmm may ask of the kernel once it is locked in: one row for each system call and set of arguments.
 *
 * Threads share memory: whoever has taken over a vCPU thread can make the main thread do what he wants as well. The
 * vCPUs' shorter list only makes that harder, so every argument that could reach outside of the process is bound in
 * both lists alike.
 */
#ifndef VMM_CORE_SANDBOX_CALLS_H
#define VMM_CORE_SANDBOX_CALLS_H

#include <seccomp.h>
#include <stdbool.h>

#include "base/error.h"

enum sandbox_thread {
	SANDBOX_MAIN,
	SANDBOX_MAIN_PLUG, /* of a guest that may get more devices */
	SANDBOX_VCPU,
	SANDBOX_WORKER, /* of a virtio device */
};

/* The allow list of a kind of thread, for the process that calls this. The caller releases *ret_filter. */
int sandbox_filter_new(enum sandbox_thread thread, scmp_filter_ctx *ret_filter, struct error *err);

#endif
