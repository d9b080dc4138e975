// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A walk through a system call filter; see filter_walk.h. Number and architecture are known, arguments are not: each
 * comparison with one is followed both ways, unless what was found out on the way leaves one alone.
 */
#include "tests/unit/filter_walk.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

struct walk {
	const struct filter_program *program;
	uint32_t arch, number;
	filter_path_fn found;
	void *opaque;
};

/* The accumulator: a number, or bits of half an argument. */
struct value {
	bool known;
	uint32_t number; /* known */
	unsigned int word;
	uint32_t mask;
};

static bool load(const struct walk *walk, uint32_t offset, struct value *ret_value)
{
	const uint32_t first = offsetof(struct seccomp_data, args);

	*ret_value = (struct value){ .known = true };
	if (offset == offsetof(struct seccomp_data, nr))
		ret_value->number = walk->number;
	else if (offset == offsetof(struct seccomp_data, arch))
		ret_value->number = walk->arch;
	else if (offset < first || offset >= sizeof(struct seccomp_data) || offset % 4)
		return false;
	else
		*ret_value = (struct value){ .word = (offset - first) / 4, .mask = UINT32_MAX };
	return true;
}

/* May it be so, after all that was found out? */
static bool is_possible(const struct filter_path *path, const struct filter_term *next)
{
	/* No bits at all are always 0. */
	if (!next->mask)
		return next->is == !next->value;
	for (size_t i = 0; i < path->count; i++) {
		const struct filter_term *term = &path->term[i];
		uint32_t both = term->mask & next->mask;

		if (term->word != next->word)
			continue;
		if (term->is && next->is && (term->value & both) != (next->value & both))
			return false;
		if (term->is && !next->is && both == next->mask && (term->value & both) == next->value)
			return false;
		if (!term->is && next->is && both == term->mask && (next->value & both) == term->value)
			return false;
	}
	return true;
}

static int step(const struct walk *walk, size_t at, struct value value, const struct filter_path *path);

static int branch(const struct walk *walk, size_t at, struct value value, const struct filter_path *path, bool is)
{
	const struct sock_filter *code = &walk->program->code[at];
	const struct filter_term term = { value.word, value.mask, code->k, is };
	struct filter_path longer = *path;

	if (!is_possible(path, &term))
		return 0;
	if (longer.count == FILTER_TERM_MAX)
		return -1;
	longer.term[longer.count++] = term;
	return step(walk, at + 1 + (is ? code->jt : code->jf), value, &longer);
}

static int compare(const struct walk *walk, size_t at, struct value value, const struct filter_path *path)
{
	const struct sock_filter *code = &walk->program->code[at];
	bool yes;
	int ret;

	if (!value.known) {
		if (BPF_OP(code->code) != BPF_JEQ)
			return -1;
		ret = branch(walk, at, value, path, true);
		return ret < 0 ? ret : branch(walk, at, value, path, false);
	}
	switch (BPF_OP(code->code)) {
	case BPF_JEQ:
		yes = value.number == code->k;
		break;
	case BPF_JGT:
		yes = value.number > code->k;
		break;
	case BPF_JGE:
		yes = value.number >= code->k;
		break;
	default:
		return -1;
	}
	return step(walk, at + 1 + (yes ? code->jt : code->jf), value, path);
}

static int step(const struct walk *walk, size_t at, struct value value, const struct filter_path *path)
{
	const struct sock_filter *code = &walk->program->code[at];
	struct filter_path ended = *path;

	if (at >= walk->program->count)
		return -1;
	switch (code->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return load(walk, code->k, &value) ? step(walk, at + 1, value, path) : -1;
	case BPF_ALU | BPF_AND | BPF_K:
		value.number &= code->k;
		value.mask &= code->k;
		return step(walk, at + 1, value, path);
	case BPF_JMP | BPF_JA:
		return step(walk, at + 1 + code->k, value, path);
	case BPF_RET | BPF_K:
		ended.action = code->k;
		walk->found(walk->opaque, &ended);
		return 0;
	default:
		return BPF_CLASS(code->code) == BPF_JMP && BPF_SRC(code->code) == BPF_K ? compare(walk, at, value, path)
											: -1;
	}
}

int filter_walk(
	const struct filter_program *program, uint32_t arch, uint32_t number, filter_path_fn found, void *opaque)
{
	const struct walk walk = { program, arch, number, found, opaque };
	const struct filter_path path = { .count = 0 };

	return step(&walk, 0, (struct value){ .known = true }, &path);
}
