// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The types of single values in a configuration file: what text each takes and stores, how it is described, and the
 * same as JSON Schema. One row a type.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "plan/config_raw.h"
#include "plan/schema.h"

enum {
	CARD_TEXT_LEAST = 2, /* a shorter number is none that one card alone has */
};

#define NAME_PATTERN "[A-Za-z0-9][A-Za-z0-9_.-]{0,30}"
#define HEX(n) "[0-9A-Fa-f]{" #n "}"

/* What a parser has: the row, where texts go, where the value stood. */
struct store {
	const struct schema_row *row;
	struct arena *arena;
	struct place at;
};

typedef int (*parse_fn)(const struct store *store, const char *text, void *value);

static int keep(const struct store *store, const char *text, void *value)
{
	char *copy = arena_text(store->arena, text, strlen(text));

	if (!copy)
		return -ENOMEM;
	*(const char **)value = copy;
	return 0;
}

/* No line ends: a text of several lines is nothing that goes into a file or an argument of others. */
static int parse_text(const struct store *store, const char *text, void *value)
{
	return text[0] && !strpbrk(text, "\n\r\t") ? keep(store, text, value) : -EINVAL;
}

static int parse_path(const struct store *store, const char *text, void *value)
{
	return text[0] == '/' ? parse_text(store, text, value) : -EINVAL;
}

static int parse_rom(const struct store *store, const char *text, void *value)
{
	return !strcmp(text, "off") ? keep(store, text, value) : parse_path(store, text, value);
}

static int parse_name(const struct store *store, const char *text, void *value)
{
	return text_is_name(text) ? keep(store, text, value) : -EINVAL;
}

static int parse_word_text(const struct store *store, const char *text, void *value)
{
	for (const char *at = text; *at; at++)
		if (!isgraph((unsigned char)*at) || strchr("\"'\\`$", *at))
			return -EINVAL;
	return text[0] ? keep(store, text, value) : -EINVAL;
}

static int parse_module(const struct store *store, const char *text, void *value)
{
	char name[64];

	if (!text[0] || !text_copy(name, sizeof(name), text))
		return -EINVAL;
	for (char *at = name; *at; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return -EINVAL;
		if (*at == '-')
			*at = '_';
	}
	return keep(store, name, value);
}

static int parse_count(const struct store *store, const char *text, void *value)
{
	uint64_t number;

	if (text_to_u64(text, store->row->max, &number) < 0 || number < store->row->min)
		return -EINVAL;
	*(uint64_t *)value = number;
	return 0;
}

static int parse_number(const struct store *store, const char *text, void *value)
{
	uint64_t number;

	if (parse_count(store, text, &number) < 0)
		return -EINVAL;
	*(uint32_t *)value = (uint32_t)number;
	return 0;
}

static int parse_size(const struct store *store, const char *text, void *value)
{
	uint64_t bytes;

	if (text_to_size(text, &bytes) < 0 || bytes < store->row->min || bytes > store->row->max)
		return -EINVAL;
	*(uint64_t *)value = bytes;
	return 0;
}

static int parse_seconds(const struct store *store, const char *text, void *value)
{
	uint64_t seconds;

	if (text_to_seconds(text, &seconds) < 0 || seconds < store->row->min || seconds > store->row->max)
		return -EINVAL;
	*(uint32_t *)value = (uint32_t)seconds;
	return 0;
}

/* 1, 0, or -EINVAL: YAML's words, and those of the command line. */
static int switch_value(const char *text)
{
	static const char *const words[] = { "off", "on", "false", "true" };

	for (size_t i = 0; i < array_size(words); i++)
		if (!strcmp(text, words[i]))
			return i & 1;
	return -EINVAL;
}

static int parse_switch(const struct store *store, const char *text, void *value)
{
	int on = switch_value(text);

	(void)store;
	if (on < 0)
		return on;
	*(bool *)value = on;
	return 0;
}

static int parse_word(const struct store *store, const char *text, void *value)
{
	int on = switch_value(text);

	for (int i = 0; store->row->words[i]; i++)
		if (!strcmp(store->row->words[i], text) || (on == 1 && !strcmp(store->row->words[i], "on"))) {
			*(int *)value = i;
			return 0;
		}
	return -EINVAL;
}

