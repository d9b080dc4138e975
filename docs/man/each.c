// SPDX-License-Identifier: GPL-2.0-or-later
/* Every command that has a page; see man.h. */
#include "docs/man/man.h"

void manual_each(FILE *out, const struct command *const *list, manual_fn fn, const void *context)
{
	for (; *list; list++) {
		fn(out, (*list)->name, *list, context);
		for (const struct command *const *sub = (*list)->group; sub && *sub; sub++) {
			char words[WORDS_SIZE];

			snprintf(words, sizeof(words), "%s %s", (*list)->name, (*sub)->name);
			fn(out, words, *sub, context);
		}
	}
}
