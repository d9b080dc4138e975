// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of files put together again, file by file. */
#include "plan/import_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct gathering {
	struct import_scan *scan;
	struct source_list *list;
	char name[176];
	char *text; /* owned; NULL: no file yet */
	size_t size;
	FILE *out; /* into text */
};

static void end_file(struct gathering *self)
{
	if (!self->out)
		return;
	if (fclose(self->out) < 0 || !self->text ||
		source_list_add(self->list, self->name, take_ptr(self->text), self->size) < 0)
		self->scan->import->out_of_memory = true;
	self->out = NULL;
}

/* YAML and XML have no lines that go on behind a backslash, so that each comes by itself. */
static bool gather_line(const struct conf_line *line, void *context)
{
	struct gathering *self = context;

	if (line->number == 1) {
		end_file(self);
		snprintf(self->name, sizeof(self->name), "/%s", line->file);
		self->out = open_memstream(&self->text, &self->size);
	}
	if (!self->out)
		return false;
	fprintf(self->out, "%s\n", line->text);
	return true;
}

void import_files_read(struct import_scan *scan, const char *const *dirs, const char *suffix, struct source_list *list)
{
	struct gathering self = { .scan = scan, .list = list };

	if (!conf_dirs_each(&scan->host->root, dirs, suffix, gather_line, &self))
		scan->import->incomplete = true;
	end_file(&self);
}
