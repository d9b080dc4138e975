// SPDX-License-Identifier: GPL-2.0-or-later
/* From a tree to typed values: structure, unknown keys, single values. What names mean is config_build.c's business. */
#include "plan/config_fill.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "plan/schema.h"

struct filler {
	struct arena *arena;
	struct config_findings *findings;
};

/* A value that is to be filled: its row, what it is called, where that name stands, and the struct that it is in. */
struct target {
	const struct schema_row *row;
	const char *name;
	struct place name_at;
	void *base;
};

static void remember_place(const struct target *target, struct place at)
{
	if (target->row->at != NO_PLACE)
		*(struct place *)((char *)target->base + target->row->at) = at;
}

/* Single values --------------------------------------------------------------------------------------------------- */

static const char *nearest_word(const char *const *words, const char *text)
{
	unsigned int least = 3, length = (unsigned int)strlen(text);
	const char *nearest = NULL;

	for (; *words; words++) {
		unsigned int distance = text_distance(text, *words);

		if ((distance < least && distance < length) ||
			(!nearest && length > 1 && text_starts_with(*words, text))) {
			least = distance < least ? distance : least;
			nearest = *words;
		}
	}
	return nearest;
}

/* What would help with a value of the wrong kind, where that is a known mistake. */
static void hint_value(const struct filler *filler, const struct schema_row *row, const char *text)
{
	bool is_device = row->type == SCHEMA_ALIAS || row->type == SCHEMA_DEVICE || row->type == SCHEMA_DEVICES;
	struct pci_addr addr;

	if (is_device && !pci_addr_parse(text, &addr))
		config_hint(filler->findings,
			"an address changes when a card is moved or added: give the card a name under 'aliases', by "
			"its place, ids and serial number ('sluice init' writes them)");
	else if (schema_is_plain(row->type) || row->type == SCHEMA_SWITCH || row->type == SCHEMA_VF_SWITCH) {
		if (!strcmp(text, "yes") || !strcmp(text, "no"))
			config_hint(filler->findings, "%s", !strcmp(text, "yes") ? "true" : "false");
	} else if (row->words && row->key && !strcmp(row->key, "mac")) {
		config_hint(filler->findings, "each VF needs an address of its own: say it below 'vfs'");
	} else if (row->words) {
		const char *nearest = nearest_word(row->words, text);

		if (nearest)
			config_hint(filler->findings, "did you mean '%s'?", nearest);
	}
}

static void complain(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	char says[300];

	schema_says(target->row, says, sizeof(says));
	if (node->kind != CONFIG_SCALAR)
		config_error(filler->findings, node->at, "%s is %s, not %s", target->name, says,
			config_kind_name(node->kind));
	else if (config_node_is_null(node))
		config_error(filler->findings, target->name_at, "%s has no value: it is %s", target->name, says);
	else {
		config_error(filler->findings, node->at, "%s is %s, not '%.80s'", target->name, says, node->text);
		hint_value(filler, target->row, node->text);
	}
}

static int fill_single(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	const struct schema_row *row = target->row;
	int ret = -EINVAL;

	if (node->kind == CONFIG_SCALAR && node->quoted && schema_is_plain(row->type)) {
		config_error(filler->findings, node->at, "%s is a number, which stands without quotes", target->name);
		return 0;
	}
	if (node->kind == CONFIG_SCALAR && !config_node_is_null(node))
		ret = schema_parse(row, filler->arena, node->text, node->at, (char *)target->base + row->offset);
	if (ret == -EINVAL)
		complain(filler, target, node);
	else if (!ret)
		remember_place(target, node->at);
	return ret == -ENOMEM ? ret : 0;
}

/* Made of others -------------------------------------------------------------------------------------------------- */

static int fill(const struct filler *filler, const struct target *target, const struct config_node *node);

static const struct schema_row *nearest_row(const struct schema_row *rows, const char *key)
{
	const struct schema_row *nearest = NULL;
	unsigned int least = 3; /* edits that are still the same word, mistyped */

	for (; rows->key; rows++) {
		unsigned int distance = text_distance(key, rows->key);

		if (distance < least || (!nearest && text_starts_with(rows->key, key) && key[0])) {
			least = distance < least ? distance : least;
			nearest = rows;
		}
	}
	return nearest;
}

