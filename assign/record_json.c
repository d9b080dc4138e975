// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * devices.json, by jansson; see record.h. Keys that are not known are left alone: a newer sluice may have written them.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "assign/record.h"
#include "base/cleanup.h"
#include "base/text.h"

enum {
	DEVICE_MAX = 65536
};

static void put_json(json_t **value)
{
	json_decref(*value);
}

static json_t *device_json(const struct record_device *device)
{
	char identity[PCI_IDENTITY_TEXT_SIZE];
	char name[PCI_ADDR_TEXT_SIZE];
	json_t *netdevs = json_array();

	for (size_t i = 0; i < device->netdev_count; i++)
		json_array_append_new(netdevs, json_string(device->netdevs[i].text));
	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:o}", "address", pci_addr_text(device->addr, name), "identity",
		pci_identity_text(&device->identity, identity), "driver", device->driver, "group", device->group, "acs",
		(json_int_t)device->acs, "netdevs", netdevs);
}

char *record_to_json(const struct record *record)
{
	cleanup(put_json) json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:[]}", "format_version", "1.0", "time",
		record->time, "kernel", record->kernel, "boot_id", record->boot_id, "devices");

	for (size_t i = 0; object && i < record->count; i++)
		json_array_append_new(json_object_get(object, "devices"), device_json(&record->device[i]));
	return object ? json_dumps(object, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
}

static bool take_text(const json_t *object, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && text_copy(buf, size, text);
}

static bool take_netdevs(const json_t *list, struct record_device *device)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PCI_CHILD_MAX)
		return false;
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item) || !text_copy(device->netdevs[i].text, PCI_NAME_MAX, json_string_value(item)))
			return false;
	}
	device->netdev_count = json_array_size(list);
	return true;
}

static bool take_device(const json_t *object, struct record_device *device)
{
	const char *address = json_string_value(json_object_get(object, "address"));
	const char *identity = json_string_value(json_object_get(object, "identity"));
	const json_t *group = json_object_get(object, "group");
	const json_t *acs = json_object_get(object, "acs");

	if (!address || pci_addr_parse(address, &device->addr) || !identity ||
		pci_identity_parse(identity, &device->identity) || !json_is_integer(group) || !json_is_integer(acs) ||
		json_integer_value(group) < -1 || json_integer_value(group) > INT32_MAX ||
		json_integer_value(acs) < -1 || json_integer_value(acs) > UINT32_MAX)
		return false;
	device->group = (int)json_integer_value(group);
	device->acs = json_integer_value(acs);
	return take_text(object, "driver", device->driver, sizeof(device->driver)) &&
	       take_netdevs(json_object_get(object, "netdevs"), device);
}

static int take_devices(const json_t *list, struct record *record, struct error *err)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > DEVICE_MAX)
		return fail_code(err, CODE_FAILED, EBADMSG, "this is no record of devices");
	record->device = calloc(json_array_size(list) + 1, sizeof(*record->device));
	if (!record->device)
		return fail(err, ENOMEM, "read a record of devices");
	json_array_foreach(list, i, item)
	{
		if (!take_device(item, &record->device[i]))
			return fail_code(err, CODE_FAILED, EBADMSG, "device %zu makes no sense", i);
		record->count++;
	}
	return 0;
}

int record_from_json(const char *text, size_t size, struct record *ret_record, struct error *err)
{
	cleanup(put_json) json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	struct record record = { 0 };
	int ret;

	if (!object || !take_text(object, "time", record.time, sizeof(record.time)) ||
		!take_text(object, "kernel", record.kernel, sizeof(record.kernel)) ||
		!take_text(object, "boot_id", record.boot_id, sizeof(record.boot_id)))
		return fail_code(err, CODE_FAILED, EBADMSG, "this is no record of devices");
	ret = take_devices(json_object_get(object, "devices"), &record, err);
	if (ret < 0) {
		free(record.device);
		return ret;
	}
	*ret_record = record;
	return 0;
}
