// SPDX-License-Identifier: GPL-2.0-or-later
/* Files and directories as the readers of the graph want them, and a list of those that could not be read. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

void use_note_unseen(struct use_graph *graph, const char *path)
{
	struct use_unseen *unseen = &graph->unseen;

	for (size_t i = 0; i < unseen->file_count && i < USE_FILE_MAX; i++)
		if (!strcmp(unseen->file[i], path))
			return;
	if (unseen->file_count < USE_FILE_MAX)
		text_copy(unseen->file[unseen->file_count], sizeof(unseen->file[0]), path);
	unseen->file_count++;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(a, b);
}

static void read_names(struct use_build *build, DIR *dir, struct use_names *names)
{
	struct dirent *entry;
	size_t space = 0;

	while ((entry = readdir(dir))) {
		char(*grown)[USE_NAME_SIZE];

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(*grown))
			continue;
		grown = use_grow(names->name, names->count, &space, sizeof(*grown));
		if (!grown) {
			build->graph->out_of_memory = true;
			return;
		}
		names->name = grown;
		text_copy(names->name[names->count++], sizeof(*grown), entry->d_name);
	}
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), compare_names);
}

void use_names_read(struct use_build *build, struct use_names *ret_names, const char *fmt, ...)
{
	char path[PATH_MAX];
	cleanup_dir DIR *dir = NULL;
	va_list args;

	*ret_names = (struct use_names){ 0 };
	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	dir = sysroot_open_dir(build->root, "%s", path);
	if (dir)
		read_names(build, dir, ret_names);
	else if (errno == EACCES || errno == EPERM)
		use_note_unseen(build->graph, path);
}

void use_names_done(struct use_names *names)
{
	free(names->name);
	*names = (struct use_names){ 0 };
}

bool use_names_have(const struct use_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->name[i], name))
			return true;
	return false;
}

bool use_each_line(struct use_build *build, const char *path, use_line_fn take)
{
	int fd = sysroot_open_file(build->root, O_RDONLY, "%s", path);
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t space = 0;

	if (fd == -EACCES || fd == -EPERM)
		use_note_unseen(build->graph, path);
	if (!file)
		return false;
	while (getline(&line, &space, file) > 0)
		take(build, text_chomp(line));
	return true;
}

uint32_t use_function_of_path(const struct use_build *build, const char *path)
{
	struct pci_addr addr;

	return pci_addr_in_path(path, &addr) < 0 ? USE_NONE : use_function_at(build->graph, addr);
}

const char *use_value(const char *text, const char *key, char *buf, size_t size)
{
	size_t length = strlen(key);

	buf[0] = '\0';
	while (text && *text) {
		const char *end = strchrnul(text, '\n');

		if (!strncmp(text, key, length) && text[length] == '=') {
			const char *value = text + length + 1;
			size_t wanted = (size_t)(end - value);

			if (wanted >= size)
				wanted = size - 1;
			memcpy(buf, value, wanted);
			buf[wanted] = '\0';
			break;
		}
		text = *end ? end + 1 : end;
	}
	return buf;
}

void use_unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}
