// SPDX-License-Identifier: GPL-2.0-or-later
/* The walls around a guest's process, by jansson; see cage_json.h. */
#include "guest/cage_json.h"

#include <stdio.h>
#include <string.h>

enum {
	WEAKNESS_SIZE = 160,
};

void cage_to_info(const struct guest_info *info, json_t *object)
{
	json_t *missing = info->caged ? json_object() : NULL;

	if (info->user)
		json_object_set_new(object, "user", json_integer(info->user));
	for (int wall = 0; missing && wall < CAGE_WALL_COUNT; wall++)
		if (info->cage.missing[wall])
			json_object_set_new(
				missing, cage_wall_name((enum cage_wall)wall), json_integer(info->cage.missing[wall]));
	if (missing)
		json_object_set_new(object, "cage",
			json_pack("{s:s, s:I, s:o}", "root", cage_root_name(info->cage.root), "landlock_abi",
				(json_int_t)info->cage.landlock_abi, "missing", missing));
}

static uint32_t number_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static enum cage_root root_of(const json_t *cage)
{
	const char *name = json_string_value(json_object_get(cage, "root"));
	int root = 0;

	while (root < CAGE_ROOT_COUNT && (!name || strcmp(name, cage_root_name((enum cage_root)root)) != 0))
		root++;
	return (enum cage_root)root;
}

void cage_from_info(const json_t *object, struct guest_info *info)
{
	const json_t *cage = json_object_get(object, "cage");
	const json_t *missing = json_object_get(cage, "missing");

	info->user = number_of(object, "user");
	if (!json_is_object(missing))
		return;
	info->cage.root = root_of(cage);
	info->cage.landlock_abi = number_of(cage, "landlock_abi");
	for (int wall = 0; wall < CAGE_WALL_COUNT; wall++)
		info->cage.missing[wall] = (int32_t)number_of(missing, cage_wall_name((enum cage_wall)wall));
	info->caged = cage_report_is_valid(&info->cage);
}

const char *cage_weakness(const struct guest_info *info, enum cage_wall wall, char *buf, size_t size)
{
	if (!info->caged || !info->cage.missing[wall])
		return NULL;
	if (wall == CAGE_ROOT && info->cage.root == CAGE_ROOT_REMOVED)
		snprintf(buf, size, "its root is a removed directory, and no file system of its own: %s",
			strerror(info->cage.missing[wall]));
	else
		snprintf(buf, size, "%s: %s", cage_wall_weakness(wall), strerror(info->cage.missing[wall]));
	return buf;
}

json_t *cage_to_json(const struct guest_info *info)
{
	json_t *walls = json_array();
	json_t *weaknesses = json_array();

	for (int wall = 0; wall < CAGE_WALL_COUNT; wall++) {
		char text[WEAKNESS_SIZE];
		const char *weakness = cage_weakness(info, (enum cage_wall)wall, text, sizeof(text));

		json_array_append_new(walls,
			json_pack("{s:s, s:b}", "name", cage_wall_name((enum cage_wall)wall), "stands", !weakness));
		if (weakness)
			json_array_append_new(weaknesses, json_string(weakness));
	}
	if (!info->caged) {
		json_decref(walls);
		json_decref(weaknesses);
		return json_null();
	}
	return json_pack("{s:I, s:s, s:o, s:o, s:o}", "user", (json_int_t)info->user, "root",
		cage_root_name(info->cage.root), "landlock_abi",
		info->cage.landlock_abi ? json_integer(info->cage.landlock_abi) : json_null(), "walls", walls,
		"weaknesses", weaknesses);
}
