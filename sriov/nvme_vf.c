// SPDX-License-Identifier: GPL-2.0-or-later
/* Is an NVMe VF online: its primary controller is asked by one Identify command (linux/nvme_ioctl.h); see nvme_vf.h. */
#include "sriov/nvme_vf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	IDENTIFY = 0x06,
	CNS_SECONDARY_CONTROLLERS = 0x15,
	LIST_SIZE = 4096,
	ENTRY_SIZE = 32,
	TIMEOUT_MS = 2000,
};

static uint16_t le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

int nvme_vf_parse(const uint8_t *list, size_t size, int vf_index, struct nvme_vf *ret_vf)
{
	size_t count = size ? list[0] : 0;

	for (size_t i = 1; i <= count && (i + 1) * ENTRY_SIZE <= size; i++) {
		const uint8_t *entry = list + i * ENTRY_SIZE;

		if (le16(entry + 8) != vf_index + 1)
			continue;
		*ret_vf = (struct nvme_vf){
			.controller = le16(entry),
			.online = entry[4] & 1,
			.queues = le16(entry + 10),
			.interrupts = le16(entry + 12),
		};
		return 0;
	}
	return -ENOENT;
}

bool nvme_controller(const struct sysroot *root, struct pci_addr addr, char *buf, size_t size)
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/bus/pci/devices/%s/nvme", pci_addr_text(addr, name));
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, "nvme"))
			return text_copy(buf, size, entry->d_name);
	return false;
}

int nvme_vf_read(const struct sysroot *root, const struct pci_device *vf, struct nvme_vf *ret_vf)
{
	uint8_t list[LIST_SIZE] = { 0 };
	struct nvme_admin_cmd command = {
		.opcode = IDENTIFY,
		.addr = (uintptr_t)list,
		.data_len = sizeof(list),
		.cdw10 = CNS_SECONDARY_CONTROLLERS,
		.timeout_ms = TIMEOUT_MS,
	};
	cleanup_close int fd = -1;
	char controller[PCI_NAME_MAX];

	if (root->captured)
		return -ENOTTY;
	if (!nvme_controller(root, vf->pf, controller, sizeof(controller)))
		return -ENOENT;
	fd = sysroot_open_file(root, O_RDONLY, "dev/%s", controller);
	if (fd < 0)
		return fd;
	if (ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command))
		return errno > 0 ? -errno : -EIO;
	return nvme_vf_parse(list, sizeof(list), vf->vf_index, ret_vf);
}
