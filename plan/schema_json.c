// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema's rows as JSON Schema, draft 7, which editors read: completion, types and texts while typing. */
#include <string.h>

#include "plan/schema.h"

/* Some rows are in the schema in several places; draft 7 needs no definitions for that, only room. */
static json_t *value_json(const struct schema_row *row);

static json_t *struct_json(const struct schema_row *row)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *object = json_pack(
		"{s:[s, s], s:b, s:o}", "type", "object", "null", "additionalProperties", 0, "properties", properties);

	for (const struct schema_row *member = row->rows; member->key; member++) {
		json_object_set_new(properties, member->key, value_json(member));
		if (member->required)
			json_array_append_new(required, json_string(member->key));
	}
	if (json_array_size(required)) {
		json_object_set(object, "required", required);
		json_object_set_new(object, "type", json_string("object"));
	}
	json_decref(required);
	return object;
}

static json_t *map_json(const struct schema_row *row)
{
	const char *pattern = schema_pattern(row->array->key_type);
	json_t *object = json_pack("{s:[s, s], s:I, s:o}", "type", "object", "null", "maxProperties",
		(json_int_t)row->array->max, "additionalProperties", value_json(row->array->value));

	json_object_set_new(object, "propertyNames", json_pack("{s:s}", "pattern", pattern ? pattern : "^[0-9]+$"));
	return object;
}

static json_t *list_json(const struct schema_row *row)
{
	return json_pack("{s:[s, s], s:I, s:o}", "type", "array", "null", "maxItems", (json_int_t)row->array->max,
		"items", value_json(row->array->value));
}

static json_t *shape_json(const struct schema_row *row)
{
	json_t *object;

	if (row->type == SCHEMA_MAP)
		return map_json(row);
	if (row->type == SCHEMA_LIST)
		return list_json(row);
	if (row->type != SCHEMA_STRUCT)
		return schema_single_json(row);
	object = struct_json(row);
	if (!row->shorthand)
		return object;
	return json_pack("{s:[o, o]}", "anyOf", object, schema_single_json(schema_find(row->rows, row->shorthand)));
}

static json_t *value_json(const struct schema_row *row)
{
	json_t *object = shape_json(row);

	if (row->doc)
		json_object_set_new(object, "description", json_string(row->doc));
	if (row->fallback && schema_is_single(row->type))
		json_object_set_new(object, "default", json_string(row->fallback));
	return object;
}

json_t *schema_json(void)
{
	json_t *object = value_json(&schema_root);

	json_object_set_new(object, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
	json_object_set_new(object, "title", json_string("sluice: what a host should be (/etc/sluice/sluice.yaml)"));
	json_object_set_new(object, "type", json_string("object"));
	return object;
}
