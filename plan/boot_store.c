// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of configuration files; see boot_store.h. What is read back is checked: disks and people make mistakes. */
#include "plan/boot_store.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "os/run_dir.h"
#include "wire/limits.h"

#define PATH "/var/lib/sluice/boot"

enum {
	STORE_BYTES = 16 << 20, /* of one file: its texts, with JSON's escapes */
	NAME_BYTES = 4096,
};

static void put_json(json_t **value)
{
	json_decref(*value);
}

static int add_file(json_t *files, const struct source *source)
{
	json_t *file = json_pack("{ss, ss%}", "name", source->name, "text", source->text, source->size);

	return file && !json_array_append_new(files, file) ? 0 : -ENOMEM;
}

void boot_copy_done(struct boot_copy *copy)
{
	source_list_free(copy->sources);
	*copy = (struct boot_copy){ .sources = NULL };
}

int boot_store_write(int dir, const char *name, const struct source_list *sources, bool had_route, struct error *err)
{
	cleanup(put_json) json_t *object = json_object();
	json_t *files = json_array();
	cleanup_free char *text = NULL;
	int ret = json_object_set_new(object, "files", files) ||
				  json_object_set_new(object, "had_route", json_boolean(had_route))
			  ? -ENOMEM
			  : 0;

	for (size_t i = 0; !ret && i < sources->count; i++)
		ret = add_file(files, &sources->source[i]);
	if (!ret)
		text = json_dumps(object, JSON_INDENT(1));
	if (!text)
		return fail(err, ENOMEM, "keep the configuration for the next boot");
	if (strlen(text) >= STORE_BYTES)
		return fail_code(
			err, CODE_FAILED, EFBIG, "the configuration is too large to be kept for the next boot");
	return run_dir_write(dir, name, text, err) < 0 ? fail_in(err, PATH) : 0;
}

static int take_file(struct source_list *list, json_t *file)
{
	const json_t *name = json_object_get(file, "name"), *text = json_object_get(file, "text");
	char *copy;

	if (!json_is_string(name) || !json_is_string(text) || json_string_length(name) >= NAME_BYTES ||
		json_string_length(text) > LIMIT_CONFIG_BYTES)
		return -EBADMSG;
	copy = malloc(json_string_length(text) + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, json_string_value(text), json_string_length(text) + 1);
	return source_list_add(list, json_string_value(name), copy, json_string_length(text));
}

static int take_files(const json_t *object, struct source_list *list)
{
	json_t *files = json_object_get(object, "files"), *file;
	size_t i;
	int ret = 0;

	if (!json_is_array(files) || !json_array_size(files) || json_array_size(files) > LIMIT_CONFIG_FILES)
		return -EBADMSG;
	json_array_foreach(files, i, file)
	{
		if (!ret)
			ret = take_file(list, file);
	}
	return ret;
}

static int read_copy(const struct sysroot *root, const char *name, struct boot_copy *copy)
{
	cleanup_free char *text = malloc(STORE_BYTES);
	cleanup(put_json) json_t *object = NULL;
	ssize_t size;

	copy->sources = calloc(1, sizeof(*copy->sources));
	if (!text || !copy->sources)
		return -ENOMEM;
	size = sysroot_read_bytes(root, text, STORE_BYTES, "var/lib/sluice/boot/%s", name);
	if (size < 0)
		return (int)size;
	if (size == STORE_BYTES)
		return -EFBIG;
	object = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
	if (!object)
		return -EBADMSG;
	copy->had_route = json_is_true(json_object_get(object, "had_route"));
	return take_files(object, copy->sources);
}

int boot_store_read(const struct sysroot *root, const char *name, struct boot_copy *ret_copy, struct error *err)
{
	struct boot_copy copy = { .sources = NULL };
	int ret = read_copy(root, name, &copy);

	if (!ret) {
		*ret_copy = copy;
		return 1;
	}
	boot_copy_done(&copy);
	if (ret == -ENOENT || ret == -ENOTDIR)
		return 0;
	if (ret == -EBADMSG)
		return fail_code(err, CODE_FAILED, EBADMSG, PATH "/%s is no copy of a configuration", name);
	return fail(err, -ret, "read " PATH "/%s", name);
}

bool boot_store_same(const struct source_list *one, const struct source_list *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		const struct source *a = &one->source[i], *b = &other->source[i];

		if (strcmp(a->name, b->name) != 0 || a->size != b->size || memcmp(a->text, b->text, a->size) != 0)
			return false;
	}
	return true;
}
