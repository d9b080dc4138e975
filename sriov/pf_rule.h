/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of single drivers for making VFs: when the driver of a PF refuses, and what to do. Known before anything is
 * tried, since the errno of sriov_numvfs does not tell (mlx4_core has no sriov_configure(): ENOENT, as of a driver
 * without SR-IOV).
 */
#ifndef SRIOV_PF_RULE_H
#define SRIOV_PF_RULE_H

#include "os/sysroot.h"
#include "pci/pci.h"

struct pf_rule_finding {
	bool never; /* not through sriov_numvfs, whatever the state of the PF is */
	char says[160], evidence[200], fix[320];
};

/*
 * 1: a rule of the PF's driver is in the way, in *ret_finding; 0: the driver has rules, none is; -ENOENT: none is
 * known.
 */
int pf_rule_check(const struct sysroot *root, const struct pci_device *pf, struct pf_rule_finding *ret_finding);

#endif
