// SPDX-License-Identifier: GPL-2.0-or-later
/* The host section as wishes; see wish_host.h. */
#include "plan/wish_host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "distro/modprobe_conf.h"
#include "plan/kind.h"

#define COMMAND_LINE "command-line"

struct hosting {
	const struct desired *desired;
	struct look *look;
	const struct step_list *found;
	struct step_list *wishes;
};

static int add(struct hosting *self, const struct kind *kind, const char *target, const char *state, struct place at,
	struct error *err)
{
	char why[STEP_WHY_SIZE];

	return step_list_add(
		self->wishes, kind, target, "", state, place_text(self->desired->sources, at, why, sizeof(why)), err);
}

/* Has sluice changed it before? */
static bool is_ours(const struct hosting *self, const struct kind *kind, const char *target)
{
	return step_list_find(self->found, kind, target);
}

/* Kernel arguments ------------------------------------------------------------------------------------------------- */

/* The arguments that are wanted, and of them those that sluice has to see to. */
struct arguments {
	char now[WORDS_SIZE];  /* of this boot */
	char ours[WORDS_SIZE]; /* that sluice wrote */
	char wanted[WORDS_SIZE];
	struct place at; /* of the first that this boot lacks, else of the first */
	bool lacks;
	int ret;
};

static void want(struct arguments *arguments, const char *word, struct place at)
{
	size_t length = strlen(word);
	bool has = words_have(arguments->now, word, length);

	/* Somebody else's, and there: theirs. */
	if (has && !words_have(arguments->ours, word, length))
		return;
	if (words_have(arguments->wanted, word, length))
		return;
	if (!words_add(arguments->wanted, sizeof(arguments->wanted), word, length))
		arguments->ret = -E2BIG;
	if (!arguments->at.line || (!has && !arguments->lacks))
		arguments->at = at;
	arguments->lacks = arguments->lacks || !has;
}

/* AMD's is on without a word; Intel's is on in some distributions' kernels. */
static void want_iommu(const struct hosting *self, struct arguments *arguments)
{
	const struct desired_host *host = &self->desired->host;
	bool is_amd = !strcmp(self->look->host->iommu.vendor, "amd");

	if (host->iommu == DESIRED_IOMMU_UNSET)
		return;
	if (!is_amd && (!self->look->host->iommu.translating || words_have(arguments->ours, "intel_iommu=on", 14)))
		want(arguments, "intel_iommu=on", host->iommu_at);
	if (host->iommu == DESIRED_IOMMU_PASSTHROUGH)
		want(arguments, "iommu=pt", host->iommu_at);
	if (host->iommu == DESIRED_IOMMU_STRICT) {
		want(arguments, "iommu.passthrough=0", host->iommu_at);
		want(arguments, "iommu.strict=1", host->iommu_at);
	}
}

static int add_arguments(struct hosting *self, struct error *err)
{
	const struct desired_host *host = &self->desired->host;
	struct arguments arguments = { .ret = 0 };
	int ret = kind_kernel_arguments.look(self->look, COMMAND_LINE, arguments.ours, err);

	if (ret < 0)
		return ret;
	sysroot_read_text(&self->look->host->root, arguments.now, sizeof(arguments.now), "proc/cmdline");
	want_iommu(self, &arguments);
	for (size_t i = 0; i < host->argument_count; i++)
		want(&arguments, host->argument[i].text, host->argument[i].at);
	if (arguments.ret)
		return fail_code(
			err, CODE_USAGE, E2BIG, "so many kernel arguments: a command line has %d bytes", WORDS_SIZE);
	if (!arguments.wanted[0])
		return 0;
	return add(self, &kind_kernel_arguments, COMMAND_LINE, arguments.wanted, arguments.at, err);
}

/* Modules ---------------------------------------------------------------------------------------------------------- */

static bool is_in_our_file(const struct modprobe_line *line)
{
	return strstr(line->place, "/sluice.conf:") || strstr(line->place, "/sluice-blacklist.conf:");
}