static void complain_unknown(const struct filler *filler, const struct target *target, const struct config_node *key)
{
	const struct schema_row *rows = target->row->rows;
	const struct schema_row *nearest = nearest_row(rows, key->text);
	char list[280] = "";
	size_t used = 0;

	config_error(filler->findings, key->at, "%s has no key '%.60s'", target->name, key->text);
	if (nearest) {
		config_hint(filler->findings, "did you mean '%s'?", nearest->key);
		return;
	}
	for (; rows->key && used < sizeof(list); rows++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", rows->key);
	config_hint(filler->findings, "it has: %s", list);
}

static bool is_there(const struct config_node *node, const char *key)
{
	return node->kind == CONFIG_MAPPING && config_node_find(node, key);
}

static void check_required(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	for (const struct schema_row *row = target->row->rows; row->key; row++)
		if (row->required && !is_there(node, row->key)) {
			config_error(filler->findings, target->name_at, "%s has no '%s'", target->name, row->key);
			config_hint(filler->findings, "%s", row->example);
		}
}

static int fill_struct(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	char *base = (char *)target->base + target->row->offset;

	remember_place(target, node->at);
	for (size_t i = 0; i < node->count; i++) {
		const struct config_item *item = &node->item[i];
		const struct schema_row *row = schema_find(target->row->rows, item->key->text);
		char name[80];
		struct target member = { row, name, item->key->at, base };
		int ret;

		if (!row) {
			complain_unknown(filler, target, item->key);
			continue;
		}
		snprintf(name, sizeof(name), "'%s'", row->key);
		ret = fill(filler, &member, item->value);
		if (ret < 0)
			return ret;
	}
	check_required(filler, target, node);
	return 0;
}

/* "vfio" in place of {driver: vfio}. */
static int fill_shorthand(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	struct target member = *target;

	remember_place(target, node->at);
	member.row = schema_find(target->row->rows, target->row->shorthand);
	member.base = (char *)target->base + target->row->offset;
	return fill(filler, &member, node);
}

static int fill_key(
	const struct filler *filler, const struct schema_array *array, const struct config_node *key, void *element)
{
	const struct schema_row row = { .key = "", .type = array->key_type, .min = 0, .max = 1023 };
	int ret = schema_parse(&row, filler->arena, key->text, key->at, (char *)element + array->key_offset);
	char says[200];

	if (ret == -EINVAL) {
		config_error(filler->findings, key->at, "a key here is %s, not '%.60s'",
			schema_says(&row, says, sizeof(says)), key->text);
		hint_value(filler, &row, key->text);
	}
	if (array->key_at)
		*(struct place *)((char *)element + array->key_at) = key->at;
	return ret;
}

static int fill_element(
	const struct filler *filler, const struct target *target, const struct config_item *item, void *element)
{
	const struct schema_array *array = target->row->array;
	char name[80];
	struct target value = { array->value, name, item->value->at, element };
	int ret;

	if (array->prepare)
		array->prepare(element);
	snprintf(name, sizeof(name), "an entry of %.60s", target->name);
	if (item->key) {
		snprintf(name, sizeof(name), "'%.60s'", item->key->text);
		value.name_at = item->key->at;
		ret = fill_key(filler, array, item->key, element);
		if (ret == -ENOMEM)
			return ret;
	}
	return fill(filler, &value, item->value);
}

static int fill_array(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	const struct schema_array *array = target->row->array;
	char *elements;

	if (node->count > array->max) {
		config_error(
			filler->findings, target->name_at, "%s has more than %u entries", target->name, array->max);
		return 0;
	}
	elements = arena_alloc(filler->arena, node->count + 1, array->element_size);
	if (!elements)
		return -ENOMEM;
	for (size_t i = 0; i < node->count; i++) {
		int ret = fill_element(filler, target, &node->item[i], elements + i * array->element_size);

		if (ret < 0)
			return ret;
	}
	*(void **)((char *)target->base + target->row->offset) = elements;
	*(size_t *)((char *)target->base + array->count_offset) = node->count;
	return 0;
}

/* Which kind of node a row wants. */
static enum config_kind wanted_kind(enum schema_type type)
{
	return type == SCHEMA_LIST ? CONFIG_SEQUENCE : CONFIG_MAPPING;
}

static int fill(const struct filler *filler, const struct target *target, const struct config_node *node)
{
	const struct schema_row *row = target->row;

	if (schema_is_single(row->type))
		return fill_single(filler, target, node);
	if (config_node_is_null(node)) {
		if (row->type == SCHEMA_STRUCT)
			check_required(filler, target, node);
		return 0;
	}
	if (row->shorthand && node->kind == CONFIG_SCALAR)
		return fill_shorthand(filler, target, node);
	if (node->kind != wanted_kind(row->type)) {
		config_error(filler->findings, node->at, "%s is %s, not %s", target->name,
			row->type == SCHEMA_LIST ? "a list: [ONE, OTHER]" : "a mapping: lines of KEY: VALUE below it",
			config_kind_name(node->kind));
		return 0;
	}
	return row->type == SCHEMA_STRUCT ? fill_struct(filler, target, node) : fill_array(filler, target, node);
}

int config_fill(struct arena *arena, const struct config_node *node, struct config_raw *ret_raw,
	struct config_findings *findings)
{
	const struct filler filler = { arena, findings };
	const struct target target = { &schema_root, "the file",
		node ? node->at : (struct place){ .line = 1, .column = 1 }, ret_raw };

	if (!node) {
		config_error(findings, target.name_at, "the file is empty");
		config_hint(findings, "'sluice init' writes one from this host as it is");
		return 0;
	}
	return fill(&filler, &target, node);
}
