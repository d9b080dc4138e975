// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop that runs the checks of list.c. */
#include "doctor/doctor.h"

#include "base/cleanup.h"
#include "doctor/cause.h"
#include "doctor/checks.h"
#include "doctor/fix.h"

static int run_check(const struct facts *facts, const struct check *check, const struct pci_device *device,
	struct findings *findings, struct error *err)
{
	const struct finding about = {
		.code = check->code,
		.section = check->section,
		.title = check->title,
		.why = check->why,
	};

	findings_begin(findings, &about, device);
	check->run(facts, device, findings);
	return findings_end(findings, err);
}

/* Without DEVICE arguments: is the check meant for this device? */
static bool applies(const struct facts *facts, const struct check *check, const struct pci_device *device)
{
	switch (check->scope) {
	case SCOPE_PF:
		return device->sriov.capable;
	case SCOPE_DEVICE:
		return facts_is_for_guests(facts, device);
	default:
		return check->scope == SCOPE_ANY;
	}
}

static int run_all(const struct facts *facts, struct findings *findings, struct error *err)
{
	const struct pci_inventory *pci = &facts->host->pci;

	for (const struct check *check = NULL; (check = check_next(check));) {
		int ret = 0;

		if (check->scope == SCOPE_HOST || check->scope == SCOPE_LOG)
			ret = run_check(facts, check, NULL, findings, err);
		for (size_t i = 0; ret >= 0 && i < pci->count; i++)
			if (applies(facts, check, &pci->devices[i]))
				ret = run_check(facts, check, &pci->devices[i], findings, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_on_device(
	const struct facts *facts, const struct pci_device *device, struct findings *findings, struct error *err)
{
	for (const struct check *check = NULL; (check = check_next(check));) {
		int ret;

		if (check->scope == SCOPE_HOST || (check->scope == SCOPE_PF && !device->sriov.capable))
			continue;
		ret = run_check(facts, check, device, findings, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_checks(const struct facts *facts, const struct pci_device *const *devices, size_t device_count,
	struct findings *findings, struct error *err)
{
	if (!device_count)
		return run_all(facts, findings, err);
	for (size_t i = 0; i < device_count; i++) {
		int ret = run_on_device(facts, devices[i], findings, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

int doctor_run(const struct host *host, const struct pci_device *const *devices, size_t device_count,
	struct doctor_report *ret_report, struct error *err)
{
	cleanup(facts_done) struct facts facts = { .host = host, .device = devices, .device_count = device_count };
	struct doctor_report report = { .of_devices = device_count > 0 };
	int ret = facts_read(&facts, err);

	if (ret < 0)
		return ret;
	ret = run_checks(&facts, devices, device_count, &report.findings, err);
	if (ret >= 0) {
		fix_put_place_first(&facts, &report.findings);
		ret = findings_end(&report.findings, err);
	}
	if (ret >= 0)
		ret = causes_find(&report.findings, err);
	if (ret < 0) {
		doctor_report_done(&report);
		return ret;
	}
	for (size_t i = 0; i < report.findings.count; i++)
		report.counts[report.findings.item[i].state]++;
	*ret_report = report;
	return 0;
}

void doctor_report_done(struct doctor_report *report)
{
	if (!report)
		return;
	findings_done(&report->findings);
	*report = (struct doctor_report){ 0 };
}

bool doctor_report_is_ready(const struct doctor_report *report, bool strict)
{
	return !report->counts[CHECK_FAIL] && !(strict && report->counts[CHECK_WARN]);
}
