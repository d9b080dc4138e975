// SPDX-License-Identifier: GPL-2.0-or-later
/* Wishes and host to steps; see diff.h. */
#include "plan/diff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "plan/diff_index.h"
#include "plan/kind.h"

/* What becomes of a PF's VFs. */
struct fate {
	struct pci_addr pf;
	bool are_new; /* made anew: nothing that there is now stays */
	bool go;      /* there are none afterwards */
	const char *why;
};

struct diff {
	struct look *look;
	const struct step_list *found;
	struct step_list wishes;                                /* with those for what is not wished any more */
	struct step_index found_index, wish_index, asked_index; /* asked: as the caller's wishes are */
	const char *why_back;                                   /* of what is not wished any more */
	size_t own_count;                                       /* of wishes: how many were asked for */
	struct fate *fate;                                      /* by PF; owned */
	size_t fate_count;
	struct plan plan;
};

void plan_done(struct plan *plan)
{
	step_list_done(&plan->steps);
	step_list_done(&plan->looked);
	step_list_done(&plan->found);
	step_list_done(&plan->found_after);
}

static void diff_done(struct diff *diff)
{
	step_list_done(&diff->wishes);
	step_index_done(&diff->found_index);
	step_index_done(&diff->wish_index);
	step_index_done(&diff->asked_index);
	free(diff->fate);
	plan_done(&diff->plan);
}

/* Wishes ----------------------------------------------------------------------------------------------------------- */

/* What is asked for; of what only part is (settings of a VF), the rest as it was first found. */
static int add_own_wish(struct diff *diff, const struct step *wish, struct error *err)
{
	const struct step *found = step_index_find(&diff->found_index, wish->kind, wish->target);
	char both[WORDS_SIZE];

	if (!found || !wish->kind->is_partial || !words_merge(wish->to, found->from, both, sizeof(both)))
		return step_list_add(&diff->wishes, wish->kind, wish->target, "", wish->to, wish->why, err);
	return step_list_add(&diff->wishes, wish->kind, wish->target, "", both, wish->why, err);
}

static int add_wishes(struct diff *diff, const struct step_list *wishes, struct error *err)
{
	int ret = step_index_make(&diff->asked_index, wishes, err);

	for (size_t i = 0; !ret && i < wishes->count; i++)
		ret = add_own_wish(diff, &wishes->step[i], err);
	diff->own_count = diff->wishes.count;
	for (size_t i = 0; !ret && i < diff->found->count; i++) {
		const struct step *found = &diff->found->step[i];

		if (!step_index_find(&diff->asked_index, found->kind, found->target))
			ret = step_list_add(
				&diff->wishes, found->kind, found->target, "", found->from, diff->why_back, err);
	}
	return ret < 0 ? ret : step_index_make(&diff->wish_index, &diff->wishes, err);
}

/* Fates ------------------------------------------------------------------------------------------------------------ */

static int add_fate(struct diff *diff, const struct step *wish, struct error *err)
{
	char state[WORDS_SIZE];
	struct pci_addr pf;
	int ret = kind_vfs.look(diff->look, wish->target, state, err);

	if (ret < 0)
		return ret;
	if (pci_addr_parse(wish->target, &pf) < 0 || !strcmp(state, wish->to))
		return 0;
	diff->fate[diff->fate_count++] = (struct fate){
		.pf = pf,
		.are_new = true,
		.go = !strcmp(wish->to, "0"),
		.why = wish->why,
	};
	return 0;
}

static int read_fates(struct diff *diff, struct error *err)
{
	int ret = 0;

	diff->fate = calloc(diff->wishes.count + 1, sizeof(*diff->fate));
	if (!diff->fate)
		return fail(err, ENOMEM, "make a plan");
	for (size_t i = 0; !ret && i < diff->wishes.count; i++)
		if (diff->wishes.step[i].kind == &kind_vfs)
			ret = add_fate(diff, &diff->wishes.step[i], err);
	return ret;
}

static const struct fate *fate_of(const struct diff *diff, struct pci_addr pf)
{
	for (size_t i = 0; i < diff->fate_count; i++)
		if (!pci_addr_compare(diff->fate[i].pf, pf))
			return &diff->fate[i];
	return NULL;
}

/* Of a target that is a VF; NULL for others, and where the VFs stay. */
static const struct fate *fate_of_target(const struct diff *diff, const char *target)
{
	struct pci_addr pf;
	unsigned int index;

	return look_parse_vf(target, &pf, &index) < 0 ? NULL : fate_of(diff, pf);
}

/* Steps ------------------------------------------------------------------------------------------------------------ */

