// SPDX-License-Identifier: GPL-2.0-or-later
/* Options about processors; see cpu_options.h. Text in, struct out; what the host can do, check.c asks. */
#include "guest/cpu_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static int hide_feature(const char *word, struct cpu_config *config, struct error *err)
{
	if (word[0] != '-') {
		fail_code(err, CODE_USAGE, EINVAL, "--cpu: '%s' is neither 'host' nor a feature to hide", word);
		return fail_hint(err, "for example: --cpu host,-avx2; nothing can be added to what the host has");
	}
	if (config->hidden_count == LIMIT_CPU_HIDDEN)
		return fail_code(err, CODE_USAGE, E2BIG, "--cpu: at most %d features", LIMIT_CPU_HIDDEN);
	if (!cpu_feature_find(word + 1, &config->hidden[config->hidden_count])) {
		fail_code(err, CODE_USAGE, EINVAL, "--cpu: there is no feature '%s'", word + 1);
		return fail_hint(err, "features have the names of the line 'flags' in /proc/cpuinfo");
	}
	config->hidden_count++;
	return 0;
}

static int parse_model(const char *model, struct cpu_config *config, struct error *err)
{
	cleanup_free char *copy = strdup(model);
	char *next = copy, *word;

	if (!copy)
		return fail(err, ENOMEM, "read --cpu");
	for (size_t i = 0; (word = strsep(&next, ",")); i++) {
		int ret = i == 0 && !strcmp(word, "host") ? 0 : hide_feature(word, config, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int bad_topology(const char *word, struct error *err)
{
	fail_code(err, CODE_USAGE, EINVAL, "--topology: '%s' makes no sense", word);
	return fail_hint(err, "for example: --topology sockets=1,cores=4,threads=2");
}

static int parse_topology(const char *topology, struct cpu_shape *shape, struct error *err)
{
	const struct {
		const char *name;
		uint32_t *value;
	} parts[] = { { "sockets", &shape->sockets }, { "cores", &shape->cores }, { "threads", &shape->threads } };
	cleanup_free char *copy = strdup(topology);
	char *next = copy, *word;

	if (!copy)
		return fail(err, ENOMEM, "read --topology");
	while ((word = strsep(&next, ","))) {
		size_t i = 0;
		char name[16] = "";
		unsigned int value = 0;
		int used = -1;

		if (sscanf(word, "%15[a-z]=%3u%n", name, &value, &used) != 2 || used < 0 || word[used] || !value)
			return bad_topology(word, err);
		while (i < array_size(parts) && strcmp(parts[i].name, name) != 0)
			i++;
		if (i == array_size(parts))
			return bad_topology(word, err);
		*parts[i].value = value;
	}
	return 0;
}

int cpu_options_parse(
	const char *model, const char *topology, uint32_t *cpus, struct cpu_config *ret_config, struct error *err)
{
	struct cpu_config config = { .shape = { 1, topology ? 1 : *cpus ? *cpus : 1, 1 } };
	uint32_t count;
	int ret = model ? parse_model(model, &config, err) : 0;

	if (ret == 0 && topology)
		ret = parse_topology(topology, &config.shape, err);
	if (ret < 0)
		return ret;
	count = cpu_shape_count(&config.shape);
	if (!count)
		return fail_code(err, CODE_USAGE, E2BIG,
			"%u sockets of %u cores with %u threads are more than a guest can have", config.shape.sockets,
			config.shape.cores, config.shape.threads);
	if (*cpus && *cpus != count)
		return fail_code(err, CODE_USAGE, EINVAL, "--topology has %u processors, --cpus says %u", count, *cpus);
	*cpus = count;
	*ret_config = config;
	return 0;
}
