/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a guest's start that can take long, as both programs time them: the first ones are sluice's, the others
 * sluice-vmm's. Some overlap: memory is populated while devices are opened.
 */
#ifndef WIRE_START_STEP_H
#define WIRE_START_STEP_H

#include <stdint.h>
#include <time.h>

enum start_step {
	STEP_TAKE,     /* the host's lock, the verdicts, leases and drivers */
	STEP_OPEN,     /* the address space for DMA, then the devices, in parallel: the kernel resets each */
	STEP_ATTACH,   /* the part of it in which the IOMMU is asked; of several at once the longest */
	STEP_POPULATE, /* every page of guest memory made present */
	STEP_MAP,      /* guest memory pinned, and entered into the IOMMU's tables */
	STEP_POWER_ON, /* from there to the first instruction */
	STEP_COUNT
};

struct step_time {
	uint64_t start_ns; /* CLOCK_MONOTONIC; 0: there was no such step */
	uint64_t ns;
	uint64_t calls; /* devices, or requests to the kernel; 0: nothing to count */
};

static inline uint64_t step_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* It began at start_ns and ends now. */
static inline struct step_time step_ended(uint64_t start_ns, uint64_t calls)
{
	return (struct step_time){ start_ns, step_clock_ns() - start_ns, calls };
}

#endif
