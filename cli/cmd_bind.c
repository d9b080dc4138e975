// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice bind` and `sluice release`: devices to vfio-pci for other programs' guests, and back to their driver. */
#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "assign/assign.h"
#include "assign/remedy.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/record_note.h"
#include "guest/guest.h"

struct bind_options {
	const char *driver, *user;
};

#define BIND(member) offsetof(struct bind_options, member)
static const struct option_row bind_rows[] = {
	{ "driver", 0, "NAME", "bind to this driver (default: vfio-pci)", OPTION_TEXT, BIND(driver), 0, 0, NULL },
	{ "user", 0, "USER", "let this user open the devices' IOMMU groups", OPTION_TEXT, BIND(user), 0, 0, NULL },
	{ NULL },
};

struct release_options {
	bool forget;
};

static const struct option_row release_rows[] = {
	{ "forget", 0, NULL, "drop the lease and leave the device as it is", OPTION_FLAG,
		offsetof(struct release_options, forget), 0, 0, NULL },
	{ NULL },
};

static int select_all(const struct host *host, char *const *args, size_t count, const struct pci_device **ret_devices,
	struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int ret = pci_select(&host->root, &host->pci, args[i], &ret_devices[i], err);

		if (ret < 0)
			return ret;
		for (size_t k = 0; k < i; k++)
			if (ret_devices[k] == ret_devices[i])
				return fail_code(
					err, CODE_USAGE, EINVAL, "'%s' and '%s' are the same device", args[k], args[i]);
	}
	return 0;
}

static int find_user(const char *name, int64_t *ret_uid, struct error *err)
{
	const struct passwd *entry = name ? getpwnam(name) : NULL;

	*ret_uid = entry ? (int64_t)entry->pw_uid : -1;
	if (name && !entry)
		return fail_code(err, CODE_USAGE, EINVAL, "there is no user '%s'", name);
	return 0;
}

/* A driver of the host needs no IOMMU group. */
static int check_all(const struct host *host, const struct pci_device *const *devices, size_t count, const char *driver,
	struct error *err)
{
	enum verdict_use use = pci_driver_is_vfio(driver) ? VERDICT_BIND : VERDICT_TAKE;
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = judge_open(&judge, host, JUDGE_THOROUGHLY | JUDGE_AFRESH, NULL, 0, err);

	for (size_t i = 0; !ret && i < count; i++) {
		cleanup(verdict_done) struct verdict verdict = { 0 };

		ret = verdict_read(&judge, devices[i], &verdict, err);
		if (!ret)
			ret = verdict_check(&judge, &verdict, use, NULL, 0, err);
	}
	return ret;
}

/* Give back what this command has taken; devices that had a lease before are left as they are. */
static void undo(const struct host *host, const struct pci_device *const *devices, const bool *had_lease, size_t count)
{
	while (count--) {
		enum assign_result result;

		if (!had_lease[count])
			assign_release(host, devices[count], &result, NULL);
	}
}

static int bind_all(const struct host *host, const struct pci_device *const *devices, size_t count,
	const struct bind_options *options, int64_t uid, struct error *err)
{
	cleanup_free bool *had_lease = calloc(count, sizeof(*had_lease));

	if (!had_lease)
		return fail(err, ENOMEM, "bind devices");
	for (size_t i = 0; i < count; i++) {
		struct lease lease;
		int ret;

		had_lease[i] = lease_read(&host->root, devices[i]->addr, &lease, NULL) == 1;
		ret = assign_take(host, devices[i], options->driver, NULL, err);
		if (!ret && uid >= 0) {
			ret = assign_chown_group(host, devices[i]->iommu_group, uid, err);
			if (ret < 0)
				undo(host, &devices[i], &had_lease[i], 1);
		}
		if (ret < 0) {
			undo(host, devices, had_lease, i);
			return ret;
		}
	}
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

/* Reads the inventory again, so that what is printed is what is. */
static int report_bound(
	const struct cli *cli, struct host *host, const struct pci_addr *addrs, size_t count, struct error *err)
{
	json_t *list = json_array();
	json_t *object;
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = host_refresh(host, err);

	if (ret >= 0)
		ret = judge_open(&judge, host, JUDGE_THOROUGHLY, NULL, 0, err);
	for (size_t i = 0; !ret && i < count; i++) {
		const struct pci_device *device = pci_inventory_find(&host->pci, addrs[i]);
		char name[PCI_ADDR_TEXT_SIZE];

		if (!device)
			continue;
		json_array_append_new(list, device_json(device));
		cli_say(cli, "%s: %s, IOMMU group %d", pci_addr_text(device->addr, name), device->driver,
			device->iommu_group);
		advise(cli, &judge, device);
	}
	object = cli_json_new();
	json_object_set_new(object, "devices", list);
	if (ret < 0) {
		json_decref(object);
		return ret;
	}
	return cli_json_print(cli, object, err);
}

static int run_bind(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct bind_options *options = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_free const struct pci_device **devices = calloc(count, sizeof(*devices));
	cleanup_free struct pci_addr *addrs = calloc(count, sizeof(*addrs));
	cleanup_close int lock = -1;
	int64_t uid;
	int ret = devices && addrs ? host_open(&host, cli->sysroot, 0, err) : fail(err, ENOMEM, "bind devices");

	if (!ret)
		ret = select_all(&host, args, count, devices, err);
	if (!ret)
		ret = find_user(options->user, &uid, err);
	if (!ret)
		ret = check_all(&host, devices, count, options->driver, err);
	if (!ret)
		ret = host_lock(&host.root, &lock, err);
	if (!ret)
		ret = bind_all(&host, devices, count, options, uid, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < count; i++)
		addrs[i] = devices[i]->addr;
	record_note(cli, &host);
	return report_bound(cli, &host, addrs, count, err);
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

static int report_released(const struct cli *cli, struct host *host, const struct pci_addr *addrs,
	const enum assign_result *results, size_t count, struct error *err)
{
	json_t *list = json_array();
	json_t *object = cli_json_new();

	json_object_set_new(object, "devices", list);
	for (size_t i = 0; i < count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];
		struct binding now = { .driver = "" };

		pci_addr_text(addrs[i], name);
		binding_read(&host->root, addrs[i], &now, NULL);
		say_released(cli, name, now.driver, results[i]);
		json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "address", name, "driver",
						    json_text(now.driver), "result", result_words[results[i]]));
	}
	return cli_json_print(cli, object, err);
}

