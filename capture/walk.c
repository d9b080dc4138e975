// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goes through the table of paths on a root that is live or captured. A link on the way is a member, and the walk goes
 * on where it leads: so every file is in the bundle once, where it really is, and all names of it lead there.
 */
#include "capture/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	HOPS_MAX = 24,     /* links after each other */
	NAMES_MAX = 65536, /* of a directory */
};

/* A directory (or file) of the root, and what it is called in the bundle. Neither has a link in it. */
struct place {
	char path[CAPTURE_PATH_MAX];
	char member[CAPTURE_PATH_MAX];
};

struct names {
	char **name;
	size_t count;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

/* What stands for a * of this row is chosen by people. */
static bool is_given(const struct capture *capture)
{
	return capture->row->flags & (ROW_NAMES | ROW_NUMBERS);
}

static enum redact_mode mode_of(const struct capture *capture)
{
	if (!is_given(capture))
		return REDACT_PATHS;
	return capture->row->flags & ROW_NUMBERS ? REDACT_NUMBERS : REDACT_NAMES;
}

/* By what they are called in the bundle, so that a bundle of the bundle has the same order. */
static int compare_names(const void *a, const void *b, void *context)
{
	const struct capture *capture = context;
	char one[BUNDLE_NAME_MAX + 1], other[BUNDLE_NAME_MAX + 1];

	redact_put(capture->redact, mode_of(capture), *(char *const *)a, one, sizeof(one));
	redact_put(capture->redact, mode_of(capture), *(char *const *)b, other, sizeof(other));
	return strcmp(one, other);
}

static bool join(char out[static CAPTURE_PATH_MAX], const char *directory, const char *name)
{
	return snprintf(out, CAPTURE_PATH_MAX, "%s%s%s", directory, *directory ? "/" : "", name) < CAPTURE_PATH_MAX;
}

/* at/name, without looking. False: too long, and left out. */
static bool enter(struct capture *capture, const struct place *at, const char *name, bool given, struct place *ret)
{
	char text[BUNDLE_NAME_MAX + 1];

	redact_put(capture->redact, given ? mode_of(capture) : REDACT_PATHS, name, text, sizeof(text));
	if (join(ret->path, at->path, name) && join(ret->member, at->member, text))
		return true;
	capture_note(&capture->report.left_out, capture->row->path, "its path is too long");
	return false;
}

/* Whom to blame: the directory that cannot be searched. */
static void denied(struct capture *capture, const struct place *place)
{
	const char *path = capture->row->path;

	capture_denied(capture, place->member, strchr(path, '*') ? path : place->member);
}

/* proc/self is this process, whatever the bundle will call it. */
static bool is_link(const struct capture *capture, const struct place *at, const char *name, char *target, int *ret)
{
	ssize_t length;

	if (!strcmp(at->path, "proc") && !strcmp(name, "self")) {
		*ret = -EINVAL;
		return false;
	}
	length = sysroot_read_link(
		capture->root, target, CAPTURE_PATH_MAX, "%s%s%s", at->path, at->path[0] ? "/" : "", name);
	*ret = length < 0 ? (int)length : 0;
	return length > 0;
}

/* A captured root's way to say that something could not be read. */
static bool stands_for_denied(const struct capture *capture, const char *name, const char *target)
{
	return capture->root->captured && !strcmp(name, target);
}

static bool follow(
	struct capture *capture, const struct place *at, const char *target, bool given, int hops, struct place *ret);

/*
 * One step down, through a link if there is one, which becomes a member. False: nothing is there, or nothing to be
 * seen.
 */
static bool step(
	struct capture *capture, const struct place *at, const char *name, bool given, int hops, struct place *ret)
{
	char target[CAPTURE_PATH_MAX], text[CAPTURE_PATH_MAX];
	int error;

