// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * docs/config.md, from the schema's rows: `sluice config schema --format markdown` prints it, and a test compares the
 * two. What is not about one key stands here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/schema.h"
#include "wire/limits.h"

static const char before[] =
	"# The configuration file\n"
	"\n"
	"<!-- Made by `sluice config schema --format markdown`: change plan/schema_rows.c, not this page. -->\n"
	"\n"
	"One YAML file says what this host should be. `sluice init` writes one from the host as it is, `sluice config "
	"check`\n"
	"looks for mistakes without touching anything.\n"
	"\n"
	"**Which files.** `/etc/sluice/sluice.yaml`, then `/etc/sluice/conf.d/*.yaml` by name; or those that `-f FILE` "
	"names,\n"
	"in that order (`-f -` is standard input). Every file says `version: 1`. A later file adds to the earlier "
	"ones:\n"
	"mappings are merged key by key; lists are put one behind the other; a single value that is said again holds, "
	"and\n"
	"`config check` notes which one it replaced. Nothing can be taken away by a later file, only said otherwise.\n"
	"\n"
	"**What is not said is left alone.** A card that `sriov` does not name keeps its VFs, a VF's setting that is "
	"not said\n"
	"stays as it is. `0` and \"not said\" are two things.\n"
	"\n"
	"**Devices have names.** `aliases` says which card a name is; everything else names devices by it: `uplink` is "
	"the\n"
	"function itself, `uplink/3` its VF 3, and in `pools` and `policy.keep` also `uplink/0-3` and `uplink/all`. An "
	"address\n"
	"is nowhere: it changes with firmware, slots and kernels. A card that has moved, or another one in its place, "
	"is an\n"
	"error that names both.\n"
	"\n"
	"**Mistakes** are told all at once, at most %d, with file, line and column, the line and a caret; the exit "
	"status is 2.\n"
	"Anchors, aliases (`*NAME`) and tags of YAML are refused, and so is a file above %d KiB, a line above %d "
	"bytes, or\n"
	"nesting deeper than %d.\n"
	"\n"
	"**Editors** complete keys and mark mistakes with the JSON Schema that `sluice config schema` prints. For "
	"those that use\n"
	"yaml-language-server:\n"
	"\n"
	"```yaml\n"
	"# yaml-language-server: $schema=/etc/sluice/schema.json\n"
	"```\n"
	"\n"
	"A whole file:\n"
	"\n"
	"```yaml\n"
	"version: 1\n"
	"aliases:\n"
	"  uplink:\n"
	"    path: \"0000:00/1c.0/00.0\"\n"
	"    ids: \"8086:10c9\"\n"
	"    serial: 00-1b-21-ff-ff-0a-0b-0c\n"
	"host:\n"
	"  iommu: on\n"
	"  hugepages: {2M: 2048}\n"
	"sriov:\n"
	"  uplink:\n"
	"    count: 4\n"
	"    driver: vfio\n"
	"    defaults: {spoofchk: on, trust: off}\n"
	"    vfs:\n"
	"      0: {mac: \"02:00:00:00:01:00\", vlan: 100}\n"
	"      1: {mac: \"02:00:00:00:01:01\", vlan: 200}\n"
	"pools:\n"
	"  spare: [uplink/2-3]\n"
	"guests:\n"
	"  web1: {kernel: /srv/web1/vmlinuz, memory: 2G, hugepages: 2M, devices: [uplink/0]}\n"
	"  web2: {kernel: /srv/web2/vmlinuz, memory: 1G, hugepages: 2M, devices: [uplink/1, {pool: spare}], after: "
	"[web1]}\n"
	"```\n";

static void put_cell(FILE *out, const char *text)
{
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
}

/* "a mapping: ALIAS to ...", or what a single value is. */
static void put_value(FILE *out, const struct schema_row *row)
{
	char says[300];

	if (schema_is_single(row->type))
		put_cell(out, schema_says(row, says, sizeof(says)));
	else if (row->type == SCHEMA_STRUCT)
		fputs("a mapping", out);
	else if (row->type == SCHEMA_MAP)
		fprintf(out, "a mapping by %s", row->array->key_word);
	else if (schema_is_single(row->array->value->type)) {
		fputs("a list, each ", out);
		put_cell(out, schema_says(row->array->value, says, sizeof(says)));
	} else
		fputs("a list", out);
}

static void put_rows(FILE *out, const struct schema_row *rows, const char *path);

static void put_row(FILE *out, const struct schema_row *row, const char *path)
{
	char here[160], below[200];
	const struct schema_row *value = row;

	snprintf(here, sizeof(here), "%s%s%s", path, path[0] ? "." : "", row->key);
	fprintf(out, "| `%s` | ", here);
	put_value(out, row);
	fprintf(out, " | %s | ", row->required ? "required" : row->fallback ? row->fallback : "");
	put_cell(out, row->doc);
	fputs(" `", out);
	put_cell(out, row->example);
	fputs("` |\n", out);
	snprintf(below, sizeof(below), "%s", here);
	while (value->type == SCHEMA_MAP || value->type == SCHEMA_LIST) {
		size_t used = strlen(below);

		snprintf(below + used, sizeof(below) - used, value->type == SCHEMA_MAP ? ".%s" : "[]%.0s",
			value->array->key_word ? value->array->key_word : "");
		value = value->array->value;
	}
	if (value->type == SCHEMA_STRUCT)
		put_rows(out, value->rows, below);
}

static void put_rows(FILE *out, const struct schema_row *rows, const char *path)
{
	for (; rows->key; rows++)
		put_row(out, rows, path);
}

char *schema_page(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, before, LIMIT_CONFIG_ERRORS, LIMIT_CONFIG_BYTES >> 10, LIMIT_CONFIG_LINE, LIMIT_CONFIG_DEPTH);
	for (const struct schema_row *row = schema_root.rows; row->key; row++) {
		const struct schema_row one[] = { *row, { .key = NULL } };

		fprintf(out,
			"\n## %s\n\n| key | value | default | what it means, and an example |\n|---|---|---|---|\n",
			row->key);
		put_rows(out, one, "");
	}
	if (fclose(out) < 0) {
		free(text);
		return NULL;
	}
	return text;
}
