// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CPUID of a vCPU; see cpuid.h. Leaves as in Intel SDM 2A "CPUID" and AMD APM 3, appendix E. Each leaf that differs
 * from what KVM reports is one row of a table. Not shown to guests: nested virtualisation and the performance counters,
 * which would only widen what a hostile guest can reach; KVM's signature leaves (kvmclock, PV EOI) stay as they are.
 */
#include "vmm-core/cpuid.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum {
	TOPOLOGY_ENTRIES = 6, /* leaves 0xb and 0x1f, three levels each */
	CLFLUSH_LINE = 8,     /* in units of 8 bytes */
	CORE_IDS_MOST = 63,
	LEAF_TOPOLOGY = 0xb,
	LEAF_TOPOLOGY_V2 = 0x1f,
	LEVEL_THREAD = 1,
	LEVEL_CORE = 2,
};

struct cpu {
	uint32_t id; /* APIC id */
	const struct cpu_shape *shape;
	uint32_t count;                    /* processors of a socket */
	unsigned int thread_bits, id_bits; /* of an APIC id: its thread, and thread and core together */
	bool tsc_deadline;
};

static uint32_t set_bit(uint32_t value, unsigned int bit, bool on)
{
	return on ? value | 1u << bit : value & ~(1u << bit);
}

static void fit_features(struct kvm_cpuid_entry2 *e, const struct cpu *cpu)
{
	e->ebx = (e->ebx & 0xff) | CLFLUSH_LINE << 8 | (uint32_t)cpu->count << 16 | (uint32_t)cpu->id << 24;
	e->ecx = set_bit(e->ecx, 5, false);  /* VMX */
	e->ecx = set_bit(e->ecx, 15, false); /* PDCM: performance counters */
	e->ecx = set_bit(e->ecx, 24, cpu->tsc_deadline);
	e->ecx = set_bit(e->ecx, 31, true); /* a hypervisor is there */
	e->edx = set_bit(e->edx, 28, cpu->count > 1);
}

/* Intel leaf 4 and AMD leaf 0x8000001d share their layout: who shares a cache, and how many cores a package has. */
static void fit_cache(struct kvm_cpuid_entry2 *e, const struct cpu *cpu)
{
	unsigned int type = e->eax & 0x1f, level = e->eax >> 5 & 7;
	uint32_t ids = (1u << cpu->id_bits) - 1, threads = (1u << cpu->thread_bits) - 1;
	uint32_t cores = (1u << (cpu->id_bits - cpu->thread_bits)) - 1;

	if (!type)
		return;
	e->eax &= 0x3fff;
	e->eax |= (level >= 3 ? ids : threads) << 14;
	/* Six bits: of more cores leaf 0xb tells. */
	if (e->function == 4)
		e->eax |= (cores < CORE_IDS_MOST ? cores : CORE_IDS_MOST) << 26;
}

static void fit_amd_features(struct kvm_cpuid_entry2 *e, const struct cpu *cpu)
{
	e->ecx = set_bit(e->ecx, 1, cpu->count > 1); /* CmpLegacy: the threads of leaf 1 are cores */
	e->ecx = set_bit(e->ecx, 2, false);          /* SVM */
	e->ecx = set_bit(e->ecx, 23, false);         /* PerfCtrExtCore */
	e->ecx = set_bit(e->ecx, 24, false);         /* PerfCtrExtNB */
	e->ecx = set_bit(e->ecx, 28, false);         /* PerfCtrExtLLC */
}

static void fit_core_count(struct kvm_cpuid_entry2 *e, const struct cpu *cpu)
{
	e->ecx = (e->ecx & ~0xf0ffu) | (cpu->count - 1) | cpu->id_bits << 12;
}

static void fit_amd_topology(struct kvm_cpuid_entry2 *e, const struct cpu *cpu)
{
	e->eax = cpu->id;
	e->ebx = (cpu->id >> cpu->thread_bits & 0xff) | (cpu->shape->threads - 1) << 8;
	e->ecx = cpu->id >> cpu->id_bits;
}

static void fit_zero(struct kvm_cpuid_entry2 *e, const struct cpu *cpu)
{
	(void)cpu;
	e->eax = e->ebx = e->ecx = e->edx = 0;
}

