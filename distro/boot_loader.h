/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How this distribution is told kernel arguments and module options: which boot loader, which initramfs tool, and the
 * commands for them, ready to be pasted. Looks only.
 */
#ifndef DISTRO_BOOT_LOADER_H
#define DISTRO_BOOT_LOADER_H

#include "os/sysroot.h"

struct boot_loader {
	const char *name;                        /* "GRUB with update-grub"; "unknown" */
	const char *add_form, *drop_form, *then; /* commands; %a is the argument, %g grub_cfg */
	char grub_cfg[64];                       /* "/boot/grub2/grub.cfg" */
	const char *initramfs;                   /* "initramfs-tools", "dracut", "mkinitcpio", "booster"; "" unknown */
	const char *initramfs_fix;               /* "update-initramfs -u -k all"; "" unknown or not needed */
	const char *early_module_form;           /* puts module %a into the initramfs, to be loaded there; "" unknown */
};

void boot_loader_read(const struct sysroot *root, struct boot_loader *ret_loader);

/* The commands that add a kernel argument, or remove one, up to the reboot. Return buf. */
const char *boot_loader_add(const struct boot_loader *loader, const char *argument, char *buf, size_t size);
const char *boot_loader_drop(const struct boot_loader *loader, const char *argument, char *buf, size_t size);

/* The commands that have the initramfs load a module first. Returns buf. */
const char *boot_loader_early_module(const struct boot_loader *loader, const char *module, char *buf, size_t size);

/*
 * The initramfs of a kernel release where distributions keep it: its path, and when it was made (seconds). False: none.
 */
bool boot_loader_initramfs(const struct sysroot *root, const char *release, char *buf, size_t size, int64_t *ret_made);

/*
 * When a file was written, also of a captured host that says so (seconds; -1: it does not). False: there is no such
 * file.
 */
bool boot_loader_file_time(const struct sysroot *root, const char *file, int64_t *ret_time);

#endif
