// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the configuration's files: bounded, never waiting for a writer, and each of one moment. */
#include "plan/config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/limits.h"

/* What the file is instead of a regular one. */
static const char *other_kind(mode_t mode)
{
	static const struct {
		mode_t kind;
		const char *name;
	} kinds[] = {
		{ S_IFDIR, "a directory" },
		{ S_IFIFO, "a FIFO" },
		{ S_IFSOCK, "a socket" },
		{ S_IFCHR, "a device" },
		{ S_IFBLK, "a device" },
	};

	for (size_t i = 0; i < array_size(kinds); i++)
		if ((mode & S_IFMT) == kinds[i].kind)
			return kinds[i].name;
	return NULL;
}

static int refuse_large(const char *name, struct error *err)
{
	fail_code(err, CODE_CONFIG, EFBIG, "%s: larger than %d KiB", name, LIMIT_CONFIG_BYTES >> 10);
	return fail_hint(
		err, "is it a configuration file? Several files can be given, or put into /%s", CONFIG_DROP_IN_DIR);
}

/* Up to the end, or one byte more than is allowed. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, buf + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

/* Changed in place while it was read: the text is of two moments. A rename over it is no change: we have the old. */
static bool has_changed(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) < 0 || now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

static int read_fd(int fd, const char *name, struct source_list *list, struct error *err)
{
	cleanup_free char *text = malloc(LIMIT_CONFIG_BYTES + 2);
	struct stat before;
	ssize_t length;
	bool is_file;

	if (!text || fstat(fd, &before) < 0)
		return fail(err, text ? errno : ENOMEM, "%s", name);
	is_file = S_ISREG(before.st_mode);
	if (is_file && before.st_size > LIMIT_CONFIG_BYTES)
		return refuse_large(name, err);
	length = read_all(fd, text, LIMIT_CONFIG_BYTES + 1);
	if (length < 0)
		return fail(err, (int)-length, "%s", name);
	if (length > LIMIT_CONFIG_BYTES)
		return refuse_large(name, err);
	if (is_file && has_changed(fd, &before)) {
		fail_code(err, CODE_FAILED, EAGAIN, "%s: was changed while it was read", name);
		return fail_hint(err, "try again when it has been written");
	}
	/* A byte order mark says UTF-8, which it is anyway. */
	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		memmove(text, text + 3, (size_t)(length -= 3));
	text[length] = '\0';
	if (source_list_add(list, name, take_ptr(text), (size_t)length) < 0)
		return fail(err, ENOMEM, "%s", name);
	return 0;
}

/* Takes fd, or the errno of opening as a negative one. */
static int read_file(int opened, const char *name, struct source_list *list, struct error *err)
{
	cleanup_close int fd = opened;
	struct stat status;
	const char *other;

	if (opened < 0)
		return fail(err, -opened, "%s", name);
	if (fstat(fd, &status) < 0)
		return fail(err, errno, "%s", name);
	other = other_kind(status.st_mode);
	if (other)
		return fail_code(err, CODE_CONFIG, EINVAL, "%s: is %s, and no file", name, other);
	return read_fd(fd, name, list, err);
}

static int read_named(const char *name, struct source_list *list, struct error *err)
{
	int fd;

	if (!strcmp(name, "-"))
		return read_fd(STDIN_FILENO, "(standard input)", list, err);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return read_file(fd < 0 ? -errno : fd, name, list, err);
}

static int read_in_root(const struct sysroot *root, const char *path, struct source_list *list, struct error *err)
{
	int fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path);
	char name[600];

	snprintf(name, sizeof(name), "%s/%s", root->path, path);
	return read_file(fd, name, list, err);
}

/* The drop-ins --------------------------------------------------------------------------------------------------- */

struct names {
	char **name; /* owned, and each of them */
	size_t count;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

static bool is_drop_in(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && !strcmp(name + length - 5, ".yaml");
}

static int by_name(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static int list_drop_ins(const struct sysroot *root, struct names *names, struct error *err)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, CONFIG_DROP_IN_DIR);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail(err, errno, "%s/" CONFIG_DROP_IN_DIR, root->path);
	names->name = calloc(LIMIT_CONFIG_FILES, sizeof(*names->name));
	if (!names->name)
		return fail(err, ENOMEM, "list " CONFIG_DROP_IN_DIR);
	while ((entry = readdir(dir))) {
		if (!is_drop_in(entry->d_name))
			continue;
		if (names->count == LIMIT_CONFIG_FILES)
			return fail_code(err, CODE_CONFIG, E2BIG, "%s/" CONFIG_DROP_IN_DIR ": more than %d files",
				root->path, LIMIT_CONFIG_FILES);
		names->name[names->count] = strdup(entry->d_name);
		if (!names->name[names->count])
			return fail(err, ENOMEM, "list " CONFIG_DROP_IN_DIR);
		names->count++;
	}
	qsort(names->name, names->count, sizeof(*names->name), by_name);
	return 0;
}

static int read_host_files(const struct sysroot *root, struct source_list *list, struct error *err)
{
	cleanup(names_done) struct names names = { 0 };
	char path[NAME_MAX + sizeof(CONFIG_DROP_IN_DIR) + 2];
	int ret = list_drop_ins(root, &names, err);

	if (!ret && (sysroot_exists(root, CONFIG_MAIN_FILE) || !names.count)) {
		ret = read_in_root(root, CONFIG_MAIN_FILE, list, err);
		if (ret == -ENOENT) {
			fail_code(err, CODE_CONFIG, ENOENT,
				"there is no configuration: neither %s/" CONFIG_MAIN_FILE
				" nor a file in %s/" CONFIG_DROP_IN_DIR,
				root->path, root->path);
			return fail_hint(err, "'sluice init' writes one from this host as it is");
		}
	}
	for (size_t i = 0; i < names.count && ret == 0; i++) {
		snprintf(path, sizeof(path), CONFIG_DROP_IN_DIR "/%s", names.name[i]);
		ret = read_in_root(root, path, list, err);
	}
	return ret;
}

int config_sources_read(const struct sysroot *root, const char *const *file, size_t count, struct source_list *ret_list,
	struct error *err)
{
	int ret = 0;

	if (count > LIMIT_CONFIG_FILES)
		return fail_code(err, CODE_USAGE, E2BIG, "at most %d files", LIMIT_CONFIG_FILES);
	if (!count)
		return read_host_files(root, ret_list, err);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = read_named(file[i], ret_list, err);
	return ret;
}
