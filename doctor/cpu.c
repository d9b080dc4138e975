// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on kernel, processor and KVM: osrelease, proc/cpuinfo, dev/kvm, KVM's parameters, lockdown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "guest/kvm_params.h"
#include "os/place.h"

enum {
	CPUINFO_SIZE = 16384, /* the first processor's part, which is like the others' */
	KERNEL_MAJOR = 5,
	KERNEL_MINOR = 15,
};

/* What the kernel says when the firmware's switch is off; it hides the flag then. */
static bool has_flag(const char *flags, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = strstr(flags, flag); at; at = strstr(at + 1, flag))
		if ((at == flags || at[-1] == ' ' || at[-1] == '\t') && (!at[length] || strchr(" \n", at[length])))
			return true;
	return false;
}

void check_place(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct place place;

	(void)device;
	place_read(&doctor->host->root, &place);
	check_evidence(result, "%s", place.is_container ? place.container_evidence : place.evidence);
	if (place.is_container) {
		check_say(result, CHECK_WARN, "a container (%s)%s%s: what is missing here may be there on the host",
			place.container, place.is_guest ? " in a guest of " : "", place.name);
		check_fix(result, "run sluice on the host");
	} else if (place.is_dom0) {
		check_say(result, CHECK_WARN, "%s: VFIO and KVM do not work below Xen", place.name);
		check_fix(result, "%s", place.iommu_fix);
	} else if (place.is_guest) {
		check_say(result, CHECK_OK, "a guest of %s", place.name);
	} else {
		check_say(result, CHECK_OK, "no hypervisor below, no container around");
		check_evidence(result, "/proc/cpuinfo has no flag 'hypervisor', there is no /sys/hypervisor");
	}
}

void check_kernel(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)device;
	if (!doctor->kernel_major) {
		check_say(result, CHECK_UNMEASURED, "/proc/sys/kernel/osrelease cannot be read");
		return;
	}
	check_evidence(result, "/proc/sys/kernel/osrelease: %s", doctor->release);
	if (doctor_kernel_at_least(doctor, KERNEL_MAJOR, KERNEL_MINOR)) {
		check_say(result, CHECK_OK, "%s", doctor->release);
		return;
	}
	check_say(result, CHECK_FAIL, "%s is older than %d.%d", doctor->release, KERNEL_MAJOR, KERNEL_MINOR);
	check_fix(result, "boot a kernel of %d.%d or later", KERNEL_MAJOR, KERNEL_MINOR);
}

/* Why the processor shows no virtualization, from the likeliest witness to the last resort. */
static void no_virtualization(const struct doctor *doctor, struct check_result *result)
{
	const struct kernel_finding *why = kernel_finding_stops(&doctor->log, MESSAGE_STOPS_KVM);
	struct place place;
	char found[160];

	place_read(&doctor->host->root, &place);
	check_evidence(result, "/proc/cpuinfo has neither vmx nor svm");
	if (sysroot_exists(&doctor->host->root, "dev/kvm")) {
		check_say(result, CHECK_WARN, "the processor shows none, yet there is a KVM: a paravirtual one");
		check_fix(result, "in a virtual machine, ask for nested virtualization");
		return;
	}
	check_say(result, CHECK_FAIL, "the processor shows none");
	if (doctor_argument(doctor, "clearcpuid=", found, sizeof(found))) {
		check_say(result, CHECK_FAIL, "the processor shows none, and a kernel argument hides features");
		check_evidence(result, "/proc/cpuinfo has neither vmx nor svm; /proc/cmdline: %s", found);
		check_fix_drop_argument(doctor, result, found);
	} else if (place.is_guest) {
		check_say(result, CHECK_FAIL, "the processor shows none to this guest of %s", place.name);
		check_fix(result, "%s", place.nested_fix);
	} else if (why) {
		check_say(result, CHECK_FAIL, "%s", why->cause->means);
		check_evidence(result, "kernel log: %s", why->last);
		check_fix(result, "%s", why->cause->fix);
	} else {
		check_fix(result, "switch VT-x (Intel) or SVM (AMD) on in the firmware's set-up");
	}
}

void check_cpu_virt(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const struct {
		const char *flag, *name;
	} flags[] = { { "vmx", "Intel VT-x" }, { "svm", "AMD-V" } };
	cleanup_free char *text = calloc(1, CPUINFO_SIZE);

	(void)device;
	if (!text || sysroot_read_text(&doctor->host->root, text, CPUINFO_SIZE, "proc/cpuinfo") <= 0) {
		check_say(result, CHECK_UNMEASURED, "/proc/cpuinfo cannot be read");
		return;
	}
	for (size_t i = 0; i < array_size(flags); i++)
		if (has_flag(text, flags[i].flag)) {
			check_say(result, CHECK_OK, "%s%s", flags[i].name,
				has_flag(text, "hypervisor") ? ", nested" : "");
			check_evidence(result, "/proc/cpuinfo: %s", flags[i].flag);
			return;
		}
	no_virtualization(doctor, result);
}

