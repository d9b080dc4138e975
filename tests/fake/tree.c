// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nodes in memory; see tree.h. One hash table for all of them, by parent and name, since a host has directories with
 * thousands of entries. Memory that cannot be had ends the program: it is a test's.
 */
#include "tests/fake/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUCKETS = 1 << 16,
	PATH_SIZE = 1024,
	FILE_MAX = 1 << 20,
};

struct tree {
	struct node top;
	struct node *bucket[BUCKETS];
};

static void *must(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "fake: out of memory\n");
	abort();
}

/* FNV-1a, begun with the parent. */
static size_t bucket_of(const struct node *parent, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u ^ (uintptr_t)parent;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
	return (size_t)((hash >> 32) ^ hash) % BUCKETS;
}

struct tree *tree_new(void)
{
	struct tree *tree = must(calloc(1, sizeof(*tree)));

	tree->top = (struct node){ .kind = NODE_DIR, .mode = 0755, .lasting = true };
	tree->top.name = must(strdup(""));
	return tree;
}

struct node *tree_top(struct tree *tree)
{
	return &tree->top;
}

struct node *node_find(const struct tree *tree, const struct node *parent, const char *name)
{
	struct node *node = tree->bucket[bucket_of(parent, name)];

	while (node && (node->parent != parent || strcmp(node->name, name) != 0))
		node = node->hash_next;
	return node;
}

struct node *node_add(struct tree *tree, struct node *parent, const char *name, enum node_kind kind)
{
	static const mode_t modes[] = { [NODE_DIR] = 0755, [NODE_FILE] = 0644, [NODE_LINK] = 0777, [NODE_CHAR] = 0600 };
	struct node **bucket = &tree->bucket[bucket_of(parent, name)];
	struct node *node = node_find(tree, parent, name);

	if (node)
		return node;
	node = must(calloc(1, sizeof(*node)));
	*node = (struct node){ .parent = parent, .kind = kind, .mode = modes[kind], .before = parent->last };
	node->name = must(strdup(name));
	node->data = must(strdup(""));
	node->hash_next = *bucket;
	*bucket = node;
	if (parent->last)
		parent->last->next = node;
	else
		parent->child = node;
	parent->last = node;
	return node;
}

void node_set(struct node *node, const void *data, size_t size)
{
	char *copy = size < SIZE_MAX ? must(malloc(size + 1)) : NULL;

	memcpy(copy, data, size);
	copy[size] = '\0';
	free(node->data);
	node->data = copy;
	node->size = size;
}

void node_set_text(struct node *node, const char *text)
{
	node_set(node, text, strlen(text));
}

static void unhash(struct tree *tree, const struct node *node)
{
	struct node **at = &tree->bucket[bucket_of(node->parent, node->name)];

	while (*at != node)
		at = &(*at)->hash_next;
	*at = node->hash_next;
}

static void unlink_child(struct node *node)
{
	struct node *parent = node->parent;

	*(node->before ? &node->before->next : &parent->child) = node->next;
	*(node->next ? &node->next->before : &parent->last) = node->before;
}

static void destroy(struct node *node)
{
	free(node->name);
	free(node->data);
	free(node);
}

void node_remove(struct tree *tree, struct node *node)
{
	while (node->child)
		node_remove(tree, node->child);
	unhash(tree, node);
	unlink_child(node);
	node->gone = true;
	if (!node->lookups)
		destroy(node);
}

void node_forget(struct node *node, uint64_t lookups)
{
	node->lookups -= lookups < node->lookups ? lookups : node->lookups;
	if (node->gone && !node->lookups)
		destroy(node);
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	while (tree->top.child)
		node_remove(tree, tree->top.child);
	free(tree->top.name);
	free(tree);
}

static struct node *walk(const struct tree *tree, char *path)
{
	const struct node *node = &tree->top;
	char *rest = NULL;

	for (char *part = strtok_r(path, "/", &rest); part && node; part = strtok_r(NULL, "/", &rest))
		node = node_find(tree, node, part);
	return (struct node *)node;
}

#define FORMAT(path, fmt)                                                                                              \
	do {                                                                                                           \
		va_list args_;                                                                                         \
		va_start(args_, fmt);                                                                                  \
		vsnprintf(path, sizeof(path), fmt, args_);                                                             \
		va_end(args_);                                                                                         \
	} while (0)

struct node *tree_at(const struct tree *tree, const char *fmt, ...)
{
	char path[PATH_SIZE];