static int parse_page_size(const struct store *store, const char *text, void *value)
{
	uint64_t bytes;

	(void)store;
	if (text_to_size(text, &bytes) < 0 || (bytes != 2ull << 20 && bytes != 1ull << 30))
		return -EINVAL;
	*(uint64_t *)value = bytes;
	return 0;
}

static int parse_uuid(const struct store *store, const char *text, void *value)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != form[i])
			return -EINVAL;
	return keep(store, text, value);
}

/* Cards ---------------------------------------------------------------------------------------------------------- */

/* "8086:10c9" or "8086:10c9:8086:a03c". */
static int parse_ids(const struct store *store, const char *text, void *value)
{
	struct desired_alias *alias = value;
	size_t length = strlen(text);
	unsigned int id[4] = { 0 };

	(void)store;
	if (length != 9 && length != 19)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (i % 5 == 4 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return -EINVAL;
	for (size_t i = 0; i < (length + 1) / 5; i++)
		id[i] = (unsigned int)strtoul(text + 5 * i, NULL, 16);
	alias->has_ids = true;
	alias->has_subsystem = length == 19;
	alias->card.vendor_id = (uint16_t)id[0];
	alias->card.device_id = (uint16_t)id[1];
	alias->card.subsystem_vendor_id = (uint16_t)id[2];
	alias->card.subsystem_id = (uint16_t)id[3];
	return 0;
}

/* "0000:00/1c.0/00.0": the root bus, and each device.function below it. */
static int parse_card_path(const struct store *store, const char *text, void *value)
{
	size_t colon = strspn(text, "0123456789abcdef");
	const char *at = text + colon;

	(void)store;
	if (colon < 4 || colon > 8 || *at != ':' || strspn(at + 1, "0123456789abcdef") != 2)
		return -EINVAL;
	for (at += 3; *at; at += 5)
		if (*at != '/' || !isxdigit((unsigned char)at[1]) || !isxdigit((unsigned char)at[2]) || at[3] != '.' ||
			at[4] < '0' || at[4] > '7')
			return -EINVAL;
	if (at[-1] == ':' || !strchr(text, '/') || strlen(text) >= sizeof(((struct pci_identity *)0)->path))
		return -EINVAL;
	strcpy(value, text);
	return 0;
}

static int parse_card_text(const struct store *store, const char *text, void *value)
{
	if (strlen(text) < CARD_TEXT_LEAST || strlen(text) >= store->row->max || strpbrk(text, "\n\r\t") ||
		pci_serial_is_useless(text))
		return -EINVAL;
	strcpy(value, text);
	return 0;
}

static int parse_function(const struct store *store, const char *text, void *value)
{
	struct desired_alias *alias = value;
	uint64_t function;

	(void)store;
	if (text_to_u64(text, 7, &function) < 0)
		return -EINVAL;
	alias->card.function = (uint8_t)function;
	alias->has_function = true;
	return 0;
}

static int parse_driver(const struct store *store, const char *text, void *value)
{
	static const char *const words[] = {
		[DESIRED_DRIVER_HOST] = "host", [DESIRED_DRIVER_VFIO] = "vfio", [DESIRED_DRIVER_NONE] = "none"
	};
	struct desired_driver driver = { .kind = DESIRED_DRIVER_NAMED, .at = store->at };
	int ret;

	if (!isalnum((unsigned char)text[0]) || strlen(text) > 63)
		return -EINVAL;
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
			return -EINVAL;
	for (size_t i = DESIRED_DRIVER_HOST; i < array_size(words); i++)
		if (!strcmp(text, words[i]))
			driver.kind = (enum desired_driver_kind)i;
	ret = driver.kind == DESIRED_DRIVER_NAMED ? keep(store, text, &driver.name) : 0;
	if (!ret)
		*(struct desired_driver *)value = driver;
	return ret;
}

/* "3", "0-3", "all" into two numbers. */
static int parse_range(const char *text, int range[2])
{
	char first[16];
	const char *dash = strchr(text, '-');
	uint64_t one, other;

	if (!strcmp(text, "all")) {
		range[0] = 0;
		range[1] = INT_MAX;
		return 0;
	}
	if (dash && (size_t)(dash - text) >= sizeof(first))
		return -EINVAL;
	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - text) : 15, text);
	if (strspn(text, "0123456789-") != strlen(text) || text_to_u64(first, UINT16_MAX, &one) < 0)
		return -EINVAL;
	other = one;
	if (dash && (text_to_u64(dash + 1, UINT16_MAX, &other) < 0 || other < one))
		return -EINVAL;
	range[0] = (int)one;
	range[1] = (int)other;
	return 0;
}

