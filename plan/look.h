/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look at the host that many questions of a plan share: the inventory, and the settings of a PF's VFs as its driver
 * reports them, asked for once a PF. So a plan of thousands of VFs costs the kernel a question a PF, and nothing a VF.
 */
#ifndef PLAN_LOOK_H
#define PLAN_LOOK_H

#include "assign/host.h"
#include "pci/pci.h"
#include "sriov/sriov.h"

struct look_pf;

struct look {
	const struct host *host; /* borrowed */
	struct look_pf *pf;      /* owned */
	size_t pf_count;
	const struct pci_device **vf; /* by PF and index; owned; NULL: not asked yet */
	size_t vf_count;
};

void look_begin(struct look *look, const struct host *host);
void look_end(struct look *look);

/* Forget what was asked: the host was changed, and its inventory read again. */
void look_again(struct look *look, const struct host *host);

/*
 * A target that is an address, or PF/INDEX. CODE_NO_SUCH_DEVICE, CODE_NO_SUCH_VF, CODE_NOT_A_PF; -ENOENT in all
 * cases.
 */
int look_device(struct look *look, const char *target, const struct pci_device **ret_device, struct error *err);

/* PF/INDEX into its parts; -EINVAL. */
int look_parse_vf(const char *target, struct pci_addr *ret_pf, unsigned int *ret_index);

/* Writes that name: "0000:01:00.0/3". Returns buf. */
const char *look_vf_name(struct pci_addr pf, unsigned int index, char *buf, size_t size);

/* What the driver says of one VF; CODE_NO_SUCH_VF, CODE_VF_REJECTED when the PF has no network device. */
int look_vf_settings(struct look *look, const struct pci_device *pf, unsigned int index,
	const struct vf_settings **ret_settings, struct error *err);

#endif
