// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on processor, KVM and memory: proc/cpuinfo, dev/kvm, module parameters, limits, huge pages. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/doctor_checks.h"
#include "host/kvm_params.h"

enum {
	CPUINFO_SIZE = 16384, /* the first processor's part, which is like the others' */
	MEMLOCK_WANTED_MB = 576,
};

static bool has_flag(const char *flags, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = strstr(flags, flag); at; at = strstr(at + 1, flag))
		if ((at == flags || at[-1] == ' ' || at[-1] == '\t') && (!at[length] || strchr(" \n", at[length])))
			return true;
	return false;
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
			check_say(result, CHECK_OK, "%s", flags[i].name);
			check_evidence(result, "/proc/cpuinfo: %s", flags[i].flag);
			return;
		}
	check_evidence(result, "/proc/cpuinfo has neither vmx nor svm");
	if (sysroot_exists(&doctor->host->root, "dev/kvm")) {
		check_say(result, CHECK_WARN, "the processor shows none, yet there is a KVM: a paravirtual one");
		check_fix(result, "in a virtual machine, ask for nested virtualization");
		return;
	}
	check_say(result, CHECK_FAIL, "the processor shows none");
	check_fix(result, "%s",
		has_flag(text, "hypervisor")
			? "this is a virtual machine: its hypervisor has to allow nested virtualization"
			: "switch VT-x or SVM on in the firmware's set-up");
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
	check_say(result, CHECK_FAIL, "there is no /dev/kvm");
	check_evidence(result, "/dev/kvm does not exist");
	check_fix(result, "modprobe kvm_intel, or modprobe kvm_amd");
}

void check_kvm_permission(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	cleanup_close int fd = sysroot_open_file(&doctor->host->root, O_RDWR, "dev/kvm");
	int errnum = fd < 0 ? -fd : 0;

	(void)device;
	if (doctor->host->root.captured)
		check_say(result, CHECK_UNMEASURED, "a captured host has no users");
	else if (errnum == ENOENT)
		check_say(result, CHECK_UNMEASURED, "there is no /dev/kvm");
	else if (!errnum)
		check_say(result, CHECK_OK, "this user may run guests");
	else {
		check_say(result, CHECK_FAIL, "this user cannot open /dev/kvm: %s", strerror(errnum));
		check_fix(result, "run as root, or: usermod -aG kvm USER, then log in again");
	}
	if (result->state != CHECK_UNMEASURED)
		check_evidence(result, "open /dev/kvm: %s", errnum ? strerror(errnum) : "works");
}

void check_kvm_paging(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct kvm_paging paging;

	(void)device;
	kvm_paging_read(&doctor->host->root, &paging);
	check_evidence(result, "%s", paging.evidence);
	if (paging.state == KVM_PAGING_UNKNOWN) {
		check_say(result, CHECK_UNMEASURED, "%s", paging.evidence);
		return;
	}
	check_say(result, paging.state == KVM_PAGING_ON ? CHECK_OK : CHECK_FAIL, "%s is %s", paging.parameter,
		paging.state == KVM_PAGING_ON ? "on" : "off");
	if (paging.state == KVM_PAGING_OFF)
		check_fix(result, "modprobe -r %s && modprobe %s %s=1, and mend /etc/modprobe.d", paging.module,
			paging.module, paging.parameter);
}

void check_memlock(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct rlimit limit;
	char text[32];

	(void)device;
	if (doctor->host->root.captured || getrlimit(RLIMIT_MEMLOCK, &limit)) {
		check_say(result, CHECK_UNMEASURED, "limits belong to a running process");
		return;
	}
	if (limit.rlim_max == RLIM_INFINITY) {
		check_evidence(result, "ulimit -H -l: unlimited");
		check_say(result, CHECK_OK, "no limit");
		return;
	}
	check_evidence(result, "ulimit -H -l: %s", size_to_text(limit.rlim_max, text, sizeof(text)));
	if (!geteuid()) {
		check_say(result, CHECK_OK, "raised for each guest as needed");
		return;
	}
	if (limit.rlim_max >= (rlim_t)MEMLOCK_WANTED_MB << 20) {
		check_say(result, CHECK_OK, "enough for guests of up to %s less 64 MiB", text);
		return;
	}
	check_say(result, CHECK_WARN, "%s is too little for a guest with devices", text);
	check_fix(result, "run as root; or LimitMEMLOCK= in the unit, or memlock in /etc/security/limits.d");
}

/* Reserved huge pages of all sizes, "2048 kB: 3 of 512 free; ". Returns the number of sizes with reserved pages. */
static size_t reserved_pages(const struct sysroot *root, char *buf, size_t size, uint64_t *ret_free)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/kernel/mm/hugepages");
	struct dirent *entry;
	size_t used = 0, sizes = 0;

	buf[0] = '\0';
	*ret_free = 0;
	while (dir && (entry = readdir(dir))) {
		uint64_t total = 0, unused = 0;

		if (!text_starts_with(entry->d_name, "hugepages-") ||
			sysroot_read_u64(root, &total, "sys/kernel/mm/hugepages/%s/nr_hugepages", entry->d_name) ||
			sysroot_read_u64(root, &unused, "sys/kernel/mm/hugepages/%s/free_hugepages", entry->d_name) ||
			!total)
			continue;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s: %llu of %llu free", sizes ? ", " : "",
				entry->d_name + strlen("hugepages-"), (unsigned long long)unused,
				(unsigned long long)total);
		*ret_free += unused;
		sizes++;
	}
	return sizes;
}

void check_hugepages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const char shmem[] = "sys/kernel/mm/transparent_hugepage/shmem_enabled";
	const struct sysroot *root = &doctor->host->root;
	char reserved[160], policy[96];
	uint64_t unused;

	(void)device;
	if (reserved_pages(root, reserved, sizeof(reserved), &unused)) {
		check_evidence(result, "/sys/kernel/mm/hugepages: %s", reserved);
		check_say(result, unused ? CHECK_OK : CHECK_WARN, "reserved: %s", reserved);
		if (!unused)
			check_fix(result, "raise nr_hugepages, or end what uses them");
		return;
	}
	if (sysroot_read_text(root, policy, sizeof(policy), "%s", shmem) <= 0) {
		check_say(result, CHECK_UNMEASURED,
			"none are reserved, and this kernel does not say whether it makes "
			"transparent ones for guests");
		return;
	}
	check_evidence(result, "/%s: %s", shmem, policy);
	if (strstr(policy, "[never]") || strstr(policy, "[deny]")) {
		check_say(result, CHECK_WARN, "none are reserved, and guest memory gets no transparent ones");
		check_fix(result, "echo advise > /%s, or reserve some and use --hugepages", shmem);
		return;
	}
	check_say(result, CHECK_OK, "none are reserved; guest memory gets transparent ones");
}
