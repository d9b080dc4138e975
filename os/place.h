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

void place_read(const struct sysroot *root, struct place *ret_place);

#endif
