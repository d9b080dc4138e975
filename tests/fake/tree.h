/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the fake host: directories, files and links in memory, found by parent and name. */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tree;

enum node_kind {
	NODE_DIR,
	NODE_FILE,
	NODE_LINK,
	NODE_CHAR, /* a character device that nobody can open */
};

/* Whom a directory's files belong to, which says what a write to them does (attribute.c). */
enum node_role {
	ROLE_NONE,
	ROLE_FUNCTION, /* owner: struct function */
	ROLE_DRIVER,   /* owner: struct driver */
	ROLE_BUS,
	ROLE_TOOL, /* the fake's own files */
};

struct node {
	struct node *parent, *child, *last, *next, *before, *hash_next;
	char *name;
	enum node_kind kind;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	char *data; /* a file's text, a link's target; terminated */
	size_t size;
	enum node_role role; /* of a directory */
	void *owner;
	bool lasting;     /* never goes: its name may be remembered */
	bool gone;        /* removed, and somebody still has it open or for a working directory */
	uint64_t lookups; /* of the file system's client */
};

/* Owned by the caller. */
struct tree *tree_new(void);
void tree_free(struct tree *tree);
struct node *tree_top(struct tree *tree);

/* What is in a directory of the real file system becomes the tree's. 0 or -errno. */
int tree_load(struct tree *tree, const char *dir);

struct node *node_find(const struct tree *tree, const struct node *parent, const char *name);
struct node *node_add(struct tree *tree, struct node *parent, const char *name, enum node_kind kind);
void node_set(struct node *node, const void *data, size_t size);
void node_set_text(struct node *node, const char *text);

/* With all below it. Freed with its last lookup. */
void node_remove(struct tree *tree, struct node *node);

/* The client of the file system forgets so many lookups. */
void node_forget(struct node *node, uint64_t lookups);

/* By path, without a leading slash, links not followed. NULL: there is none. */
struct node *tree_at(const struct tree *tree, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* With the directories above it; one that is there is changed. */
struct node *tree_dir(struct tree *tree, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct node *tree_file(struct tree *tree, const char *text, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* dir/name, a relative link to another node, as the kernel makes them. */
struct node *node_link(struct tree *tree, struct node *dir, const char *name, const struct node *to);

/* Links of that name go; nothing when there is none. */
void node_remove_named(struct tree *tree, struct node *parent, const char *name);

/* The path from the top, without a leading slash. Returns buf. */
const char *node_path(const struct node *node, char *buf, size_t size);

#endif