static int add_step(struct diff *diff, const struct kind *kind, const char *target, const char *from, const char *to,
	const char *why, struct error *err)
{
	int ret = step_list_add(&diff->plan.steps, kind, target, from, to, why, err);

	if (!ret && kind->waits)
		diff->plan.steps.step[diff->plan.steps.count - 1].reboot = kind->waits(diff->look, target, from, to);
	return ret;
}

/* What a VF has, and goes with it; the way back gives it again. */
static int add_going(struct diff *diff, const char *target, const struct kind *kind, const char *why, struct error *err)
{
	char state[WORDS_SIZE];

	if (kind->look(diff->look, target, state, NULL) < 0 || !strcmp(state, kind->nothing))
		return 0;
	return add_step(diff, kind, target, state, STEP_ABSENT, why, err);
}

static int add_going_vfs(struct diff *diff, const struct fate *fate, struct error *err)
{
	static const struct kind *const of_vf[] = { &kind_user, &kind_driver, &kind_vf };
	const struct pci_device *pf = pci_inventory_find(&diff->look->host->pci, fate->pf);
	char target[STEP_TARGET_SIZE];
	int ret = 0;

	for (unsigned int i = 0; !ret && pf && i < pf->sriov.num_vfs; i++)
		for (size_t k = 0; !ret && k < array_size(of_vf); k++)
			ret = add_going(
				diff, look_vf_name(fate->pf, i, target, sizeof(target)), of_vf[k], fate->why, err);
	return ret;
}

static int add_counts(struct diff *diff, const struct step *wish, const char *state, struct error *err)
{
	int ret = 0;

	if (strcmp(state, "0") != 0)
		ret = add_step(diff, wish->kind, wish->target, state, "0", wish->why, err);
	if (!ret && strcmp(wish->to, "0") != 0)
		ret = add_step(diff, wish->kind, wish->target, "0", wish->to, wish->why, err);
	return ret;
}

static int note_looked(struct diff *diff, const struct step *wish, const char *state, struct error *err)
{
	return step_list_add(&diff->plan.looked, wish->kind, wish->target, state, wish->to, wish->why, err);
}

static int compare(struct diff *diff, const struct step *wish, bool is_own, struct error *err)
{
	const struct fate *fate = fate_of_target(diff, wish->target);
	char state[WORDS_SIZE], part[WORDS_SIZE];
	int ret;

	if (fate)
		return is_own ? add_step(diff, wish->kind, wish->target, STEP_ABSENT, wish->to, wish->why, err) : 0;
	ret = wish->kind->look(diff->look, wish->target, state, err);
	/* What is not there any more cannot go back to how it was. */
	if (ret == -ENOENT && !is_own)
		return 0;
	if (ret < 0)
		return ret;
	if (wish->kind->part)
		wish->kind->part(state, wish->to, part, sizeof(part));
	else
		text_copy(part, sizeof(part), state);
	ret = note_looked(diff, wish, part, err);
	if (ret < 0)
		return ret;
	if (kind_fits(wish->kind, wish->to, part)) {
		diff->plan.waiting |= wish->kind->waits && wish->kind->waits(diff->look, wish->target, part, part);
		return 0;
	}
	if (wish->kind == &kind_vfs)
		return add_counts(diff, wish, part, err);
	return add_step(diff, wish->kind, wish->target, part, wish->to, wish->why, err);
}

static int add_steps(struct diff *diff, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < diff->fate_count; i++)
		ret = add_going_vfs(diff, &diff->fate[i], err);
	for (size_t i = 0; !ret && i < diff->wishes.count; i++)
		ret = compare(diff, &diff->wishes.step[i], i < diff->own_count, err);
	return ret;
}

/* Order ------------------------------------------------------------------------------------------------------------ */

/*
 * What a VF has goes before the VFs, and these before others are made; a PF's own driver comes between, since only it
 * makes VFs. The rest in the order of kinds.
 */
static size_t phase_of(const struct step *step)
{
	const size_t first_device = kind_order(&kind_vfs);
	size_t order = kind_order(step->kind);

	if (order < first_device)
		return order;
	if (step_is_absent(step->to))
		return first_device + (step->kind == &kind_user ? 0 : step->kind == &kind_driver ? 1 : 2);
	if (step->kind == &kind_vfs)
		return first_device + (strcmp(step->to, "0") ? 5 : 3);
	if (step->kind == &kind_driver && !strchr(step->target, '/'))
		return first_device + 4;
	return first_device + 6 + order;
}

struct ordered {
	size_t phase, at;
};

