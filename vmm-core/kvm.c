// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's KVM; see kvm.h. Speaks KVM_GET_API_VERSION, KVM_CHECK_EXTENSION, KVM_GET_SUPPORTED_CPUID and the binary
 * statistics of Documentation/virt/kvm/api.rst 4.133. Whether the CPU has EPT or NPT is the manager's question.
 */
#include "vmm-core/kvm.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "vmm-core/memslot.h"

enum {
	CPUID_ENTRY_MAX = 256,
	GPA_BITS_DEFAULT = 36, /* of a CPU without leaf 0x80000008 */
	STAT_MAX = 512,
	STAT_NAME_MAX = 128,
};

#define CPUID_BRAND_FIRST 0x80000002u
#define CPUID_BRAND_LAST 0x80000004u
#define CPUID_ADDRESS_SIZES 0x80000008u

static const struct {
	int capability;
	int least;
	const char *name, *purpose;
} required[] = {
	{ KVM_CAP_USER_MEMORY, 1, "KVM_CAP_USER_MEMORY", "guest memory that is this process's memory" },
	{ KVM_CAP_SYNC_MMU, 1, "KVM_CAP_SYNC_MMU", "guest memory in huge pages" },
	{ KVM_CAP_NR_MEMSLOTS, MEMSLOT_MAX, "KVM_CAP_NR_MEMSLOTS", "a memory slot for each mapped BAR" },
	{ KVM_CAP_IRQCHIP, 1, "KVM_CAP_IRQCHIP", "interrupt controllers in the kernel" },
	{ KVM_CAP_PIT2, 1, "KVM_CAP_PIT2", "the interval timer in the kernel" },
	{ KVM_CAP_IRQ_ROUTING, 1, "KVM_CAP_IRQ_ROUTING", "message-signalled interrupts" },
	{ KVM_CAP_IRQFD, 1, "KVM_CAP_IRQFD", "device interrupts without user space" },
	{ KVM_CAP_IRQFD_RESAMPLE, 1, "KVM_CAP_IRQFD_RESAMPLE", "level interrupts without user space" },
	{ KVM_CAP_SIGNAL_MSI, 1, "KVM_CAP_SIGNAL_MSI", "events of PCI Express slots" },
	{ KVM_CAP_SET_TSS_ADDR, 1, "KVM_CAP_SET_TSS_ADDR", "real mode on Intel CPUs" },
	{ KVM_CAP_SET_IDENTITY_MAP_ADDR, 1, "KVM_CAP_SET_IDENTITY_MAP_ADDR", "real mode on Intel CPUs" },
	{ KVM_CAP_EXT_CPUID, 1, "KVM_CAP_EXT_CPUID", "the guest's CPU features" },
	{ KVM_CAP_MP_STATE, 1, "KVM_CAP_MP_STATE", "processors that wait for their start" },
	{ KVM_CAP_IMMEDIATE_EXIT, 1, "KVM_CAP_IMMEDIATE_EXIT", "stopping a vCPU without a race" },
};

static int check_capabilities(int fd, struct error *err)
{
	int version = ioctl(fd, KVM_GET_API_VERSION, 0);

	if (version < 0)
		return fail(err, errno, "ask KVM for its version");
	if (version != KVM_API_VERSION)
		return fail_code(err, CODE_KVM_NO_CAP, ENOTSUP, "KVM has API version %d, %d is needed", version,
			KVM_API_VERSION);
	for (size_t i = 0; i < array_size(required); i++) {
		if (ioctl(fd, KVM_CHECK_EXTENSION, required[i].capability) >= required[i].least)
			continue;
		fail_code(err, CODE_KVM_NO_CAP, ENOTSUP, "KVM of this host has no %s, which is needed for %s",
			required[i].name, required[i].purpose);
		return fail_hint(err, "run a kernel with full KVM (5.10 or later) on the host");
	}
	return 0;
}

