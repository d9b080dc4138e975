// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Causes and consequences. A cause is a warning or a failure; what it explains is one too, or could not be measured
 * because of it. The order of the table is the order of trust: of several causes the first counts.
 */
#include "doctor/cause.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	EFFECTS_MAX = 24,
	CHAIN_MAX = 8, /* cause of a cause of a cause */
};

enum cause_where {
	ANYWHERE,    /* a cause of the host: of all its devices too */
	SAME_DEVICE, /* or of the host both */
	SAME_WORDS,  /* both rest on the same message of the kernel */
};

struct cause_rule {
	enum code cause;
	enum cause_where where;
	const char *effect_says; /* in the effect's summary or evidence; NULL: it need not say anything */
	enum code effect[EFFECTS_MAX];
};

static const struct cause_rule rules[] = {
	/* Where this is: below Xen, or in a container, nothing of the machine is as the checks expect it. */
	{ CODE_PLACE, ANYWHERE, NULL,
		{ CODE_CPU_NO_VIRT, CODE_KVM_NO_DEV, CODE_KVM_PERM, CODE_KVM_NO_EPT, CODE_IOMMU_OFF,
			CODE_IOMMU_NO_INTREMAP, CODE_VFIO_PERM, CODE_ACPI_MALFORMED } },
	{ CODE_KERNEL_OLD, ANYWHERE, "this kernel does not say", { CODE_NO_RESET } },
	{ CODE_CPU_NO_VIRT, ANYWHERE, NULL, { CODE_KVM_NO_DEV, CODE_KVM_PERM, CODE_KVM_NO_EPT } },
	{ CODE_KVM_NO_DEV, ANYWHERE, NULL, { CODE_KVM_PERM, CODE_KVM_NO_EPT } },

	{ CODE_IOMMU_OFF, ANYWHERE, NULL,
		{ CODE_IOMMU_NO_INTREMAP, CODE_INTREMAP_NO_SID, CODE_X2APIC_OPT_OUT, CODE_IOMMU_UNIT_MISSING,
			CODE_IOMMU_NARROW, CODE_IOMMU_SMALL_PAGES, CODE_NO_GROUP, CODE_GROUP_SHARED, CODE_GROUP_CHANGED,
			CODE_BRIDGE_IN_GROUP, CODE_GROUP_NOT_VIABLE, CODE_DEV_RESERVED_MEMORY, CODE_ACS_OVERRIDE } },
	{ CODE_IOMMU_OFF, ANYWHERE, "with error -22", { CODE_PROBE_FAILED } },
	{ CODE_IOMMU_OFF, ANYWHERE, "nothing", { CODE_EARLY_BIND_LOST } },
	{ CODE_IOMMU_OFF, ANYWHERE, "vfio-pci, and nothing drives it", { CODE_OVERRIDE_STALE } },
	{ CODE_IOMMU_OFF, ANYWHERE, "remapp", { CODE_VFIO_REFUSED } },
	{ CODE_IOMMU_OFF, SAME_WORDS, NULL, { CODE_FIRMWARE_BUG } },
	{ CODE_IOMMU_NO_INTREMAP, ANYWHERE, NULL, { CODE_INTREMAP_NO_SID, CODE_X2APIC_OPT_OUT } },
	{ CODE_IOMMU_NO_INTREMAP, ANYWHERE, "remapp", { CODE_VFIO_REFUSED } },
	{ CODE_IOMMU_NO_INTREMAP, SAME_WORDS, NULL, { CODE_FIRMWARE_BUG } },
	{ CODE_ACPI_MALFORMED, ANYWHERE, "DMAR", { CODE_FIRMWARE_BUG } },
	{ CODE_ACPI_MALFORMED, ANYWHERE, "IVRS", { CODE_FIRMWARE_BUG } },
	{ CODE_ACPI_MALFORMED, ANYWHERE, NULL, { CODE_IOMMU_UNIT_MISSING } },

	{ CODE_VFIO_NO_MODULE, ANYWHERE, NULL,
		{ CODE_VFIO_PERM, CODE_VFIO_PCI_OPTIONS, CODE_DMA_LIMIT, CODE_UNSAFE_INTERRUPTS, CODE_VFIO_NOIOMMU,
			CODE_EARLY_BIND_LOST } },
	{ CODE_MODPROBE_IGNORED, ANYWHERE, "built in", { CODE_EARLY_BIND_LOST } },
	{ CODE_INITRAMFS_STALE, ANYWHERE, NULL, { CODE_EARLY_BIND_LOST } },
	{ CODE_MEMLOCK_LOW, ANYWHERE, "MEMLOCK", { CODE_VFIO_REFUSED } },
	{ CODE_MEMLOCK_LOW, ANYWHERE, "locked memory", { CODE_VFIO_REFUSED } },

	{ CODE_DEV_BRIDGE, SAME_DEVICE, NULL,
		{ CODE_NO_RESET, CODE_RESET_WEAK, CODE_VECTORS_SHORT, CODE_DEV_IN_USE, CODE_GROUP_SHARED,
			CODE_GROUP_NOT_VIABLE, CODE_LINK_SLOW, CODE_DEV_RESERVED_MEMORY, CODE_DRIVER_HELD } },
	{ CODE_DEV_LOST, SAME_DEVICE, NULL,
		{ CODE_DEV_POWER, CODE_NO_RESET, CODE_RESET_WEAK, CODE_VECTORS_SHORT, CODE_LINK_SLOW, CODE_RESET_FAILED,
			CODE_PCIE_ERRORS, CODE_PROBE_FAILED, CODE_MSI_DENIED } },
	{ CODE_DEV_POWER, SAME_DEVICE, NULL, { CODE_RESET_FAILED, CODE_NO_RESET, CODE_RESET_WEAK, CODE_LINK_SLOW } },
	{ CODE_NO_GROUP, SAME_DEVICE, NULL, { CODE_OVERRIDE_STALE } },
	{ CODE_NO_GROUP, SAME_DEVICE, "with error -22", { CODE_PROBE_FAILED } },
	{ CODE_GROUP_NOT_VIABLE, SAME_DEVICE, NULL, { CODE_GROUP_SHARED } },
	{ CODE_DEV_RESERVED_MEMORY, SAME_DEVICE, NULL, { CODE_VFIO_REFUSED } },
	{ CODE_DEV_MOVED, SAME_DEVICE, NULL, { CODE_GROUP_CHANGED, CODE_OVERRIDE_STALE } },
	{ CODE_LEASE_STALE, SAME_DEVICE, NULL, { CODE_OVERRIDE_STALE } },
	{ CODE_MANAGER_FIGHTS, SAME_DEVICE, NULL, { CODE_OVERRIDE_STALE } },
	{ CODE_BOOT_DISPLAY, SAME_DEVICE, NULL, { CODE_BAR_CONFLICT } },
	{ CODE_BOOT_DISPLAY, SAME_DEVICE, "frame buffer", { CODE_DEV_IN_USE } },
	{ CODE_NUMA_FAR, SAME_DEVICE, NULL, { CODE_HUGEPAGES_NODE } },
	{ CODE_HUGEPAGES_SHORT, ANYWHERE, NULL, { CODE_HUGEPAGES_NODE } },

	{ CODE_VF_NO_DRIVER, SAME_DEVICE, NULL, { CODE_PF_DOWN, CODE_PF_RULE, CODE_VF_CREATE_FAILED } },
	{ CODE_VF_FW_OFF, SAME_DEVICE, NULL, { CODE_VF_NOMEM, CODE_VF_BUS_RANGE, CODE_VF_CREATE_FAILED } },
	{ CODE_VF_NOMEM, SAME_DEVICE, NULL, { CODE_VF_CREATE_FAILED, CODE_BAR_CONFLICT } },
	{ CODE_VF_BUS_RANGE, SAME_DEVICE, "bus", { CODE_VF_CREATE_FAILED } },
	{ CODE_PF_RULE, SAME_DEVICE, NULL, { CODE_VF_CREATE_FAILED } },
	{ CODE_VECTORS_SHORT, SAME_DEVICE, NULL, { CODE_MSI_DENIED } },
	{ CODE_CMDLINE_HARMFUL, ANYWHERE, "MSI", { CODE_MSI_DENIED } },
};

