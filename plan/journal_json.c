// SPDX-License-Identifier: GPL-2.0-or-later
/* A journal's entry to JSON and back, by jansson; see journal_json.h. */
#include "plan/journal_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FIELD_TEXT(name)                                                                                               \
	{                                                                                                              \
#name, offsetof(struct journal_entry, name), sizeof(((struct journal_entry *)0)->name)                 \
	}

static const struct {
	const char *key;
	size_t offset, size;
} texts[] = {
	FIELD_TEXT(id),
	FIELD_TEXT(boot_id),
	FIELD_TEXT(time),
	FIELD_TEXT(user),
	FIELD_TEXT(command),
};

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{ "generation", offsetof(struct journal_entry, generation) },
	{ "undoes", offsetof(struct journal_entry, undoes) },
	{ "confirm_seconds", offsetof(struct journal_entry, confirm_seconds) },
	{ "deadline", offsetof(struct journal_entry, deadline) },
};

static const struct {
	const char *key;
	size_t offset;
} lists[] = {
	{ "steps", offsetof(struct journal_entry, steps) },
	{ "found", offsetof(struct journal_entry, found) },
	{ "found_after", offsetof(struct journal_entry, found_after) },
};

static void put_json(json_t **value)
{
	json_decref(*value);
}

static const void *member(const struct journal_entry *entry, size_t offset)
{
	return (const char *)entry + offset;
}

char *journal_entry_to_json(const struct journal_entry *entry)
{
	cleanup(put_json) json_t *object = json_pack(
		"{s:s, s:b, s:b}", "format_version", "1.0", "forgets", entry->forgets, "complete", entry->complete);

	for (size_t i = 0; i < array_size(texts); i++)
		json_object_set_new(object, texts[i].key, json_string(member(entry, texts[i].offset)));
	for (size_t i = 0; i < array_size(numbers); i++)
		json_object_set_new(
			object, numbers[i].key, json_integer(*(const unsigned int *)member(entry, numbers[i].offset)));
	for (size_t i = 0; i < array_size(lists); i++)
		json_object_set_new(object, lists[i].key, step_list_json(member(entry, lists[i].offset)));
	return object ? json_dumps(object, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
}

char *journal_found_to_json(const struct step_list *found)
{
	cleanup(put_json) json_t *object =
		json_pack("{s:s, s:o}", "format_version", "1.0", "found", step_list_json(found));

	return object ? json_dumps(object, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
}

static int load(const char *text, size_t size, json_t **ret_object, struct error *err)
{
	json_error_t why;
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);

	if (!object)
		return fail_code(err, CODE_FAILED, EBADMSG, "line %d: %s", why.line, why.text);
	if (!text_starts_with(json_string_value(json_object_get(object, "format_version")) ?: "", "1.")) {
		json_decref(object);
		return fail_code(err, CODE_FAILED, EBADMSG, "it has a format that this sluice does not know");
	}
	*ret_object = object;
	return 0;
}

static int take_fields(const json_t *object, struct journal_entry *entry, struct error *err)
{
	entry->forgets = json_is_true(json_object_get(object, "forgets"));
	entry->complete = json_is_true(json_object_get(object, "complete"));
	for (size_t i = 0; i < array_size(texts); i++) {
		const char *text = json_string_value(json_object_get(object, texts[i].key));

		if (!text || !text_copy((char *)entry + texts[i].offset, texts[i].size, text))
			return fail_code(err, CODE_FAILED, EBADMSG, "its %s makes no sense", texts[i].key);
	}
	for (size_t i = 0; i < array_size(numbers); i++) {
		json_int_t value = json_integer_value(json_object_get(object, numbers[i].key));

		if (value < 0 || value > INT32_MAX)
			return fail_code(err, CODE_FAILED, EBADMSG, "its %s makes no sense", numbers[i].key);
		*(unsigned int *)((char *)entry + numbers[i].offset) = (unsigned int)value;
	}
	return 0;
}

int journal_entry_from_json(const char *text, size_t size, struct journal_entry *ret_entry, struct error *err)
{
	cleanup(put_json) json_t *object = NULL;
	struct journal_entry entry = { 0 };
	int ret = load(text, size, &object, err);

	if (!ret)
		ret = take_fields(object, &entry, err);
	for (size_t i = 0; !ret && i < array_size(lists); i++)
		ret = step_list_from_json(json_object_get(object, lists[i].key),
			(struct step_list *)((char *)&entry + lists[i].offset), err);
	if (ret < 0)
		journal_entry_done(&entry);
	else
		*ret_entry = entry;
	return ret;
}

int journal_found_from_json(const char *text, size_t size, struct step_list *ret_found, struct error *err)
{
	cleanup(put_json) json_t *object = NULL;
	int ret = load(text, size, &object, err);

	return ret < 0 ? ret : step_list_from_json(json_object_get(object, "found"), ret_found, err);
}