/*
 * The processor's name: KVM leaves these leaves empty, since it takes them for the business of whoever makes models of
 * processors. There is one here, the host's.
 */
static void add_brand(struct kvm_cpuid2 *cpuid)
{
	for (uint32_t leaf = CPUID_BRAND_FIRST; leaf <= CPUID_BRAND_LAST; leaf++) {
		struct kvm_cpuid_entry2 brand = { .function = leaf };
		uint32_t i = 0;

		if (!__get_cpuid(leaf, &brand.eax, &brand.ebx, &brand.ecx, &brand.edx))
			return;
		while (i < cpuid->nent && cpuid->entries[i].function != leaf)
			i++;
		if (i == CPUID_ENTRY_MAX)
			return;
		cpuid->entries[i] = brand;
		cpuid->nent += i == cpuid->nent;
	}
}

static int read_cpuid(struct kvm_host *host, struct error *err)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + CPUID_ENTRY_MAX * sizeof(cpuid->entries[0]));

	if (!cpuid)
		return fail(err, ENOMEM, "read the CPU features");
	host->cpuid = cpuid;
	cpuid->nent = CPUID_ENTRY_MAX;
	if (ioctl(host->fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
		return fail(err, errno, "read the CPU features that KVM supports");
	add_brand(cpuid);
	host->gpa_bits = GPA_BITS_DEFAULT;
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == CPUID_ADDRESS_SIZES) {
			/* AMD names a separate guest width in bits 23:16 where nested paging reaches less far. */
			unsigned int guest = entry->eax >> 16 & 0xff;

			host->gpa_bits = guest ? guest : entry->eax & 0xff;
		}
	}
	return 0;
}

int kvm_host_init(struct kvm_host *host, int kvm_fd, struct error *err)
{
	int vcpus, bytes, ret;

	*host = (struct kvm_host){ .fd = kvm_fd };
	ret = check_capabilities(kvm_fd, err);
	if (ret < 0)
		return ret;
	bytes = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (bytes < (int)sizeof(struct kvm_run))
		return fail(err, bytes < 0 ? errno : EPROTO, "ask KVM for the size of a vCPU's page");
	host->run_bytes = (size_t)bytes;
	vcpus = ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	host->vcpu_max = vcpus > 0 ? (unsigned int)vcpus : 4; /* what the API documents for kernels that do not say */
	host->tsc_deadline = ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0;
	host->stats = ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_BINARY_STATS_FD) > 0;
	ret = read_cpuid(host, err);
	if (ret < 0)
		kvm_host_done(host);
	return ret;
}

void kvm_host_done(struct kvm_host *host)
{
	free(host->cpuid);
	*host = (struct kvm_host){ .fd = -1 };
}

static bool read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	return pread(fd, buf, size, (off_t)offset) == (ssize_t)size;
}

uint64_t kvm_stat(int stats_fd, const char *name)
{
	struct kvm_stats_header header;
	uint64_t value = 0;

	if (stats_fd < 0 || !read_at(stats_fd, &header, sizeof(header), 0))
		return 0;
	if (header.name_size > STAT_NAME_MAX || header.num_desc > STAT_MAX)
		return 0;
	for (uint32_t i = 0; i < header.num_desc; i++) {
		union {
			struct kvm_stats_desc desc;
			char bytes[sizeof(struct kvm_stats_desc) + STAT_NAME_MAX];
		} entry = { 0 };
		size_t size = sizeof(entry.desc) + header.name_size;

		if (!read_at(stats_fd, &entry, size, header.desc_offset + i * size))
			return 0;
		entry.bytes[sizeof(entry.bytes) - 1] = '\0';
		if (strcmp(&entry.bytes[sizeof(entry.desc)], name) != 0)
			continue;
		if (!read_at(stats_fd, &value, sizeof(value), header.data_offset + entry.desc.offset))
			return 0;
		return value;
	}
	return 0;
}
