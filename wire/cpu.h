/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processors that a guest is given: how they are arranged, which APIC id each has, and which features of the host's
 * are kept from it. `sluice` makes it of options (guest/cpu_options.h), sluice-vmm builds CPUID and the MADT with it.
 */
#ifndef WIRE_CPU_H
#define WIRE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/limits.h"

/* sockets * cores * threads processors, in this order: the threads of a core follow each other. */
struct cpu_shape {
	uint32_t sockets, cores, threads; /* cores of a socket, threads of a core */
};

enum cpu_register {
	CPU_EAX,
	CPU_EBX,
	CPU_ECX,
	CPU_EDX,
	CPU_REGISTER_COUNT
};

/* A feature as CPUID tells it. */
struct cpu_bit {
	uint32_t leaf, index;
	uint8_t reg, bit; /* enum cpu_register; 0 to 31 */
};

struct cpu_config {
	struct cpu_shape shape;
	uint32_t hidden_count;
	struct cpu_bit hidden[LIMIT_CPU_HIDDEN];
};

/* Processors in all; 0 when a number of it is 0, or there are too many, or an APIC id would not fit into 8 bits. */
uint32_t cpu_shape_count(const struct cpu_shape *shape);

/* The bits that a number below `count` takes: of an APIC id's fields for threads and cores. */
unsigned int cpu_id_bits(uint32_t count);

/* The APIC id of a processor, 0 to cpu_shape_count() - 1: fields for socket, core and thread, each of whole bits. */
uint32_t cpu_apic_id(const struct cpu_shape *shape, uint32_t index);

/* The shape is one, and every hidden bit is a bit. */
bool cpu_config_is_valid(const struct cpu_config *config);

/* By the name that /proc/cpuinfo has ("avx2"); false when there is none. */
bool cpu_feature_find(const char *name, struct cpu_bit *ret_bit);

#endif
