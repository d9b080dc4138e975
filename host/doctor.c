// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of the doctor's checks, in the order in which they are shown, and the loop that runs them. */
#include "host/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/doctor_checks.h"
#include "host/lease.h"

enum check_scope {
	SCOPE_HOST,
	SCOPE_PF,     /* every device that can be split */
	SCOPE_DEVICE, /* devices that are named, or with vfio-pci */
	SCOPE_ANY,    /* every device */
};

static const struct check {
	enum code code;
	enum check_scope scope;
	const char *title, *why;
	check_fn run;
} checks[] = {
	{ CODE_CPU_NO_VIRT, SCOPE_HOST, "CPU virtualization", "KVM runs guests with the processor's help only",
		check_cpu_virt },
	{ CODE_KVM_NO_DEV, SCOPE_HOST, "KVM", "guests are run through /dev/kvm", check_kvm_device },
	{ CODE_KVM_PERM, SCOPE_HOST, "KVM permission", "guests are run through /dev/kvm", check_kvm_permission },
	{ CODE_KVM_NO_EPT, SCOPE_HOST, "Two-level paging", "sluice does not run guests on shadow page tables",
		check_kvm_paging },
	{ CODE_IOMMU_OFF, SCOPE_HOST, "IOMMU", "without it a device reaches all of the host's memory", check_iommu_on },
	{ CODE_IOMMU_NO_INTREMAP, SCOPE_HOST, "Interrupt remapping",
		"without it a guest can send the host any interrupt", check_interrupt_remapping },
	{ CODE_UNSAFE_INTERRUPTS, SCOPE_HOST, "Unsafe interrupts", "the setting hides that interrupts are not confined",
		check_unsafe_interrupts },
	{ CODE_IOMMU_FAULTS, SCOPE_HOST, "IOMMU faults", "what a device was refused, its driver did not get",
		check_iommu_faults },
	{ CODE_ACS_OVERRIDE, SCOPE_HOST, "ACS override", "groups that the hardware does not isolate look isolated",
		check_acs_override },
	{ CODE_VFIO_NO_MODULE, SCOPE_HOST, "VFIO", "devices are given to guests by vfio-pci", check_vfio_modules },
	{ CODE_VFIO_PERM, SCOPE_HOST, "VFIO permission", "devices are given to guests through /dev/vfio/vfio",
		check_vfio_permission },
	{ CODE_DMA_LIMIT, SCOPE_HOST, "DMA mappings", "each range of guest memory is one mapping", check_dma_limit },
	{ CODE_MEMLOCK_LOW, SCOPE_HOST, "Locked memory", "memory that devices reach has to stay where it is",
		check_memlock },
	{ CODE_HUGEPAGES_SHORT, SCOPE_HOST, "Huge pages", "small pages cost guests speed and start-up time",
		check_hugepages },
	{ CODE_VF_NO_DRIVER, SCOPE_PF, "PF driver", "creating VFs is the work of the PF's driver", check_pf_driver },
	{ CODE_PF_DOWN, SCOPE_PF, "PF link", "most VFs have a link only while their PF has", check_pf_link },
	{ CODE_VF_AUTOPROBE, SCOPE_PF, "VF autoprobe", "a VF for a guest need not meet the host's driver",
		check_vf_autoprobe },
	{ CODE_DEV_BRIDGE, SCOPE_DEVICE, "Kind of device", "a bridge is the way to other devices", check_bridge },
	{ CODE_DEV_LOST, SCOPE_DEVICE, "Answers", "a device that is gone cannot be given away", check_answers },
	{ CODE_DEV_MOVED, SCOPE_DEVICE, "Same card", "an address can be another card's after a change of hardware",
		check_moved },
	{ CODE_DEV_TWIN, SCOPE_DEVICE, "One of its kind", "equal cards can be taken for each other", check_twin },
	{ CODE_NO_GROUP, SCOPE_DEVICE, "IOMMU group", "only devices of a group can be confined", check_group },
	{ CODE_GROUP_SHARED, SCOPE_DEVICE, "Alone in its group", "devices of a group can reach each other",
		check_group_shared },
	{ CODE_GROUP_CHANGED, SCOPE_DEVICE, "Group as it was", "what was isolated before need not be now",
		check_group_changed },
	{ CODE_GROUP_NOT_VIABLE, SCOPE_DEVICE, "Group can be used", "VFIO refuses a group that the host uses too",
		check_group_viable },
	{ CODE_DEV_RESERVED_MEMORY, SCOPE_DEVICE, "Reserved memory",
		"the firmware wants the device to reach memory that would be the guest's", check_reserved_memory },
	{ CODE_NO_RESET, SCOPE_DEVICE, "Reset", "what one guest leaves in a device, the next would find", check_reset },
	{ CODE_DEV_NO_MSIX, SCOPE_DEVICE, "MSI-X", "guests get their devices' interrupts by MSI-X", check_msix },
	{ CODE_DEV_IN_USE, SCOPE_DEVICE, "Free", "what uses the device would lose it", check_in_use },
	{ CODE_OVERRIDE_STALE, SCOPE_ANY, "Driver override", "an override keeps the device's own driver away",
		check_override },
	{ CODE_LEASE_STALE, SCOPE_ANY, "Lease", "the device still waits to be given back", check_lease },
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

bool doctor_has_argument(const struct doctor *doctor, const char *word)
{
	size_t length = strlen(word);
	bool prefix = length && word[length - 1] == '=';

	for (const char *at = doctor->cmdline; *at; at += strspn(at, " \n")) {
		size_t here = strcspn(at, " \n");

		if (here >= length && !strncmp(at, word, length) && (prefix || here == length))
			return true;
		at += here;
	}
	return false;
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
	struct check_result result = {
		.code = check->code,
		.title = check->title,
		.why = check->why,
		.state = CHECK_SKIPPED,
		.subject = "host",
	};

	if (device)
		pci_addr_text(device->addr, result.subject);
	check->run(doctor, device, &result);
	return result.state == CHECK_SKIPPED ? 0 : add_result(report, &result, err);
}

/* Without DEVICE arguments: is the check meant for this device? */
static bool applies(const struct doctor *doctor, const struct check *check, const struct pci_device *device)
{
	struct lease lease;

	switch (check->scope) {
	case SCOPE_PF:
		return device->sriov.capable;
	case SCOPE_DEVICE:
		return !strcmp(device->driver, "vfio-pci") ||
		       lease_read(&doctor->host->root, device->addr, &lease, NULL) == 1;
	default:
		return check->scope == SCOPE_ANY;
	}
}

static int run_all(const struct doctor *doctor, struct doctor_report *report, struct error *err)
{
	for (size_t i = 0; i < array_size(checks); i++) {
		int ret = 0;

		if (checks[i].scope == SCOPE_HOST)
			ret = run_check(doctor, &checks[i], NULL, report, err);
		for (size_t k = 0; !ret && k < doctor->host->pci.count; k++)
			if (applies(doctor, &checks[i], &doctor->host->pci.devices[k]))
				ret = run_check(doctor, &checks[i], &doctor->host->pci.devices[k], report, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_on_devices(const struct doctor *doctor, const struct pci_device *const *devices, size_t count,
	struct doctor_report *report, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < array_size(checks); k++) {
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

int doctor_run(const struct host *host, const struct pci_device *const *devices, size_t device_count,
	struct doctor_report *ret_report, struct error *err)
{
	struct doctor doctor = { .host = host };
	struct doctor_report report = { 0 };
	int ret;

	boot_loader_read(&host->root, &doctor.loader);
	if (sysroot_read_text(&host->root, doctor.cmdline, sizeof(doctor.cmdline), "proc/cmdline") < 0)
		doctor.cmdline[0] = '\0';
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