static const struct {
	uint32_t leaf;
	void (*fit)(struct kvm_cpuid_entry2 *e, const struct cpu *cpu);
} fitted[] = {
	{ 0x00000001, fit_features }, { 0x00000004, fit_cache }, { 0x0000000a, fit_zero }, /* performance counters */
	{ 0x80000001, fit_amd_features }, { 0x80000008, fit_core_count }, { 0x8000000a, fit_zero }, /* SVM */
	{ 0x8000001d, fit_cache }, { 0x8000001e, fit_amd_topology },
	{ 0x80000022, fit_zero }, /* performance counters */
	{ 0x80000026, fit_zero }, /* AMD's extended topology: leaf 0xb says it */
};

/* The levels of leaves 0xb and 0x1f: threads, cores, and the one that ends the list. */
static void add_topology(struct kvm_cpuid2 *cpuid, uint32_t leaf, const struct cpu *cpu)
{
	const struct {
		uint32_t shift, count, type;
	} level[] = {
		{ cpu->thread_bits, cpu->shape->threads, LEVEL_THREAD },
		{ cpu->id_bits, cpu->count, LEVEL_CORE },
		{ 0, 0, 0 },
	};

	for (uint32_t i = 0; i < array_size(level); i++)
		cpuid->entries[cpuid->nent++] = (struct kvm_cpuid_entry2){
			.function = leaf,
			.index = i,
			.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
			.eax = level[i].shift,
			.ebx = level[i].count,
			.ecx = i | level[i].type << 8,
			.edx = cpu->id,
		};
}

static void fit(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
	for (size_t i = 0; i < array_size(fitted); i++)
		if (fitted[i].leaf == entry->function)
			fitted[i].fit(entry, cpu);
}

/* The features that the guest is not shown, in whatever was fitted. */
static void hide(struct kvm_cpuid2 *cpuid, const struct cpu_config *config)
{
	for (uint32_t i = 0; i < config->hidden_count; i++) {
		const struct cpu_bit *hidden = &config->hidden[i];

		for (uint32_t j = 0; j < cpuid->nent; j++) {
			struct kvm_cpuid_entry2 *entry = &cpuid->entries[j];
			uint32_t *const reg[CPU_REGISTER_COUNT] = { &entry->eax, &entry->ebx, &entry->ecx,
				&entry->edx };

			if (entry->function == hidden->leaf && entry->index == hidden->index)
				*reg[hidden->reg] = set_bit(*reg[hidden->reg], hidden->bit, false);
		}
	}
}

int cpuid_for_vcpu(const struct kvm_cpuid2 *supported, const struct cpu_config *config, unsigned int index,
	bool tsc_deadline, struct kvm_cpuid2 **ret_cpuid, struct error *err)
{
	const struct cpu_shape *shape = &config->shape;
	struct cpu cpu = {
		.id = cpu_apic_id(shape, index),
		.shape = shape,
		.count = shape->cores * shape->threads,
		.thread_bits = cpu_id_bits(shape->threads),
		.id_bits = cpu_id_bits(shape->threads) + cpu_id_bits(shape->cores),
		.tsc_deadline = tsc_deadline,
	};
	struct kvm_cpuid2 *cpuid;
	uint32_t highest = 0;

	cpuid = calloc(1, sizeof(*cpuid) + (supported->nent + TOPOLOGY_ENTRIES) * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return fail(err, ENOMEM, "describe vCPU %u", index);
	for (uint32_t i = 0; i < supported->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &supported->entries[i];

		if (entry->function == 0)
			highest = entry->eax;
		if (entry->function == LEAF_TOPOLOGY || entry->function == LEAF_TOPOLOGY_V2)
			continue;
		cpuid->entries[cpuid->nent] = *entry;
		fit(&cpuid->entries[cpuid->nent++], &cpu);
	}
	if (highest >= LEAF_TOPOLOGY)
		add_topology(cpuid, LEAF_TOPOLOGY, &cpu);
	if (highest >= LEAF_TOPOLOGY_V2)
		add_topology(cpuid, LEAF_TOPOLOGY_V2, &cpu);
	hide(cpuid, config);
	*ret_cpuid = cpuid;
	return 0;
}
