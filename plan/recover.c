// SPDX-License-Identifier: GPL-2.0-or-later
/* Undo, confirm, recover: what the journal knows, applied to the host; see apply.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "plan/apply.h"
#include "plan/boot.h"
#include "plan/kind.h"
#include "plan/rollback.h"

/* The pending entry, as it was read. */
struct pending {
	struct journal_entry entry;
	enum journal_mark *mark;
};

static void pending_done(struct pending *pending)
{
	journal_entry_done(&pending->entry);
	free(pending->mark);
}

static int read_pending(const struct change *change, struct pending *pending, struct error *err)
{
	return journal_pending(host_lock_root(change_lock(change)), &pending->entry, &pending->mark, err);
}

/* Time is left to confirm it: of this boot, and not over. */
static bool still_waits(const struct sysroot *root, const struct journal_entry *entry)
{
	char boot_id[40] = "";
	struct timespec now;

	if (!entry->complete || !entry->confirm_seconds)
		return false;
	sysroot_read_text(root, boot_id, sizeof(boot_id), "proc/sys/kernel/random/boot_id");
	clock_gettime(CLOCK_BOOTTIME, &now);
	return !strcmp(boot_id, entry->boot_id) && now.tv_sec < (time_t)entry->deadline;
}

static int keep(struct change *change, const struct pending *pending, struct error *err)
{
	cleanup_journal struct journal *journal = NULL;
	int ret = journal_open(change_lock(change), &journal, err);

	if (!ret)
		ret = journal_commit(journal, &pending->entry, err);
	return ret < 0 ? ret : boot_keep_confirmed(change_lock(change), err);
}

static int take_back(
	struct change *change, const struct pending *pending, const struct apply_how *how, struct error *err)
{
	cleanup_journal struct journal *journal = NULL;
	struct rollback rollback = {
		.change = change,
		.entry = &pending->entry,
		.mark = pending->mark,
		.listener = &how->listener,
	};
	int ret = journal_open(change_lock(change), &journal, err);

	if (ret < 0)
		return ret;
	rollback.journal = journal;
	rollback.audit = audit_open(
		host_lock_root(change_lock(change)), how->command ? how->command : "", how->user ? how->user : "");
	ret = rollback_all(&rollback, err);
	audit_close(rollback.audit);
	return ret < 0 ? ret : boot_keep_dropped(change_lock(change), err);
}

int apply_recover(struct change *change, const struct apply_how *how, bool force, enum apply_recovered *ret_recovered,
	struct error *err)
{
	cleanup(pending_done) struct pending pending = { .mark = NULL };
	int ret = read_pending(change, &pending, err);

	*ret_recovered = RECOVER_NOTHING;
	if (ret <= 0)
		return ret;
	if (!force && pending.entry.complete && !pending.entry.confirm_seconds) {
		*ret_recovered = RECOVER_KEPT;
		return keep(change, &pending, err);
	}
	if (!force && still_waits(host_lock_root(change_lock(change)), &pending.entry)) {
		*ret_recovered = RECOVER_WAITS;
		return 0;
	}
	*ret_recovered = RECOVER_UNDONE;
	return take_back(change, &pending, how, err);
}

int apply_confirm(struct change *change, unsigned int *ret_generation, struct error *err)
{
	cleanup(pending_done) struct pending pending = { .mark = NULL };
	int ret = read_pending(change, &pending, err);

	if (ret < 0)
		return ret;
	if (!ret || !pending.entry.complete) {
		fail_code(err, CODE_NOTHING_TO_UNDO, ENOENT, "nothing waits to be confirmed");
		return fail_hint(err, ret ? "an apply was killed before its end: 'sluice recover' undoes it"
					  : "its time may be over, and then it was undone: 'sluice status' shows how "
					    "things are");
	}
	ret = keep(change, &pending, err);
	if (ret < 0)
		return ret;
	*ret_generation = pending.entry.generation;
	return 0;
}

/* Whether it waits for a reboot is another question on the way back. */
static void ask_waits(const struct host *host, struct step_list *steps)
{
	struct look look;

	look_begin(&look, host);
	for (size_t i = 0; i < steps->count; i++) {
		struct step *step = &steps->step[i];

		step->reboot = step->kind->waits && step->kind->waits(&look, step->target, step->from, step->to);
	}
	look_end(&look);
}

/* The plan that goes from after the generation to before it. */
static int make_back(
	const struct sysroot *root, const struct journal_entry *last, struct plan *ret_plan, struct error *err)
{
	struct plan plan = { 0 };
	int ret = journal_found(root, &plan.found, err);

	if (!ret)
		ret = step_list_reverse(&last->steps, &plan.steps, err);
	for (size_t i = 0; !ret && i < last->found.count; i++)
		ret = step_list_add(&plan.found_after, last->found.step[i].kind, last->found.step[i].target,
			last->found.step[i].from, "", "", err);
	if (ret < 0) {
		plan_done(&plan);
		return ret;
	}
	*ret_plan = plan;
	return 0;
}

static int undo_last(struct change *change, const struct apply_how *how, struct apply_done *ret_done, struct error *err)
{
	const struct sysroot *root = host_lock_root(change_lock(change));
	cleanup(journal_entry_done) struct journal_entry last = { 0 };
	cleanup(plan_done) struct plan plan = { 0 };
	struct apply_how back = *how;
	int ret = journal_read(root, 0, &last, err);

	if (ret < 0)
		return ret;
	if (!ret) {
		fail_code(err, CODE_NOTHING_TO_UNDO, ENOENT, "no applied plan is there to be taken back");
		return fail_hint(err, "'sluice release DEVICE' gives single devices back");
	}
	ret = make_back(root, &last, &plan, err);
	if (ret < 0)
		return ret;
	ask_waits(change_host(change), &plan.steps);
	back.undoes = last.generation;
	back.confirm_seconds = 0;
	return apply_plan(change, &plan, &back, ret_done, err);
}

int apply_undo(struct change *change, const struct apply_how *how, struct apply_done *ret_done, struct error *err)
{
	cleanup(pending_done) struct pending pending = { .mark = NULL };
	enum apply_recovered recovered;
	int ret = read_pending(change, &pending, err);

	if (ret < 0)
		return ret;
	if (!ret)
		return undo_last(change, how, ret_done, err);
	*ret_done = (struct apply_done){ .generation = pending.entry.generation, .steps = pending.entry.steps.count };
	return apply_recover(change, how, true, &recovered, err);
}