	if (!enter(capture, at, name, given, ret))
		return false;
	if (is_link(capture, at, name, target, &error)) {
		if (stands_for_denied(capture, name, target)) {
			denied(capture, ret);
			return false;
		}
		redact_put(capture->redact, given ? mode_of(capture) : REDACT_PATHS, target, text, sizeof(text));
		capture_link(capture, ret->member, text);
		return hops < HOPS_MAX && follow(capture, at, target, given, hops + 1, ret);
	}
	if (error == -EACCES || error == -EPERM)
		denied(capture, at);
	return error == -EINVAL;
}

static void leave(struct place *place)
{
	char *path = strrchr(place->path, '/'), *member = strrchr(place->member, '/');

	*(path ? path : place->path) = '\0';
	*(member ? member : place->member) = '\0';
}

static bool follow(
	struct capture *capture, const struct place *at, const char *target, bool given, int hops, struct place *ret)
{
	struct place here = *target == '/' ? (struct place){ .path = "" } : *at;
	char copy[CAPTURE_PATH_MAX];
	char *rest = copy;
	char *name;

	text_copy(copy, sizeof(copy), target);
	while ((name = strsep(&rest, "/"))) {
		struct place next;

		if (!*name || !strcmp(name, "."))
			continue;
		if (!strcmp(name, "..")) {
			leave(&here);
			continue;
		}
		if (!step(capture, &here, name, given, hops, &next))
			return false;
		here = next;
	}
	*ret = here;
	return true;
}

/* Contents --------------------------------------------------------------------------------------------------------- */

static ssize_t read_bounded(int fd, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, buf + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		/*
		 * What was read before an error is what a reader would have seen: a kernel that hides the rest of a
		 * file.
		 */
		if (got < 0 && !used)
			return -errno;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

/* Text that does not fit ends with a whole line. */
static size_t cut(struct capture *capture, const char *text, size_t size, size_t max, bool binary)
{
	const char *end;

	if (size <= max)
		return size;
	capture_note(&capture->report.left_out, capture->row->path, "its end: it is larger than what is taken of it");
	end = binary ? NULL : memrchr(text, '\n', max);
	return end ? (size_t)(end - text) + 1 : max;
}

void capture_reduced(struct capture *capture, const char *member, char *text, size_t size)
{
	const struct capture_how *how = capture_how(capture->row->take);
	cleanup_free char *reduced = NULL;
	size_t reduced_size = 0;
	FILE *out;
	bool taken;

	if (!how->reduce) {
		capture_file(capture, member, text, size);
		return;
	}
	out = open_memstream(&reduced, &reduced_size);
	if (!out) {
		capture->ret = fail(capture->err, errno, "capture %s", member);
		return;
	}
	text[size] = '\0';
	taken = how->reduce(capture, text, size, out);
	if (fclose(out))
		capture->ret = fail(capture->err, ENOMEM, "capture %s", member);
	else if (taken)
		capture_file(capture, member, reduced, reduced_size);
}

static void take_content(struct capture *capture, const struct place *place)
{
	size_t max = capture->row->max ? capture->row->max : CAPTURE_FILE_MAX;
	cleanup_close int fd = sysroot_open_file(capture->root, O_RDONLY | O_NONBLOCK, "%s", place->path);
	cleanup_free char *text = NULL;
	struct stat info;
	ssize_t size;

	if (fd == -EACCES || fd == -EPERM)
		denied(capture, place);
	if (fd < 0 || fstat(fd, &info) || S_ISDIR(info.st_mode))
		return;
	/* A link to /dev/null hides a file of that name elsewhere; so does an empty file. */
	if (!S_ISREG(info.st_mode)) {
		capture_file(capture, place->member, "", 0);
		return;
	}
	text = malloc(max + 2);
	if (!text) {
		capture->ret = fail(capture->err, ENOMEM, "capture %s", place->path);
		return;
	}
	size = read_bounded(fd, text, max + 1);
	if (size == -EACCES || size == -EPERM)
		denied(capture, place);
	if (size < 0)
		return;
	capture_reduced(capture, place->member, text,
		cut(capture, text, (size_t)size, max, capture_how(capture->row->take)->binary));
}

static void take_name(struct capture *capture, const struct place *place)
{
	cleanup_close int fd = sysroot_open_file(capture->root, O_PATH, "%s", place->path);
	struct stat info;

	if (fd < 0 || fstat(fd, &info))
		return;
	if (S_ISDIR(info.st_mode))
		capture_dir(capture, place->member);
	else
		capture_file(capture, place->member, "", 0);
}

/* Links in /proc/PID/fd and the like are not followed: nothing there is of this kind. */
static void take_link(struct capture *capture, const struct place *at, const char *name, bool given)
{
	char target[CAPTURE_PATH_MAX], text[CAPTURE_PATH_MAX];
	struct place place;
	int error;

	if (!enter(capture, at, name, given, &place))
		return;
	if (is_link(capture, at, name, target, &error)) {
		if (stands_for_denied(capture, name, target)) {
			denied(capture, &place);
			return;
		}
		redact_put(capture->redact, given ? mode_of(capture) : REDACT_PATHS, target, text, sizeof(text));
		capture_link(capture, place.member, text);
	} else if (error == -EACCES || error == -EPERM) {
		denied(capture, at);
	}
}

static void take(struct capture *capture, const struct place *at, const char *name, bool given)
{
	struct place place;

	if (capture->row->take == TAKE_LINK) {
		take_link(capture, at, name, given);
		return;
	}
	if (!step(capture, at, name, given, 0, &place) || capture_has(capture, place.member))
		return;
	if (capture->row->take == TAKE_NAME)
		take_name(capture, &place);
	else
		take_content(capture, &place);
}

/* Patterns --------------------------------------------------------------------------------------------------------- */

static void list(struct capture *capture, const struct place *at, struct names *names)
{
	cleanup_dir DIR *dir = sysroot_open_dir(capture->root, "%s", at->path[0] ? at->path : ".");
	struct dirent *entry;

	if (!dir && (errno == EACCES || errno == EPERM))
		denied(capture, at);
	if (!dir)
		return;
	capture_dir(capture, at->member);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (names->count == NAMES_MAX) {
			capture_note(&capture->report.left_out, capture->row->path, "more names than are taken");
			break;
		}
		if (!(names->count & (names->count + 1)) || !names->name) {
			char **grown = reallocarray(names->name, 2 * (names->count + 1), sizeof(*grown));

			if (!grown)
				break;
			names->name = grown;
		}
		names->name[names->count] = strdup(entry->d_name);
		if (!names->name[names->count])
			break;
		names->count++;
	}
	if (names->count)
		qsort_r(names->name, names->count, sizeof(names->name[0]), compare_names, capture);
}

/* "{class,vendor}": calls back for each; a pattern without braces is one. */
static void each_alternative(const char *pattern, void (*fn)(const char *one, void *context), void *context)
{
	char copy[CAPTURE_PATH_MAX];
	char *rest = copy;
	char *one;

	text_copy(copy, sizeof(copy), pattern);
	if (copy[0] == '{') {
		copy[strcspn(copy, "}")] = '\0';
		rest++;
	}
	while ((one = copy[0] == '{' ? strsep(&rest, ",") : rest)) {
		fn(one, context);
		if (copy[0] != '{')
			break;
	}
}

struct last_step {
	struct capture *capture;
	const struct place *at;
};

/* Classes and buses have a link for every device of the machine, and most of them are of no PCI function. */
static bool is_passed_over(const struct capture *capture, const struct place *at, const char *name)
{
	char target[CAPTURE_PATH_MAX];
	struct pci_addr addr;
	int error;

	return capture->row->flags & ROW_BELOW && is_link(capture, at, name, target, &error) &&
	       pci_addr_in_path(target, &addr) < 0;
}

static void take_alternative(const char *one, void *context)
{
	const struct last_step *last = context;
	struct capture *capture = last->capture;
	cleanup(names_done) struct names names = { 0 };

	if (!strpbrk(one, "*?[")) {
		take(capture, last->at, one, false);
		return;
	}
	list(capture, last->at, &names);
	for (size_t i = 0; i < names.count && !capture->ret; i++)
		if (!fnmatch(one, names.name[i], 0) && !is_passed_over(capture, last->at, names.name[i]))
			take(capture, last->at, names.name[i], is_given(capture));
}

static void walk(struct capture *capture, const struct place *at, const char *pattern);

/* "{cxl,dax}/devices": what follows the braces below each of what they have. */
struct inner_step {
	struct capture *capture;
	const struct place *at;
	const char *rest; /* "/devices" */
};

static void walk_alternative(const char *one, void *context)
{
	const struct inner_step *inner = context;
	char pattern[CAPTURE_PATH_MAX];

	if (snprintf(pattern, sizeof(pattern), "%s%s", one, inner->rest) < (int)sizeof(pattern))
		walk(inner->capture, inner->at, pattern);
}

static void walk(struct capture *capture, const struct place *at, const char *pattern)
{
	const char *braces_end = *pattern == '{' ? strchr(pattern, '}') : NULL;
	size_t length = braces_end ? strlen(pattern) : strcspn(pattern, "/");
	const char *rest = pattern[length] ? pattern + length + 1 : NULL;
	cleanup(names_done) struct names names = { 0 };
	char one[CAPTURE_PATH_MAX];
	struct place next;

	if (braces_end && braces_end[1]) {
		struct inner_step inner = { capture, at, braces_end + 1 };

		each_alternative(pattern, walk_alternative, &inner);
		return;
	}
	if (!rest) {
		struct last_step last = { capture, at };

		each_alternative(pattern, take_alternative, &last);
		return;
	}
	snprintf(one, sizeof(one), "%.*s", (int)length, pattern);
	if (!strpbrk(one, "*?[")) {
		if (step(capture, at, one, false, 0, &next))
			walk(capture, &next, rest);
		return;
	}
	list(capture, at, &names);
	for (size_t i = 0; i < names.count && !capture->ret; i++)
		if (!fnmatch(one, names.name[i], 0) && !is_passed_over(capture, at, names.name[i]) &&
			step(capture, at, names.name[i], is_given(capture), 0, &next))
			walk(capture, &next, rest);
}

bool capture_resolve(struct capture *capture, const char *path, char ret_member[static CAPTURE_PATH_MAX])
{
	const struct place top = { .path = "" };
	struct place place;

	if (!follow(capture, &top, path, false, 0, &place))
		return false;
	text_copy(ret_member, CAPTURE_PATH_MAX, place.member);
	return true;
}

/* %r in a path is the running kernel's release. */
static bool put_release(struct capture *capture, const char *path, char out[static CAPTURE_PATH_MAX])
{
	const char *at = strstr(path, "%r");
	char release[128];

	if (!at)
		return text_copy(out, CAPTURE_PATH_MAX, path);
	if (sysroot_read_text(capture->root, release, sizeof(release), "proc/sys/kernel/osrelease") <= 0 ||
		strchr(release, '/'))
		return false;
	snprintf(out, CAPTURE_PATH_MAX, "%.*s%s%s", (int)(at - path), path, release, at + 2);
	return true;
}

void capture_walk(struct capture *capture, const struct capture_path *rows, size_t count)
{
	const struct place top = { .path = "" };

	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < count && !capture->ret; i++) {
			char pattern[CAPTURE_PATH_MAX];

			capture->row = &rows[i];
			if (!(rows[i].flags & ROW_LAST) == !last && put_release(capture, rows[i].path, pattern))
				walk(capture, &top, pattern);
		}
}
