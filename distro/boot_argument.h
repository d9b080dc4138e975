/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where arguments for the next boot's kernel are written, and who is told of it: GRUB reads drop-ins in
 * /etc/default/grub.d when its configuration is made; kernel-install, proxmox-boot-tool and mkinitcpio read the line in
 * /etc/kernel/cmdline, which has no drop-ins, so that single words of it are replaced.
 */
#ifndef DISTRO_BOOT_ARGUMENT_H
#define DISTRO_BOOT_ARGUMENT_H

#include "os/host_lock.h"
#include "os/sysroot.h"

enum boot_argument_place {
	BOOT_ARGUMENT_NOWHERE,
	BOOT_ARGUMENT_GRUB,    /* a drop-in */
	BOOT_ARGUMENT_CMDLINE, /* words of /etc/kernel/cmdline */
};

enum boot_argument_place boot_argument_place(const struct sysroot *root);

/*
 * In /etc/kernel/cmdline: without the words of `before`, with those of `now` that are not there. Whole, or as it
 * was.
 */
int boot_argument_replace(const struct host_lock *lock, const char *before, const char *now, struct error *err);

/* Have the boot loader's configuration made anew. Nothing happens for a root that is not this host's. */
int boot_argument_refresh(const struct sysroot *root, struct error *err);

#endif
