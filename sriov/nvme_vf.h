/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFs of NVMe controllers (NVM Express Base 2.0, 8.26 Virtualization Enhancements): a VF is a secondary controller that
 * its primary one has to give queues and interrupts and to switch online. Offline it never gets ready, whoever drives
 * it. The primary says which it is (Identify, CNS 15h), to root, on the host itself.
 */
#ifndef SRIOV_NVME_VF_H
#define SRIOV_NVME_VF_H

#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	CLASS_NVME = 0x010802,
	NVME_SECONDARIES = 127, /* that one list holds */
};

struct nvme_vf {
	uint16_t controller; /* its number, for nvme-cli's virt-mgmt */
	bool online;
	uint16_t queues, interrupts; /* flexible resources that it was given */
};

/*
 * 0, or -errno: -ENOENT without a driven primary controller or without an entry for the VF, -EACCES without root,
 * -ENOTTY on a captured host.
 */
int nvme_vf_read(const struct sysroot *root, const struct pci_device *vf, struct nvme_vf *ret_vf);

/*
 * The entry of VF index (0 ...) in a Secondary Controller List (figure "Secondary Controller List" of CNS 15h); -ENOENT
 * for none.
 */
int nvme_vf_parse(const uint8_t *list, size_t size, int vf_index, struct nvme_vf *ret_vf);

#endif
