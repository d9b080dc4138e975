// SPDX-License-Identifier: GPL-2.0-or-later
/* Members of a bundle, each once and within its bounds, and what is noted about it: see walk.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "capture/walk.h"

enum {
	MEMBERS_MAX = BUNDLE_MEMBERS_MAX - 4096 /* room for the directories above what comes last */
};

#define BYTES_MAX (BUNDLE_TOTAL_SIZE_MAX - (UINT64_C(8) << 20))

void capture_note(struct capture_notes *notes, const char *what, const char *why)
{
	for (size_t i = 0; i < notes->count; i++)
		if (!strcmp(notes->note[i].what, what) && !strcmp(notes->note[i].why, why)) {
			notes->note[i].count++;
			return;
		}
	if (notes->count == CAPTURE_NOTE_MAX) {
		notes->more++;
		return;
	}
	text_copy(notes->note[notes->count].what, sizeof(notes->note[0].what), what);
	text_copy(notes->note[notes->count].why, sizeof(notes->note[0].why), why);
	notes->note[notes->count++].count = 1;
}

/* The set of members: 64 bits of a hash of each, FNV-1a; none is 0. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash ? hash : 1;
}

static uint64_t *place_in(uint64_t *set, size_t space, uint64_t hash)
{
	size_t at = hash & (space - 1);

	while (set[at] && set[at] != hash)
		at = (at + 1) & (space - 1);
	return &set[at];
}

static bool grow(struct capture *capture)
{
	size_t space = capture->seen_space ? capture->seen_space * 2 : 4096;
	uint64_t *grown = calloc(space, sizeof(*grown));

	if (!grown)
		return false;
	for (size_t i = 0; i < capture->seen_space; i++)
		if (capture->seen[i])
			*place_in(grown, space, capture->seen[i]) = capture->seen[i];
	free(capture->seen);
	capture->seen = grown;
	capture->seen_space = space;
	return true;
}

bool capture_has(const struct capture *capture, const char *member)
{
	return capture->seen_space && *place_in(capture->seen, capture->seen_space, hash_of(member));
}

/* True once for each member. */
static bool claim(struct capture *capture, const char *member)
{
	uint64_t *place;

	if (capture->ret)
		return false;
	if (capture->seen_count * 2 >= capture->seen_space && !grow(capture)) {
		capture->ret = fail(capture->err, ENOMEM, "capture %s", member);
		return false;
	}
	place = place_in(capture->seen, capture->seen_space, hash_of(member));
	if (*place)
		return false;
	if (capture->report.members >= MEMBERS_MAX) {
		capture_note(&capture->report.left_out, capture->row ? capture->row->path : member,
			"the bundle has as many files as one may have");
		return false;
	}
	*place = hash_of(member);
	capture->seen_count++;
	capture->report.members++;
	return true;
}

static void make_parents(struct capture *capture, const char *member)
{
	char parent[CAPTURE_PATH_MAX];

	text_copy(parent, sizeof(parent), member);
	for (char *slash = parent; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (claim(capture, parent))
			capture->ret = bundle_writer_dir(capture->writer, parent, capture->err);
		*slash = '/';
	}
}

void capture_dir(struct capture *capture, const char *member)
{
	if (!*member)
		return;
	make_parents(capture, member);
	if (claim(capture, member))
		capture->ret = bundle_writer_dir(capture->writer, member, capture->err);
}

void capture_link(struct capture *capture, const char *member, const char *target)
{
	make_parents(capture, member);
	if (claim(capture, member))
		capture->ret = bundle_writer_link(capture->writer, member, target, capture->err);
}

void capture_file(struct capture *capture, const char *member, const void *data, size_t size)
{
	make_parents(capture, member);
	if (capture->report.bytes + size > BYTES_MAX) {
		capture_note(&capture->report.left_out, capture->row ? capture->row->path : member,
			"the bundle is as large as one may be");
		return;
	}
	if (!claim(capture, member))
		return;
	capture->ret = bundle_writer_file(capture->writer, member, data, size, capture->err);
	capture->report.bytes += size;
}

void capture_denied(struct capture *capture, const char *member, const char *what)
{
	const char *slash = strrchr(member, '/');

	/* A directory of which something is there cannot be a link too. */
	if (!*member || capture_has(capture, member))
		return;
	capture_note(&capture->report.unseen, what, "not without privilege");
	capture_link(capture, member, slash ? slash + 1 : member);
}
