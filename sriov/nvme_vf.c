// SPDX-License-Identifier: GPL-2.0-or-later
/* NVMe VFs as their primary controller lists them; see nvme_vf.h. */
#include "sriov/nvme_vf.h"

#include <errno.h>

#include "base/cleanup.h"
#include "sriov/nvme_admin.h"

enum {
	ENTRY_SIZE = 32,
};

int nvme_vf_parse(const uint8_t *list, size_t size, int vf_index, struct nvme_vf *ret_vf)
{
	size_t count = size ? list[0] : 0;

	for (size_t i = 1; i <= count && (i + 1) * ENTRY_SIZE <= size; i++) {
		const uint8_t *entry = list + i * ENTRY_SIZE;

		if (nvme_le16(entry + 8) != vf_index + 1)
			continue;
		*ret_vf = (struct nvme_vf){
			.controller = nvme_le16(entry),
			.online = entry[4] & 1,
			.queues = nvme_le16(entry + 10),
			.interrupts = nvme_le16(entry + 12),
		};
		return 0;
	}
	return -ENOENT;
}

int nvme_vf_read(const struct sysroot *root, const struct pci_device *vf, struct nvme_vf *ret_vf)
{
	uint8_t list[NVME_DATA_SIZE] = { 0 };
	cleanup_close int fd = nvme_admin_open(root, vf->pf);
	int ret;

	if (fd < 0)
		return fd;
	ret = nvme_admin_identify(fd, NVME_CNS_SECONDARIES, 0, 0, list);
	if (ret)
		return ret < 0 ? ret : -EIO;
	return nvme_vf_parse(list, sizeof(list), vf->vf_index, ret_vf);
}
