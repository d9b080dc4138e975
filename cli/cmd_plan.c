// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice plan`: what the file wants and this host is not, as steps. Changes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/config_text.h"
#include "cli/plan_text.h"
#include "plan/prepare.h"
#include "plan/saved.h"

struct plan_options {
	struct option_list files;
	bool detailed;
	const char *output;
};

#define PLAN(member) offsetof(struct plan_options, member)
static const struct option_row rows[] = {
	{ "file", 'f', "FILE",
		"this file in place of the host's; '-' is standard input; repeatable, later ones add to earlier ones",
		OPTION_LIST, PLAN(files), 0, 0, NULL },
	{ "detailed-exitcode", 0, NULL, "exit with status 5 when there is something to do", OPTION_FLAG, PLAN(detailed),
		0, 0, NULL },
	{ "output", 'o', "FILE", "save the plan; 'sluice apply FILE' does exactly that, or nothing", OPTION_TEXT,
		PLAN(output), 0, 0, NULL },
	{ NULL },
};

static int save(const struct plan *plan, const struct host *host, const char *path, struct error *err)
{
	cleanup_free char *text = saved_to_json(plan, host);
	cleanup_file FILE *out = NULL;
	cleanup_close int fd = -1;
	int ret = 0;

	if (!text)
		return fail(err, ENOMEM, "save the plan");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return fail(err, errno, "write '%s'", path);
	take_fd(&fd);
	if (fprintf(out, "%s\n", text) < 0 || fflush(out))
		ret = fail(err, errno, "write '%s'", path);
	return ret;
}

static int run_plan(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct plan_options *given = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_desired struct desired *desired = NULL;
	cleanup(plan_done) struct plan plan = { 0 };
	json_t *object;
	int ret = host_open(&host, cli->sysroot, PCI_LOOK_VFS_ALIKE, err);

	(void)args;
	(void)arg_count;
	if (!ret)
		ret = config_load_or_say(cli, &host.root, &given->files, &desired, err);
	if (!ret)
		ret = plan_prepare(&host, desired, &plan, err);
	if (!ret && given->output)
		ret = save(&plan, &host, given->output, err);
	if (ret < 0)
		return ret;
	plan_print(cli, &plan, &host);
	if (cli->json) {
		object = cli_json_new();
		plan_add_json(object, &plan);
		ret = cli_json_print(cli, object, err);
	}
	if (ret < 0)
		return ret;
	return given->detailed && plan.steps.count ? STATUS_DIFFERENCES : STATUS_DONE;
}

static const char *const details[] = {
	"Compares the configuration (/etc/sluice/sluice.yaml and conf.d, or -f) with this host, and shows the steps "
	"from "
	"the one to the other in the order in which 'sluice apply' does them: what it is, what it will be, the line "
	"that "
	"asks for it, and whether it waits for a reboot. '+' adds, '~' changes, '-' removes.",
	"What a file leaves out is left alone, unless sluice has changed it before: that goes back to how it was first "
	"found. The number of a card's VFs changes through none: those that there are go first.",
	NULL,
};

static const char *const examples[] = {
	"sluice plan",
	"sluice plan -f new.yaml --detailed-exitcode",
	"sluice plan -o tonight.plan",
	"sluice --json plan | jq '.steps[] | select(.reboot)'",
	NULL,
};

const struct command cmd_plan = {
	.name = "plan",
	.summary = "show the steps from this host as it is to what the file says",
	.options = rows,
	.options_size = sizeof(struct plan_options),
	.details = details,
	.examples = examples,
	.run = run_plan,
};
