/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of a VF's settings: name, place in struct vf_settings, what it allows, and by whom it travels to the kernel.
 * One table, which parsing, comparing, undoing and texts are made of. Used by sriov/, and by plan/, whose
 * file has the same keys.
 */
#ifndef SRIOV_VF_KEY_H
#define SRIOV_VF_KEY_H

#include "sriov/sriov.h"

enum vf_key_kind {
	VF_KEY_NUMBER, /* int64_t, up to max */
	VF_KEY_WORD,   /* int, one of words */
	VF_KEY_MAC,    /* this and those below have a flag for being set */
	VF_KEY_GUID,
	VF_KEY_LIST, /* struct vf_numbers, each 1 up to max */
};

/* Words of a setting, and what they mean. */
struct vf_word {
	const char *text;
	int value;
};

struct vf_key {
	const char *name;
	enum vf_by by;
	enum vf_key_kind kind;
	size_t value, has; /* offsets in struct vf_settings; has: of the flag, where the kind has one */
	uint64_t max, min;
	const struct vf_word *words;
	const char *range;
};

/* In the order of the table: start with NULL; NULL ends. */
const struct vf_key *vf_key_next(const struct vf_key *key);

bool vf_key_is_set(const struct vf_key *key, const struct vf_settings *settings);
void vf_key_copy(const struct vf_key *key, struct vf_settings *to, const struct vf_settings *from);
bool vf_key_is_same(const struct vf_key *key, const struct vf_settings *a, const struct vf_settings *b);

/* What of wanted is not so already, as far as now tells. Returns how many. */
size_t vf_settings_differences(
	const struct vf_settings *wanted, const struct vf_settings *now, struct vf_settings *ret_diff);

/* KEY=VALUE as vf_settings_parse() takes it, "" for one that is not set. Returns buf. */
const char *vf_key_text(const struct vf_key *key, const struct vf_settings *settings, char *buf, size_t size);

#endif
