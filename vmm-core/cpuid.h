/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU that a guest sees: what KVM supports, with topology (one thread a core, all cores in one package), the APIC
 * ids and the hypervisor's own bits fitted to each vCPU. Pure, on KVM's struct.
 */
#ifndef VMM_CORE_CPUID_H
#define VMM_CORE_CPUID_H

#include <linux/kvm.h>
#include <stdbool.h>

#include "base/error.h"

/*
 * A new table for vCPU id (0 to cpus - 1), from what KVM supports; the caller frees *ret_cpuid. A vCPU's APIC id is its
 * id. tsc_deadline: KVM's local APIC has that mode; the kernel says so apart from its table.
 */
int cpuid_for_vcpu(const struct kvm_cpuid2 *supported, unsigned int id, unsigned int cpus, bool tsc_deadline,
	struct kvm_cpuid2 **ret_cpuid, struct error *err);

#endif