	FORMAT(path, fmt);
	return walk(tree, path);
}

static struct node *make(struct tree *tree, char *path, enum node_kind kind)
{
	struct node *node = &tree->top;
	char *rest = NULL;
	char *next;

	for (char *part = strtok_r(path, "/", &rest); part; part = next) {
		next = strtok_r(NULL, "/", &rest);
		node = node_add(tree, node, part, next ? NODE_DIR : kind);
	}
	return node;
}

struct node *tree_dir(struct tree *tree, const char *fmt, ...)
{
	char path[PATH_SIZE];

	FORMAT(path, fmt);
	return make(tree, path, NODE_DIR);
}

struct node *tree_file(struct tree *tree, const char *text, const char *fmt, ...)
{
	char path[PATH_SIZE];
	struct node *node;

	FORMAT(path, fmt);
	node = make(tree, path, NODE_FILE);
	node_set_text(node, text);
	return node;
}

static unsigned int depth_of(const struct node *node)
{
	unsigned int depth = 0;

	while ((node = node->parent))
		depth++;
	return depth;
}

static const struct node *common_parent(const struct node *a, const struct node *b)
{
	unsigned int depth_a = depth_of(a), depth_b = depth_of(b);

	for (; depth_a > depth_b; depth_a--)
		a = a->parent;
	for (; depth_b > depth_a; depth_b--)
		b = b->parent;
	for (; a != b; a = a->parent)
		b = b->parent;
	return a;
}

/* The path of node from an ancestor of it. */
static size_t path_below(const struct node *top, const struct node *node, char *buf, size_t size)
{
	size_t used = 0;

	if (node == top || !node->parent)
		return 0;
	used = path_below(top, node->parent, buf, size);
	return used + (size_t)snprintf(buf + used, size - used, "%s%s", used ? "/" : "", node->name);
}

const char *node_path(const struct node *node, char *buf, size_t size)
{
	const struct node *top = node;

	while (top->parent)
		top = top->parent;
	buf[0] = '\0';
	path_below(top, node, buf, size);
	return buf;
}

struct node *node_link(struct tree *tree, struct node *dir, const char *name, const struct node *to)
{
	struct node *link = node_add(tree, dir, name, NODE_LINK);
	const struct node *common = common_parent(dir, to);
	char target[PATH_SIZE], below[PATH_SIZE];
	size_t used = 0;

	for (const struct node *up = dir; up != common; up = up->parent)
		used += (size_t)snprintf(target + used, sizeof(target) - used, "../");
	below[0] = '\0';
	path_below(common, to, below, sizeof(below));
	snprintf(target + used, sizeof(target) - used, "%s", below);
	node_set_text(link, target);
	return link;
}

void node_remove_named(struct tree *tree, struct node *parent, const char *name)
{
	struct node *node = parent ? node_find(tree, parent, name) : NULL;

	if (node)
		node_remove(tree, node);
}

static int load_file(int dir, const char *name, struct node *node)
{
	FILE *file;
	char *buf = must(malloc(FILE_MAX));
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (file) {
		node_set(node, buf, fread(buf, 1, FILE_MAX, file));
		fclose(file);
	}
	free(buf);
	return file ? 0 : -errno;
}

static int load_dir(struct tree *tree, int dir, struct node *node);

static int load_one(struct tree *tree, int dir, const char *name, struct node *parent)
{
	char target[PATH_SIZE];
	struct stat stat;
	ssize_t length;

	if (fstatat(dir, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(stat.st_mode))
		return load_dir(tree, openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			node_add(tree, parent, name, NODE_DIR));
	if (S_ISREG(stat.st_mode))
		return load_file(dir, name, node_add(tree, parent, name, NODE_FILE));
	length = readlinkat(dir, name, target, sizeof(target));
	if (length <= 0)
		return length ? -errno : -EINVAL;
	node_set(node_add(tree, parent, name, NODE_LINK), target, (size_t)length);
	return 0;
}

/* Takes the descriptor. */
static int load_dir(struct tree *tree, int dir, struct node *node)
{
	DIR *list = dir < 0 ? NULL : fdopendir(dir);
	struct dirent *entry;
	int ret = list ? 0 : -errno;

	while (!ret && (entry = readdir(list)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ret = load_one(tree, dirfd(list), entry->d_name, node);
	if (list)
		closedir(list);
	return ret;
}

int tree_load(struct tree *tree, const char *dir)
{
	return load_dir(tree, open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &tree->top);
}
