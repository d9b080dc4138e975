// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of single drivers for making VFs, as a table: bnxt_en and bnx2x (an interface that is up), ice; igb and ixgbe
 * (max_vfs); drivers that make VFs only when they are loaded (mlx4_core: num_vfs in
 * drivers/net/ethernet/mellanox/mlx4/main.c; gim: AMD's MxGPU); graphics drivers whose parameter max_vfs is 0.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/pf_rule.h"

enum {
	INTERFACE_UP = 1, /* IFF_UP */
};

/* VFs that the driver made when it was loaded are well; what is not there will not come through sysfs. */
static bool has_no_vfs(const struct sysroot *root, const struct pci_device *pf)
{
	(void)root;
	return !pf->sriov.num_vfs;
}

static bool is_down(const struct sysroot *root, const struct pci_device *pf)
{
	uint64_t flags;

	return pf->netdev_count && !sysroot_read_u64(root, &flags, "sys/class/net/%s/flags", pf->netdevs[0].text) &&
	       !(flags & INTERFACE_UP);
}

/* irdma takes as many vectors as the card's network driver does: one for each processor, out of one table. */
static bool lacks_vectors(const struct sysroot *root, const struct pci_device *pf)
{
	char cpus[256];
	const char *last;
	int vectors = pci_msix_vectors(root, pf->addr);

	if (vectors <= 0 || !sysroot_exists(root, "sys/module/irdma") ||
		sysroot_read_text(root, cpus, sizeof(cpus), "sys/devices/system/cpu/online") <= 0)
		return false;
	last = strrchr(cpus, '-');
	return last && 2 * (strtoul(last + 1, NULL, 10) + 1) > (unsigned long)vectors;
}

static bool max_vfs_is_zero(const struct sysroot *root, const struct pci_device *pf)
{
	uint64_t value;

	return !sysroot_read_u64(root, &value, "sys/module/%s/parameters/max_vfs", pf->driver) && !value;
}

/* igb, ixgbe: make VFs whenever they are loaded, and the host's driver meets each of them. */
static bool max_vfs_is_set(const struct sysroot *root, const struct pci_device *pf)
{
	uint64_t value;

	return !sysroot_read_u64(root, &value, "sys/module/%s/parameters/max_vfs", pf->driver) && value;
}

/* The words NETDEV, PF and DRIVER stand for the PF's network device, its address and its driver. */
static const struct {
	const char *driver;
	bool never;
	bool (*holds)(const struct sysroot *root, const struct pci_device *pf);
	const char *says, *evidence, *fix;
} rules[] = {
	{ "bnxt_en", false, is_down, "makes VFs only while the PF is up", "/sys/class/net/NETDEV/flags: down",
		"ip link set NETDEV up" },
	{ "bnx2x", false, is_down, "makes VFs only while the PF is up", "/sys/class/net/NETDEV/flags: down",
		"ip link set NETDEV up" },
	{ "igb", false, max_vfs_is_set, "makes VFs whenever it is loaded: its parameter max_vfs is set",
		"/sys/module/DRIVER/parameters/max_vfs is not 0",
		"take max_vfs out of 'options DRIVER' (grep -r max_vfs /etc/modprobe.d /proc/cmdline shows where), "
		"renew the "
		"initramfs, reboot; 'sluice vf create' makes VFs that meet no driver of the host" },
	{ "ixgbe", false, max_vfs_is_set, "makes VFs whenever it is loaded: its parameter max_vfs is set",
		"/sys/module/DRIVER/parameters/max_vfs is not 0",
		"take max_vfs out of 'options DRIVER' (grep -r max_vfs /etc/modprobe.d /proc/cmdline shows where), "
		"renew the "
		"initramfs, reboot; 'sluice vf create' makes VFs that meet no driver of the host" },
	{ "ice", false, lacks_vectors, "has no vectors left for VFs: irdma takes as many as the network does",
		"/sys/module/irdma exists; the MSI-X table is smaller than two for each processor",
		"modprobe -r irdma, and: echo 'blacklist irdma' > /etc/modprobe.d/irdma.conf" },
	{ "mlx4_core", true, has_no_vfs,
		"makes VFs only when it is loaded, by its parameter num_vfs, not by sriov_numvfs",
		"/sys/bus/pci/devices/PF/driver: mlx4_core, sriov_numvfs 0",
		"echo 'options mlx4_core num_vfs=8 probe_vf=0' > /etc/modprobe.d/mlx4-vfs.conf (probe_vf: how many of "
		"them the host itself uses; the card's firmware needs SRIOV_EN=1 and NUM_OF_VFS), renew the initramfs, "
		"reboot" },
	{ "gim", true, has_no_vfs, "makes VFs only when it is loaded, by its own configuration, not by sriov_numvfs",
		"/sys/bus/pci/devices/PF/driver: gim, sriov_numvfs 0",
		"set vf_num in /etc/gim_config, then load gim anew (or reboot)" },
	{ "i915", true, max_vfs_is_zero, "makes no VFs: its parameter max_vfs is 0",
		"/sys/module/DRIVER/parameters/max_vfs: 0",
		"kernel argument i915.max_vfs=7 (at most as many VFs; needs i915.enable_guc=3), then reboot" },
	{ "xe", true, max_vfs_is_zero, "makes no VFs: its parameter max_vfs is 0",
		"/sys/module/DRIVER/parameters/max_vfs: 0",
		"kernel argument xe.max_vfs=7 (at most as many VFs), then reboot" },
};

/* text with its words replaced. */
static void expand(const char *text, const struct pci_device *pf, char *buf, size_t size)
{
	char name[PCI_ADDR_TEXT_SIZE];
	const struct {
		const char *word, *value;
	} words[] = {
		{ "NETDEV", pf->netdev_count ? pf->netdevs[0].text : "" },
		{ "PF/", pci_addr_text(pf->addr, name) },
		{ "DRIVER", pf->driver },
	};
	size_t used = 0;

	buf[0] = '\0';
	while (*text && used + 1 < size) {
		size_t i = 0;

		while (i < array_size(words) && !text_starts_with(text, words[i].word))
			i++;
		if (i == array_size(words)) {
			buf[used++] = *text++;
			buf[used] = '\0';
			continue;
		}
		used += (size_t)snprintf(
			buf + used, size - used, "%s%s", words[i].value, words[i].word[2] == '/' ? "/" : "");
		used = used < size ? used : size - 1;
		text += strlen(words[i].word);
	}
}

int pf_rule_check(const struct sysroot *root, const struct pci_device *pf, struct pf_rule_finding *ret_finding)
{
	for (size_t i = 0; i < array_size(rules); i++) {
		if (strcmp(rules[i].driver, pf->driver) != 0)
			continue;
		if (!rules[i].holds(root, pf))
			return 0;
		ret_finding->never = rules[i].never;
		expand(rules[i].says, pf, ret_finding->says, sizeof(ret_finding->says));
		expand(rules[i].evidence, pf, ret_finding->evidence, sizeof(ret_finding->evidence));
		expand(rules[i].fix, pf, ret_finding->fix, sizeof(ret_finding->fix));
		return 1;
	}
	return -ENOENT;
}