/* KVM's module for this processor, by its vendor; "" unknown. */
static const char *kvm_module(const struct sysroot *root)
{
	static const struct {
		const char *vendor, *module;
	} modules[] = { { "GenuineIntel", "kvm_intel" }, { "AuthenticAMD", "kvm_amd" }, { "HygonGenuine", "kvm_amd" },
		{ "CentaurHauls", "kvm_intel" }, { "Shanghai", "kvm_intel" } };
	char text[512];

	if (sysroot_read_text(root, text, sizeof(text), "proc/cpuinfo") > 0)
		for (size_t i = 0; i < array_size(modules); i++)
			if (strstr(text, modules[i].vendor))
				return modules[i].module;
	return "";
}

static void no_kvm(const struct doctor *doctor, struct check_result *result)
{
	const char *module = kvm_module(&doctor->host->root);
	const struct modprobe_line *line = modprobe_next(&doctor->modprobe, NULL, MODPROBE_BLACKLIST, module);
	const struct kernel_finding *why = kernel_finding_stops(&doctor->log, MESSAGE_STOPS_KVM);
	struct place place;

	place_read(&doctor->host->root, &place);
	if (place.is_container) {
		check_say(result, CHECK_UNMEASURED, "there is no /dev/kvm in this container");
		check_evidence(result, "/dev/kvm does not exist; %s", place.container_evidence);
		return;
	}
	check_say(result, CHECK_FAIL, "there is no /dev/kvm");
	check_evidence(result, "/dev/kvm does not exist");
	if (place.is_dom0) {
		check_fix(result, "%s", place.nested_fix);
		return;
	}
	if (!module[0]) {
		check_fix(result, "modprobe kvm_intel, or modprobe kvm_amd");
	} else if (sysroot_exists(&doctor->host->root, "sys/module/%s", module) && why) {
		check_evidence(result, "/dev/kvm does not exist; kernel log: %s", why->last);
		check_fix(result, "%s", why->cause->fix);
	} else if (line) {
		check_say(result, CHECK_FAIL, "there is no /dev/kvm: %s is blacklisted", module);
		check_evidence(result, "/dev/kvm does not exist; %s: blacklist %s", line->place, line->module);
		check_fix(result, "remove that line, then: modprobe %s", module);
	} else if (doctor_module_exists(doctor, module) == 0) {
		check_say(result, CHECK_FAIL, "there is no /dev/kvm, and this kernel has no %s", module);
		check_evidence(result, "/dev/kvm does not exist; /lib/modules/%s has no %s", doctor->release, module);
		check_fix(result, "install the kernel's full set of modules, or boot another kernel");
	} else {
		check_fix(result, "modprobe %s", module);
	}
}

void check_kvm_device(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;

	(void)device;
	if (sysroot_exists(root, "dev/kvm")) {
		check_say(result, CHECK_OK, "/dev/kvm is there");
		check_evidence(result, "/dev/kvm");
		return;
	}
	if (root->captured && !sysroot_exists(root, "dev")) {
		check_say(result, CHECK_UNMEASURED, "no /dev was captured");
		return;
	}
	no_kvm(doctor, result);
}

void check_kvm_paging(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct modprobe_line *line;
	struct kvm_paging paging;
	char value[32];

	(void)device;
	kvm_paging_read(&doctor->host->root, &paging);
	check_evidence(result, "%s", paging.evidence);
	if (paging.state == KVM_PAGING_UNKNOWN) {
		check_say(result, CHECK_UNMEASURED, "%s", paging.evidence);
		return;
	}
	check_say(result, paging.state == KVM_PAGING_ON ? CHECK_OK : CHECK_FAIL, "%s is %s", paging.parameter,
		paging.state == KVM_PAGING_ON ? "on" : "off");
	if (paging.state == KVM_PAGING_ON)
		return;
	line = modprobe_setting(&doctor->modprobe, paging.module, paging.parameter, value, sizeof(value));
	if (line) {
		check_evidence(result, "%s; it is set in %s", paging.evidence, line->place);
		check_fix(result, "remove %s=0 from %s, then: modprobe -r %s && modprobe %s %s=1", paging.parameter,
			line->place, paging.module, paging.module, paging.parameter);
		return;
	}
	check_fix(result,
		"modprobe -r %s && modprobe %s %s=1; if it stays off, the processor (or the hypervisor below) has none",
		paging.module, paging.module, paging.parameter);
}

/* "none [integrity] confidentiality" */
void check_lockdown(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const char file[] = "sys/kernel/security/lockdown";
	char text[80];
	int length = (int)sysroot_read_text(&doctor->host->root, text, sizeof(text), "%s", file);

	(void)device;
	if (length == -ENOENT) {
		check_say(result, CHECK_OK, "this kernel has none");
		check_evidence(result, "/%s does not exist", file);
		return;
	}
	if (length <= 0) {
		check_say(result, CHECK_UNMEASURED, "/%s cannot be read", file);
		return;
	}
	check_evidence(result, "/%s: %s", file, text);
	if (strstr(text, "[confidentiality]")) {
		check_say(result, CHECK_WARN,
			"confidentiality: DMA faults cannot be traced, cards' firmware not be set up");
		check_fix(result, "boot with lockdown=integrity, which is enough for Secure Boot");
		return;
	}
	check_say(result, CHECK_OK, "%s",
		strstr(text, "[integrity]") ? "integrity: VFIO works; tools that set up cards' firmware may not"
					    : "off");
}
