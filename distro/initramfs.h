/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initramfs, where drivers are loaded before a file of /etc is read: initramfs-tools (Debian, Ubuntu, Proxmox) and
 * dracut (Fedora, SUSE, RHEL). Both have a hook of sluice's that puts /etc/sluice/early.conf into it (packaging/).
 */
#ifndef DISTRO_INITRAMFS_H
#define DISTRO_INITRAMFS_H

#include <stdbool.h>

#include "os/sysroot.h"

/* Is there a program that makes it, and our hook for that program? */
bool initramfs_has_hook(const struct sysroot *root);

/* Have it made anew, for every kernel. Nothing happens for a root that is not this host's. */
int initramfs_refresh(const struct sysroot *root, struct error *err);

#endif
