// SPDX-License-Identifier: GPL-2.0-or-later
/* Temporary trees of files; see temp_tree.h. A tree that cannot be made ends the test program. */
#include "tests/unit/temp_tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

const char *temp_tree_base(void)
{
	return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
}

void temp_tree_init(struct temp_tree *tree)
{
	snprintf(tree->path, sizeof(tree->path), "%s/sluice-unit-XXXXXX", temp_tree_base());
	must(mkdtemp(tree->path) != NULL, tree->path);
	tree->root = (struct sysroot){ .fd = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	snprintf(tree->root.path, sizeof(tree->root.path), "%s", tree->path);
	must(tree->root.fd >= 0, tree->path);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

void temp_tree_done(struct temp_tree *tree)
{
	close(tree->root.fd);
	must(!nftw(tree->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), tree->path);
}

/* The full path, with the directories above it made. */
static void prepare(const struct temp_tree *tree, const char *path, char *buf, size_t size)
{
	must(snprintf(buf, size, "%s/%s", tree->path, path) < (int)size, path);
	for (char *slash = strchr(buf + strlen(tree->path) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(buf, 0755);
		*slash = '/';
	}
}

void temp_tree_file(const struct temp_tree *tree, const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *file;

	prepare(tree, path, full, sizeof(full));
	file = fopen(full, "w");
	must(file && fputs(text, file) >= 0 && !fclose(file), full);
}

void temp_tree_link(const struct temp_tree *tree, const char *path, const char *target)
{
	char full[PATH_MAX];

	prepare(tree, path, full, sizeof(full));
	must(!symlink(target, full), full);
}

void temp_tree_dir(const struct temp_tree *tree, const char *path)
{
	char full[PATH_MAX];

	prepare(tree, path, full, sizeof(full));
	mkdir(full, 0755);
}
