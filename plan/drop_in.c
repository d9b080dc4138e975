// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of our own below /etc, line by line; see drop_in.h. */
#include "plan/drop_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"

enum {
	FILE_SIZE = 65536,
};

static const char heading[] = "# Written by sluice, which replaces and removes this file: edit sluice's own instead.\n";

static const char listed[] = "yes";

static int read_file(
	const struct sysroot *root, const struct drop_in *drop_in, char text[static FILE_SIZE], struct error *err)
{
	ssize_t size = sysroot_read_bytes(root, text, FILE_SIZE - 1, "%s/%s", drop_in->dir, drop_in->name);

	if (size == -ENOENT || size == -ENOTDIR)
		size = 0;
	if (size < 0)
		return fail(err, (int)-size, "read /%s/%s", drop_in->dir, drop_in->name);
	text[size] = '\0';
	if (!size || (text_starts_with(text, heading) && size < FILE_SIZE - 1))
		return 0;
	fail_code(err, CODE_FAILED, EEXIST, "/%s/%s is not sluice's: its first line is another's", drop_in->dir,
		drop_in->name);
	return fail_hint(err, "move what it says to a file of another name, and remove it");
}

/* The value in a line of key, with its length; NULL for other lines. */
static const char *value_in(const struct drop_in *drop_in, const char *line, size_t size, const char *key, size_t *ret)
{
	char start[512];
	size_t after = drop_in->is_list ? 0 : strlen(drop_in->after);
	int length = snprintf(
		start, sizeof(start), "%s%s%s", drop_in->before, key, drop_in->is_list ? "" : drop_in->between);

	if (length < 0 || (size_t)length >= sizeof(start) || size < (size_t)length + after ||
		memcmp(line, start, (size_t)length) != 0)
		return NULL;
	*ret = size - (size_t)length - after;
	if (drop_in->is_list) {
		bool is_whole = !*ret;

		*ret = strlen(listed);
		return is_whole ? listed : NULL;
	}
	return memcmp(line + size - after, drop_in->after, after) ? NULL : line + length;
}

/* The line behind at, without its end; NULL at the end. */
static const char *next_line(const char *text, const char *at, size_t *ret_size)
{
	const char *line = at ? at + strcspn(at, "\n") : text;

	if (at && *line)
		line++;
	*ret_size = strcspn(line, "\n");
	return *line ? line : NULL;
}

int drop_in_read(const struct sysroot *root, const struct drop_in *drop_in, const char *key,
	char value[static WORDS_SIZE], struct error *err)
{
	cleanup_free char *text = malloc(FILE_SIZE);
	size_t size, length = 0;
	int ret = text ? read_file(root, drop_in, text, err) : fail(err, ENOMEM, "read /%s", drop_in->dir);

	if (ret < 0)
		return ret;
	value[0] = '\0';
	for (const char *line = next_line(text, NULL, &size); line; line = next_line(text, line, &size)) {
		const char *found = value_in(drop_in, line, size, key, &length);

		if (found && length < WORDS_SIZE)
			snprintf(value, WORDS_SIZE, "%.*s", (int)length, found);
	}
	return 0;
}

/* All lines but key's, and key's new one behind them. */
static char *make_text(const struct drop_in *drop_in, const char *text, const char *key, const char *value)
{
	char *made = NULL;
	size_t made_size, size, ignored;
	FILE *out = open_memstream(&made, &made_size);

	if (!out)
		return NULL;
	for (const char *line = next_line(text, NULL, &size); line; line = next_line(text, line, &size))
		if (size && line[0] != '#' && !value_in(drop_in, line, size, key, &ignored))
			fprintf(out, "%.*s\n", (int)size, line);
	if (value[0] && drop_in->is_list)
		fprintf(out, "%s%s\n", drop_in->before, key);
	else if (value[0])
		fprintf(out, "%s%s%s%s%s\n", drop_in->before, key, drop_in->between, value, drop_in->after);
	if (fclose(out)) {
		free(made);
		return NULL;
	}
	return made;
}

/* etc/default/grub.d, each part made when it is missing. */
static int open_dir(const struct sysroot *root, const char *path)
{
	cleanup_close int fd = fcntl(root->fd, F_DUPFD_CLOEXEC, 0);
	char parts[128];
	char *rest = parts, *part;

	text_copy(parts, sizeof(parts), path);
	while (fd >= 0 && (part = strsep(&rest, "/"))) {
		cleanup_close int parent = take_fd(&fd);

		if (mkdirat(parent, part, 0755) && errno != EEXIST)
			return -errno;
		fd = openat(parent, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? -errno : take_fd(&fd);
}

static int replace(const struct drop_in *drop_in, int dir, const char *lines, struct error *err)
{
	cleanup_free char *text = NULL;
	char temporary[128];
	int ret;

	if (!lines[0]) {
		/* What one that was killed while it wrote has left. */
		snprintf(temporary, sizeof(temporary), ".%s.new", drop_in->name);
		unlinkat(dir, temporary, 0);
		ret = run_dir_remove(dir, drop_in->name, err);
		return !ret && fsync(dir) ? fail(err, errno, "remove /%s/%s", drop_in->dir, drop_in->name) : ret;
	}
	if (asprintf(&text, "%s%s", heading, lines) < 0)
		return fail(err, ENOMEM, "write /%s/%s", drop_in->dir, drop_in->name);
	return run_dir_write(dir, drop_in->name, text, err);
}

int drop_in_write(const struct host_lock *lock, const struct drop_in *drop_in, const char *key, const char *value,
	struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_free char *text = malloc(FILE_SIZE);
	cleanup_free char *lines = NULL;
	cleanup_close int dir = -1;
	int ret = text ? read_file(root, drop_in, text, err) : fail(err, ENOMEM, "write /%s", drop_in->dir);

	if (ret < 0)
		return ret;
	lines = make_text(drop_in, text, key, value);
	if (!lines || strlen(lines) + sizeof(heading) >= FILE_SIZE)
		return fail(err, lines ? EFBIG : ENOMEM, "write /%s/%s", drop_in->dir, drop_in->name);
	dir = open_dir(root, drop_in->dir);
	if (dir < 0)
		return fail(err, -dir, "open /%s", drop_in->dir);
	ret = replace(drop_in, dir, lines, err);
	return ret < 0 ? fail_in(err, "/%s/%s", drop_in->dir, drop_in->name) : 0;
}
