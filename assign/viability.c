// SPDX-License-Identifier: GPL-2.0-or-later
/* The group check of iommu/, asked about an inventory in which the given devices have changed their driver already. */
#include "assign/viability.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

int viability_check(const struct host *host, const struct pci_device *device, const struct pci_addr *given,
	size_t given_count, struct error *err)
{
	struct pci_inventory then = { .count = host->pci.count };
	cleanup_free struct pci_device *copy = NULL;
	char name[PCI_ADDR_TEXT_SIZE];
	struct iommu_group group;
	int ret;

	pci_addr_text(device->addr, name);
	if (device->iommu_group < 0) {
		fail_code(err, CODE_NO_GROUP, ENODEV, "%s is in no IOMMU group", name);
		return fail_hint(err, "'sluice doctor %s' says why", name);
	}
	copy = calloc(then.count, sizeof(*copy));
	if (!copy)
		return fail(err, ENOMEM, "check the group of %s", name);
	memcpy(copy, host->pci.devices, then.count * sizeof(*copy));
	then.devices = copy;
	for (size_t i = 0; i < then.count; i++)
		for (size_t k = 0; k < given_count; k++)
			if (!pci_addr_compare(copy[i].addr, given[k]))
				text_copy(copy[i].driver, sizeof(copy[i].driver), "vfio-pci");
	ret = iommu_group_read(&host->root, device->iommu_group, &group, err);
	return ret < 0 ? ret : iommu_group_check_viable(&host->root, &then, &group, err);
}
