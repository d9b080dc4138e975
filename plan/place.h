/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places in configuration files: which file, line and column a value came from, and the texts of those files, which
 * messages show with a caret. Knows nothing of YAML.
 */
#ifndef PLAN_PLACE_H
#define PLAN_PLACE_H

#include <stddef.h>
#include <stdint.h>

struct place {
	uint32_t file;   /* index into the list of sources */
	uint32_t line;   /* from 1; 0: in no file */
	uint32_t column; /* from 1, in characters */
	uint32_t length; /* in characters, of what the caret underlines; 0: one */
};

struct source {
	char *name; /* as messages call it: "/etc/sluice/sluice.yaml" */
	char *text; /* terminated; line ends are '\n' or "\r\n" */
	size_t size;
};

struct source_list {
	struct source *source; /* owned, with name and text */
	size_t count;
};

/* Takes text, also on failure; copies name. -ENOMEM. */
int source_list_add(struct source_list *list, const char *name, char *text, size_t size);
void source_list_free(struct source_list *list);

/* "/etc/sluice/sluice.yaml:12:3"; "" for a place in no file. Returns buf. */
const char *place_text(const struct source_list *list, struct place place, char *buf, size_t size);

/*
 * The line of the place and, below it, a caret under the column: two lines, each with its line end; what is not to be
 * shown is cleaned (base/utf8.h), a long line is cut round the caret. "" for a place in no file. Returns buf.
 */
const char *place_excerpt(const struct source_list *list, struct place place, char *buf, size_t size);

#endif
