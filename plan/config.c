// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps from configuration files to a desired state. */
#include "plan/config.h"

#include <errno.h>
#include <stdlib.h>

#include "plan/config_build.h"
#include "plan/config_cross.h"
#include "plan/config_fill.h"
#include "plan/config_source.h"

/* What holds of each file by itself, before its parts are mixed with those of others. */
static bool is_good_root(const struct config_node *node, struct config_findings *findings)
{
	if (node->kind != CONFIG_MAPPING) {
		config_error(findings, node->at, "the file is a mapping: lines of KEY: VALUE, not %s",
			config_kind_name(node->kind));
		return false;
	}
	if (!config_node_find(node, "version")) {
		config_error(findings, node->at, "the file has no 'version'");
		config_hint(findings, "version: %d", DESIRED_VERSION);
		return false;
	}
	return true;
}

/* One tree of all files; *ret_node NULL: nothing in them is to be had. -ENOMEM. */
static int read_trees(struct desired *desired, struct config_findings *findings, struct config_node **ret_node)
{
	const struct source_list *sources = desired->sources;
	struct config_node *all = NULL;

	for (uint32_t i = 0; i < sources->count; i++) {
		struct config_node *node;
		size_t errors = findings->errors;
		int ret = config_yaml_parse(desired->arena, sources, i, findings, &node);

		if (ret < 0)
			return ret;
		if (!node && errors == findings->errors) {
			config_error(
				findings, (struct place){ .file = i, .line = 1, .column = 1 }, "the file is empty");
			config_hint(findings, "version: %d", DESIRED_VERSION);
		}
		if (!node || !is_good_root(node, findings))
			continue;
		if (!all)
			all = node;
		else if (config_merge(desired->arena, all, node, findings) < 0)
			return -ENOMEM;
	}
	*ret_node = all;
	return 0;
}

static int make(struct desired *desired, struct config_findings *findings)
{
	struct config_raw raw = { 0 };
	struct config_node *node = NULL;
	int ret = read_trees(desired, findings, &node);

	if (!ret && node)
		ret = config_fill(desired->arena, node, &raw, findings);
	/* What is wrong by itself cannot be compared with anything. */
	if (ret < 0 || !node || findings->errors)
		return ret;
	ret = config_build(&raw, desired, findings);
	if (!ret && !findings->errors)
		ret = config_cross(desired, findings);
	return ret;
}

int config_load_sources(
	struct source_list *sources, struct desired **ret_desired, struct config_findings *findings, struct error *err)
{
	cleanup_desired struct desired *desired = calloc(1, sizeof(*desired));
	int ret = -ENOMEM;

	if (!desired) {
		source_list_free(sources);
		return fail(err, ENOMEM, "read the configuration");
	}
	desired->sources = sources;
	findings->sources = sources;
	desired->arena = arena_new();
	if (desired->arena)
		ret = make(desired, findings);
	findings->sources = NULL;
	config_findings_sort(findings);
	if (ret < 0 || findings->out_of_memory)
		return fail(err, ENOMEM, "read the configuration");
	if (findings->errors)
		return config_findings_fail(findings, err);
	*ret_desired = take_ptr(desired);
	return 0;
}

int config_load(const struct sysroot *root, const char *const *file, size_t file_count, struct desired **ret_desired,
	struct config_findings *findings, struct error *err)
{
	struct source_list *sources = calloc(1, sizeof(*sources));
	int ret;

	if (!sources)
		return fail(err, ENOMEM, "read the configuration");
	ret = config_sources_read(root, file, file_count, sources, err);
	if (ret < 0) {
		source_list_free(sources);
		return ret;
	}
	return config_load_sources(sources, ret_desired, findings, err);
}
