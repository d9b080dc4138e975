/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU that a guest sees: what KVM supports, with topology, APIC ids and the hypervisor's own bits fitted to each
 * vCPU, and without the features that its configuration hides. Pure, on KVM's struct.
 */
#ifndef VMM_CORE_CPUID_H
#define VMM_CORE_CPUID_H

#include <linux/kvm.h>
#include <stdbool.h>

#include "base/error.h"
#include "wire/cpu.h"

/*
 * A new table for vCPU `index` of the configuration's, from what KVM supports; the caller frees *ret_cpuid. Its APIC id
 * is cpu_apic_id(). tsc_deadline: KVM's local APIC has that mode; the kernel says so apart from its table.
 */
int cpuid_for_vcpu(const struct kvm_cpuid2 *supported, const struct cpu_config *config, unsigned int index,
	bool tsc_deadline, struct kvm_cpuid2 **ret_cpuid, struct error *err);

#endif
