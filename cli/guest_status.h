/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a running guest on its control socket, for the commands that show or steer guests. */
#ifndef CLI_GUEST_STATUS_H
#define CLI_GUEST_STATUS_H

#include "base/sysroot.h"
#include "vmm-core/control.h"

/* One request to the guest called name; the guest's own refusal is an error too. ret_answer may be NULL. */
int guest_control(const struct sysroot *root, const char *name, enum control_op op, struct control_answer *ret_answer,
	struct error *err);

/* "starting", "running", "paused"; NULL for anything else. */
const char *guest_state_text(uint32_t state);

#endif
