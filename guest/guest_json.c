// SPDX-License-Identifier: GPL-2.0-or-later
/* guest.json, by jansson; see guest_json.h. Unknown keys are left alone: a newer sluice may have written them. */
#include "guest/guest_json.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/cage_json.h"

static void put_json(json_t **value)
{
	json_decref(*value);
}

char *guest_info_to_json(const struct guest_info *info)
{
	cleanup(put_json) json_t *object =
		json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:[]}", "name", info->name, "pid",
			(json_int_t)info->pid, "vmm_pid", (json_int_t)info->vmm_pid, "cpus", (json_int_t)info->cpus,
			"memory", (json_int_t)info->memory_bytes, "page_size", (json_int_t)info->page_bytes, "started",
			(json_int_t)info->started, "console_socket", info->console_socket, "devices");

	if (object && info->step != STEP_COUNT) {
		json_object_set_new(object, "step", json_string(guest_step_name(info->step)));
		json_object_set_new(object, "step_since", json_integer((json_int_t)info->step_since));
	}
	if (object)
		cage_to_info(info, object);
	for (size_t i = 0; object && i < info->device_count; i++) {
		char text[PCI_ADDR_TEXT_SIZE];

		json_array_append_new(
			json_object_get(object, "devices"), json_string(pci_addr_text(info->device[i], text)));
	}
	return object ? json_dumps(object, JSON_INDENT(1)) : NULL;
}

static int bad_field(const char *key, struct error *err)
{
	return fail_code(err, CODE_FAILED, EBADMSG, "guest.json: '%s' is missing or makes no sense", key);
}

static int take_number(const json_t *object, const char *key, json_int_t max, json_int_t *ret_value, struct error *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > max)
		return bad_field(key, err);
	*ret_value = json_integer_value(value);
	return 0;
}

static int take_devices(const json_t *object, struct guest_info *info, struct error *err)
{
	const json_t *list = json_object_get(object, "devices");
	const json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > GUEST_DEVICE_MAX)
		return bad_field("devices", err);
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item) || pci_addr_parse(json_string_value(item), &info->device[i]))
			return bad_field("devices", err);
	}
	info->device_count = json_array_size(list);
	return 0;
}

/* Both are there while it is being started; a step that a newer sluice knows is told as none. */
static void take_step(const json_t *object, struct guest_info *info)
{
	const char *name = json_string_value(json_object_get(object, "step"));
	const json_t *since = json_object_get(object, "step_since");

	info->step = 0;
	while (info->step < STEP_COUNT && (!name || strcmp(name, guest_step_name(info->step)) != 0))
		info->step++;
	info->step_since = json_is_integer(since) ? json_integer_value(since) : 0;
}

static int take_numbers(const json_t *object, struct guest_info *info, struct error *err)
{
	json_int_t pid, vmm_pid, cpus, memory, page_size, started;
	const struct {
		const char *key;
		json_int_t max;
		json_int_t *value;
	} numbers[] = {
		{ "pid", INT32_MAX, &pid },
		{ "vmm_pid", INT32_MAX, &vmm_pid },
		{ "cpus", 4096, &cpus },
		{ "memory", INT64_MAX, &memory },
		{ "page_size", INT64_MAX, &page_size },
		{ "started", INT64_MAX, &started },
	};

	for (size_t i = 0; i < array_size(numbers); i++) {
		int ret = take_number(object, numbers[i].key, numbers[i].max, numbers[i].value, err);

		if (ret < 0)
			return ret;
	}
	info->pid = (pid_t)pid;
	info->vmm_pid = (pid_t)vmm_pid;
	info->cpus = (uint32_t)cpus;
	info->memory_bytes = (uint64_t)memory;
	info->page_bytes = (uint64_t)page_size;
	info->started = started;
	return 0;
}

int guest_info_from_json(const char *text, struct guest_info *ret_info, struct error *err)
{
	cleanup(put_json) json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	struct guest_info info = { .console_socket = json_is_true(json_object_get(object, "console_socket")) };
	const char *name = json_string_value(json_object_get(object, "name"));
	int ret;

	if (!object)
		return fail_code(err, CODE_FAILED, EBADMSG, "guest.json is not JSON");
	if (!name || !text_is_name(name) || !text_copy(info.name, sizeof(info.name), name))
		return bad_field("name", err);
	ret = take_numbers(object, &info, err);
	if (!ret)
		ret = take_devices(object, &info, err);
	take_step(object, &info);
	cage_from_info(object, &info);
	if (ret < 0)
		return ret;
	*ret_info = info;
	return 0;
}
