/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this kernel runs: on the machine itself, as a guest of a hypervisor, as Xen's dom0; and whether this program
 * sees the host from inside a container. It decides whose the IOMMU, the firmware's set-up and a card's set-up are.
 */
#ifndef OS_PLACE_H
#define OS_PLACE_H

#include "os/sysroot.h"

struct place {
	bool is_guest;     /* something below this kernel owns the machine */
	bool is_dom0;      /* Xen's first domain: it has the devices, and Xen the IOMMU */
	bool is_container; /* files of the host may be missing, whatever the host is */
	char name[40];     /* "Microsoft Hyper-V"; "" on the machine itself */
	/* What to do in that hypervisor, for a guest that lacks the one or the other; never NULL. */
	const char *iommu_fix, *nested_fix;
	char evidence[120];           /* of the hypervisor */
	char container[40];           /* "docker"; "" none */
	char container_evidence[120]; /* the file that shows it */
};

/* What a remedy is for: the hypervisor's own is another one for each. */
enum place_topic {
	PLACE_IOMMU,
	PLACE_NESTED,
	PLACE_OTHER, /* slots, windows, reserved memory */
};

void place_read(const struct sysroot *root, struct place *ret_place);

/* Is it a remedy in the machine's firmware? "The card's firmware" and "its firmware" are a device's. */
bool place_is_in_firmware(const char *remedy);

/*
 * On a guest the firmware is the hypervisor's, too: a remedy in the machine's firmware ("switch ... on in the
 * firmware's set-up", "update the firmware") has the hypervisor's put in front. True when it was, in buf; false when
 * the remedy is right as it is, or has it in front.
 */
bool place_puts_first(const struct place *place, enum place_topic topic, const char *remedy, char *buf, size_t size);

#endif
