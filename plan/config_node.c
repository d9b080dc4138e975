// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of a configuration file: making and searching it. */
#include "plan/config_node.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

const char *config_kind_name(enum config_kind kind)
{
	static const char *const names[] = {
		[CONFIG_SCALAR] = "a single value",
		[CONFIG_MAPPING] = "a mapping",
		[CONFIG_SEQUENCE] = "a list",
	};

	return names[kind];
}

bool config_node_is_null(const struct config_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != CONFIG_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < array_size(words); i++)
		if (!strcmp(node->text, words[i]))
			return true;
	return false;
}

struct config_node *config_node_new(struct arena *arena, enum config_kind kind, struct place at, const char *text)
{
	struct config_node *node = arena_alloc(arena, 1, sizeof(*node));

	if (!node)
		return NULL;
	node->kind = kind;
	node->at = at;
	node->text = arena_text(arena, text, strlen(text));
	return node->text ? node : NULL;
}

int config_node_add(struct arena *arena, struct config_node *node, struct config_node *key, struct config_node *value)
{
	if (node->count == node->room) {
		size_t room = node->room ? node->room * 2 : 4;
		struct config_item *grown = arena_alloc(arena, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		if (node->count)
			memcpy(grown, node->item, node->count * sizeof(*grown));
		node->item = grown;
		node->room = room;
	}
	node->item[node->count++] = (struct config_item){ key, value };
	return 0;
}

struct config_item *config_node_find(const struct config_node *mapping, const char *key)
{
	for (size_t i = 0; i < mapping->count; i++)
		if (mapping->item[i].key && !strcmp(mapping->item[i].key->text, key))
			return &mapping->item[i];
	return NULL;
}