/* Leases alone, also of addresses where nothing is any more. */
static int forget_all(
	const struct cli *cli, const struct host *host, char *const *args, size_t count, struct error *err)
{
	json_t *object = cli_json_new();
	json_t *list = json_array();

	json_object_set_new(object, "devices", list);
	for (size_t i = 0; i < count; i++) {
		const struct pci_device *device;
		struct pci_addr addr;
		char name[PCI_ADDR_TEXT_SIZE];
		int ret = 0;

		if (pci_addr_parse(args[i], &addr) < 0 &&
			!(ret = pci_select(&host->root, &host->pci, args[i], &device, err)))
			addr = device->addr;
		if (!ret)
			ret = assign_forget(host, addr, err);
		if (ret < 0) {
			json_decref(object);
			return ret;
		}
		cli_say(cli, "%s: lease dropped, device left as it is", pci_addr_text(addr, name));
		json_array_append_new(list, json_pack("{s:s, s:s}", "address", name, "result", "forgotten"));
	}
	return cli_json_print(cli, object, err);
}

static int run_release(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct release_options *options = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_free const struct pci_device **devices = calloc(count, sizeof(*devices));
	cleanup_free enum assign_result *results = calloc(count, sizeof(*results));
	cleanup_free struct pci_addr *addrs = calloc(count, sizeof(*addrs));
	cleanup_close int lock = -1;
	int ret = devices && results && addrs ? host_open(&host, cli->sysroot, 0, err)
					      : fail(err, ENOMEM, "release devices");

	if (!ret && options->forget) {
		ret = host_lock(&host.root, &lock, err);
		return ret < 0 ? ret : forget_all(cli, &host, args, count, err);
	}
	if (!ret)
		ret = select_all(&host, args, count, devices, err);
	if (!ret)
		ret = host_lock(&host.root, &lock, err);
	for (size_t i = 0; !ret && i < count; i++) {
		addrs[i] = devices[i]->addr;
		ret = assign_release(&host, devices[i], &results[i], err);
	}
	if (ret < 0)
		return ret;
	/* A sluice that was killed before it took its first device has left no lease to find its guest by. */
	guest_dir_remove_all_stale(&host.root);
	if (!host_refresh(&host, NULL))
		record_note(cli, &host);
	return report_released(cli, &host, addrs, results, count, err);
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
	.options = bind_rows,
	.options_size = sizeof(struct bind_options),
	.defaults = &(const struct bind_options){ .driver = "vfio-pci" },
	.details = bind_details,
	.examples = bind_examples,
	.run = run_bind,
};

static const char *const release_details[] = {
	"Also mends what a killed sluice left behind, and may be repeated. A device that is with vfio-pci "
	"although nothing was written down about it loses its driver_override, and the kernel chooses its "
	"driver.",
	"--forget is for the lease of a card that is gone, when another one has its address now.",
	NULL,
};

static const char *const release_examples[] = {
	"sluice release eth0/0",
	NULL,
};

const struct command cmd_release = {
	.name = "release",
	.summary = "give devices back to the driver they had",
	.arguments = "DEVICE...",
	.min_args = 1,
	.max_args = ARGS_MANY,
	.options = release_rows,
	.options_size = sizeof(struct release_options),
	.details = release_details,
	.examples = release_examples,
	.run = run_release,
};
