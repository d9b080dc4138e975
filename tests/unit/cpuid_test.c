// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/cpuid.c: topology, APIC ids, and what guests are not shown. */
#include "vmm-core/cpuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static const struct cpu_config two = { .shape = { 1, 2, 1 } };

/* A CPU with everything: what is not shown must have been taken away. */
static struct kvm_cpuid2 *everything(void)
{
	static const uint32_t leaves[][2] = { { 0, 0 }, { 1, 0 }, { 4, 0 }, { 4, 1 }, { 4, 3 }, { 7, 0 }, { 0xa, 0 },
		{ 0xb, 0 }, { 0xb, 1 }, { 0x1f, 0 }, { 0x40000001, 0 }, { 0x80000001, 0 }, { 0x80000008, 0 },
		{ 0x8000000a, 0 }, { 0x8000001d, 3 }, { 0x8000001e, 0 }, { 0x80000022, 0 } };
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + array_size(leaves) * sizeof(cpuid->entries[0]));

	for (size_t i = 0; i < array_size(leaves); i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[cpuid->nent++];

		memset(entry, 0xff, sizeof(*entry));
		entry->function = leaves[i][0];
		entry->index = leaves[i][1];
		if (entry->function == 0)
			entry->eax = 0x1f;
		if (entry->function == 4 || entry->function == 0x8000001d)
			entry->eax = 0xffffc000 | (entry->index + 1) / 4 * 2 << 5 | 1 << 5 | 1;
	}
	return cpuid;
}

static const struct kvm_cpuid_entry2 *leaf(const struct kvm_cpuid2 *cpuid, uint32_t function, uint32_t index)
{
	const struct kvm_cpuid_entry2 *found = NULL;

	for (uint32_t i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function != function || entry->index != index)
			continue;
		assert_null(found);
		found = entry;
	}
	assert_non_null(found);
	return found;
}

static void topology(void **state)
{
	static const struct {
		unsigned int cpus, id_bits;
	} cases[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 64, 6 } };

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup_free struct kvm_cpuid2 *supported = everything();

		for (unsigned int id = 0; id < cases[i].cpus; id++) {
			cleanup_free struct kvm_cpuid2 *cpuid = NULL;
			uint32_t last = (1u << cases[i].id_bits) - 1;

			assert_int_equal(
				cpuid_for_vcpu(supported, &(struct cpu_config){ .shape = { 1, cases[i].cpus, 1 } }, id,
					false, &cpuid, NULL),
				0);
			assert_int_equal(leaf(cpuid, 1, 0)->ebx >> 24, id);
			assert_int_equal(leaf(cpuid, 1, 0)->ebx >> 16 & 0xff, cases[i].cpus);
			assert_int_equal(leaf(cpuid, 1, 0)->edx >> 28 & 1, cases[i].cpus > 1);
			assert_int_equal(leaf(cpuid, 4, 0)->eax >> 26, last);
			assert_int_equal(leaf(cpuid, 4, 0)->eax >> 14 & 0xfff, 0);
			assert_int_equal(leaf(cpuid, 4, 3)->eax >> 14 & 0xfff, last);
			assert_int_equal(leaf(cpuid, 0xb, 0)->eax, 0);
			assert_int_equal(leaf(cpuid, 0xb, 0)->ecx, 0x100);
			assert_int_equal(leaf(cpuid, 0xb, 1)->eax, cases[i].id_bits);
			assert_int_equal(leaf(cpuid, 0xb, 1)->ebx, cases[i].cpus);
			assert_int_equal(leaf(cpuid, 0xb, 1)->ecx, 0x201);
			assert_int_equal(leaf(cpuid, 0xb, 2)->ecx, 2);
			assert_int_equal(leaf(cpuid, 0x1f, 1)->edx, id);
			assert_int_equal(leaf(cpuid, 0x80000008, 0)->ecx & 0xff, cases[i].cpus - 1);
			assert_int_equal(leaf(cpuid, 0x80000008, 0)->ecx >> 12 & 0xf, cases[i].id_bits);
			assert_int_equal(leaf(cpuid, 0x8000001e, 0)->eax, id);
			assert_int_equal(leaf(cpuid, 0x8000001e, 0)->ebx, id);
		}
	}
}

static void hidden_and_kept(void **state)
{
	cleanup_free struct kvm_cpuid2 *supported = everything();
	cleanup_free struct kvm_cpuid2 *cpuid = NULL, *deadline = NULL;

	(void)state;
	assert_int_equal(cpuid_for_vcpu(supported, &two, 0, false, &cpuid, NULL), 0);
	assert_int_equal(cpuid_for_vcpu(supported, &two, 0, true, &deadline, NULL), 0);
	assert_int_equal(leaf(cpuid, 1, 0)->ecx, ~(1u << 5 | 1u << 15 | 1u << 24));
	assert_int_equal(leaf(deadline, 1, 0)->ecx, ~(1u << 5 | 1u << 15));
	assert_int_equal(leaf(cpuid, 0x80000001, 0)->ecx & 1u << 2, 0);
	assert_int_equal(leaf(cpuid, 0xa, 0)->eax, 0);
	assert_int_equal(leaf(cpuid, 0x8000000a, 0)->edx, 0);
	assert_int_equal(leaf(cpuid, 0x80000022, 0)->eax, 0);
	assert_int_equal(leaf(cpuid, 0x40000001, 0)->eax, UINT32_MAX);
	assert_int_equal(leaf(cpuid, 7, 0)->ebx, UINT32_MAX);
}

