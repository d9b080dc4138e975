// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop that runs the checks of list.c, what they know, and what they say things with. */
#include "doctor/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

enum {
	MODULES_LIST_SIZE = 4 << 20,
	TURNS_MAX = 64, /* things that one check finds on one device, or on the host */
};

void check_say(struct check_result *result, enum check_state state, const char *fmt, ...)
{
	va_list args;

	result->state = state;
	va_start(args, fmt);
	vsnprintf(result->summary, sizeof(result->summary), fmt, args);
	va_end(args);
}

void check_evidence(struct check_result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->evidence, sizeof(result->evidence), fmt, args);
	va_end(args);
}

void check_fix(struct check_result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->fix, sizeof(result->fix), fmt, args);
	va_end(args);
}

bool check_turn(struct check_result *result, size_t *found)
{
	bool mine = *found == result->turn;

	if (*found > result->turn)
		result->more = true;
	(*found)++;
	return mine;
}

/* The commands of a boot loader, or, where it is not known, the sentence that says it all. */
static void fix_argument(struct check_result *result, const char *verb, const char *argument, const char *commands)
{
	if (text_starts_with(commands, verb))
		check_fix(result, "%s, then reboot", commands);
	else
		check_fix(result, "%s %s %s the kernel's command line: %s, then reboot", verb, argument,
			!strcmp(verb, "add") ? "to" : "from", commands);
}

void check_fix_add_argument(const struct doctor *doctor, struct check_result *result, const char *argument)
{
	char commands[400];

	fix_argument(result, "add", argument, boot_loader_add(&doctor->loader, argument, commands, sizeof(commands)));
}

void check_fix_drop_argument(const struct doctor *doctor, struct check_result *result, const char *argument)
{
	char commands[400];

	fix_argument(
		result, "remove", argument, boot_loader_drop(&doctor->loader, argument, commands, sizeof(commands)));
}

bool doctor_argument(const struct doctor *doctor, const char *prefix, char *buf, size_t size)
{
	size_t length = strlen(prefix);
	bool is_prefix = length && prefix[length - 1] == '=';

	for (const char *at = doctor->cmdline; *at; at += strspn(at, " \n")) {
		size_t here = strcspn(at, " \n");

		if (here >= length && !strncmp(at, prefix, length) && (is_prefix || here == length)) {
			snprintf(buf, size, "%.*s", (int)here, at);
			return true;
		}
		at += here;
	}
	return false;
}

bool doctor_has_argument(const struct doctor *doctor, const char *word)
{
	char found[2];

	return doctor_argument(doctor, word, found, sizeof(found));
}

bool doctor_kernel_at_least(const struct doctor *doctor, unsigned int major, unsigned int minor)
{
	return doctor->kernel_major > major || (doctor->kernel_major == major && doctor->kernel_minor >= minor);
}

/* Is /kernel/.../MODULE.ko named in lib/modules/RELEASE/LIST? A file's name has '-' or '_', as its maker liked. */
static int module_listed(const struct doctor *doctor, const char *list, const char *module)
{
	cleanup_free char *text = calloc(1, MODULES_LIST_SIZE);

	if (!text || !doctor->release[0] ||
		sysroot_read_text(
			&doctor->host->root, text, MODULES_LIST_SIZE, "lib/modules/%s/%s", doctor->release, list) < 0)
		return -1;
	for (char *at = text; (at = strchr(at, '/')); at++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "./\n: "), at + 1);
		if (modprobe_same_module(name, module) && text_starts_with(at + 1 + strlen(name), ".ko"))
			return 1;
	}
	return 0;
}

int doctor_module_is_builtin(const struct doctor *doctor, const char *module)
{
	return module_listed(doctor, "modules.builtin", module);
}

int doctor_module_exists(const struct doctor *doctor, const char *module)
{
	int builtin = module_listed(doctor, "modules.builtin", module);
	int loadable = module_listed(doctor, "modules.dep", module);

	return builtin == 1 || loadable == 1 ? 1 : loadable;
}

static int add_result(struct doctor_report *report, const struct check_result *result, struct error *err)
{
	struct check_result *grown = realloc(report->results, (report->count + 1) * sizeof(*grown));

	if (!grown)
		return fail(err, ENOMEM, "write the doctor's report");
	report->results = grown;
	report->results[report->count++] = *result;
	report->counts[result->state]++;
	return 0;
}

static int run_check(const struct doctor *doctor, const struct check *check, const struct pci_device *device,
	struct doctor_report *report, struct error *err)
{
	bool more = true;

