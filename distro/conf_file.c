// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of configuration files and of drop-in directories. Files that are no regular ones, and links to /dev/null, have
 * none.
 */
#include "distro/conf_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	FILE_MAX_SIZE = 1 << 20,
	PROC_MAX_SIZE = 1 << 16,
	FILES_MAX = 512, /* of one directory */
};

static int read_whole(const struct sysroot *root, const char *file, char **ret_text)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK, "%s", file);
	cleanup_free char *text = NULL;
	struct stat info;
	size_t size, used = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) || !S_ISREG(info.st_mode))
		return -ENOENT;
	/* Files of /proc have no size. */
	size = !info.st_size ? PROC_MAX_SIZE : info.st_size < FILE_MAX_SIZE ? (size_t)info.st_size : FILE_MAX_SIZE;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	while (used < size) {
		ssize_t got = read(fd, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	text[used] = '\0';
	*ret_text = take_ptr(text);
	return 0;
}

/* Cuts the next line off text and joins what it continues with; returns what follows, NULL at the end. */
static char *cut_line(char *text, unsigned int *ret_lines)
{
	*ret_lines = 1;
	for (char *end = text; (end = strchr(end, '\n')); end++) {
		if (end == text || end[-1] != '\\') {
			*end = '\0';
			return end + 1;
		}
		end[-1] = end[0] = ' ';
		(*ret_lines)++;
	}
	return NULL;
}

int conf_file_each(const struct sysroot *root, const char *file, conf_line_fn fn, void *context)
{
	cleanup_free char *text = NULL;
	unsigned int number = 1, lines;
	int ret = read_whole(root, file, &text);

	for (char *at = ret < 0 ? NULL : text, *next; at; at = next, number += lines) {
		struct conf_line line = { file, number, at };

		next = cut_line(at, &lines);
		text_chomp(at);
		if (!fn(&line, context))
			break;
	}
	return ret;
}

struct names {
	char *name[FILES_MAX];
	size_t count;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool names_have(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->name[i], name))
			return true;
	return false;
}

static bool collect(const struct sysroot *root, const char *dir, const char *suffix, struct names *names)
{
	cleanup_dir DIR *stream = sysroot_open_dir(root, "%s", dir);
	struct dirent *entry;

	if (!stream)
		return errno != EACCES && errno != EPERM;
	while (names->count < FILES_MAX && (entry = readdir(stream))) {
		size_t length = strlen(entry->d_name), wanted = strlen(suffix);

		if (entry->d_name[0] == '.' || length < wanted ||
			strcmp(entry->d_name + length - wanted, suffix) != 0 || names_have(names, entry->d_name))
			continue;
		names->name[names->count] = strdup(entry->d_name);
		if (!names->name[names->count])
			return false;
		names->count++;
	}
	return true;
}

/* The file of that name in the first directory that has one. */
static int read_first(
	const struct sysroot *root, const char *const *dirs, const char *name, conf_line_fn fn, void *context)
{
	for (; *dirs; dirs++) {
		char file[PATH_MAX];

		if (snprintf(file, sizeof(file), "%s/%s", *dirs, name) >= (int)sizeof(file) ||
			!sysroot_exists(root, "%s", file))
			continue;
		return conf_file_each(root, file, fn, context);
	}
	return 0;
}

bool conf_dirs_each(
	const struct sysroot *root, const char *const *dirs, const char *suffix, conf_line_fn fn, void *context)
{
	cleanup(names_done) struct names names = { .count = 0 };
	bool complete = true;

	for (size_t i = 0; dirs[i]; i++)
		complete &= collect(root, dirs[i], suffix, &names);
	qsort(names.name, names.count, sizeof(names.name[0]), compare_names);
	for (size_t i = 0; i < names.count; i++) {
		int ret = read_first(root, dirs, names.name[i], fn, context);

		complete &= ret != -EACCES && ret != -EPERM;
	}
	return complete;
}

char *conf_value(char *text, const char *key)
{
	size_t length = strlen(key);

	text += strspn(text, " \t");
	if (strncasecmp(text, key, length) != 0)
		return NULL;
	text += length;
	text += strspn(text, " \t");
	if (*text != '=')
		return NULL;
	text++;
	text += strspn(text, " \t");
	text_chomp(text);
	length = strlen(text);
	if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0]) {
		text[length - 1] = '\0';
		text++;
	}
	return text;
}

char *conf_section(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text[0] == '[' ? strchr(text, ']') : NULL;
	if (!end)
		return NULL;
	*end = '\0';
	return text + 1;
}

void conf_written(const char *text, char *buf, size_t size)
{
	const char *echo = strstr(text, "echo ");
	const char *last = text + strlen(text);

	while (!echo && last > text && !strchr(" \t=", last[-1]))
		last--;
	if (echo)
		last = echo + strlen("echo ") + strspn(echo + strlen("echo "), " \t'\"");
	snprintf(buf, size, "%.*s", (int)strcspn(last, " \t'\";>|"), last);
}

void conf_echoed(const char *text, char *buf, size_t size)
{
	const char *at = strstr(text, "echo ");

	buf[0] = '\0';
	if (!at)
		return;
	at += strlen("echo ");
	at += strspn(at, " \t");
	if (text_starts_with(at, "-n "))
		at += strlen("-n ");
	at += strspn(at, " \t\"'");
	snprintf(buf, size, "%.*s", (int)strcspn(at, "\"'>|;"), at);
	text_chomp(buf);
}

bool conf_binds(const char *text, char *buf, size_t size)
{
	const char *at = strstr(text, "/bus/pci/drivers/");
	size_t length;

	if (!at)
		return false;
	at += strlen("/bus/pci/drivers/");
	length = strcspn(at, "/ \t");
	if (!length || (!text_starts_with(at + length, "/new_id") && !text_starts_with(at + length, "/bind")))
		return false;
	snprintf(buf, size, "%.*s", (int)length, at);
	return true;
}
