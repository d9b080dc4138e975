// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans done; see apply.h. Taking back what was begun is rollback.c's. */
#include "plan/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "plan/audit.h"
#include "plan/boot.h"
#include "plan/kind.h"
#include "plan/rollback.h"
#include "plan/stop.h"

enum {
	GROUP_MAX = 256, /* steps that one call does */
};

/* A plan while it is done. */
struct applying {
	struct change *change;
	struct plan *plan;
	const struct apply_how *how;
	struct journal *journal;
	struct journal_entry entry;
	struct audit *audit;
	struct look look;
	struct stop stop;
	enum journal_mark *mark; /* one a step; owned */
	bool shown;              /* inventory and settings are those of now */
};

static void tell(const struct applying *self, enum apply_event event, size_t i)
{
	const struct apply_listener *listener = &self->how->listener;

	if (listener->tell)
		listener->tell(listener->context, event, &self->plan->steps.step[i], i + 1, self->plan->steps.count);
}

/* One step, or several that one call does: of one kind, to one state, and none of them is the way of another. */
static size_t group_size(const struct applying *self, size_t first)
{
	const struct step_list *steps = &self->plan->steps;
	const struct step *step = &steps->step[first];
	size_t size = 1;

	if (!step->kind->set_all || step_is_absent(step->to))
		return 1;
	while (first + size < steps->count && size < GROUP_MAX && steps->step[first + size].kind == step->kind &&
		!strcmp(steps->step[first + size].to, step->to))
		size++;
	return size;
}

static int refresh(struct applying *self, struct error *err)
{
	int ret = change_look_again(self->change, err);

	if (!ret)
		look_again(&self->look, change_host(self->change));
	return ret;
}

static int moved(const struct step *step, const char *state, struct error *err)
{
	char what[STEP_TARGET_SIZE + 64];

	fail_code(err, CODE_PLAN_STALE, ESTALE, "%s: '%.120s', and '%.120s' when the plan was made",
		kind_describe(step->kind, step->target, what, sizeof(what)), state, step->from);
	return fail_hint(err, "somebody else changes this host at the same time; look again with 'sluice plan'");
}

/* How a thing that was not there before the plan shows itself: how it was first found. */
static int note_found(struct applying *self, const struct step *step, const char *state, struct error *err)
{
	if (!step_is_absent(step->from) || step_is_absent(step->to) || self->how->undoes || self->how->forgets)
		return 0;
	return step_list_add(&self->plan->found_after, step->kind, step->target, state, "", "", err);
}

/* What of the thing's state the step is about, in seen. */
static int look_at(struct applying *self, const struct step *step, char seen[static WORDS_SIZE], struct error *err)
{
	char state[WORDS_SIZE];
	int ret = step->kind->look(&self->look, step->target, step->kind->part ? state : seen, err);

	if (!ret && step->kind->part) {
		char part[WORDS_SIZE];

		text_copy(seen, WORDS_SIZE, step->kind->part(state, step->to, part, sizeof(part)));
	}
	return ret;
}

/* As the plan found it? An undo takes things as they are. */
static int check_before(struct applying *self, const struct step *step, struct error *err)
{
	char seen[WORDS_SIZE];
	int ret;

	if (step_is_absent(step->to))
		return 0;
	ret = look_at(self, step, seen, err);
	if (ret < 0)
		return ret;
	if (!step_is_absent(step->from) && !self->how->undoes && strcmp(seen, step->from) != 0)
		return moved(step, seen, err);
	return note_found(self, step, seen, err);
}

static int check_after(struct applying *self, const struct step *step, struct error *err)
{
	char seen[WORDS_SIZE], what[STEP_TARGET_SIZE + 64];
	int ret;

	if (step_is_absent(step->to))
		return 0;
	ret = look_at(self, step, seen, err);
	if (ret < 0 || kind_fits(step->kind, step->to, seen))
		return ret;
	return fail_code(err, CODE_FAILED, EIO, "%s: set to '%.120s', and is '%.120s'",
		kind_describe(step->kind, step->target, what, sizeof(what)), step->to, seen);
}

static int set_group(struct applying *self, size_t first, size_t size, struct error *err)
{
	const struct doing doing = {
		.change = self->change,
		.lose = self->how->guard.lose,
		.lose_count = self->how->guard.lose_count,
	};
	const struct step *step = &self->plan->steps.step[first];
	char *targets[GROUP_MAX];

	if (step_is_absent(step->to))
		return 0;
	if (size == 1)
		return step->kind->set(&doing, step->target, step->to, err);
	for (size_t i = 0; i < size; i++)
		targets[i] = step[i].target;
	return step->kind->set_all(&doing, targets, size, step->to, err);
}

static int mark_group(struct applying *self, size_t first, size_t size, enum journal_mark mark, struct error *err)
{
	int ret = journal_mark(self->journal, first, size, mark, err);

	for (size_t i = 0; !ret && i < size; i++)
		self->mark[first + i] = mark;
	return ret;
}

static int do_group(struct applying *self, size_t first, size_t size, struct error *err)
{
	const struct step *step = &self->plan->steps.step[first];
	int ret = stop_asked(&self->stop, err);

	for (size_t i = 0; !ret && i < size; i++)
		ret = check_before(self, &step[i], err);
	if (!ret)
		ret = mark_group(self, first, size, JOURNAL_BEGUN, err);
	if (!ret)
		ret = set_group(self, first, size, err);
	if (!ret && step->kind->is_device)
		ret = refresh(self, err);
	else if (!ret)
		look_again(&self->look, change_host(self->change));
	for (size_t i = 0; !ret && i < size; i++)
		ret = check_after(self, &step[i], err);
	return ret;
}