/* Causes that there are: the first of each code, and those of devices sorted by device. */
struct cause_index {
	struct findings *findings;
	size_t first[CODE_COUNT]; /* 1 + index; 0: none */
	const struct finding **of_device;
	size_t count;
};

static bool is_trouble(const struct finding *finding)
{
	return finding->state == CHECK_WARN || finding->state == CHECK_FAIL;
}

static int compare_devices(const void *a, const void *b)
{
	const struct finding *one = *(const struct finding *const *)a, *other = *(const struct finding *const *)b;
	int order = pci_addr_compare(one->device, other->device);

	return order ? order : (one > other) - (one < other);
}

static int make_index(struct findings *findings, struct cause_index *ret_index)
{
	struct cause_index index = { .findings = findings };

	index.of_device = calloc(findings->count + 1, sizeof(*index.of_device));
	if (!index.of_device)
		return -ENOMEM;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *at = &findings->item[i];

		if (!is_trouble(at))
			continue;
		if (!index.first[at->code])
			index.first[at->code] = i + 1;
		if (at->has_device)
			index.of_device[index.count++] = at;
	}
	qsort(index.of_device, index.count, sizeof(*index.of_device), compare_devices);
	*ret_index = index;
	return 0;
}

static const struct finding *cause_of_device(
	const struct cause_index *index, enum code code, const struct finding *effect)
{
	size_t first = 0, end = index->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (pci_addr_compare(index->of_device[middle]->device, effect->device) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	for (; first < index->count && !pci_addr_compare(index->of_device[first]->device, effect->device); first++)
		if (index->of_device[first]->code == code)
			return index->of_device[first];
	return NULL;
}

/* The message of the kernel that evidence quotes; "" for none. */
static const char *quoted(const char *evidence)
{
	const char *log = strstr(evidence, "kernel log");
	const char *text = log ? strstr(log, ": ") : NULL;

	return text ? text + strlen(": ") : "";
}

static const struct finding *find_cause(
	const struct cause_index *index, const struct cause_rule *rule, const struct finding *effect)
{
	const struct finding *cause =
		index->first[rule->cause] ? &index->findings->item[index->first[rule->cause] - 1] : NULL;

	if (!cause)
		return NULL;
	if (rule->where == SAME_DEVICE && effect->has_device)
		return cause_of_device(index, rule->cause, effect);
	if (rule->where == SAME_DEVICE)
		return cause->has_device ? NULL : cause;
	if (rule->where == SAME_WORDS)
		return quoted(effect->evidence)[0] && strstr(cause->evidence, quoted(effect->evidence)) ? cause : NULL;
	return cause;
}

static bool is_effect(const struct cause_rule *rule, const struct finding *finding)
{
	if (finding->state == CHECK_OK || (rule->effect_says && !strstr(finding->summary, rule->effect_says) &&
						  !strstr(finding->evidence, rule->effect_says)))
		return false;
	for (size_t i = 0; i < EFFECTS_MAX && rule->effect[i] != CODE_NONE; i++)
		if (rule->effect[i] == finding->code)
			return true;
	return false;
}

/* The cause that has no cause itself; effects of effects are effects of it. */
static size_t root_of(const struct findings *findings, size_t index)
{
	for (int steps = 0; findings->item[index].cause != CODE_NONE && steps < CHAIN_MAX; steps++)
		index = findings->item[index].cause_index;
	return index;
}

int causes_find(struct findings *findings, struct error *err)
{
	cleanup_free const struct finding **of_device = NULL;
	struct cause_index index;

	if (make_index(findings, &index) < 0)
		return fail(err, ENOMEM, "look for the causes of what was found");
	of_device = index.of_device;
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *effect = &findings->item[i];

		for (size_t k = 0; k < array_size(rules) && effect->cause == CODE_NONE; k++) {
			const struct finding *cause =
				is_effect(&rules[k], effect) ? find_cause(&index, &rules[k], effect) : NULL;

			if (!cause || cause == effect || root_of(findings, (size_t)(cause - findings->item)) == i)
				continue;
			effect->cause = cause->code;
			effect->cause_index = (size_t)(cause - findings->item);
		}
	}
	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].cause != CODE_NONE) {
			findings->item[i].cause_index = root_of(findings, i);
			findings->item[i].cause = findings->item[findings->item[i].cause_index].code;
		}
	return 0;
}
