// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that follow one another made one: mappings key by key, lists one behind the other, a later single value over an
 * earlier one. Nothing can be taken away by a later file, only said otherwise.
 */
#include <errno.h>
#include <string.h>

#include "plan/config_fill.h"
#include "plan/schema.h"

struct merger {
	struct arena *arena;
	struct config_findings *findings;
};

/* "vfio" as {driver: vfio}, so that it can be merged with another mapping. */
static int spell_out(const struct merger *merger, const struct schema_row *row, struct config_node *node)
{
	struct config_node *key, *value;

	if (node->kind != CONFIG_SCALAR || !row || !row->shorthand || config_node_is_null(node))
		return 0;
	key = config_node_new(merger->arena, CONFIG_SCALAR, node->at, row->shorthand);
	value = config_node_new(merger->arena, CONFIG_SCALAR, node->at, node->text);
	if (!key || !value)
		return -ENOMEM;
	value->quoted = node->quoted;
	node->kind = CONFIG_MAPPING;
	node->text = "";
	return config_node_add(merger->arena, node, key, value);
}

/* The row of a key of a mapping that row is about; NULL: nobody knows. */
static const struct schema_row *row_below(const struct schema_row *row, const char *key)
{
	if (!row || schema_is_single(row->type))
		return NULL;
	return row->type == SCHEMA_STRUCT ? schema_find(row->rows, key) : row->array->value;
}

static int merge(const struct merger *merger, const struct schema_row *row, const char *name, struct config_node *into,
	struct config_node *from);

static int merge_mappings(const struct merger *merger, const struct schema_row *row, struct config_node *into,
	const struct config_node *from)
{
	int ret = 0;

	for (size_t i = 0; i < from->count && ret == 0; i++) {
		const struct config_item *item = &from->item[i];
		struct config_item *there = config_node_find(into, item->key->text);

		if (there)
			ret = merge(
				merger, row_below(row, item->key->text), item->key->text, there->value, item->value);
		else
			ret = config_node_add(merger->arena, into, item->key, item->value);
	}
	return ret;
}

static int append(const struct merger *merger, struct config_node *into, const struct config_node *from)
{
	int ret = 0;

	for (size_t i = 0; i < from->count && ret == 0; i++)
		ret = config_node_add(merger->arena, into, NULL, from->item[i].value);
	return ret;
}

static void override(const struct merger *merger, const char *name, struct config_node *into, struct config_node *from)
{
	char was[300];

	if (!config_node_is_null(into) && (strcmp(into->text, from->text) != 0 || into->kind != from->kind)) {
		place_text(merger->findings->sources, into->at, was, sizeof(was));
		config_note(merger->findings, from->at, "'%.60s' holds, and not that of %s", name, was);
	}
	*into = *from;
}

static int merge(const struct merger *merger, const struct schema_row *row, const char *name, struct config_node *into,
	struct config_node *from)
{
	int ret = spell_out(merger, row, into);

	if (!ret)
		ret = spell_out(merger, row, from);
	if (ret < 0)
		return ret;
	if (config_node_is_null(from) && into->kind != CONFIG_SCALAR)
		return 0;
	if (into->kind != from->kind || into->kind == CONFIG_SCALAR)
		override(merger, name, into, from);
	else if (into->kind == CONFIG_MAPPING)
		return merge_mappings(merger, row, into, from);
	else
		return append(merger, into, from);
	return 0;
}

int config_merge(
	struct arena *arena, struct config_node *into, const struct config_node *from, struct config_findings *findings)
{
	const struct merger merger = { arena, findings };

	if (into->kind != CONFIG_MAPPING || from->kind != CONFIG_MAPPING)
		return 0;
	return merge_mappings(&merger, &schema_root, into, from);
}
