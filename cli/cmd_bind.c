// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice bind` and `sluice release`: devices to vfio-pci for other programs' guests, and back to their driver. */
#include <errno.h>
#include <pwd.h>

#include "assign/remedy.h"
#include "assign/request.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/record_note.h"
#include "cli/release_all.h"

struct bind_options {
	const char *driver, *user;
	struct option_list unclean;
};

#define BIND(member) offsetof(struct bind_options, member)
static const struct option_row bind_rows[] = {
	{ "driver", 0, "NAME", "bind to this driver (default: vfio-pci, or the variant of it that knows the device)",
		OPTION_TEXT, BIND(driver), 0, 0, NULL },
	{ "user", 0, "USER", "let this user open the devices' IOMMU groups", OPTION_TEXT, BIND(user), 0, 0, NULL },
	{ "allow-unclean", 0, "DEVICE", "accept this device although its last reset failed; repeatable", OPTION_LIST,
		BIND(unclean), 0, 0, NULL },
	{ NULL },
};

struct release_options {
	bool forget, all;
	struct option_list lose;
};

static const struct option_row release_rows[] = {
	{ "forget", 0, NULL, "drop the lease and leave the device as it is", OPTION_FLAG,
		offsetof(struct release_options, forget), 0, 0, NULL },
	{ "all", 0, NULL, "all that 'sluice apply' has changed, back to how it was first found", OPTION_FLAG,
		offsetof(struct release_options, all), 0, 0, NULL },
	{ "lose", 0, "DEVICE", "with --all: take this device although the host uses it; repeatable", OPTION_LIST,
		offsetof(struct release_options, lose), 0, 0, NULL },
	{ NULL },
};

static int find_user(const char *name, struct request_bind *bind, struct error *err)
{
	const struct passwd *entry = name ? getpwnam(name) : NULL;

	if (name && !entry)
		return fail_code(err, CODE_USAGE, EINVAL, "there is no user '%s'", name);
	bind->has_user = entry;
	bind->user = entry ? entry->pw_uid : 0;
	return 0;
}

/* What can be bound and still not be used, or not by everybody: said now, not when the guest starts. */
static void advise(const struct cli *cli, struct judge *judge, const struct pci_device *device)
{
	cleanup(verdict_done) struct verdict verdict = { 0 };
	char name[PCI_ADDR_TEXT_SIZE], remedy[512];

	if (verdict_read(judge, device, &verdict, NULL) < 0)
		return;
	pci_addr_text(device->addr, name);
	for (size_t i = 0; i < verdict.blocker_count; i++) {
		const struct blocker *blocker = &verdict.blocker[i];

		if (blocker->code == CODE_DEV_IN_USE)
			continue;
		remedies_text(judge, &verdict, blocker, remedy, sizeof(remedy));
		cli_say(cli, "note: %s %s%s%s", name, blocker->text, remedy[0] ? "; " : "", remedy);
	}
}

static json_t *device_json(const struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE];

	return json_pack("{s:s, s:o, s:o}", "address", pci_addr_text(device->addr, name), "driver",
		json_text(device->driver), "iommu_group", json_number(device->iommu_group));
}

static int report_bound(const struct cli *cli, const struct request_done *done, struct error *err)
{
	json_t *list = json_array();
	json_t *object;
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = judge_open(&judge, &done->host, JUDGE_THOROUGHLY, NULL, 0, err);

	if (ret < 0) {
		json_decref(list);
		return ret;
	}
	object = cli_json_new();
	json_object_set_new(object, "devices", list);
	for (size_t i = 0; i < done->count; i++) {
		const struct pci_device *device = pci_inventory_find(&done->host.pci, done->addr[i]);
		char name[PCI_ADDR_TEXT_SIZE];

		if (!device)
			continue;
		json_array_append_new(list, device_json(device));
		cli_say(cli, "%s: %s, IOMMU group %d", pci_addr_text(device->addr, name), device->driver,
			device->iommu_group);
		advise(cli, &judge, device);
	}
	return cli_json_print(cli, object, err);
}

static int run_bind(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct bind_options *options = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	struct request_bind bind = {
		.driver = options->driver,
		.unclean = options->unclean.item,
		.unclean_count = options->unclean.count,
	};
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (ret < 0)
		return ret;
	ret = find_user(options->user, &bind, err);
	if (ret < 0)
		return ret;
	ret = request_bind(&root, args, count, &bind, &done, err);
	if (ret < 0)
		return ret;
	record_note(cli, &done.record);
	return report_bound(cli, &done, err);
}

