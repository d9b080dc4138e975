/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who changed what, when: a line a change in /var/log/sluice.log, which is only ever added to, and the same as an entry
 * of systemd's journal, through libsystemd where it is. That a line could not be written stops no change: the journal
 * of plans (journal.h) has it as well.
 */
#ifndef PLAN_AUDIT_H
#define PLAN_AUDIT_H

#include "os/sysroot.h"
#include "plan/step.h"

struct audit;

/* Who asks: the user behind sudo(8), else of the login, else of this process: "alice", "uid 1000". */
void audit_user(const struct sysroot *root, char *buf, size_t size);

/* NULL without memory, which the others accept. command, user: as in the lines; copied. */
struct audit *audit_open(const struct sysroot *root, const char *command, const char *user);
void audit_close(struct audit *audit);

enum audit_result {
	AUDIT_DONE,
	AUDIT_FAILED,
	AUDIT_UNDONE,
	AUDIT_NOT_UNDONE,
};

/* One step went from one state to another; why: of a failure, its message, else NULL. */
void audit_step(struct audit *audit, const struct step *step, enum audit_result result, const char *why);

/* The same of a thing that is no step of a plan: kind "guest", target its name. */
void audit_change(struct audit *audit, const char *kind, const char *target, const char *from, const char *to,
	enum audit_result result, const char *why);

#endif
