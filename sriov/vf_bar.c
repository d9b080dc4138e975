// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sizes of VF BARs. Those that have a place are in sysfs's `resource`, for all VFs of the card at once. The kernel
 * forgets those that have none, sizes too (reset_resource() in drivers/pci/setup-bus.c): they are found as the kernel
 * found them, by writing ones and looking which stay (PCI Local Bus 3.0, 6.2.5.1). That is done only while VF Enable is
 * off and the kernel has no place for the BAR: then sriov_enable() (drivers/pci/iov.c) refuses, so nobody can come
 * between.
 */
#include "sriov/vf_bar.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pci/capability.h"
#include "pci/detail.h"

enum {
	/* Of the SR-IOV capability. */
	SRIOV_CONTROL = 0x08,
	SRIOV_TOTAL_VFS = 0x0e,
	SRIOV_BAR = 0x24,
	VF_ENABLE = 0x1,
	/* Of a memory BAR. */
	BAR_64BIT = 0x4,
	BAR_PREFETCH = 0x8,
	BAR_FLAGS = 0xf,
};

/* An open configuration space, and where its VF BARs are. */
struct asked {
	int fd;
	unsigned int at;
};

static uint32_t get(const struct asked *asked, unsigned int index)
{
	uint8_t raw[4];

	if (pread(asked->fd, raw, sizeof(raw), asked->at + 4 * index) != sizeof(raw))
		return 0;
	return raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24;
}

static bool put(const struct asked *asked, unsigned int index, uint32_t value)
{
	const uint8_t raw[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		(uint8_t)(value >> 24) };

	return pwrite(asked->fd, raw, sizeof(raw), asked->at + 4 * index) == sizeof(raw);
}

/* Which bits of a register can be written; it is as before afterwards. */
static uint32_t writable(const struct asked *asked, unsigned int index)
{
	uint32_t was = get(asked, index), mask;

	if (!put(asked, index, UINT32_MAX))
		return 0;
	mask = get(asked, index);
	put(asked, index, was);
	return mask;
}

/* Returns how many registers it takes: 2 for one of 64 bits. */
static unsigned int ask_bar(const struct asked *asked, unsigned int index, struct vf_bar *bar)
{
	uint32_t low = writable(asked, index);
	bool wide = low & BAR_64BIT && index + 1 < VF_BARS;
	uint64_t mask = (wide ? (uint64_t)writable(asked, index + 1) << 32 : (uint64_t)UINT32_MAX << 32) |
			(low & ~(uint32_t)BAR_FLAGS);

	if (low & ~(uint32_t)BAR_FLAGS || (wide && mask >> 32))
		*bar = (struct vf_bar){ .size = ~mask + 1, .prefetchable = low & BAR_PREFETCH, .is_64bit = wide };
	return wide ? 2 : 1;
}

/* The BARs that the kernel has no place for. False: this user or host cannot ask. */
static bool ask_card(const struct sysroot *root, const struct pci_device *pf, unsigned int at, struct vf_bars *bars)
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int fd = root->captured ? -1
					      : sysroot_open_file(root, O_RDWR, "sys/bus/pci/devices/%s/config",
							pci_addr_text(pf->addr, name));
	const struct asked asked = { fd, at };

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return false;
	for (unsigned int i = 0; i < VF_BARS;)
		if (bars->bar[i].placed)
			i += bars->bar[i].is_64bit ? 2 : 1;
		else
			i += ask_bar(&asked, i, &bars->bar[i]);
	return true;
}

static void take_placed(const struct sysroot *root, const struct pci_device *pf, struct vf_bars *bars)
{
	struct pci_bar all[PCI_BAR_MAX];
	size_t count = pci_bars_read(root, pf->addr, all);

	for (size_t i = 0; i < count; i++)
		if (all[i].index >= PCI_BAR_VF && all[i].address && !all[i].is_unset && !all[i].is_io)
			bars->bar[all[i].index - PCI_BAR_VF] = (struct vf_bar){
				.size = all[i].size / bars->total,
				.prefetchable = all[i].prefetchable,
				.is_64bit = all[i].is_64bit,
				.placed = true,
			};
}

/* Registers of BARs that hold anything, and have no place: some that hold nothing may be BARs too. */
static bool has_homeless(const struct pci_config *config, unsigned int at, const struct vf_bars *bars)
{
	for (unsigned int i = 0; i < VF_BARS; i++) {
		if (bars->bar[i].placed) {
			i += bars->bar[i].is_64bit;
			continue;
		}
		if (pci_config_value(config, at + 4 * i, 4))
			return true;
	}
	return false;
}

bool vf_bars_read(const struct sysroot *root, const struct pci_device *pf, struct vf_bars *ret_bars)
{
	const struct pci_capability *sriov;
	struct pci_capabilities list;
	struct pci_config config;
	struct vf_bars bars = { 0 };

	if (pci_config_read(root, pf->addr, &config) < 0)
		return false;
	pci_capabilities_list(&config, &list);
	sriov = pci_capability_find(&list, true, PCI_EXT_SRIOV);
	if (!sriov)
		return false;
	bars.total = pci_config_value(&config, sriov->offset + SRIOV_TOTAL_VFS, 2);
	if (!bars.total || bars.total == UINT16_MAX)
		return false;
	take_placed(root, pf, &bars);
	/* VFs that there are have all their registers. */
	if (!(pci_config_value(&config, sriov->offset + SRIOV_CONTROL, 2) & VF_ENABLE) &&
		!ask_card(root, pf, sriov->offset + SRIOV_BAR, &bars))
		bars.unknown = has_homeless(&config, sriov->offset + SRIOV_BAR, &bars);
	*ret_bars = bars;
	return true;
}
