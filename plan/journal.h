/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of what was applied: /var/lib/sluice/journal.
 *
 *	pending.json	the plan that is being done, or waits to be confirmed: all of its steps, before the first is
 *			begun; whole or absent
 *	progress	which of them were begun, done and undone: a line each, on disk before the step is
 *	000007.json	a plan that was done (a generation); pending.json under its new name, so it is one or the other
 *	found.json	how each thing that sluice has changed was first found: what `release --all` goes back to
 *
 * So whoever dies in between, at any instruction, leaves either no pending.json (the host is as it was, or as it was to
 * be), or one whose begun steps `recover` undoes.
 *
 * What is read back is checked: size, form, kinds, texts; the files are root's, but disks and people make mistakes.
 */
#ifndef PLAN_JOURNAL_H
#define PLAN_JOURNAL_H

#include "os/host_lock.h"
#include "plan/step.h"

enum {
	JOURNAL_TEXT_SIZE = 256,
};

/* One plan as it was done. */
struct journal_entry {
	unsigned int generation;      /* from 1 */
	unsigned int undoes;          /* the generation that it takes back; 0: none */
	bool forgets;                 /* it is `release --all`: nothing is left to go back to */
	unsigned int confirm_seconds; /* it is undone unless confirmed in so many seconds; 0: it need not be */
	unsigned int deadline;        /* for that, in seconds of CLOCK_BOOTTIME of that boot */
	bool complete;                /* all steps are done, and found_after says all */
	char id[40];                  /* of this attempt */
	char boot_id[40];             /* of the boot in which it began */
	char time[24];                /* ISO 8601, when it began */
	char user[64], command[JOURNAL_TEXT_SIZE];
	struct step_list steps;
	struct step_list found, found_after; /* found.json before it, and after it; `from` is the state */
};

static inline void journal_entry_done(struct journal_entry *entry)
{
	step_list_done(&entry->steps);
	step_list_done(&entry->found);
	step_list_done(&entry->found_after);
}

/* How far a step has come. */
enum journal_mark {
	JOURNAL_UNTOUCHED,
	JOURNAL_BEGUN,
	JOURNAL_DONE,
	JOURNAL_UNDONE,
};

struct journal;

/* For who changes the host: opens the directory, and makes it. CODE_NOT_ROOT. */
int journal_open(const struct host_lock *lock, struct journal **ret_journal, struct error *err);
void journal_close(struct journal *journal); /* accepts NULL */

static inline void cleanup_journal_close(struct journal **journal)
{
	journal_close(*journal);
}

#define cleanup_journal cleanup(cleanup_journal_close)

/* Fills generation, id, boot_id and time, and writes pending.json. CODE_APPLY_PENDING when there is one. */
int journal_begin(struct journal *journal, struct journal_entry *entry, struct error *err);

/* Of count steps from first (0 is the first) on. On disk when it returns. */
int journal_mark(struct journal *journal, size_t first, size_t count, enum journal_mark mark, struct error *err);

/* All steps are done and hold: pending.json says so, with found_after as it is now. */
int journal_complete(struct journal *journal, struct journal_entry *entry, struct error *err);

/* It stays: found.json is as found_after, pending.json becomes a generation. */
int journal_commit(struct journal *journal, const struct journal_entry *entry, struct error *err);

/* All is undone: found.json is as before, pending.json goes. */
int journal_abandon(struct journal *journal, const struct journal_entry *entry, struct error *err);

/*
 * The pending one, with how far each step has come (*ret_marks has one for each; owned by the caller). 1, or 0 when
 * there is none; -EBADMSG when it makes no sense.
 */
int journal_pending(
	const struct sysroot *root, struct journal_entry *ret_entry, enum journal_mark **ret_marks, struct error *err);

/* CODE_APPLY_PENDING, with what to do. Returns -EBUSY. */
int journal_refuse_pending(struct error *err);

/* Is there one? Reads nothing of it. */
bool journal_is_pending(const struct sysroot *root);

/* Its id alone, "" for none: for who waits for its end. */
void journal_pending_id(const struct sysroot *root, char *buf, size_t size);

/* Generation number, or (0) the last one that holds: undone ones do not. 1, or 0 when there is none. */
int journal_read(
	const struct sysroot *root, unsigned int generation, struct journal_entry *ret_entry, struct error *err);

/* found.json; an empty list when there is none. */
int journal_found(const struct sysroot *root, struct step_list *ret_found, struct error *err);

#endif