static int do_steps(struct applying *self, struct error *err)
{
	size_t size;
	int ret = 0;

	for (size_t at = 0; at < self->plan->steps.count; at += size) {
		size = group_size(self, at);
		tell(self, APPLY_BEGINS, at);
		ret = do_group(self, at, size, err);
		for (size_t i = at; i < at + size; i++) {
			audit_step(self->audit, &self->plan->steps.step[i], ret < 0 ? AUDIT_FAILED : AUDIT_DONE,
				ret < 0 ? err->msg : NULL);
			if (!ret) {
				self->mark[i] = JOURNAL_DONE;
				tell(self, APPLY_DONE, i);
			}
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* How it is to be known afterwards. The lists stay the plan's until the end. */
static void fill_entry(struct applying *self)
{
	const struct apply_how *how = self->how;

	self->entry.undoes = how->undoes;
	self->entry.forgets = how->forgets;
	self->entry.confirm_seconds = how->confirm_seconds;
	text_copy(self->entry.user, sizeof(self->entry.user), how->user ? how->user : "");
	text_copy(self->entry.command, sizeof(self->entry.command), how->command ? how->command : "");
	self->entry.steps = self->plan->steps;
	self->entry.found = self->plan->found;
	self->entry.found_after = self->plan->found_after;
}

/* The lists in it are the plan's: they may have grown, and moved. */
static int complete(struct applying *self, struct error *err)
{
	struct timespec now;

	self->entry.found_after = self->plan->found_after;
	clock_gettime(CLOCK_BOOTTIME, &now);
	self->entry.deadline = (unsigned int)now.tv_sec + self->how->confirm_seconds;
	return journal_complete(self->journal, &self->entry, err);
}

static int begin(struct applying *self, struct error *err)
{
	int ret = journal_open(change_lock(self->change), &self->journal, err);

	self->mark = calloc(self->plan->steps.count + 1, sizeof(*self->mark));
	if (!ret && !self->mark)
		ret = fail(err, ENOMEM, "apply a plan");
	if (ret < 0)
		return ret;
	fill_entry(self);
	ret = journal_begin(self->journal, &self->entry, err);
	if (!ret && self->how->sources) {
		ret = boot_keep(change_lock(self->change), self->how->sources, true, err);
		if (ret < 0)
			journal_abandon(self->journal, &self->entry, NULL);
	}
	if (ret < 0 || !self->how->confirm_seconds || !self->how->watch)
		return ret;
	ret = self->how->watch(host_lock_root(change_lock(self->change)), self->entry.id, err);
	if (ret < 0)
		journal_abandon(self->journal, &self->entry, NULL);
	return ret;
}

/* Nothing of it stays. The first error is told, and what is left. */
static int give_up(struct applying *self, struct error *err)
{
	const struct rollback rollback = {
		.change = self->change,
		.journal = self->journal,
		.entry = &self->entry,
		.mark = self->mark,
		.audit = self->audit,
		.listener = &self->how->listener,
	};

	if (self->how->sources)
		boot_keep_dropped(change_lock(self->change), NULL);
	return rollback_failed(&rollback, err);
}

/* It stays, and what boots do is what was applied. */
static int commit(struct applying *self, struct error *err)
{
	const struct host_lock *lock = change_lock(self->change);
	int ret;

	if (self->how->restores)
		return journal_abandon(self->journal, &self->entry, err);
	ret = journal_commit(self->journal, &self->entry, err);
	if (ret < 0)
		return ret;
	return self->how->undoes    ? boot_keep_undone(lock, err)
	       : self->how->forgets ? boot_forget(lock, err)
				    : boot_keep_confirmed(lock, err);
}

static int run(struct applying *self, struct error *err)
{
	int ret = guard_check(&self->how->guard, &self->look, &self->plan->steps, err);

	if (!ret)
		ret = begin(self, err);
	if (ret < 0)
		return ret;
	ret = do_steps(self, err);
	if (!ret)
		ret = complete(self, err);
	if (ret < 0)
		return give_up(self, err);
	return self->how->confirm_seconds ? 0 : commit(self, err);
}

int apply_plan(struct change *change, struct plan *plan, const struct apply_how *how, struct apply_done *ret_done,
	struct error *err)
{
	struct applying self = { .change = change, .plan = plan, .how = how };
	int ret;

	if (journal_is_pending(host_lock_root(change_lock(change))))
		return journal_refuse_pending(err);
	if (!plan->steps.count && !how->undoes && !how->forgets) {
		*ret_done = (struct apply_done){ .generation = 0 };
		return how->sources ? boot_keep(change_lock(change), how->sources, false, err) : 0;
	}
	look_begin(&self.look, change_host(change));
	self.audit = audit_open(
		host_lock_root(change_lock(change)), how->command ? how->command : "", how->user ? how->user : "");
	ret = stop_begin(&self.stop, err);
	if (!ret)
		ret = run(&self, err);
	stop_end(&self.stop);
	audit_close(self.audit);
	journal_close(self.journal);
	look_end(&self.look);
	free(self.mark);
	if (ret < 0)
		return ret;
	*ret_done = (struct apply_done){ .generation = how->restores ? 0 : self.entry.generation,
		.steps = plan->steps.count,
		.reboot = plan_waits(plan) };
	return 0;
}
