// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model of a picture as JSON: flat nodes that name their parent, groups that name their members; docs/topology.md.
 */
#include <string.h>

#include "base/code.h"
#include "picture/host_model.h"
#include "view/verdict_json.h"
#include "view/view.h"

static const char *const kinds[] = {
	[PICTURE_NODE] = "numa_node",
	[PICTURE_ROOT] = "root_complex",
	[PICTURE_PORT] = "port",
	[PICTURE_DEVICE] = "device",
	[PICTURE_VF] = "vf",
};

static json_t *badges_json(const struct picture *picture, const struct picture_item *item)
{
	json_t *list = json_array();

	for (size_t i = 0; i < item->badge_count; i++) {
		const struct picture_badge *badge = &picture->badge[item->badge + i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "kind", badge->kind, "level",
						    picture_level_names[badge->level], "text", badge->text, "detail",
						    json_text(badge->detail)));
	}
	return list;
}

static json_t *clean_text(const char *text)
{
	char clean[256];

	picture_clean(clean, sizeof(clean), text);
	return json_text(clean);
}

static json_t *users_json(const struct pci_users *users)
{
	json_t *list = json_array();

	for (size_t i = 0; users && i < users->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "kind", users->user[i].kind, "what",
						    clean_text(users->user[i].what), "severity",
						    users->user[i].severity == PCI_USER_BLOCKS ? "block" : "note"));
	return list;
}

static void set_vf_counts(json_t *object, const struct picture_item *item)
{
	json_t *counts = json_object();

	for (int i = 0; i < PICTURE_OWNERS; i++)
		json_object_set_new(counts, picture_owner_looks[i].word, json_integer(item->vf_by_owner[i]));
	json_object_set_new(object, "vfs", json_pack("{s:i, s:o}", "count", item->vf_count, "by_owner", counts));
}

static void set_function(json_t *object, const struct picture *picture, const struct picture_item *item)
{
	const struct pci_device *device = item->device;

	json_object_set_new(object, "address", json_string(item->address));
	json_object_set_new(object, "class", json_hex(device->class, 6));
	json_object_set_new(object, "class_name", clean_text(device->class_name));
	json_object_set_new(object, "ids", json_sprintf("%04x:%04x", device->vendor_id, device->device_id));
	json_object_set_new(object, "vendor", clean_text(device->vendor));
	json_object_set_new(object, "driver", json_text(item->driver));
	json_object_set_new(object, "numa_node", json_number(device->numa_node));
	json_object_set_new(object, "vf_index", json_number(device->vf_index));
	json_object_set_new(object, "owner",
		item->kind == PICTURE_PORT ? json_null() : json_string(picture_owner_looks[item->owner].word));
	json_object_set_new(
		object, "owner_text", item->kind == PICTURE_PORT ? json_null() : json_text(item->owner_text));
	json_object_set_new(object, "group", item->group < 0 ? json_null() : json_integer(item->group));
	json_object_set_new(
		object, "iommu_group", item->group < 0 ? json_null() : json_number(picture->group[item->group].id));
	json_object_set_new(object, "badges", badges_json(picture, item));
	json_object_set_new(object, "users", users_json(item->users));
	json_object_set_new(object, "users_complete", json_boolean(item->users && !item->users->incomplete));
	json_object_set_new(object, "blockers", item->verdict ? verdict_blockers_json(item->verdict) : json_array());
	json_object_set_new(
		object, "assignable", item->verdict ? verdict_answer_json(item->verdict, VERDICT_RUN) : json_false());
	json_object_set_new(object, "assignable_other_vmm",
		item->verdict ? verdict_answer_json(item->verdict, VERDICT_VMM) : json_false());
	if (item->vf_count)
		set_vf_counts(object, item);
}

static json_t *nodes_json(const struct picture *picture)
{
	json_t *list = json_array();

	for (size_t i = 0; i < picture->item_count; i++) {
		const struct picture_item *item = &picture->item[i];
		json_t *object = json_pack("{s:s, s:s, s:o, s:s, s:o}", "id", item->id, "kind", kinds[item->kind],
			"parent", item->parent < 0 ? json_null() : json_string(picture->item[item->parent].id), "title",
			item->title, "detail", json_text(item->detail));

		if (object && item->device)
			set_function(object, picture, item);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *group_json(const struct picture *picture, size_t index)
{
	const struct picture_group *group = &picture->group[index];
	bool judged = group->viable_known;

	return json_pack("{s:I, s:o, s:o, s:b, s:o, s:o, s:o}", "index", (json_int_t)index, "iommu_group",
		json_number(group->id), "members", json_array(), "shared", group->member_count > 1, "viable",
		judged ? json_boolean(group->viable) : json_null(), "cause", json_text(group->cause), "reason",
		json_text(group->reason));
}

static json_t *groups_json(const struct picture *picture)
{
	json_t *list = json_array();

	for (size_t i = 0; i < picture->group_count; i++)
		json_array_append_new(list, group_json(picture, i));
	for (size_t i = 0; i < picture->item_count; i++)
		if (picture->item[i].group >= 0)
			json_array_append_new(
				json_object_get(json_array_get(list, (size_t)picture->item[i].group), "members"),
				json_string(picture->item[i].id));
	return list;
}

json_t *topology_json(const struct picture *picture)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < picture->note_count; i++)
		json_array_append_new(notes, json_string(picture->note[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "host", picture->host, "summary", picture->summary, "notes",
		notes, "nodes", nodes_json(picture), "groups", groups_json(picture));
}
