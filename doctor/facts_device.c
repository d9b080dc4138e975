// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What checks know about the devices that they ask about, where several of them need it or devices share it; see
 * facts.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "doctor/facts.h"
#include "sriov/vf_text.h"

enum {
	MSIX_NOT_ASKED = INT_MIN
};

struct vf_settings_cache {
	bool filled;
	struct pci_addr pf;
	int ret; /* of the question */
	size_t count;
	struct vf_settings settings[VF_SETTINGS_MAX];
};

static size_t index_of(const struct facts *facts, const struct pci_device *device)
{
	return (size_t)(device - facts->host->pci.devices);
}

bool facts_is_leased(const struct facts *facts, const struct pci_device *device)
{
	return facts->leased && facts->leased[index_of(facts, device)];
}

bool facts_is_for_guests(const struct facts *facts, const struct pci_device *device)
{
	for (size_t i = 0; i < facts->device_count; i++)
		if (facts->device[i] == device)
			return true;
	return !facts->device_count && (pci_driver_is_vfio(device->driver) || facts_is_leased(facts, device));
}

/* The names of the lease files: one directory is read, and not a file for each device of the host. */
static void read_leased(struct facts *facts)
{
	cleanup_dir DIR *dir = sysroot_open_dir(&facts->host->root, "run/sluice/devices");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const struct pci_device *device;
		struct pci_addr addr;

		device = pci_addr_parse(entry->d_name, &addr) < 0 ? NULL : pci_inventory_find(&facts->host->pci, addr);
		if (device)
			facts->leased[index_of(facts, device)] = true;
	}
}

static int compare_ids(const void *a, const void *b)
{
	const struct iommu_group *one = a, *other = b;

	return (one->id > other->id) - (one->id < other->id);
}

static int compare_ints(const void *a, const void *b)
{
	int one = *(const int *)a, other = *(const int *)b;

	return (one > other) - (one < other);
}

/* The ids of the groups to read, each once, sorted. */
static size_t wanted_groups(const struct facts *facts, int *ids)
{
	const struct pci_inventory *pci = &facts->host->pci;
	size_t count = 0, kept = 0;

	if (facts->device_count)
		for (size_t i = 0; i < facts->device_count && i < pci->count; i++)
			ids[count++] = facts->device[i]->iommu_group;
	for (size_t i = 0; !facts->device_count && i < pci->count; i++)
		if (facts_is_for_guests(facts, &pci->devices[i]))
			ids[count++] = pci->devices[i].iommu_group;
	qsort(ids, count, sizeof(*ids), compare_ints);
	for (size_t i = 0; i < count; i++)
		if (ids[i] >= 0 && (!kept || ids[kept - 1] != ids[i]))
			ids[kept++] = ids[i];
	return kept;
}

static int read_groups(struct facts *facts)
{
	cleanup_free int *ids = calloc(facts->host->pci.count + 1, sizeof(*ids));
	size_t count;

	if (!ids)
		return -ENOMEM;
	count = wanted_groups(facts, ids);
	facts->group = calloc(count + 1, sizeof(*facts->group));
	if (!facts->group)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (iommu_group_read(&facts->host->root, ids[i], &facts->group[facts->group_count], NULL) >= 0)
			facts->group_count++;
	return 0;
}

int facts_read_devices(struct facts *facts, struct error *err)
{
	size_t count = facts->host->pci.count;

	facts->leased = calloc(count + 1, sizeof(*facts->leased));
	facts->msix = calloc(count + 1, sizeof(*facts->msix));
	facts->vf_settings = calloc(1, sizeof(*facts->vf_settings));
	facts->judge = calloc(1, sizeof(*facts->judge));
	facts->verdict = calloc(count + 1, sizeof(*facts->verdict));
	if (!facts->leased || !facts->msix || !facts->vf_settings || !facts->judge || !facts->verdict)
		return fail(err, ENOMEM, "examine this host's devices");
	for (size_t i = 0; i < count; i++)
		facts->msix[i] = MSIX_NOT_ASKED;
	read_leased(facts);
	if (device_index_make(&facts->host->pci, &facts->index) < 0)
		return fail(err, ENOMEM, "sort this host's devices");
	if (read_groups(facts) < 0)
		return fail(err, ENOMEM, "read the IOMMU groups");
	return judge_open(facts->judge, facts->host, JUDGE_THOROUGHLY, NULL, 0, err);
}

void facts_devices_done(struct facts *facts)
{
	for (size_t i = 0; facts->verdict && i < facts->host->pci.count; i++)
		if (facts->verdict[i]) {
			verdict_done(facts->verdict[i]);
			free(facts->verdict[i]);
		}
	free(facts->verdict);
	if (facts->judge)
		judge_close(facts->judge);
	free(facts->judge);
	device_index_done(&facts->index);
	free(facts->leased);
	free(facts->msix);
	free(facts->vf_settings);
	free(facts->group);
}

const struct iommu_group *facts_group(const struct facts *facts, const struct pci_device *device)
{
	const struct iommu_group key = { .id = device->iommu_group };

	return device->iommu_group < 0 || !facts->group_count
		       ? NULL
		       : bsearch(&key, facts->group, facts->group_count, sizeof(key), compare_ids);
}

int facts_msix(const struct facts *facts, const struct pci_device *device)
{
	int *vectors = &facts->msix[index_of(facts, device)];

	if (*vectors == MSIX_NOT_ASKED)
		*vectors = pci_msix_vectors(&facts->host->root, device->addr);
	return *vectors;
}

const struct verdict *facts_verdict(const struct facts *facts, const struct pci_device *device, struct error *err)
{
	struct verdict **slot = &facts->verdict[index_of(facts, device)];
	cleanup_free struct verdict *verdict = NULL;

	if (*slot)
		return *slot;
	verdict = calloc(1, sizeof(*verdict));
	if (!verdict) {
		fail(err, ENOMEM, "judge a device");
		return NULL;
	}
	if (verdict_read(facts->judge, device, verdict, err) < 0)
		return NULL;
	*slot = take_ptr(verdict);
	return *slot;
}

const struct vf_settings *facts_vf_settings(
	const struct facts *facts, const struct pci_device *pf, const struct pci_device *vf, const char **ret_why)
{
	struct vf_settings_cache *cache = facts->vf_settings;

	if (!cache->filled || pci_addr_compare(cache->pf, pf->addr)) {
		cache->filled = true;
		cache->pf = pf->addr;
		cache->count = 0;
		cache->ret = vf_settings_look(
			&facts->host->root, pf->netdevs[0].text, cache->settings, VF_SETTINGS_MAX, &cache->count);
	}
	if (vf->vf_index >= 0 && (size_t)vf->vf_index < cache->count)
		return &cache->settings[vf->vf_index];
	*ret_why = cache->ret < 0                    ? strerror(-cache->ret)
		   : cache->count >= VF_SETTINGS_MAX ? "its PF has more VFs than are asked about"
		   : facts->host->root.captured      ? "the settings of VFs were not captured"
						     : "the PF's driver does not tell them";
	return NULL;
}
