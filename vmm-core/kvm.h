/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host's KVM can do, read once, before the first guest: the required capabilities (a table, each with what it
 * is for) and the features that guests get. Every KVM machine of the process is made with it.
 */
#ifndef VMM_CORE_KVM_H
#define VMM_CORE_KVM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct kvm_host {
	int fd;           /* /dev/kvm; borrowed */
	size_t run_bytes; /* of a vCPU's shared page */
	unsigned int vcpu_max;
	unsigned int gpa_bits;    /* width of guest-physical addresses */
	bool tsc_deadline;        /* the local APIC's timer has TSC-deadline mode */
	bool stats;               /* KVM_GET_STATS_FD: counters to read */
	struct kvm_cpuid2 *cpuid; /* what KVM supports, not yet fitted to a vCPU; owned */
};

/* CODE_KVM_NO_CAP names the capability that is missing and what it is for. kvm_fd stays the caller's. */
int kvm_host_init(struct kvm_host *host, int kvm_fd, struct error *err);
void kvm_host_done(struct kvm_host *host);

/*
 * One counter of a VM's or vCPU's statistics descriptor, by its name in KVM ("exits", "pages_2m"); 0 when there is
 * none: Linux before 5.14 has no such descriptors (stats_fd -1).
 */
uint64_t kvm_stat(int stats_fd, const char *name);

#endif
