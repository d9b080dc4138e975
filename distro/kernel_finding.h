/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's logs of this boot and of earlier ones hold against devices and the host: messages by their causes
 * (kernel_message.h), each cause once for a device and a boot; and how far the logs reach, since silence proves only as
 * much as was read.
 */
#ifndef DISTRO_KERNEL_FINDING_H
#define DISTRO_KERNEL_FINDING_H

#include "distro/kernel_message.h"
#include "os/sysroot.h"

enum {
	KERNEL_FINDING_MAX = 256,
	KERNEL_BOOTS_BEFORE = 3,
};

/* Messages of one cause about one device (or none) in one boot. */
struct kernel_finding {
	const struct message_cause *cause;
	bool has_device;
	struct pci_addr device;
	char name[MESSAGE_NAME_SIZE]; /* who said it, where that is no PCI function and stands for none: "nvme2" */
	int boot;                     /* 0: this one; -1: the one before it, ... */
	size_t count;
	uint64_t seconds; /* of the latest, since that boot */
	char last[256];   /* the latest */
};

/* One boot's log. */
struct kernel_reach {
	size_t messages;
	bool from_start; /* it has the boot's first message */
};

struct kernel_findings {
	struct kernel_finding *item; /* owned */
	size_t count;
	bool more;                                          /* there were others, for which there was no room */
	int error;                                          /* this boot's could not be read: negative errno */
	int previous_error;                                 /* the same of earlier ones */
	int previous_boots;                                 /* so many of them were */
	struct kernel_reach reach[1 + KERNEL_BOOTS_BEFORE]; /* of this boot, of the one before it, ... */
};

/* Gathers all of them; -ENOMEM is the only failure. */
int kernel_findings_read(const struct sysroot *root, struct kernel_findings *ret_findings, struct error *err);
void kernel_findings_done(struct kernel_findings *findings);

/* Why the kernel runs without something in this boot: the first finding of such a cause; NULL for none. */
const struct kernel_finding *kernel_finding_stops(const struct kernel_findings *findings, enum message_stops stops);

#endif
