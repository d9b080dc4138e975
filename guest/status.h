/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a running guest is, from its sluice-vmm; of a captured host's guest, as it was then. */
#ifndef GUEST_STATUS_H
#define GUEST_STATUS_H

#include "os/sysroot.h"
#include "wire/control.h"

/* Asks the guest called name, and waits at most timeout_ms. What answers is not trusted: control.h. */
int guest_status_read(const struct sysroot *root, const char *name, int timeout_ms, struct control_answer *ret_answer,
	struct error *err);

#endif
