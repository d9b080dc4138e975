// SPDX-License-Identifier: GPL-2.0-or-later
/* The way back, step by step; see rollback.h. */
#include "plan/rollback.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plan/kind.h"

/* What could not be undone. */
struct remains {
	size_t count;
	char text[320];
	struct error why; /* of the first */
};

static int refresh(const struct rollback *self, struct look *look, struct error *err)
{
	int ret = change_look_again(self->change, err);

	if (!ret)
		look_again(look, change_host(self->change));
	return ret;
}

/* Is it as it was before the step? What is not there is, where nothing was. */
static bool is_back(const struct step *step, struct look *look, char state[static WORDS_SIZE])
{
	char part[WORDS_SIZE];
	int ret = step->kind->look(look, step->target, state, NULL);

	if (ret < 0)
		text_copy(state, WORDS_SIZE, ret == -ENOENT ? STEP_ABSENT : "?");
	if (step_is_absent(step->from))
		return true;
	if (ret < 0)
		return false;
	if (step->kind->part)
		text_copy(state, WORDS_SIZE, step->kind->part(state, step->from, part, sizeof(part)));
	return kind_fits(step->kind, step->from, state);
}

static int undo_step(const struct rollback *self, const struct step *step, struct look *look, struct error *err)
{
	const struct doing doing = { .change = self->change };
	char state[WORDS_SIZE];
	bool was_back = is_back(step, look, state);
	int ret;

	if (was_back && (step_is_absent(step->from) || !step->kind->sets_again))
		return 0;
	ret = step->kind->set(&doing, step->target, step->from, err);
	if (!ret && step->kind->is_device)
		ret = refresh(self, look, err);
	else if (!ret)
		look_again(look, change_host(self->change));
	if (!ret && !is_back(step, look, state))
		ret = fail_code(err, CODE_FAILED, EIO, "it is '%s', and was '%s'", state, step->from);
	return ret;
}

static void add_remains(struct remains *remains, const struct step *step, struct look *look, const struct error *why)
{
	size_t used = strlen(remains->text);
	char state[WORDS_SIZE], what[STEP_TARGET_SIZE + 64];

	is_back(step, look, state);
	if (!remains->count++)
		remains->why = *why;
	snprintf(remains->text + used, sizeof(remains->text) - used, "%s%s: '%.80s', was '%.80s'", used ? "; " : "",
		kind_describe(step->kind, step->target, what, sizeof(what)), state, step->from);
}

static void undo_one(const struct rollback *self, size_t i, struct look *look, struct remains *remains)
{
	const struct step *step = &self->entry->steps.step[i];
	const struct apply_listener *listener = self->listener;
	struct error why = { 0 };
	int ret = undo_step(self, step, look, &why);

	audit_step(self->audit, step, ret < 0 ? AUDIT_NOT_UNDONE : AUDIT_UNDONE, ret < 0 ? why.msg : NULL);
	if (ret < 0) {
		/* What it has done before it failed has to show. */
		refresh(self, look, NULL);
		add_remains(remains, step, look, &why);
		return;
	}
	self->mark[i] = JOURNAL_UNDONE;
	/* That it is undone shows in the host as well: the mark saves looking. */
	journal_mark(self->journal, i, 1, JOURNAL_UNDONE, NULL);
	if (listener && listener->tell)
		listener->tell(listener->context, APPLY_UNDONE, step, i + 1, self->entry->steps.count);
}

static int is_half_done(const struct remains *remains, struct error *err)
{
	fail_code(err, CODE_HALF_DONE, EIO, "not undone: %s: %.150s", remains->text, remains->why.msg);
	return fail_hint(err, "mend the cause, then 'sluice recover' tries again; 'sluice status' shows what is left");
}

int rollback_all(const struct rollback *self, struct error *err)
{
	struct remains remains = { 0 };
	struct look look;
	int ret = change_look_again(self->change, err);

	if (ret < 0)
		return ret;
	look_begin(&look, change_host(self->change));
	for (size_t i = self->entry->steps.count; i-- > 0;)
		if (self->mark[i] == JOURNAL_BEGUN || self->mark[i] == JOURNAL_DONE)
			undo_one(self, i, &look, &remains);
	look_end(&look);
	if (remains.count)
		return is_half_done(&remains, err);
	return journal_abandon(self->journal, self->entry, err);
}

static size_t count_done(const struct rollback *self)
{
	size_t count = 0;

	for (size_t i = 0; i < self->entry->steps.count; i++)
		count += self->mark[i] == JOURNAL_DONE;
	return count;
}

int rollback_failed(const struct rollback *self, struct error *err)
{
	size_t done = count_done(self);
	struct error second = { 0 };
	int ret = rollback_all(self, &second);

	if (ret >= 0) {
		if (done && code_info(err->code)->status != STATUS_ROLLED_BACK)
			err->code = CODE_ROLLED_BACK;
		else if (code_info(err->code)->status == STATUS_HALF_DONE)
			err->code = CODE_ROLLED_BACK;
		return -err->errnum;
	}
	err->code = CODE_HALF_DONE;
	fail_in(err, "%.250s; first", second.msg);
	return fail_hint(err, "%s", second.hint[0] ? second.hint : "'sluice recover' tries again");
}
