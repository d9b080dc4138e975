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

static bool has_flag(const char *flags, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = strstr(flags, flag); at; at = strstr(at + 1, flag))
		if ((at == flags || at[-1] == ' ' || at[-1] == '\t') && (!at[length] || strchr(" \n", at[length])))
			return true;
	return false;
}

/* Has the first processor VT-x or AMD-V; not having it, no module will make a /dev/kvm. */
static bool shows_virtualization(const struct sysroot *root)
{
	cleanup_free char *text = calloc(1, CPUINFO_SIZE);

	return text && sysroot_read_text(root, text, CPUINFO_SIZE, "proc/cpuinfo") > 0 &&
	       (has_flag(text, "vmx") || has_flag(text, "svm"));
}

static void check_place(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct place place;

	(void)device;
	place_read(&facts->host->root, &place);
	finding_evidence(findings, "%s", place.is_container ? place.container_evidence : place.evidence);
	if (place.is_container) {
		finding_say(findings, CHECK_WARN, "a container (%s)%s%s: what is missing here may be there on the host",
			place.container, place.is_guest ? " in a guest of " : "", place.name);
		finding_fix(findings, "run sluice on the host");
	} else if (place.is_dom0) {
		finding_say(findings, CHECK_WARN, "%s: VFIO and KVM do not work below Xen", place.name);
		finding_fix(findings, "%s", place.iommu_fix);
	} else if (place.is_guest) {
		finding_say(findings, CHECK_OK, "a guest of %s", place.name);
	} else {
		finding_say(findings, CHECK_OK, "no hypervisor below, no container around");
		finding_evidence(findings, "/proc/cpuinfo has no flag 'hypervisor', there is no /sys/hypervisor");
	}
}

static void check_kernel(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	(void)device;
	if (!facts->kernel_major) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/sys/kernel/osrelease cannot be read");
		return;
	}
	finding_evidence(findings, "/proc/sys/kernel/osrelease: %s", facts->release);
	if (facts_kernel_at_least(facts, KERNEL_MAJOR, KERNEL_MINOR)) {
		finding_say(findings, CHECK_OK, "%s", facts->release);
		return;
	}
	finding_say(findings, CHECK_FAIL, "%s is older than %d.%d", facts->release, KERNEL_MAJOR, KERNEL_MINOR);
	finding_fix(findings, "boot a kernel of %d.%d or later", KERNEL_MAJOR, KERNEL_MINOR);
}

/* Why the processor shows no virtualization, from the likeliest witness to the last resort. */
static void no_virtualization(const struct facts *facts, struct findings *findings)
{
	const struct kernel_finding *why = kernel_finding_stops(&facts->log, MESSAGE_STOPS_KVM);
	struct place place;
	char found[160];

	place_read(&facts->host->root, &place);
	finding_evidence(findings, "/proc/cpuinfo has neither vmx nor svm");
	if (sysroot_exists(&facts->host->root, "dev/kvm")) {
		finding_say(findings, CHECK_WARN, "the processor shows none, yet there is a KVM: a paravirtual one");
		finding_fix(findings, "in a virtual machine, ask for nested virtualization");
		return;
	}
	finding_say(findings, CHECK_FAIL, "the processor shows none");
	if (facts_argument(facts, "clearcpuid=", found, sizeof(found))) {
		finding_say(findings, CHECK_FAIL, "the processor shows none, and a kernel argument hides features");
		finding_evidence(findings, "/proc/cpuinfo has neither vmx nor svm; /proc/cmdline: %s", found);
		fix_drop_argument(facts, findings, found);
	} else if (place.is_guest) {
		finding_say(findings, CHECK_FAIL, "the processor shows none to this guest of %s", place.name);
		finding_fix(findings, "%s", place.nested_fix);
	} else if (why) {
		finding_say(findings, CHECK_FAIL, "%s", why->cause->means);
		finding_evidence(findings, "kernel log: %s", why->last);
		finding_fix(findings, "%s", why->cause->fix);
	} else {
		finding_fix(findings, "switch VT-x (Intel) or SVM (AMD) on in the firmware's set-up");
	}
}

static void check_cpu_virt(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct {
		const char *flag, *name;
	} flags[] = { { "vmx", "Intel VT-x" }, { "svm", "AMD-V" } };
	cleanup_free char *text = calloc(1, CPUINFO_SIZE);

	(void)device;
	if (!text || sysroot_read_text(&facts->host->root, text, CPUINFO_SIZE, "proc/cpuinfo") <= 0) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/cpuinfo cannot be read");
		return;
	}
	for (size_t i = 0; i < array_size(flags); i++)
		if (has_flag(text, flags[i].flag)) {
			finding_say(findings, CHECK_OK, "%s%s", flags[i].name,
				has_flag(text, "hypervisor") ? ", nested" : "");
			finding_evidence(findings, "/proc/cpuinfo: %s", flags[i].flag);
			return;
		}
	no_virtualization(facts, findings);
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