static int parse_vf_range(const struct store *store, const char *text, void *value)
{
	(void)store;
	return parse_range(text, value);
}

static int parse_ref(const struct store *store, const char *text, void *value)
{
	struct desired_ref ref = { .first = DESIRED_UNSET, .last = DESIRED_UNSET, .at = store->at };
	const char *slash = strchr(text, '/');
	int range[2];
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "%.*s", slash ? (int)(slash - text) : 63, text);
	if (!text_is_name(name) || (slash && store->row->type == SCHEMA_ALIAS))
		return -EINVAL;
	if (slash) {
		if (parse_range(slash + 1, range) < 0)
			return -EINVAL;
		if (range[0] != range[1] && store->row->type != SCHEMA_DEVICES)
			return -EINVAL;
		ref.first = range[0];
		ref.last = range[1];
	}
	ret = keep(store, text, &ref.text);
	if (!ret)
		*(struct desired_ref *)value = ref;
	return ret;
}

/* Settings of VFs: by the parser of the command line --------------------------------------------------------------- */

static bool is_one_of(const char *const *words, const char *text)
{
	for (; *words; words++)
		if (!strcmp(*words, text))
			return true;
	return false;
}

static int parse_setting(const struct store *store, const char *text, void *value)
{
	struct vf_settings *settings = value;
	const char *word = text;
	char assignment[512];

	if (store->row->words && !is_one_of(store->row->words, text))
		return -EINVAL;
	if (store->row->type == SCHEMA_VF_SWITCH) {
		int on = switch_value(text);

		if (on < 0)
			return on;
		word = on ? "on" : "off";
	}
	if (store->row->type == SCHEMA_VF_NUMBER) {
		uint64_t number;

		if (parse_count(store, text, &number) < 0)
			return -EINVAL;
	}
	if ((size_t)snprintf(assignment, sizeof(assignment), "%s=%s", store->row->key, word) >= sizeof(assignment) ||
		vf_settings_parse(settings, assignment, NULL) < 0)
		return -EINVAL;
	if (store->row->type != SCHEMA_VF_MAC)
		return 0;
	/* A new address each time, or whatever there is, is no state that a host could be in. */
	if (settings->mac_from > VF_MAC_STABLE ||
		(settings->has_mac && (mac_is_zero(&settings->mac) || mac_is_multicast(&settings->mac))))
		return -EINVAL;
	return 0;
}

/* The types ------------------------------------------------------------------------------------------------------ */

