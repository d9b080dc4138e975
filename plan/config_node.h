/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration file as a tree, before anybody knows what its words mean: every node with its place. config_yaml.c
 * makes one of YAML and is the only file that knows libfyaml; merging and checking work on the tree.
 */
#ifndef PLAN_CONFIG_NODE_H
#define PLAN_CONFIG_NODE_H

#include "plan/arena.h"
#include "plan/config_finding.h"
#include "plan/place.h"

enum config_kind {
	CONFIG_SCALAR,
	CONFIG_MAPPING,
	CONFIG_SEQUENCE,
};

struct config_node;

struct config_item {
	struct config_node *key; /* NULL in a sequence */
	struct config_node *value;
};

struct config_node {
	enum config_kind kind;
	struct place at;
	const char *text; /* of a scalar: terminated, no NUL inside, valid UTF-8; "" of the others */
	bool quoted;      /* so that "" and "null" are texts */
	struct config_item *item;
	size_t count, room;
};

/* "a text", "a mapping", "a list": what the node is, for messages. */
const char *config_kind_name(enum config_kind kind);

/* A scalar that was left empty, or says null. */
bool config_node_is_null(const struct config_node *node);

/* A new node of the arena; NULL without memory. */
struct config_node *config_node_new(struct arena *arena, enum config_kind kind, struct place at, const char *text);

/* -ENOMEM. */
int config_node_add(struct arena *arena, struct config_node *node, struct config_node *key, struct config_node *value);

/* The value of a key; NULL when there is none. */
struct config_item *config_node_find(const struct config_node *mapping, const char *key);

/*
 * The tree of one source. What is wrong with it (not YAML, more than one document, anchors, aliases, tags, duplicate
 * keys, too deep, too much) goes into findings, and no tree comes out: NULL in *ret_node, also of an empty file.
 * -ENOMEM.
 */
int config_yaml_parse(struct arena *arena, const struct source_list *sources, uint32_t file,
	struct config_findings *findings, struct config_node **ret_node);

#endif