static int compare_ordered(const void *one, const void *other)
{
	const struct ordered *a = one, *b = other;

	if (a->phase != b->phase)
		return a->phase < b->phase ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static int put_in_order(struct step_list *list, struct error *err)
{
	cleanup_free struct ordered *order = calloc(list->count + 1, sizeof(*order));
	struct step *sorted = calloc(list->count + 1, sizeof(*sorted));

	if (!order || !sorted) {
		free(sorted);
		return fail(err, ENOMEM, "make a plan");
	}
	for (size_t i = 0; i < list->count; i++)
		order[i] = (struct ordered){ phase_of(&list->step[i]), i };
	qsort(order, list->count, sizeof(*order), compare_ordered);
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = list->step[order[i].at];
	free(list->step);
	*list = (struct step_list){ .step = sorted, .count = list->count, .room = list->count + 1 };
	return 0;
}

/* What is found ---------------------------------------------------------------------------------------------------- */

static int copy_list(const struct step_list *from, struct step_list *to, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < from->count; i++)
		ret = step_list_add(to, from->step[i].kind, from->step[i].target, from->step[i].from, "", "", err);
	return ret;
}

/*
 * How the thing was first found stays known while the file speaks of it; what goes back is nobody's any more. Of
 * settings that is word by word.
 */
static int keep_found(struct diff *diff, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < diff->found->count; i++) {
		const struct step *found = &diff->found->step[i];
		const struct step *asked = step_index_find(&diff->asked_index, found->kind, found->target);
		char part[WORDS_SIZE];
		const char *state = found->from;

		if (!asked || fate_of_target(diff, found->target))
			continue;
		if (found->kind->is_partial)
			state = words_restrict(found->from, asked->to, part, sizeof(part));
		ret = step_list_add(&diff->plan.found_after, found->kind, found->target, state, "", "", err);
	}
	return ret;
}

/* How a step finds what it changes, added to what was known of it. */
static int note_one(struct diff *diff, const struct step *step, const struct step *asked, struct error *err)
{
	struct step_list *after = &diff->plan.found_after;
	struct step *known = (struct step *)step_list_find(after, step->kind, step->target);
	char part[WORDS_SIZE], both[WORDS_SIZE];
	char *copy;

	if (!step->kind->is_partial)
		return known ? 0 : step_list_add(after, step->kind, step->target, step->from, "", "", err);
	words_restrict(step->from, asked->to, part, sizeof(part));
	if (!known)
		return step_list_add(after, step->kind, step->target, part, "", "", err);
	copy = words_merge(known->from, part, both, sizeof(both)) ? strdup(both) : NULL;
	if (!copy)
		return fail(err, ENOMEM, "make a plan");
	free(known->from);
	known->from = copy;
	return 0;
}

/* And how that is found now which the plan changes for the first time. Fresh VFs show it when they are there. */
static int note_found(struct diff *diff, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < diff->plan.steps.count; i++) {
		const struct step *step = &diff->plan.steps.step[i];
		const struct step *asked = step_index_find(&diff->asked_index, step->kind, step->target);

		if (asked && !step_is_absent(step->from) && !step_is_absent(step->to))
			ret = note_one(diff, step, asked, err);
	}
	return ret;
}

static int make(struct diff *diff, const struct step_list *wishes, struct error *err)
{
	int ret = step_index_make(&diff->found_index, diff->found, err);

	if (!ret)
		ret = add_wishes(diff, wishes, err);
	if (!ret)
		ret = read_fates(diff, err);
	if (!ret)
		ret = add_steps(diff, err);
	if (!ret)
		ret = put_in_order(&diff->plan.steps, err);
	if (!ret)
		ret = copy_list(diff->found, &diff->plan.found, err);
	if (!ret)
		ret = keep_found(diff, err);
	return ret < 0 ? ret : note_found(diff, err);
}

static int make_because(struct look *look, const struct step_list *wishes, const struct step_list *found,
	const char *why_back, struct plan *ret_plan, struct error *err)
{
	cleanup(diff_done) struct diff diff = { .look = look, .found = found, .why_back = why_back };
	int ret = make(&diff, wishes, err);

	if (ret < 0)
		return ret;
	*ret_plan = diff.plan;
	diff.plan = (struct plan){ 0 };
	return 0;
}

int plan_make(struct look *look, const struct step_list *wishes, const struct step_list *found, struct plan *ret_plan,
	struct error *err)
{
	return make_because(look, wishes, found, "no longer in the file", ret_plan, err);
}

int plan_make_release(struct look *look, const struct step_list *found, struct plan *ret_plan, struct error *err)
{
	const struct step_list nothing = { 0 };

	return make_because(look, &nothing, found, "so it was first found", ret_plan, err);
}

bool plan_waits(const struct plan *plan)
{
	if (plan->waiting)
		return true;
	for (size_t i = 0; i < plan->steps.count; i++)
		if (plan->steps.step[i].reboot)
			return true;
	return false;
}
