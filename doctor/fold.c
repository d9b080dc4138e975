// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings that are alike, found by a hash of what they say without addresses and numbers; see fold.h. */
#include "doctor/fold.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	KEY_SIZE = 1024,
	SUBJECTS_LISTED = 3, /* more are a range */
	LOOP_MAX = 128,      /* devices in a command; more do not fit a line that people paste */
};

void folds_done(struct folds *folds)
{
	if (!folds)
		return;
	free(folds->item);
	free(folds->member);
	free(folds->effect);
	free(folds->thing);
	*folds = (struct folds){ 0 };
}

/* Characters of an address, and numbers of any base that have a digit: "0000:01:10.0", "0x1f", "eth12"'s 12. */
static size_t number_length(const char *text)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF:.x");

	return length && isdigit((unsigned char)text[0]) ? length : 0;
}

/* Text with every number as '#', behind what key has already. */
static void add_plain(const char *text, char *key, size_t size)
{
	size_t used = strlen(key);

	while (*text && used + 2 < size) {
		size_t number = number_length(text);

		key[used++] = number ? '#' : *text;
		text += number ? number : 1;
	}
	key[used] = '\0';
}

/* What several devices of one IOMMU group say of it is one thing, whichever of them says it. */
static bool is_of_group(const struct finding *finding)
{
	static const enum code codes[] = { CODE_GROUP_SHARED, CODE_GROUP_NOT_VIABLE, CODE_BRIDGE_IN_GROUP,
		CODE_GROUP_CHANGED };

	for (size_t i = 0; i < array_size(codes); i++)
		if (finding->code == codes[i])
			return finding->group >= 0 && finding->state != CHECK_OK;
	return false;
}

/* Equal keys: alike. Without a device, a warning or failure is alike to none. */
static void make_key(const struct finding *finding, size_t index, char key[static KEY_SIZE])
{
	int code = finding->state == CHECK_UNMEASURED ? -1 : (int)finding->code;

	if (is_of_group(finding)) {
		snprintf(key, KEY_SIZE, "%d %d group %d", code, finding->state, finding->group);
		return;
	}
	snprintf(key, KEY_SIZE, "%d %d %d ", code, finding->state, (int)finding->section);
	if (!finding->has_device && finding->state != CHECK_UNMEASURED)
		snprintf(key + strlen(key), KEY_SIZE - strlen(key), "host %zu ", index);
	add_plain(finding->summary, key, KEY_SIZE);
	add_plain(finding->fix, key, KEY_SIZE);
}

static uint64_t hash_of(const char *key)
{
	uint64_t hash = 14695981039346656037ull; /* FNV-1a */

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211ull;
	return hash;
}

struct folding {
	struct folds folds;
	size_t *fold_of; /* of each finding; SIZE_MAX: of none */
	uint64_t *hash;  /* of each fold */
	size_t *slot;    /* 1 + fold, by hash */
	size_t slots;
};

static void folding_done(struct folding *folding)
{
	folds_done(&folding->folds);
	free(folding->fold_of);
	free(folding->hash);
	free(folding->slot);
}

/* The fold with that key, made when there is none yet. */
static size_t find_fold(struct folding *folding, const struct finding *finding, size_t index)
{
	struct folds *folds = &folding->folds;
	char key[KEY_SIZE];
	uint64_t hash;
	size_t at;

	make_key(finding, index, key);
	hash = hash_of(key);
	for (at = hash & (folding->slots - 1); folding->slot[at]; at = (at + 1) & (folding->slots - 1))
		if (folding->hash[folding->slot[at] - 1] == hash)
			return folding->slot[at] - 1;
	folding->hash[folds->count] = hash;
	folds->item[folds->count] = (struct fold){ .first = finding, .same_summary = true, .same_fix = true };
	folding->slot[at] = ++folds->count;
	return folds->count - 1;
}

