// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice attach` and `sluice detach`: devices for a guest that runs, and back; guest/attach.h does it. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "guest/attach.h"

enum {
	NAME,
	DEVICE,
	ARGUMENTS,
};

struct attach_options {
	bool no_reset, unclean, bypass;
};

struct detach_options {
	bool force;
	uint64_t timeout_s;
};

#define ATTACH(member) offsetof(struct attach_options, member)
static const struct option_row attach_rows[] = {
	{ "allow-no-reset", 0, NULL, "accept the device although it cannot be reset", OPTION_FLAG, ATTACH(no_reset), 0,
		0, NULL },
	{ "allow-unclean", 0, NULL, "accept the device although its last reset failed", OPTION_FLAG, ATTACH(unclean), 0,
		0, NULL },
	{ "allow-iommu-bypass", 0, NULL, "accept a virtio device whose DMA may not go through the IOMMU", OPTION_FLAG,
		ATTACH(bypass), 0, 0, NULL },
	{ NULL },
};

#define DETACH(member) offsetof(struct detach_options, member)
static const struct option_row detach_rows[] = {
	{ "force", 'f', NULL, "pull the device, without asking the guest", OPTION_FLAG, DETACH(force), 0, 0, NULL },
	{ "timeout", 't', "SECONDS", "pull it when the guest has not let go of it by then (default: 30)", OPTION_NUMBER,
		DETACH(timeout_s), 0, 3600, NULL },
	{ NULL },
};

static int ask(const struct cli *cli, const char *name, struct attach_request *request, const char *device,
	struct attach_answer *ret_answer, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (ret < 0)
		return ret;
	if (strlen(device) >= sizeof(request->device))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no device of this host", device);
	text_copy(request->device, sizeof(request->device), device);
	return guest_attach(&root, name, request, ret_answer, err);
}

static int run_attach(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct attach_options *options = values;
	struct attach_request request = {
		.op = ATTACH_GIVE,
		.no_reset_ok = options->no_reset,
		.unclean_ok = options->unclean,
		.bypass_ok = options->bypass,
	};
	struct attach_answer answer;
	int ret = ask(cli, args[NAME], &request, args[DEVICE], &answer, err);

	(void)count;
	if (ret < 0)
		return ret;
	cli_say(cli, "%s has %s, as %s", args[NAME], answer.address, answer.in_guest);
	return cli_json_print(cli,
		json_pack("{s:s, s:{s:s, s:s, s:s}}", "format_version", "1.0", "attached", "guest", args[NAME],
			"device", answer.address, "guest_address", answer.in_guest),
		err);
}

static int run_detach(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct detach_options *options = values;
	struct attach_request request = {
		.op = ATTACH_TAKE_BACK,
		.pull = options->force,
		.timeout_ms = (uint32_t)(options->force ? 0 : options->timeout_s * 1000),
	};
	struct attach_answer answer;
	int ret = ask(cli, args[NAME], &request, args[DEVICE], &answer, err);

	(void)count;
	if (ret < 0)
		return ret;
	cli_say(cli, "%s is back%s", answer.address,
		!answer.pulled || options->force ? "" : "; the guest had not let go of it in time, so it was pulled");
	return cli_json_print(cli,
		json_pack("{s:s, s:{s:s, s:s, s:b}}", "format_version", "1.0", "detached", "guest", args[NAME],
			"device", answer.address, "pulled", answer.pulled),
		err);
}

static const char *const attach_details[] = {
	"The guest sees a card come into a slot of PCI Express (hot plug); 'sluice run --hotplug N' keeps slots free "
	"for "
	"that. The device is bound to vfio-pci when it is not yet, refused when it is in use, and given back when the "
	"guest "
	"ends.",
	NULL,
};

static const char *const detach_details[] = {
	"Presses the button of the device's slot: the guest's operating system stops using the device and switches the "
	"slot "
	"off. When it does not, the device is pulled. Other functions in the same slot come along.",
	NULL,
};

static const char *const attach_examples[] = {
	"sluice attach web1 eth0/1",
	NULL,
};

static const char *const detach_examples[] = {
	"sluice detach web1 eth0/1",
	NULL,
};

const struct command cmd_attach = {
	.name = "attach",
	.summary = "give a device to a guest that runs",
	.arguments = "NAME DEVICE",
	.min_args = ARGUMENTS,
	.max_args = ARGUMENTS,
	.options = attach_rows,
	.options_size = sizeof(struct attach_options),
	.defaults = &(const struct attach_options){ false },
	.details = attach_details,
	.examples = attach_examples,
	.run = run_attach,
};

const struct command cmd_detach = {
	.name = "detach",
	.summary = "take a device back from a guest that runs",
	.arguments = "NAME DEVICE",
	.min_args = ARGUMENTS,
	.max_args = ARGUMENTS,
	.options = detach_rows,
	.options_size = sizeof(struct detach_options),
	.defaults = &(const struct detach_options){ .timeout_s = 30 },
	.details = detach_details,
	.examples = detach_examples,
	.run = run_detach,
};
