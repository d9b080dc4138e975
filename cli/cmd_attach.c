// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice attach` and `sluice detach`: devices for a guest that runs, and back; guest/attach.h does it. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/device_argument.h"
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

static int ask(const struct cli *cli, const char *name, struct attach_request *request,
	struct attach_answer *ret_answer, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	int ret = sysroot_open(&root, cli->sysroot, err);

	return ret < 0 ? ret : guest_attach(&root, name, request, ret_answer, err);
}

/* What can be said of a device that comes later. */
static int take_argument(const char *text, struct attach_request *request, struct error *err)
{
	struct device_argument device;
	int ret = device_argument_parse(text, &device, err);

	if (ret < 0)
		return ret;
	if (device.fd)
		return fail_code(
			err, CODE_USAGE, EINVAL, "a device that comes later is opened by the guest's sluice: no fd=");
	if (device.rom || device.rom_off) {
		fail_code(err, CODE_USAGE, EINVAL,
			"a device that comes later has the expansion ROM that it has: no rom=");
		return fail_hint(err, "'sluice run --device DEVICE,rom=FILE' gives it another one");
	}
	text_copy(request->device[request->device_count].name, sizeof(request->device->name), device.device);
	request->device[request->device_count].has_vf = device.has_vf;
	request->device[request->device_count].vf = device.vf;
	request->device[request->device_count++].on_error = device.on_error;
	return 0;
}

static json_t *json_of_attached(const char *guest, const struct attach_answer *answer)
{
	json_t *devices = json_array();

	for (uint32_t i = 0; i < answer->device_count && i < LAUNCH_FUNCTION_MAX; i++)
		json_array_append_new(devices, json_pack("{s:s, s:s}", "device", answer->device[i].address,
						       "guest_address", answer->device[i].in_guest));
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:o}}", "format_version", "1.0", "attached", "guest", guest, "device",
		answer->device[0].address, "guest_address", answer->device[0].in_guest, "devices", devices);
}

static int run_attach(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct attach_options *options = values;
	struct attach_request request = {
		.op = ATTACH_GIVE,
		.accepted = { options->no_reset, options->unclean, options->bypass },
	};
	struct attach_answer answer;
	int ret = 0;

	for (size_t i = DEVICE; i < count && ret == 0; i++)
		ret = take_argument(args[i], &request, err);
	if (ret == 0)
		ret = ask(cli, args[NAME], &request, &answer, err);
	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < answer.device_count && i < LAUNCH_FUNCTION_MAX; i++)
		cli_say(cli, "%s has %s, as %s", args[NAME], answer.device[i].address, answer.device[i].in_guest);
	return cli_json_print(cli, json_of_attached(args[NAME], &answer), err);
}

static int run_detach(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct detach_options *options = values;
	struct attach_request request = {
		.op = ATTACH_TAKE_BACK,
		.pull = options->force,
		.timeout_ms = (uint32_t)(options->force ? 0 : options->timeout_s * 1000),
		.device_count = 1,
	};
	struct attach_answer answer;
	int ret;

	(void)count;
	if (strlen(args[DEVICE]) >= sizeof(request.device->name))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no device of this host", args[DEVICE]);
	text_copy(request.device->name, sizeof(request.device->name), args[DEVICE]);
	ret = ask(cli, args[NAME], &request, &answer, err);
	if (ret < 0)
		return ret;
	cli_say(cli, "%s is back%s", answer.device[0].address,
		!answer.pulled || options->force ? "" : "; the guest had not let go of it in time, so it was pulled");
	return cli_json_print(cli,
		json_pack("{s:s, s:{s:s, s:s, s:b}}", "format_version", "1.0", "detached", "guest", args[NAME],
			"device", answer.device[0].address, "pulled", answer.pulled),
		err);
}

static const char *const attach_details[] = {
	"The guest sees a card come into a slot of PCI Express (hot plug); 'sluice run --hotplug N' keeps slots free "
	"for "
	"that. The device is bound to vfio-pci when it is not yet, refused when it is in use, and given back when the "
	"guest "
	"ends.",
	"Several come at once, as functions of one card: the functions of one device, or devices that share an IOMMU "
	"group.",
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
	"sluice attach web1 65:00.0 65:00.1",
	NULL,
};

static const char *const detach_examples[] = {
	"sluice detach web1 eth0/1",
	NULL,
};

const struct command cmd_attach = {
	.name = "attach",
	.summary = "give a device to a guest that runs",
	.arguments = "NAME DEVICE...",
	.min_args = ARGUMENTS,
	.max_args = ARGUMENTS - 1 + LAUNCH_FUNCTION_MAX,
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
