/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's DMA maps will run into, known before any device is touched: the limit on locked memory, and VFIO's on
 * the number of maps. What counts against the first depends on the back end:
 *
 *	type1v2		the guest's process, which has locked nothing else
 *	iommufd		the same where sluice may say so (IOMMU_OPTION_RLIMIT_MODE takes CAP_SYS_RESOURCE); else
 *			all that processes of this user have pinned through iommufd, whoever started them
 *
 * One with CAP_SYS_RESOURCE raises the guest's limit by itself (vmm_process.c). CAP_IPC_LOCK, with which there is none,
 * does not help: the guest's process has no capabilities when it maps (vmm-core/cage.h).
 */
#ifndef GUEST_DMA_LIMITS_H
#define GUEST_DMA_LIMITS_H

#include "guest/start.h"

struct dma_limits {
	bool unlimited;              /* the limit can be raised */
	uint64_t locked_bytes;       /* the hard limit on locked memory */
	uint64_t pinned_bytes;       /* that this user's processes have pinned through iommufd */
	uint64_t map_count;          /* VFIO's dma_entry_limit; UINT64_MAX: not known yet */
	bool has_iommufd, has_type1; /* this user may open it */
};

/* What cannot be read limits nothing. */
void dma_limits_read(const struct sysroot *root, struct dma_limits *ret_limits);

/*
 * May a guest with so much memory be mapped? CODE_MEMLOCK_LOW and CODE_DMA_LIMIT, with what is needed and what is
 * there. ret_choice is the way that the limits leave: AUTO becomes TYPE1 where the user's pins leave too little for
 * iommufd.
 */
int dma_limits_check(const struct dma_limits *limits, enum vfio_choice choice, uint64_t memory_bytes,
	enum vfio_choice *ret_choice, struct error *err);

#endif
