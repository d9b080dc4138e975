// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a virtual address of the guest leads, for the control socket: a vCPU's registers (KVM_GET_SREGS2, else
 * KVM_GET_SREGS) and a walk through the tables in guest memory (page_walk.h). All vCPUs stand still meanwhile, so that
 * registers and tables belong together; a device of the guest may still write there.
 *
 * KVM_TRANSLATE is not used: it tells neither the page's size nor on which entry a walk ends.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "vmm-core/kvm.h"
#include "vmm-core/page_walk.h"
#include "vmm-core/vcpu.h"
#include "vmm-core/vm.h"

enum {
	ADDRESS_BITS_DEFAULT = 36, /* of a processor without leaf 0x80000008 */
	PAGES_1G_BIT = 26,
};

#define CPUID_FEATURES 0x80000001u
#define CPUID_ADDRESS_SIZES 0x80000008u

static const struct kvm_cpuid_entry2 *find_leaf(const struct kvm_host *kvm, uint32_t leaf)
{
	for (uint32_t i = 0; i < kvm->cpuid->nent; i++)
		if (kvm->cpuid->entries[i].function == leaf)
			return &kvm->cpuid->entries[i];
	return NULL;
}

static bool pages_1g_hidden(const struct cpu_config *config)
{
	for (uint32_t i = 0; i < config->hidden_count; i++)
		if (config->hidden[i].leaf == CPUID_FEATURES && config->hidden[i].reg == CPU_EDX &&
			config->hidden[i].bit == PAGES_1G_BIT)
			return true;
	return false;
}

/* What the guest's processor can address, as its CPUID says. */
static void add_abilities(const struct vm *vm, struct paging *paging)
{
	const struct kvm_cpuid_entry2 *sizes = find_leaf(vm->kvm, CPUID_ADDRESS_SIZES);
	const struct kvm_cpuid_entry2 *features = find_leaf(vm->kvm, CPUID_FEATURES);

	paging->address_bits = sizes ? sizes->eax & 0xff : ADDRESS_BITS_DEFAULT;
	paging->pages_1g = features && features->edx >> PAGES_1G_BIT & 1 && !pages_1g_hidden(&vm->config->cpu);
}

static int read_paging(const struct vcpu *vcpu, struct paging *ret_paging, struct error *err)
{
	struct kvm_sregs2 new;
	struct kvm_sregs old;

	if (ioctl(vcpu->fd, KVM_GET_SREGS2, &new) == 0) {
		*ret_paging = (struct paging){ .cr0 = new.cr0, .cr3 = new.cr3, .cr4 = new.cr4, .efer = new.efer };
		ret_paging->has_pdptes = new.flags &KVM_SREGS2_FLAGS_PDPTRS_VALID;
		for (size_t i = 0; i < array_size(ret_paging->pdpte); i++)
			ret_paging->pdpte[i] = new.pdptrs[i];
	} else if (ioctl(vcpu->fd, KVM_GET_SREGS, &old) == 0) {
		*ret_paging = (struct paging){ .cr0 = old.cr0, .cr3 = old.cr3, .cr4 = old.cr4, .efer = old.efer };
	} else {
		return fail(err, errno, "read the registers of vCPU %u", vcpu->id);
	}
	add_abilities(vcpu->vm, ret_paging);
	return 0;
}

static bool read_ram(void *opaque, uint64_t address, void *buf, size_t size)
{
	const struct vm *vm = opaque;
	const void *ram = guest_ptr(&vm->ram, gpa(address), size);

	if (ram)
		memcpy(buf, ram, size);
	return ram != NULL;
}

int vm_translate(struct vm *vm, unsigned int vcpu, uint64_t address, struct page_walk *ret_walk, struct error *err)
{
	bool was_paused = vm->pausing;
	struct paging paging;
	int ret;

	if (vcpu >= vm->config->cpus) {
		fail_code(err, CODE_USAGE, EINVAL, "guest %s has no vCPU %u", vm->config->name, vcpu);
		return fail_hint(err, "its vCPUs are 0 to %u", vm->config->cpus - 1);
	}
	if (!vm->vcpus || !vm->first_run_ns)
		return fail_code(err, CODE_FAILED, EAGAIN, "guest %s has not begun to run", vm->config->name);
	if (!was_paused)
		vm_pause(vm);
	ret = read_paging(&vm->vcpus[vcpu], &paging, err);
	if (ret == 0)
		page_walk(&paging, address, read_ram, vm, ret_walk);
	if (!was_paused)
		vm_resume(vm);
	return ret;
}