	for (size_t turn = 0; more && turn < TURNS_MAX; turn++) {
		struct check_result result = {
			.code = check->code,
			.section = check->section,
			.title = check->title,
			.why = check->why,
			.state = CHECK_SKIPPED,
			.subject = "host",
			.turn = turn,
		};
		int ret;

		if (device)
			pci_addr_text(device->addr, result.subject);
		check->run(doctor, device, &result);
		more = result.more;
		ret = result.state == CHECK_SKIPPED ? 0 : add_result(report, &result, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Without DEVICE arguments: is the check meant for this device? */
static bool applies(const struct doctor *doctor, const struct check *check, const struct pci_device *device)
{
	struct lease lease;

	switch (check->scope) {
	case SCOPE_PF:
		return device->sriov.capable;
	case SCOPE_DEVICE:
		return pci_driver_is_vfio(device->driver) ||
		       lease_read(&doctor->host->root, device->addr, &lease, NULL) == 1;
	default:
		return check->scope == SCOPE_ANY;
	}
}

static int run_all(const struct doctor *doctor, struct doctor_report *report, struct error *err)
{
	size_t count;
	const struct check *checks = check_list(&count);

	for (size_t i = 0; i < count; i++) {
		int ret = 0;

		if (checks[i].scope == SCOPE_HOST || checks[i].scope == SCOPE_LOG)
			ret = run_check(doctor, &checks[i], NULL, report, err);
		for (size_t k = 0; !ret && k < doctor->host->pci.count; k++)
			if (applies(doctor, &checks[i], &doctor->host->pci.devices[k]))
				ret = run_check(doctor, &checks[i], &doctor->host->pci.devices[k], report, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_on_devices(const struct doctor *doctor, const struct pci_device *const *devices, size_t device_count,
	struct doctor_report *report, struct error *err)
{
	size_t count;
	const struct check *checks = check_list(&count);

	for (size_t i = 0; i < device_count; i++)
		for (size_t k = 0; k < count; k++) {
			int ret;

			if (checks[k].scope == SCOPE_HOST ||
				(checks[k].scope == SCOPE_PF && !devices[i]->sriov.capable))
				continue;
			ret = run_check(doctor, &checks[k], devices[i], report, err);
			if (ret < 0)
				return ret;
		}
	return 0;
}

static void doctor_done(struct doctor *doctor)
{
	modprobe_conf_done(&doctor->modprobe);
	rivals_done(&doctor->rivals);
	iommu_table_done(&doctor->table);
	topology_done(&doctor->topology);
	free(doctor->topology_group);
	kernel_findings_done(&doctor->log);
	iommu_fault_tally_done(&doctor->faults);
}

static int read_topology(struct doctor *doctor, struct error *err)
{
	int ret = topology_read(&doctor->host->root, &doctor->host->pci, &doctor->topology, err);

	if (ret < 0)
		return ret;
	doctor->topology_group = calloc(doctor->topology.count + 1, sizeof(*doctor->topology_group));
	if (!doctor->topology_group)
		return fail(err, ENOMEM, "prove the IOMMU groups");
	return topology_group(&doctor->topology, doctor->topology_group);
}

static int doctor_read(struct doctor *doctor, struct error *err)
{
	const struct sysroot *root = &doctor->host->root;
	int ret;

	boot_loader_read(root, &doctor->loader);
	if (sysroot_read_text(root, doctor->cmdline, sizeof(doctor->cmdline), "proc/cmdline") < 0)
		doctor->cmdline[0] = '\0';
	if (sysroot_read_text(root, doctor->release, sizeof(doctor->release), "proc/sys/kernel/osrelease") < 0 ||
		strchr(doctor->release, '/'))
		doctor->release[0] = '\0';
	if (sscanf(doctor->release, "%u.%u", &doctor->kernel_major, &doctor->kernel_minor) != 2)
		doctor->kernel_major = doctor->kernel_minor = 0;
	/* A malformed table is a finding, and no reason to find nothing else. */
	if (iommu_table_read(root, &doctor->host->pci, &doctor->table, &doctor->table_error) < 0)
		doctor->table = (struct iommu_table){ 0 };
	ret = modprobe_conf_read(root, &doctor->modprobe, err);
	if (!ret)
		ret = rivals_read(root, &doctor->host->pci, &doctor->modprobe, &doctor->rivals, err);
	if (!ret)
		ret = read_topology(doctor, err);
	if (!ret)
		ret = kernel_findings_read(root, &doctor->log, err);
	return ret < 0 ? ret : fault_tally_read(root, &doctor->faults, err);
}

int doctor_run(const struct host *host, const struct pci_device *const *devices, size_t device_count,
	struct doctor_report *ret_report, struct error *err)
{
	cleanup(doctor_done) struct doctor doctor = { .host = host, .named = device_count > 0 };
	struct doctor_report report = { .of_devices = device_count > 0 };
	int ret = doctor_read(&doctor, err);

	if (!ret)
		ret = device_count ? run_on_devices(&doctor, devices, device_count, &report, err)
				   : run_all(&doctor, &report, err);
	if (ret < 0) {
		doctor_report_done(&report);
		return ret;
	}
	*ret_report = report;
	return 0;
}

void doctor_report_done(struct doctor_report *report)
{
	if (!report)
		return;
	free(report->results);
	*report = (struct doctor_report){ 0 };
}

bool doctor_report_is_ready(const struct doctor_report *report, bool strict)
{
	return !report->counts[CHECK_FAIL] && !(strict && report->counts[CHECK_WARN]);
}
