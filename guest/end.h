/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a detached guest ended, when it did not switch itself off: a note in /run/sluice/ended/NAME, and a line in the
 * system log. There is nobody at a terminal to be told, so whoever asks for the guest by name later is.
 */
#ifndef GUEST_END_H
#define GUEST_END_H

#include "guest/start.h"
#include "os/sysroot.h"
#include "wire/launch.h"

/* An end as an error: 0 when it switched itself off, else CODE_GUEST_CRASHED, or why it was ended or never ran. */
int guest_end_judge(
	const char *name, const struct guest_spec *spec, const struct launch_ended *ended, struct error *err);

/* Keep why as the end of the guest; a failure to keep it is of no consequence. */
void guest_end_note(const struct sysroot *root, const char *name, const struct error *why);

/* "ended 12 s ago: ..." into buf; false when there is no note. */
bool guest_end_read(const struct sysroot *root, const char *name, char *buf, size_t size);

/* A new guest of that name begins. */
void guest_end_forget(const struct sysroot *root, const char *name);

#endif
