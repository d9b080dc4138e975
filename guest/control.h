/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a running guest on its control socket, for the commands that show or steer guests. */
#ifndef GUEST_CONTROL_H
#define GUEST_CONTROL_H

#include "os/sysroot.h"
#include "wire/control.h"

/* One request to the guest called name; the guest's own refusal is an error too. ret_answer may be NULL. */
int guest_control(const struct sysroot *root, const char *name, enum control_op op, struct control_answer *ret_answer,
	struct error *err);

/* The same with a request of more than an operation; not CONTROL_STATUS. */
int guest_ask(const struct sysroot *root, const char *name, const struct control_request *request,
	struct control_answer *ret_answer, struct error *err);

/* "starting", "running", "paused"; NULL for anything else. */
const char *guest_state_text(uint32_t state);

#endif