static void old_cpu_has_no_new_leaves(void **state)
{
	cleanup_free struct kvm_cpuid2 *supported = everything();
	cleanup_free struct kvm_cpuid2 *cpuid = NULL;

	(void)state;
	supported->entries[0].eax = 7;
	assert_int_equal(cpuid_for_vcpu(supported, &two, 0, false, &cpuid, NULL), 0);
	for (uint32_t i = 0; i < cpuid->nent; i++)
		assert_true(cpuid->entries[i].function != 0xb && cpuid->entries[i].function != 0x1f);
}

/* Two sockets of three cores with two threads: the core's field takes two bits, the thread's one. */
static void threads_and_sockets(void **state)
{
	const struct cpu_config config = { .shape = { 2, 3, 2 } };
	cleanup_free struct kvm_cpuid2 *supported = everything();
	cleanup_free struct kvm_cpuid2 *cpuid = NULL;

	(void)state;
	assert_int_equal(cpuid_for_vcpu(supported, &config, 11, false, &cpuid, NULL), 0);
	assert_int_equal(leaf(cpuid, 1, 0)->ebx >> 24, 13);
	assert_int_equal(leaf(cpuid, 1, 0)->ebx >> 16 & 0xff, 6);
	assert_int_equal(leaf(cpuid, 4, 0)->eax >> 26, 3);
	assert_int_equal(leaf(cpuid, 4, 0)->eax >> 14 & 0xfff, 1);
	assert_int_equal(leaf(cpuid, 4, 3)->eax >> 14 & 0xfff, 7);
	assert_int_equal(leaf(cpuid, 0xb, 0)->eax, 1);
	assert_int_equal(leaf(cpuid, 0xb, 0)->ebx, 2);
	assert_int_equal(leaf(cpuid, 0xb, 1)->eax, 3);
	assert_int_equal(leaf(cpuid, 0xb, 1)->ebx, 6);
	assert_int_equal(leaf(cpuid, 0xb, 1)->edx, 13);
	assert_int_equal(leaf(cpuid, 0x80000008, 0)->ecx & 0xff, 5);
	assert_int_equal(leaf(cpuid, 0x80000008, 0)->ecx >> 12 & 0xf, 3);
	assert_int_equal(leaf(cpuid, 0x8000001e, 0)->ebx, 6 | 1 << 8);
	assert_int_equal(leaf(cpuid, 0x8000001e, 0)->ecx, 1);
}

static void most_processors(void **state)
{
	const struct cpu_config config = { .shape = { 1, LIMIT_VCPUS, 1 } };
	cleanup_free struct kvm_cpuid2 *supported = everything();
	cleanup_free struct kvm_cpuid2 *cpuid = NULL;

	(void)state;
	assert_int_equal(cpuid_for_vcpu(supported, &config, LIMIT_VCPUS - 1, false, &cpuid, NULL), 0);
	assert_int_equal(leaf(cpuid, 0xb, 1)->edx, LIMIT_VCPUS - 1);
	assert_int_equal(leaf(cpuid, 4, 0)->eax >> 26, 63);
	assert_int_equal(leaf(cpuid, 4, 3)->eax >> 14 & 0xfff, 255);
	assert_int_equal(leaf(cpuid, 4, 0)->eax & 0x1f, 1);
}

static void hidden_features(void **state)
{
	struct cpu_config config = { .shape = { 1, 2, 1 }, .hidden_count = 2 };
	cleanup_free struct kvm_cpuid2 *supported = everything();
	cleanup_free struct kvm_cpuid2 *cpuid = NULL;

	(void)state;
	assert_true(cpu_feature_find("avx2", &config.hidden[0]));
	assert_true(cpu_feature_find("tsc_deadline_timer", &config.hidden[1]));
	assert_int_equal(cpuid_for_vcpu(supported, &config, 0, true, &cpuid, NULL), 0);
	assert_int_equal(leaf(cpuid, 7, 0)->ebx, ~(1u << 5));
	assert_int_equal(leaf(cpuid, 1, 0)->ecx & 1u << 24, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topology),
		cmocka_unit_test(threads_and_sockets),
		cmocka_unit_test(most_processors),
		cmocka_unit_test(hidden_features),
		cmocka_unit_test(hidden_and_kept),
		cmocka_unit_test(old_cpu_has_no_new_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
