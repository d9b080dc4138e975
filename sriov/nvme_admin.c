// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NVMe admin commands by ioctl; see nvme_admin.h. Every one has a deadline: the kernel resets a controller that does
 * not answer.
 */
#include "sriov/nvme_admin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	IDENTIFY = 0x06,
	NAMESPACE_ATTACHMENT = 0x15,
	VIRTUALIZATION_MANAGEMENT = 0x1c,
	TIMEOUT_MS = 10000,
	ATTACH = 0,
	DETACH = 1,
};

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

int nvme_admin_open(const struct sysroot *root, struct pci_addr addr)
{
	char controller[PCI_NAME_MAX];

	if (root->captured)
		return -ENOTTY;
	if (!nvme_controller(root, addr, controller, sizeof(controller)))
		return -ENOENT;
	return sysroot_open_file(root, O_RDONLY, "dev/%s", controller);
}

static int send(int fd, struct nvme_admin_cmd *command)
{
	int ret;

	command->timeout_ms = TIMEOUT_MS;
	ret = ioctl(fd, NVME_IOCTL_ADMIN_CMD, command);
	if (ret < 0)
		return errno > 0 ? -errno : -EIO;
	return ret;
}

int nvme_admin_identify(int fd, enum nvme_cns cns, uint32_t nsid, uint16_t controller, uint8_t *data)
{
	struct nvme_admin_cmd command = {
		.opcode = IDENTIFY,
		.nsid = nsid,
		.addr = (uintptr_t)data,
		.data_len = NVME_DATA_SIZE,
		.cdw10 = (uint32_t)cns | (uint32_t)controller << 16,
	};

	return send(fd, &command);
}

int nvme_admin_virt(int fd, enum nvme_virt action, enum nvme_resource resource, uint16_t controller, unsigned int count)
{
	struct nvme_admin_cmd command = {
		.opcode = VIRTUALIZATION_MANAGEMENT,
		.cdw10 = (uint32_t)action | (uint32_t)resource << 8 | (uint32_t)controller << 16,
		.cdw11 = count & UINT16_MAX,
	};

	return send(fd, &command);
}

int nvme_admin_attach(int fd, uint32_t nsid, uint16_t controller, bool attach)
{
	uint8_t list[NVME_DATA_SIZE] = { 1, 0, (uint8_t)controller, (uint8_t)(controller >> 8) };
	struct nvme_admin_cmd command = {
		.opcode = NAMESPACE_ATTACHMENT,
		.nsid = nsid,
		.addr = (uintptr_t)list,
		.data_len = sizeof(list),
		.cdw10 = attach ? ATTACH : DETACH,
	};

	return send(fd, &command);
}

/* Status codes that these commands have (NVM Express Base 2.0, figures of "Status Code"), without "do not retry". */
static const struct {
	int status;
	const char *words;
} statuses[] = {
	{ 0x001, "the controller does not know the command" },
	{ 0x002, "a field of the command is not valid: the controller has no such ability, or no such controller" },
	{ 0x118, "the namespace is attached already" },
	{ 0x119, "the namespace is private to another controller" },
	{ 0x11a, "the namespace is not attached" },
	{ 0x11c, "the controller list is not valid" },
	{ 0x11f, "there is no such controller" },
	{ 0x120, "the VF is in the wrong state: it needs 2 queues and 1 interrupt at least, and to exist" },
	{ 0x121, "it has not so many of them left" },
	{ 0x122, "it has no such kind of resource" },
};

const char *nvme_admin_words(int ret, char *buf, size_t size)
{
	if (ret < 0)
		return strerror(-ret);
	for (size_t i = 0; i < array_size(statuses); i++)
		if (statuses[i].status == (ret & 0x7ff))
			return statuses[i].words;
	snprintf(buf, size, "the controller's status is %#x", (unsigned int)ret & 0x7ff);
	return buf;
}
