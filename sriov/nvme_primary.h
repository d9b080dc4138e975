/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an NVMe controller with VFs has to give to them (NVM Express Base 2.0, 8.26.1 and 8.26.2, Primary Controller
 * Capabilities, CNS 14h): virtual queue and virtual interrupt resources, some bound to the controllers, some flexible.
 * Looking only; nvme_vf.h gives them.
 */
#ifndef SRIOV_NVME_PRIMARY_H
#define SRIOV_NVME_PRIMARY_H

#include "os/sysroot.h"
#include "pci/pci.h"

/* Of one kind of resource. */
struct nvme_pool {
	bool there;          /* the controller has this kind at all: without it VFs have what they have */
	uint32_t flexible;   /* in all */
	uint32_t assigned;   /* of them, to VFs */
	uint16_t at_primary; /* of them, with the primary controller itself */
	uint16_t most;       /* that one VF may be given */
	uint16_t grain;      /* a VF is given multiples of it; at least 1 */
};

struct nvme_primary {
	uint16_t controller;
	struct nvme_pool queues, interrupts;
};

/* 0, or -errno: -ENOENT without a driven controller, -EACCES without root, -ENOTTY on a captured host. */
int nvme_primary_read(const struct sysroot *root, struct pci_addr pf, struct nvme_primary *ret_primary);

/* From the 4096 octets that CNS 14h answers; -EINVAL for fewer than it defines. */
int nvme_primary_parse(const uint8_t *data, size_t size, struct nvme_primary *ret_primary);

/*
 * How many VFs can have at least `each` of a pool, of what is not the primary's own; UINT32_MAX where the pool is not
 * there.
 */
uint32_t nvme_pool_vfs(const struct nvme_pool *pool, unsigned int each);

#endif