/* Does somebody else say it, in a file that modprobe reads? */
static bool says_already(
	const struct modprobe_conf *conf, const struct desired_module *module, const struct desired_option *option)
{
	char value[400];
	const struct modprobe_line *line = modprobe_setting(conf, module->name, option->name, value, sizeof(value));

	return line && !is_in_our_file(line) && !strcmp(value, option->value);
}

static bool is_listed(const struct modprobe_conf *conf, enum modprobe_kind kind, const char *module)
{
	const struct modprobe_line *line = NULL;

	while ((line = modprobe_next(conf, line, kind, module)))
		if (!is_in_our_file(line))
			return true;
	return false;
}

static int add_options(
	struct hosting *self, const struct modprobe_conf *conf, const struct desired_module *module, struct error *err)
{
	char words[WORDS_SIZE] = "";
	struct place at = module->at;

	for (size_t i = 0; i < module->option_count; i++) {
		const struct desired_option *option = &module->option[i];
		char word[512];
		int length = snprintf(word, sizeof(word), "%s=%s", option->name, option->value);

		if (says_already(conf, module, option))
			continue;
		if (length >= (int)sizeof(word) || !words_add(words, sizeof(words), word, (size_t)length))
			return desired_fail(self->desired, option->at, err, CODE_USAGE, E2BIG, "too long for modprobe");
		if (strlen(words) == (size_t)length)
			at = option->at;
	}
	return words[0] ? add(self, &kind_module_options, module->name, words, at, err) : 0;
}

static int add_module(
	struct hosting *self, const struct modprobe_conf *conf, const struct desired_module *module, struct error *err)
{
	int ret = add_options(self, conf, module, err);

	if (!ret && module->blacklist && !is_listed(conf, MODPROBE_BLACKLIST, module->name))
		ret = add(self, &kind_module_blacklist, module->name, "yes", module->at, err);
	if (!ret && module->load && !is_listed(conf, MODPROBE_LOAD, module->name))
		ret = add(self, &kind_modules_load, module->name, "yes", module->at, err);
	return ret;
}

static int add_modules(struct hosting *self, struct error *err)
{
	const struct desired_host *host = &self->desired->host;
	struct modprobe_conf conf = { 0 };
	int ret = 0;

	if (!host->module_count)
		return 0;
	ret = modprobe_conf_read(&self->look->host->root, &conf, err);
	for (size_t i = 0; !ret && i < host->module_count; i++)
		ret = add_module(self, &conf, &host->module[i], err);
	modprobe_conf_done(&conf);
	return ret;
}

/* Large pages ------------------------------------------------------------------------------------------------------ */

/* The kernel has that number already, and not by us: whoever saw to that sees to it at the next boot, too. */
static int add_pages(struct hosting *self, const struct desired_hugepages *pages, struct error *err)
{
	char target[STEP_TARGET_SIZE], count[24], now[WORDS_SIZE];
	int ret;

	if (pages->node == DESIRED_UNSET)
		snprintf(target, sizeof(target), "kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
			pages->page_bytes >> 10);
	else
		snprintf(target, sizeof(target),
			"devices/system/node/node%d/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages", pages->node,
			pages->page_bytes >> 10);
	snprintf(count, sizeof(count), "%" PRIu64, pages->count);
	ret = kind_hugepages.look(self->look, target, now, err);
	if (ret < 0)
		return ret;
	ret = add(self, &kind_hugepages, target, count, pages->at, err);
	if (ret < 0 || (!strcmp(now, count) && !is_ours(self, &kind_hugepages, target) &&
			       !is_ours(self, &kind_hugepages_at_boot, target)))
		return ret;
	return add(self, &kind_hugepages_at_boot, target, count, pages->at, err);
}

int wishes_of_host(const struct desired *desired, struct look *look, const struct step_list *found,
	struct step_list *wishes, struct error *err)
{
	struct hosting self = { .desired = desired, .look = look, .found = found, .wishes = wishes };
	int ret = add_arguments(&self, err);

	if (!ret)
		ret = add_modules(&self, err);
	for (size_t i = 0; !ret && i < desired->host.hugepages_count; i++)
		ret = add_pages(&self, &desired->host.hugepages[i], err);
	return ret;
}
