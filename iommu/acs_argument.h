/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel argument that switches access control (ACS) of single ports on:
 * pci=config_acs=BITS@ADDRESS;BITS@ADDRESS... Which ports a function needs it for, and whether that would make its
 * IOMMU group smaller. Looking only.
 */
#ifndef IOMMU_ACS_ARGUMENT_H
#define IOMMU_ACS_ARGUMENT_H

#include "iommu/topology.h"

enum {
	ACS_ARGUMENT_PORTS = 8,
	ACS_ARGUMENT_SIZE = 256,
};

struct acs_argument {
	char text[ACS_ARGUMENT_SIZE]; /* "pci=config_acs=xx111x1@0000:00:01.0" */
	size_t ports;                 /* in it */
	bool known;                   /* to the running kernel, by its version (6.11) */
	bool lists_work;              /* of more than one port: 6.15; 6.14.2, 6.13.11 and 6.12.23 */
};

/*
 * For function index: the argument that switches on what the ports on its way up (and the functions beside them)
 * support of ACS_REQUIRED and have not enabled. False when there is nothing to switch on, or its group would stay as it
 * is.
 */
bool acs_argument_find(const struct topology *topology, int index, struct acs_argument *ret_argument);

#endif
