/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary directory with files as a test wants them, for functions that read below a struct sysroot. */
#ifndef TEMP_TREE_H
#define TEMP_TREE_H

#include "os/sysroot.h"

struct temp_tree {
	char path[64];
	struct sysroot root; /* writable unless the test sets captured */
};

/*
 * Where trees are made: in memory, where that is to be had. Thousands of small files cost a disk a hundred times as
 * much.
 */
const char *temp_tree_base(void);

/* Make it, and remove it with all that is in it. */
void temp_tree_init(struct temp_tree *tree);
void temp_tree_done(struct temp_tree *tree);

/* A file with text, a symbolic link, a directory; directories above are made. */
void temp_tree_file(const struct temp_tree *tree, const char *path, const char *text);
void temp_tree_link(const struct temp_tree *tree, const char *path, const char *target);
void temp_tree_dir(const struct temp_tree *tree, const char *path);

#endif