/* Members and effects of a fold are next to each other, in the order of the findings: counted first, then put there. */
static void put_members(struct folding *folding)
{
	struct folds *folds = &folding->folds;
	size_t members = 0, effects = 0;

	for (size_t i = 0; i < folds->count; i++) {
		folds->item[i].member = folds->member + members;
		folds->item[i].effect = folds->effect + effects;
		members += folds->item[i].count;
		effects += folds->item[i].effect_count;
		folds->item[i].count = folds->item[i].effect_count = 0;
	}
	for (size_t i = 0; i < folds->findings->count; i++) {
		const struct finding *finding = &folds->findings->item[i];
		bool is_effect = finding->cause != CODE_NONE;
		struct fold *fold = &folds->item[folding->fold_of[is_effect ? finding->cause_index : i]];
		size_t *list = is_effect ? folds->effect + (fold->effect - folds->effect)
					 : folds->member + (fold->member - folds->member);

		list[is_effect ? fold->effect_count++ : fold->count++] = i;
	}
}

static void count_members(struct folding *folding)
{
	const struct findings *findings = folding->folds.findings;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->item[i];
		struct fold *fold;

		if (finding->cause != CODE_NONE)
			continue;
		folding->fold_of[i] = find_fold(folding, finding, i);
		fold = &folding->folds.item[folding->fold_of[i]];
		fold->count++;
		fold->same_summary &= !strcmp(finding->summary, fold->first->summary);
		fold->same_fix &= !strcmp(finding->fix, fold->first->fix);
	}
	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].cause != CODE_NONE)
			folding->folds.item[folding->fold_of[findings->item[i].cause_index]].effect_count++;
}

static int compare_fixes(const void *a, const void *b)
{
	const struct fold *one = *(const struct fold *const *)a, *other = *(const struct fold *const *)b;
	int order = strcmp(one->first->fix, other->first->fix);

	if (!order)
		order = (one->first->state == CHECK_WARN) - (other->first->state == CHECK_WARN);
	return order ? order : (one > other) - (one < other);
}

/* Failures first, then by the report's order. */
static int compare_things(const void *a, const void *b)
{
	const struct fold *one = *(const struct fold *const *)a, *other = *(const struct fold *const *)b;
	int order = (one->first->state == CHECK_WARN) - (other->first->state == CHECK_WARN);

	return order ? order : (one > other) - (one < other);
}

/* Sorted by remedy, the first of each stays. */
static void find_things(struct folds *folds)
{
	size_t count = 0;

	for (const struct fold *at = folds->item; at < folds->item + folds->count; at++)
		if ((at->first->state == CHECK_FAIL || at->first->state == CHECK_WARN) && at->first->fix[0])
			folds->thing[count++] = at;
	qsort(folds->thing, count, sizeof(*folds->thing), compare_fixes);
	for (size_t i = 0; i < count; i++)
		if (!folds->thing_count ||
			strcmp(folds->thing[folds->thing_count - 1]->first->fix, folds->thing[i]->first->fix) != 0)
			folds->thing[folds->thing_count++] = folds->thing[i];
	qsort(folds->thing, folds->thing_count, sizeof(*folds->thing), compare_things);
}

int folds_make(const struct findings *findings, struct folds *ret_folds, struct error *err)
{
	cleanup(folding_done) struct folding folding = { .folds.findings = findings, .slots = 64 };
	size_t count = findings->count + 1;

	while (folding.slots < 2 * count)
		folding.slots *= 2;
	folding.folds.item = calloc(count, sizeof(*folding.folds.item));
	folding.folds.member = calloc(count, sizeof(*folding.folds.member));
	folding.folds.effect = calloc(count, sizeof(*folding.folds.effect));
	folding.folds.thing = calloc(count, sizeof(*folding.folds.thing));
	folding.fold_of = calloc(count, sizeof(*folding.fold_of));
	folding.hash = calloc(count, sizeof(*folding.hash));
	folding.slot = calloc(folding.slots, sizeof(*folding.slot));
	if (!folding.folds.item || !folding.folds.member || !folding.folds.effect || !folding.folds.thing ||
		!folding.fold_of || !folding.hash || !folding.slot)
		return fail(err, ENOMEM, "put what was found together");
	count_members(&folding);
	put_members(&folding);
	find_things(&folding.folds);
	*ret_folds = folding.folds;
	folding.folds = (struct folds){ 0 };
	return 0;
}

