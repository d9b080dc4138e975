/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel said: of this boot from /dev/kmsg (Documentation/ABI/testing/dev-kmsg), of earlier boots from the
 * journal (sd-journal(3); libsystemd is loaded when it is there, and not needed). On a captured host: dev/kmsg as a
 * file of the same records, and capture/previous_kernel_logs with lines of BOOT, SECONDS and MESSAGE between tabs.
 *
 * Only the kernel's own words count: user space can write to /dev/kmsg, and its records say so (facility). Bounded, and
 * looking only.
 */
#ifndef DISTRO_KERNEL_LOG_H
#define DISTRO_KERNEL_LOG_H

#include "os/sysroot.h"
#include "pci/pci.h"

struct kernel_message {
	int boot;         /* 0: this one; -1: the one before it, ... */
	uint64_t seconds; /* since that boot */
	const char *text;
};

/* Return false to hear no more. */
typedef bool (*kernel_message_fn)(const struct kernel_message *message, void *context);

/* Of this boot, oldest first. 0, or -errno: -EACCES and -EPERM without privilege, -ENOENT. */
int kernel_log_each(const struct sysroot *root, kernel_message_fn fn, void *context);

/*
 * Of up to `boots` earlier ones; within a boot in any order. Returns how many boots there were, or -errno: -ENOENT
 * where there is no journal, -ENOSYS where libsystemd is not installed.
 */
int kernel_log_each_previous(const struct sysroot *root, int boots, kernel_message_fn fn, void *context);

/* The first message of this boot that has this text in it, in buf; false for none. */
bool kernel_log_find(const struct sysroot *root, const char *needle, char *buf, size_t size);

/* The first PCI address in a message, with or without domain (0000 then). */
bool kernel_message_device(const char *text, struct pci_addr *ret_addr);

#endif