static const struct type {
	parse_fn parse;
	const char *says;    /* NULL: made of the row's range or words */
	const char *pattern; /* ECMA 262, of the text that JSON Schema sees; NULL: any, or numbers and words */
	bool plain;          /* a number or a switch: not quoted */
	bool or_number;      /* a text that may look like a number to others */
	bool is_name;        /* and does not begin with a sign */
} types[] = {
	[SCHEMA_TEXT] = { parse_text, "a text on one line", "^[^\\n\\r\\t]+$", .or_number = true },
	[SCHEMA_PATH] = { parse_path, "the full path of a file, from /", "^/[^\\n\\r\\t]*$" },
	[SCHEMA_ROM] = { parse_rom, "the full path of a file, from /, or off", "^(/[^\\n\\r\\t]*|off)$" },
	[SCHEMA_NAME] = { parse_name, "a name: a letter or digit, then up to 30 of those, '_', '.', '-'",
		"^" NAME_PATTERN "$", .or_number = true, .is_name = true },
	[SCHEMA_NUMBER] = { parse_number, .plain = true },
	[SCHEMA_COUNT] = { parse_count, .plain = true },
	[SCHEMA_SIZE] = { parse_size, NULL, "^(0[xX])?[0-9A-Fa-f]+([KMGTkmgt](iB|B)?|B)?$", .or_number = true },
	[SCHEMA_SECONDS] = { parse_seconds, NULL, "^[0-9]+[smhd]?$", .or_number = true },
	[SCHEMA_SWITCH] = { parse_switch, "true or false" },
	[SCHEMA_WORD] = { parse_word, NULL },
	[SCHEMA_PAGE_SIZE] = { parse_page_size, "2M or 1G: the sizes that an x86 processor has", "^(2M|1G)$" },
	[SCHEMA_ARGUMENT] = { parse_word_text, "one argument of the kernel's command line, without spaces and quotes",
		"^[^\\s\"'\\\\`$]+$" },
	[SCHEMA_MODULE] = { parse_module, "the name of a kernel module", "^[A-Za-z0-9_-]{1,63}$", .or_number = true },
	[SCHEMA_VALUE] = { parse_word_text, "one value, without spaces and quotes", "^[^\\s\"'\\\\`$]+$",
		.or_number = true },
	[SCHEMA_UUID] = { parse_uuid, "a UUID such as 7d3c01e0-0a1b-4c55-9d6e-1f2a3b4c5d6e",
		"^" HEX(8) "-" HEX(4) "-" HEX(4) "-" HEX(4) "-" HEX(12) "$" },
	[SCHEMA_IDS] = { parse_ids, "vendor:device or vendor:device:subvendor:subdevice, 4 hexadecimal digits each",
		"^" HEX(4) ":" HEX(4) "(:" HEX(4) ":" HEX(4) ")?$" },
	[SCHEMA_CARD_PATH] = { parse_card_path, "the root bus and each device below it, such as 0000:00/1c.0/00.0",
		"^[0-9a-f]{4,8}:[0-9a-f]{2}(/" HEX(2) "\\.[0-7])+$" },
	[SCHEMA_CARD_TEXT] = { parse_card_text, "a number that this card alone has", NULL, .or_number = true },
	[SCHEMA_FUNCTION] = { parse_function, "a whole number from 0 to 7", .plain = true },
	[SCHEMA_DRIVER] = { parse_driver, "vfio, host, none, or the name of a driver",
		"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", .or_number = true, .is_name = true },
	[SCHEMA_ALIAS] = { parse_ref, "a name from 'aliases'", "^" NAME_PATTERN "$", .or_number = true,
		.is_name = true },
	[SCHEMA_DEVICE] = { parse_ref, "a name from 'aliases', or NAME/INDEX for one VF of it",
		"^" NAME_PATTERN "(/[0-9]+)?$", .or_number = true, .is_name = true },
	[SCHEMA_DEVICES] = { parse_ref, "a name from 'aliases', or NAME/INDEX, NAME/FIRST-LAST, NAME/all for VFs of it",
		"^" NAME_PATTERN "(/([0-9]+(-[0-9]+)?|all))?$", .or_number = true, .is_name = true },
	[SCHEMA_VF_RANGE] = { parse_vf_range, "the index of a VF, or FIRST-LAST, or all", "^([0-9]+(-[0-9]+)?|all)$",
		.or_number = true },
	[SCHEMA_VF_NUMBER] = { parse_setting, .plain = true },
	[SCHEMA_VF_SWITCH] = { parse_setting, "true or false" },
	[SCHEMA_VF_WORD] = { parse_setting, NULL },
	[SCHEMA_VF_MAC] = { parse_setting,
		"an Ethernet address such as 02:00:00:00:00:01, of one card and not zero, or stable",
		"^(" HEX(2) "([:-]" HEX(2) "){5}|stable)$" },
	[SCHEMA_VF_LIST] = { parse_setting, "numbers with commas between them, or none", "^([0-9]+(,[0-9]+)*|none)$",
		.or_number = true },
	[SCHEMA_VF_GUID] = { parse_setting, "8 octets such as 00:11:22:33:44:55:66:77",
		"^" HEX(2) "(:" HEX(2) "){7}$" },
};

bool schema_is_single(enum schema_type type)
{
	return type < SCHEMA_STRUCT;
}

