// SPDX-License-Identifier: GPL-2.0-or-later
/* Members of a bundle, each once, and what is noted about it; see capture.h. */
#include "capture/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"
#include "pci/modalias.h"

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

static void capture_done(struct capture *capture)
{
	bundle_writer_free(capture->writer);
	redact_free(capture->redact);
	free(capture->seen);
	free(capture->modalias);
}

/* Words that name disks, drivers and modules stay: other files refer to them, and they are nobody's. */
static void keep_names(struct capture *capture, const char *path)
{
	cleanup_dir DIR *dir = sysroot_open_dir(capture->root, "%s", path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		for (char *rest = entry->d_name, *word; (word = strsep(&rest, "_-.!"));)
			redact_keep(capture->redact, word);
}

static int open_redact(struct capture *capture)
{
	static const char *const places[] = { "sys/class/block", "sys/module", "sys/bus/pci/drivers" };
	int ret;

	if (!capture->report.redacted || capture_is_redacted(capture->root))
		return 0;
	ret = redact_new(&capture->redact, capture->err);
	for (size_t i = 0; i < array_size(places) && !ret; i++)
		keep_names(capture, places[i]);
	return ret;
}

static int read_modaliases(struct capture *capture)
{
	const struct pci_inventory *all = &capture->host->pci;

	capture->modalias = calloc(all->count + 1, sizeof(*capture->modalias));
	if (!capture->modalias)
		return fail(capture->err, ENOMEM, "capture the host");
	for (size_t i = 0; i < all->count; i++) {
		char text[sizeof(*capture->modalias)];
		bool known = false;

		pci_modalias_text(&all->devices[i], text, sizeof(text));
		for (size_t k = capture->modalias_count; k > 0 && !known; k--)
			known = !strcmp(capture->modalias[k - 1], text);
		if (!known)
			memcpy(capture->modalias[capture->modalias_count++], text, sizeof(text));
	}
	return 0;
}

int capture_write(const struct host *host, int fd, const struct capture_options *options,
	struct capture_report *ret_report, struct error *err)
{
	static void (*const others[])(struct capture * capture) = { capture_guests, capture_processes, capture_slow,
		capture_special, capture_logs, capture_about };
	cleanup(capture_done) struct capture capture = {
		.host = host, .root = &host->root, .version = options->version, .err = err
	};

	capture.report.redacted = options->redact || capture_is_redacted(&host->root);
	capture.report.privileged = !geteuid();
	capture.report.functions = host->pci.count;
	capture.ret = bundle_writer_open(&capture.writer, fd, err);
	if (!capture.ret)
		capture.ret = open_redact(&capture);
	if (!capture.ret)
		capture.ret = read_modaliases(&capture);
	if (!capture.ret)
		capture_walk(&capture, capture_paths, capture_path_count);
	capture.row = NULL;
	for (size_t i = 0; i < array_size(others) && !capture.ret; i++)
		others[i](&capture);
	if (!capture.ret && !redact_is_sound(capture.redact))
		capture.ret = fail(err, ENOMEM, "make pseudonyms");
	if (!capture.ret)
		capture.ret = bundle_writer_finish(capture.writer, err);
	if (!capture.ret)
		*ret_report = capture.report;
	return capture.ret;
}
