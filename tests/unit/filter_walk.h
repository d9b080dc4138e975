/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a system call filter allows, read out of its instructions (classic BPF, Documentation/networking/filter.rst;
 * seccomp(2)): for one call, all sets of arguments that pass. Exact for all 2^64 values of each, unlike trying.
 */
#ifndef FILTER_WALK_H
#define FILTER_WALK_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FILTER_TERM_MAX = 128,
	FILTER_WORDS = 12, /* halves of six arguments, low first */
};

/* A half of an argument, by its bits in mask, is (or is not) value. */
struct filter_term {
	unsigned int word;
	uint32_t mask, value;
	int is;
};

struct filter_path {
	uint32_t action; /* SECCOMP_RET_ALLOW, ... */
	size_t count;
	struct filter_term term[FILTER_TERM_MAX];
};

struct filter_program {
	const struct sock_filter *code;
	size_t count;
};

typedef void (*filter_path_fn)(void *opaque, const struct filter_path *path);

/* Every way through the filter that call of that architecture can take. -1: an instruction that is not known here. */
int filter_walk(
	const struct filter_program *program, uint32_t arch, uint32_t number, filter_path_fn found, void *opaque);

#endif