bool schema_is_plain(enum schema_type type)
{
	return schema_is_single(type) && types[type].plain;
}

int schema_parse(const struct schema_row *row, struct arena *arena, const char *text, struct place at, void *value)
{
	const struct store store = { row, arena, at };

	return types[row->type].parse(&store, text, value);
}

/* Said ----------------------------------------------------------------------------------------------------------- */

static void say_words(const struct schema_row *row, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; row->words[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
			!i                  ? ""
			: row->words[i + 1] ? ", "
					    : " or ",
			row->words[i]);
}

static void say_size(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = " KMGT";
	size_t unit = 0;

	for (; bytes && bytes % 1024 == 0 && unit < sizeof(units) - 2; unit++)
		bytes /= 1024;
	snprintf(buf, size, "%llu%.*s", (unsigned long long)bytes, unit ? 1 : 0, units + unit);
}

const char *schema_says(const struct schema_row *row, char *buf, size_t size)
{
	const struct type *type = &types[row->type];
	char from[32], to[32];

	if (type->says)
		snprintf(buf, size, "%s", type->says);
	else if (row->words)
		say_words(row, buf, size);
	else if (row->type == SCHEMA_SIZE) {
		say_size(row->min, from, sizeof(from));
		say_size(row->max, to, sizeof(to));
		snprintf(buf, size, "a size from %s to %s, such as 512M or 2G", from, to);
	} else if (row->min == row->max)
		snprintf(buf, size, "%llu", (unsigned long long)row->min);
	else
		snprintf(buf, size, "a whole number from %llu to %llu%s%s%s", (unsigned long long)row->min,
			(unsigned long long)row->max, row->unit ? " " : "", row->unit ? row->unit : "",
			row->type == SCHEMA_SECONDS ? ", or with a unit: 90s, 10m, 2h" : "");
	return buf;
}

const char *schema_pattern(enum schema_type type)
{
	return types[type].pattern;
}

/* As JSON Schema --------------------------------------------------------------------------------------------------- */

/* YAML 1.1's readers, which most editors are, take on and off for true and false. */
static json_t *words_json(const char *const *words)
{
	json_t *list = json_array();

	for (size_t i = 0; words[i]; i++) {
		json_array_append_new(list, json_string(words[i]));
		if (!strcmp(words[i], "on"))
			json_array_append_new(list, json_true());
	}
	return json_pack("{s:o}", "enum", list);
}

json_t *schema_single_json(const struct schema_row *row)
{
	const struct type *type = &types[row->type];
	json_t *object;

	if (row->type == SCHEMA_SWITCH || row->type == SCHEMA_VF_SWITCH)
		return json_pack("{s:[b, b, s, s]}", "enum", 1, 0, "on", "off");
	if (row->words)
		return words_json(row->words);
	if (type->plain)
		return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum",
			(json_int_t)(row->type == SCHEMA_FUNCTION ? 0 : row->min), "maximum",
			(json_int_t)(row->type == SCHEMA_FUNCTION ? 7 : row->max));
	if (row->type == SCHEMA_CARD_TEXT)
		return json_pack("{s:[s, s, s], s:i, s:i, s:{s:s, s:i}}", "type", "string", "number", "boolean",
			"minLength", CARD_TEXT_LEAST, "minimum", 0, "not", "type", "integer", "maximum", 9);
	if (row->type == SCHEMA_SIZE || row->type == SCHEMA_SECONDS)
		return json_pack("{s:[{s:s, s:s}, {s:s, s:I, s:I}]}", "anyOf", "type", "string", "pattern",
			type->pattern, "type", "integer", "minimum", (json_int_t)row->min, "maximum",
			(json_int_t)row->max);
	object = type->or_number ? json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean")
				 : json_pack("{s:s}", "type", "string");
	if (object && type->is_name)
		json_object_set_new(object, "minimum", json_integer(0));
	if (object && type->pattern)
		json_object_set_new(object, "pattern", json_string(type->pattern));
	if (object && row->type == SCHEMA_DRIVER)
		json_object_set_new(object, "examples", json_pack("[s, s, s]", "vfio", "host", "none"));
	return object;
}