static const char *const result_words[] = {
	[ASSIGN_RESTORED] = "restored",
	[ASSIGN_STILL_BOUND] = "still-bound",
	[ASSIGN_NO_LEASE] = "kernel-choice",
	[ASSIGN_UNTOUCHED] = "untouched",
};

static void say_released(const struct cli *cli, const char *name, const char *driver, enum assign_result result)
{
	const char *shown = *driver ? driver : "no driver";

	if (result == ASSIGN_NO_LEASE)
		cli_say(cli, "%s: %s; nothing was written down about it, so the kernel chose", name, shown);
	else if (result == ASSIGN_UNTOUCHED)
		cli_say(cli, "%s: %s; nothing to release", name, shown);
	else
		cli_say(cli, "%s: %s", name, shown);
}

static int report_released(const struct cli *cli, const struct request_done *done, struct error *err)
{
	json_t *list = json_array();
	json_t *object = cli_json_new();

	json_object_set_new(object, "devices", list);
	for (size_t i = 0; i < done->count; i++) {
		const struct pci_device *device = pci_inventory_find(&done->host.pci, done->addr[i]);
		const char *driver = device ? device->driver : "";
		char name[PCI_ADDR_TEXT_SIZE];

		pci_addr_text(done->addr[i], name);
		say_released(cli, name, driver, done->result[i]);
		json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "address", name, "driver", json_text(driver),
						    "result", result_words[done->result[i]]));
	}
	return cli_json_print(cli, object, err);
}

static int report_forgotten(const struct cli *cli, const struct request_done *done, struct error *err)
{
	json_t *object = cli_json_new();
	json_t *list = json_array();

	json_object_set_new(object, "devices", list);
	for (size_t i = 0; i < done->count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];

		cli_say(cli, "%s: lease dropped, device left as it is", pci_addr_text(done->addr[i], name));
		json_array_append_new(list, json_pack("{s:s, s:s}", "address", name, "result", "forgotten"));
	}
	return cli_json_print(cli, object, err);
}

static int run_release(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct release_options *options = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (ret < 0)
		return ret;
	if (options->all == (count > 0))
		return fail_code(err, CODE_USAGE, EINVAL, "name devices to release, or --all");
	if (options->all)
		return release_all(cli, &root, &options->lose, err);
	if (options->forget) {
		ret = request_forget(&root, args, count, &done, err);
		return ret < 0 ? ret : report_forgotten(cli, &done, err);
	}
	ret = request_release(&root, args, count, &done, err);
	if (ret < 0)
		return ret;
	record_note(cli, &done.record);
	return report_released(cli, &done, err);
}

static const char *const bind_details[] = {
	"Refused when the host uses a device. What it had is written down first, so that 'sluice release' "
	"gives it back whatever happens. 'sluice run' binds by itself: this is for guests of other programs.",
	NULL,
};

static const char *const bind_examples[] = {
	"sluice bind eth0/0",
	"sluice bind 0000:01:10.0 01:10.2 --user alice",
	NULL,
};

const struct command cmd_bind = {
	.name = "bind",
	.summary = "bind devices to vfio-pci",
	.arguments = "DEVICE...",
	.min_args = 1,
	.max_args = ARGS_MANY,
	.takes_ranges = true,
	.options = bind_rows,
	.options_size = sizeof(struct bind_options),
	.defaults = &(const struct bind_options){ .driver = NULL },
	.details = bind_details,
	.examples = bind_examples,
	.run = run_bind,
};

static const char *const release_details[] = {
	"Also mends what a killed sluice left behind, and may be repeated. A device that is with vfio-pci "
	"although nothing was written down about it loses its driver_override, and the kernel chooses its "
	"driver.",
	"--all takes back everything that plans have changed: VFs, drivers, settings, files for the boot. 'sluice "
	"undo' "
	"takes back the last plan only.",
	"--forget is for the lease of a card that is gone, when another one has its address now.",
	NULL,
};

static const char *const release_examples[] = {
	"sluice release eth0/0",
	"sluice release --all",
	NULL,
};

const struct command cmd_release = {
	.name = "release",
	.summary = "give devices back to the driver they had",
	.arguments = "[DEVICE...]",
	.max_args = ARGS_MANY,
	.takes_ranges = true,
	.options = release_rows,
	.options_size = sizeof(struct release_options),
	.details = release_details,
	.examples = release_examples,
	.run = run_release,
};
