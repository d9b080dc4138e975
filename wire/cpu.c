// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arrangement and features of a guest's processors; see cpu.h. APIC ids as Intel SDM 3A, 9.9.1 composes them. The
 * features are those of leaves 1, 7 and 0x80000001 (Intel SDM 2A "CPUID"; AMD APM 3, appendix E), by Linux's names.
 */
#include "wire/cpu.h"

#include <string.h>

enum {
	APIC_ID_ALL = 0xff, /* means every processor: nobody's id */
};

static const struct feature {
	const char *name;
	uint32_t leaf;
	uint8_t reg, bit;
} features[] = {
	{ "sse3", 1, CPU_ECX, 0 },
	{ "pclmulqdq", 1, CPU_ECX, 1 },
	{ "ssse3", 1, CPU_ECX, 9 },
	{ "fma", 1, CPU_ECX, 12 },
	{ "cx16", 1, CPU_ECX, 13 },
	{ "pcid", 1, CPU_ECX, 17 },
	{ "sse4_1", 1, CPU_ECX, 19 },
	{ "sse4_2", 1, CPU_ECX, 20 },
	{ "x2apic", 1, CPU_ECX, 21 },
	{ "movbe", 1, CPU_ECX, 22 },
	{ "popcnt", 1, CPU_ECX, 23 },
	{ "tsc_deadline_timer", 1, CPU_ECX, 24 },
	{ "aes", 1, CPU_ECX, 25 },
	{ "xsave", 1, CPU_ECX, 26 },
	{ "avx", 1, CPU_ECX, 28 },
	{ "f16c", 1, CPU_ECX, 29 },
	{ "rdrand", 1, CPU_ECX, 30 },
	{ "mtrr", 1, CPU_EDX, 12 },
	{ "pge", 1, CPU_EDX, 13 },
	{ "pat", 1, CPU_EDX, 16 },
	{ "clflush", 1, CPU_EDX, 19 },
	{ "fsgsbase", 7, CPU_EBX, 0 },
	{ "bmi1", 7, CPU_EBX, 3 },
	{ "hle", 7, CPU_EBX, 4 },
	{ "avx2", 7, CPU_EBX, 5 },
	{ "smep", 7, CPU_EBX, 7 },
	{ "bmi2", 7, CPU_EBX, 8 },
	{ "erms", 7, CPU_EBX, 9 },
	{ "invpcid", 7, CPU_EBX, 10 },
	{ "rtm", 7, CPU_EBX, 11 },
	{ "mpx", 7, CPU_EBX, 14 },
	{ "avx512f", 7, CPU_EBX, 16 },
	{ "avx512dq", 7, CPU_EBX, 17 },
	{ "rdseed", 7, CPU_EBX, 18 },
	{ "adx", 7, CPU_EBX, 19 },
	{ "smap", 7, CPU_EBX, 20 },
	{ "avx512ifma", 7, CPU_EBX, 21 },
	{ "clflushopt", 7, CPU_EBX, 23 },
	{ "clwb", 7, CPU_EBX, 24 },
	{ "avx512cd", 7, CPU_EBX, 28 },
	{ "sha_ni", 7, CPU_EBX, 29 },
	{ "avx512bw", 7, CPU_EBX, 30 },
	{ "avx512vl", 7, CPU_EBX, 31 },
	{ "avx512vbmi", 7, CPU_ECX, 1 },
	{ "umip", 7, CPU_ECX, 2 },
	{ "pku", 7, CPU_ECX, 3 },
	{ "waitpkg", 7, CPU_ECX, 5 },
	{ "avx512_vbmi2", 7, CPU_ECX, 6 },
	{ "gfni", 7, CPU_ECX, 8 },
	{ "vaes", 7, CPU_ECX, 9 },
	{ "vpclmulqdq", 7, CPU_ECX, 10 },
	{ "avx512_vnni", 7, CPU_ECX, 11 },
	{ "avx512_bitalg", 7, CPU_ECX, 12 },
	{ "avx512_vpopcntdq", 7, CPU_ECX, 14 },
	{ "la57", 7, CPU_ECX, 16 },
	{ "rdpid", 7, CPU_ECX, 22 },
	{ "fsrm", 7, CPU_EDX, 4 },
	{ "serialize", 7, CPU_EDX, 14 },
	{ "amx_bf16", 7, CPU_EDX, 22 },
	{ "avx512_fp16", 7, CPU_EDX, 23 },
	{ "amx_tile", 7, CPU_EDX, 24 },
	{ "amx_int8", 7, CPU_EDX, 25 },
	{ "lahf_lm", 0x80000001, CPU_ECX, 0 },
	{ "abm", 0x80000001, CPU_ECX, 5 },
	{ "sse4a", 0x80000001, CPU_ECX, 6 },
	{ "xop", 0x80000001, CPU_ECX, 11 },
	{ "fma4", 0x80000001, CPU_ECX, 16 },
	{ "tbm", 0x80000001, CPU_ECX, 21 },
	{ "topoext", 0x80000001, CPU_ECX, 22 },
	{ "nx", 0x80000001, CPU_EDX, 20 },
	{ "pdpe1gb", 0x80000001, CPU_EDX, 26 },
	{ "rdtscp", 0x80000001, CPU_EDX, 27 },
};

unsigned int cpu_id_bits(uint32_t count)
{
	unsigned int bits = 0;

	while (bits < 32 && 1ull << bits < count)
		bits++;
	return bits;
}

uint32_t cpu_apic_id(const struct cpu_shape *shape, uint32_t index)
{
	uint32_t thread = index % shape->threads, core = index / shape->threads % shape->cores;
	uint32_t socket = index / shape->threads / shape->cores;
	unsigned int thread_bits = cpu_id_bits(shape->threads), core_bits = cpu_id_bits(shape->cores);

	return socket << (core_bits + thread_bits) | core << thread_bits | thread;
}

uint32_t cpu_shape_count(const struct cpu_shape *shape)
{
	const uint32_t each[] = { shape->sockets, shape->cores, shape->threads };
	uint32_t count = 1;

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		if (!each[i] || each[i] > LIMIT_VCPUS / count)
			return 0;
		count *= each[i];
	}
	return cpu_apic_id(shape, count - 1) < APIC_ID_ALL ? count : 0;
}

bool cpu_config_is_valid(const struct cpu_config *config)
{
	if (!cpu_shape_count(&config->shape) || config->hidden_count > LIMIT_CPU_HIDDEN)
		return false;
	for (uint32_t i = 0; i < config->hidden_count; i++)
		if (config->hidden[i].reg >= CPU_REGISTER_COUNT || config->hidden[i].bit > 31)
			return false;
	return true;
}

bool cpu_feature_find(const char *name, struct cpu_bit *ret_bit)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (strcmp(features[i].name, name) != 0)
			continue;
		*ret_bit = (struct cpu_bit){ .leaf = features[i].leaf, .reg = features[i].reg, .bit = features[i].bit };
		return true;
	}
	return false;
}