/* Each subject once: two findings about one device may be alike. */
static const struct finding *next_subject(const struct folds *folds, const struct fold *fold, size_t *at)
{
	while (*at < fold->count) {
		const struct finding *finding = &folds->findings->item[fold->member[*at]];
		bool again = *at && !strcmp(finding->subject, folds->findings->item[fold->member[*at - 1]].subject);

		(*at)++;
		if (!again)
			return finding;
	}
	return NULL;
}

const char *fold_subjects(const struct folds *folds, const struct fold *fold, char *buf, size_t size)
{
	const struct finding *finding, *last = fold->first;
	size_t count = 0, used = 0;

	for (size_t at = 0; (finding = next_subject(folds, fold, &at));) {
		count++;
		last = finding;
	}
	if (count > SUBJECTS_LISTED) {
		snprintf(buf, size, "%s to %s (%zu)", fold->first->subject, last->subject, count);
		return buf;
	}
	buf[0] = '\0';
	for (size_t at = 0; used < size && (finding = next_subject(folds, fold, &at));)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", finding->subject);
	return buf;
}

const char *fold_titles(const struct folds *folds, const size_t *member, size_t count, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *title = folds->findings->item[member[i]].title;

		if (strstr(buf, title))
			continue;
		if (used + strlen(title) + sizeof(", ...") >= size) {
			snprintf(buf + used, size - used, ", ...");
			break;
		}
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", title);
	}
	return buf;
}

/* The text with the device's own address as "$d"; what is cut off by size is no harm. */
static const char *without_subject(const struct finding *finding, const char *text, char *buf, size_t size)
{
	size_t length = strlen(finding->subject), used = 0;

	while (*text && used + 3 < size) {
		if (finding->has_device && !strncmp(text, finding->subject, length)) {
			buf[used++] = '$';
			buf[used++] = 'd';
			text += length;
		} else {
			buf[used++] = *text++;
		}
	}
	buf[used] = '\0';
	return buf;
}

/* Begins like a command line, and has no words of ours in between. */
static bool is_command(const char *fix)
{
	static const char *const programs[] = { "sluice ", "echo ", "ip ", "modprobe ", "systemctl ", "nmcli ",
		"driverctl ", "ethtool ", "mstconfig ", "setpci " };

	for (size_t i = 0; i < array_size(programs); i++)
		if (text_starts_with(fix, programs[i]))
			return !strstr(fix, ", ") && !strstr(fix, "; or");
	return false;
}

static bool differs_in_subject_only(const struct folds *folds, const struct fold *fold, const char *pattern)
{
	char own[KEY_SIZE];

	for (size_t i = 0; i < fold->count; i++) {
		const struct finding *finding = &folds->findings->item[fold->member[i]];

		if (strcmp(pattern, without_subject(finding, finding->fix, own, sizeof(own))) != 0)
			return false;
	}
	return true;
}

const char *fold_fix(const struct folds *folds, const struct fold *fold, char *buf, size_t size)
{
	const struct finding *finding;
	char pattern[KEY_SIZE];
	size_t used;

	without_subject(fold->first, fold->first->fix, pattern, sizeof(pattern));
	if (fold->same_fix || is_of_group(fold->first))
		return fold->first->fix;
	if (fold->count > LOOP_MAX || !is_command(fold->first->fix) || strlen(pattern) + 8 >= sizeof(pattern) ||
		!differs_in_subject_only(folds, fold, pattern)) {
		snprintf(buf, size, "%s; likewise for the others", fold->first->fix);
		return buf;
	}
	used = (size_t)snprintf(buf, size, "for d in");
	for (size_t at = 0; used < size && (finding = next_subject(folds, fold, &at));)
		used += (size_t)snprintf(buf + used, size - used, " %s", finding->subject);
	if (used < size)
		snprintf(buf + used, size - used, "; do %s; done", pattern);
	return buf;
}
