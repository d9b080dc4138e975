// SPDX-License-Identifier: GPL-2.0-or-later
/* Boot loaders and initramfs tools, recognised by the files that they leave; the first row that fits counts. */
#include "host/boot_loader.h"

#include "base/cleanup.h"

static const struct {
	const char *file, *fix;
} loaders[] = {
	{ "usr/sbin/grubby", "with grubby --update-kernel=ALL --args='...'" },
	{ "usr/sbin/update-grub", "in GRUB_CMDLINE_LINUX of /etc/default/grub, then run update-grub" },
	{ "usr/sbin/grub2-mkconfig",
		"in GRUB_CMDLINE_LINUX of /etc/default/grub, then run grub2-mkconfig -o /boot/grub2/grub.cfg" },
	{ "usr/bin/grub-mkconfig",
		"in GRUB_CMDLINE_LINUX of /etc/default/grub, then run grub-mkconfig -o /boot/grub/grub.cfg" },
	{ "etc/kernel/cmdline", "in /etc/kernel/cmdline, then run kernel-install add-all (systemd-boot)" },
	{ "boot/loader/loader.conf", "in the options line of /boot/loader/entries/*.conf (systemd-boot)" },
	{ "", "in the boot loader's configuration" },
}, initramfs_tools[] = {
	{ "usr/sbin/update-initramfs", "update-initramfs -u" },
	{ "usr/bin/dracut", "dracut --force" },
	{ "usr/bin/mkinitcpio", "mkinitcpio -P" },
	{ "", "" },
};

void boot_loader_read(const struct sysroot *root, struct boot_loader *ret_loader)
{
	size_t loader = 0, tool = 0;

	while (loaders[loader].file[0] && !sysroot_exists(root, "%s", loaders[loader].file))
		loader++;
	while (initramfs_tools[tool].file[0] && !sysroot_exists(root, "%s", initramfs_tools[tool].file))
		tool++;
	*ret_loader = (struct boot_loader){ loaders[loader].fix, initramfs_tools[tool].fix };
}
