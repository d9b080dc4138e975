/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In pages of which size a running guest's memory lies on this host: what the kernel gave, whatever was asked for. A
 * leaf of a second level (EPT, NPT, the IOMMU's) is never larger than the page here.
 */
#ifndef GUEST_RAM_PAGES_H
#define GUEST_RAM_PAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "os/sysroot.h"
#include "wire/control.h"

struct ram_pages {
	bool known;                  /* false: this user may not look, or the process is another host's */
	uint64_t present;            /* bytes of guest memory that are there; the rest comes when it is touched */
	uint64_t bytes_2m, bytes_1g; /* of them, in pages of that size */
	char policy[16]; /* the word in brackets of transparent_hugepage/enabled; "": there is no such thing */
};

/* status says where in process vmm_pid guest memory lies. */
void ram_pages_read(
	const struct sysroot *root, pid_t vmm_pid, const struct control_status *status, struct ram_pages *ret_pages);

#endif
