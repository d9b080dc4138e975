/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this distribution is told kernel arguments and module options: which boot loader, which initramfs tool. Looks only. */
#ifndef HOST_BOOT_LOADER_H
#define HOST_BOOT_LOADER_H

#include "base/sysroot.h"

struct boot_loader {
	const char *argument_fix;  /* "in GRUB_CMDLINE_LINUX in /etc/default/grub, then run update-grub" */
	const char *initramfs_fix; /* "update-initramfs -u"; "" unknown or not needed */
};

void boot_loader_read(const struct sysroot *root, struct boot_loader *ret_loader);

#endif
