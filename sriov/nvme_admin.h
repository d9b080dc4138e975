/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Admin commands to an NVMe controller that the host drives, by NVME_IOCTL_ADMIN_CMD (linux/nvme_ioctl.h): the few that
 * VFs take. One ioctl each, which is steadier than a library whose interface changes. Used by sriov/ only.
 */
#ifndef SRIOV_NVME_ADMIN_H
#define SRIOV_NVME_ADMIN_H

#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	NVME_DATA_SIZE = 4096
};

/* Identify data structures (NVM Express Base 2.0, 5.17). */
enum nvme_cns {
	NVME_CNS_ALLOCATED_NAMESPACES = 0x10,
	NVME_CNS_ATTACHED_CONTROLLERS = 0x12,
	NVME_CNS_PRIMARY = 0x14,
	NVME_CNS_SECONDARIES = 0x15,
};

/* Actions of Virtualization Management (5.33). */
enum nvme_virt {
	NVME_VIRT_OFFLINE = 7,
	NVME_VIRT_ASSIGN = 8,
	NVME_VIRT_ONLINE = 9,
};

enum nvme_resource {
	NVME_QUEUES = 0,
	NVME_INTERRUPTS = 1,
};

/* "nvme0": the controller that the host drives at this function; false for none. */
bool nvme_controller(const struct sysroot *root, struct pci_addr addr, char *buf, size_t size);

/* A descriptor of that controller's node, or -errno: -ENOENT for none, -ENOTTY on a captured host. */
int nvme_admin_open(const struct sysroot *root, struct pci_addr addr);

/* 0, -errno, or the controller's status (above 0: type << 8 | code, 5.2). Data is NVME_DATA_SIZE octets. */
int nvme_admin_identify(int fd, enum nvme_cns cns, uint32_t nsid, uint16_t controller, uint8_t *data);
int nvme_admin_virt(
	int fd, enum nvme_virt action, enum nvme_resource resource, uint16_t controller, unsigned int count);
int nvme_admin_attach(int fd, uint32_t nsid, uint16_t controller, bool attach);

/* The words for what one of them returned. Returns buf or a constant. */
const char *nvme_admin_words(int ret, char *buf, size_t size);

static inline uint16_t nvme_le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t nvme_le32(const uint8_t *at)
{
	return nvme_le16(at) | (uint32_t)nvme_le16(at + 2) << 16;
}

#endif
