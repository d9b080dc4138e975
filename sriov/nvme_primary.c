// SPDX-License-Identifier: GPL-2.0-or-later
/* Primary Controller Capabilities; see nvme_primary.h. */
#include "sriov/nvme_primary.h"

#include <errno.h>

#include "base/cleanup.h"
#include "sriov/nvme_admin.h"

enum {
	CONTROLLER = 0,
	KINDS = 4, /* bit 0: queues, bit 1: interrupts */
	QUEUES = 32,
	INTERRUPTS = 64,
	/* Of one kind. */
	FLEXIBLE = 0,
	ASSIGNED = 4,
	AT_PRIMARY = 8,
	MOST = 12,
	GRAIN = 14,
	POOL_SIZE = 16,
};

static struct nvme_pool parse_pool(const uint8_t *at, bool there)
{
	struct nvme_pool pool = {
		.there = there,
		.flexible = nvme_le32(at + FLEXIBLE),
		.assigned = nvme_le32(at + ASSIGNED),
		.at_primary = nvme_le16(at + AT_PRIMARY),
		.most = nvme_le16(at + MOST),
		.grain = nvme_le16(at + GRAIN),
	};

	if (!pool.grain)
		pool.grain = 1;
	return pool;
}

int nvme_primary_parse(const uint8_t *data, size_t size, struct nvme_primary *ret_primary)
{
	if (size < INTERRUPTS + POOL_SIZE)
		return -EINVAL;
	*ret_primary = (struct nvme_primary){
		.controller = nvme_le16(data + CONTROLLER),
		.queues = parse_pool(data + QUEUES, data[KINDS] & 1),
		.interrupts = parse_pool(data + INTERRUPTS, data[KINDS] & 2),
	};
	return 0;
}

int nvme_primary_read(const struct sysroot *root, struct pci_addr pf, struct nvme_primary *ret_primary)
{
	uint8_t data[NVME_DATA_SIZE] = { 0 };
	cleanup_close int fd = nvme_admin_open(root, pf);
	int ret;

	if (fd < 0)
		return fd;
	ret = nvme_admin_identify(fd, NVME_CNS_PRIMARY, 0, 0, data);
	if (ret)
		return ret < 0 ? ret : -EIO;
	return nvme_primary_parse(data, sizeof(data), ret_primary);
}

uint32_t nvme_pool_vfs(const struct nvme_pool *pool, unsigned int each)
{
	uint32_t share = (each + pool->grain - 1) / pool->grain * pool->grain;

	if (!pool->there)
		return UINT32_MAX;
	if (pool->flexible < pool->at_primary || pool->most < each)
		return 0;
	return (pool->flexible - pool->at_primary) / share;
}