static void no_kvm(const struct facts *facts, struct findings *findings)
{
	const char *module = kvm_module(&facts->host->root);
	const struct modprobe_line *line = modprobe_next(&facts->modprobe, NULL, MODPROBE_BLACKLIST, module);
	const struct kernel_finding *why = kernel_finding_stops(&facts->log, MESSAGE_STOPS_KVM);
	struct place place;

	place_read(&facts->host->root, &place);
	if (place.is_container) {
		finding_say(findings, CHECK_UNMEASURED, "there is no /dev/kvm in this container");
		finding_evidence(findings, "/dev/kvm does not exist; %s", place.container_evidence);
		return;
	}
	finding_say(findings, CHECK_FAIL, "there is no /dev/kvm");
	finding_evidence(findings, "/dev/kvm does not exist");
	if (place.is_dom0 || (place.is_guest && !shows_virtualization(&facts->host->root))) {
		finding_fix(findings, "%s", place.nested_fix);
		return;
	}
	if (!module[0]) {
		finding_fix(findings, "modprobe kvm_intel, or modprobe kvm_amd");
	} else if (sysroot_exists(&facts->host->root, "sys/module/%s", module) && why) {
		finding_evidence(findings, "/dev/kvm does not exist; kernel log: %s", why->last);
		finding_fix(findings, "%s", why->cause->fix);
	} else if (line) {
		finding_say(findings, CHECK_FAIL, "there is no /dev/kvm: %s is blacklisted", module);
		finding_evidence(findings, "/dev/kvm does not exist; %s: blacklist %s", line->place, line->module);
		finding_fix(findings, "remove that line, then: modprobe %s", module);
	} else if (facts_module_exists(facts, module) == 0) {
		finding_say(findings, CHECK_FAIL, "there is no /dev/kvm, and this kernel has no %s", module);
		finding_evidence(
			findings, "/dev/kvm does not exist; /lib/modules/%s has no %s", facts->release, module);
		finding_fix(findings, "install the kernel's full set of modules, or boot another kernel");
	} else {
		finding_fix(findings, "modprobe %s", module);
	}
}

static void check_kvm_device(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct sysroot *root = &facts->host->root;

	(void)device;
	if (sysroot_exists(root, "dev/kvm")) {
		finding_say(findings, CHECK_OK, "/dev/kvm is there");
		finding_evidence(findings, "/dev/kvm");
		return;
	}
	if (root->captured && !sysroot_exists(root, "dev")) {
		finding_say(findings, CHECK_UNMEASURED, "no /dev was captured");
		return;
	}
	no_kvm(facts, findings);
}

static void check_kvm_paging(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct modprobe_line *line;
	struct kvm_paging paging;
	char value[32];

	(void)device;
	kvm_paging_read(&facts->host->root, &paging);
	finding_evidence(findings, "%s", paging.evidence);
	if (paging.state == KVM_PAGING_UNKNOWN) {
		finding_say(findings, CHECK_UNMEASURED, "%s", paging.evidence);
		return;
	}
	finding_say(findings, paging.state == KVM_PAGING_ON ? CHECK_OK : CHECK_FAIL, "%s is %s", paging.parameter,
		paging.state == KVM_PAGING_ON ? "on" : "off");
	if (paging.state == KVM_PAGING_ON)
		return;
	line = modprobe_setting(&facts->modprobe, paging.module, paging.parameter, value, sizeof(value));
	if (line) {
		finding_evidence(findings, "%s; it is set in %s", paging.evidence, line->place);
		finding_fix(findings, "remove %s=0 from %s, then: modprobe -r %s && modprobe %s %s=1", paging.parameter,
			line->place, paging.module, paging.module, paging.parameter);
		return;
	}
	finding_fix(findings,
		"modprobe -r %s && modprobe %s %s=1; if it stays off, the processor (or the hypervisor below) has none",
		paging.module, paging.module, paging.parameter);
}

/* "none [integrity] confidentiality" */
static void check_lockdown(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const char file[] = "sys/kernel/security/lockdown";
	char text[80];
	int length = (int)sysroot_read_text(&facts->host->root, text, sizeof(text), "%s", file);

	(void)device;
	if (length == -ENOENT) {
		finding_say(findings, CHECK_OK, "this kernel has none");
		finding_evidence(findings, "/%s does not exist", file);
		return;
	}
	if (length <= 0) {
		finding_say(findings, CHECK_UNMEASURED, "/%s cannot be read", file);
		return;
	}
	finding_evidence(findings, "/%s: %s", file, text);
	if (strstr(text, "[confidentiality]")) {
		finding_say(findings, CHECK_WARN,
			"confidentiality: DMA faults cannot be traced, cards' firmware not be set up");
		finding_fix(findings, "boot with lockdown=integrity, which is enough for Secure Boot");
		return;
	}
	finding_say(findings, CHECK_OK, "%s",
		strstr(text, "[integrity]") ? "integrity: VFIO works; tools that set up cards' firmware may not"
					    : "off");
}

const struct check cpu_checks[] = {
	{ CODE_PLACE, SECTION_CPU, SCOPE_HOST, "Where this is",
		"below a hypervisor or in a container other rules hold, and others have the remedies", check_place },
	{ CODE_KERNEL_OLD, SECTION_CPU, SCOPE_HOST, "Kernel", "older kernels lack what sluice relies on",
		check_kernel },
	{ CODE_CPU_NO_VIRT, SECTION_CPU, SCOPE_HOST, "CPU virtualization",
		"KVM runs guests with the processor's help only", check_cpu_virt },
	{ CODE_KVM_NO_DEV, SECTION_CPU, SCOPE_HOST, "KVM", "guests are run through /dev/kvm", check_kvm_device },
	{ CODE_KVM_NO_EPT, SECTION_CPU, SCOPE_HOST, "Two-level paging",
		"sluice does not run guests on shadow page tables", check_kvm_paging },
	{ CODE_LOCKDOWN, SECTION_CPU, SCOPE_HOST, "Kernel lockdown",
		"a locked kernel keeps root from tools that cards are set up and watched with", check_lockdown },
	{ .run = NULL },
};
