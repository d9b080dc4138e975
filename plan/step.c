// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of steps, and as JSON; see step.h. */
#include "plan/step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/kind.h"
#include "plan/words.h"

static void step_done(struct step *step)
{
	free(step->target);
	free(step->from);
	free(step->to);
	free(step->why);
}

void step_list_done(struct step_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		step_done(&list->step[i]);
	free(list->step);
	*list = (struct step_list){ 0 };
}

static int make_room(struct step_list *list, struct error *err)
{
	size_t room = list->room ? 2 * list->room : 16;
	struct step *all;

	if (list->count < list->room)
		return 0;
	if (room > STEP_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "a plan has at most %d steps", STEP_MAX);
	all = realloc(list->step, room * sizeof(*all));
	if (!all)
		return fail(err, ENOMEM, "make a plan");
	list->step = all;
	list->room = room;
	return 0;
}

int step_list_add(struct step_list *list, const struct kind *kind, const char *target, const char *from, const char *to,
	const char *why, struct error *err)
{
	struct step step = { .kind = kind };
	int ret = make_room(list, err);

	if (ret < 0)
		return ret;
	step.target = strdup(target);
	step.from = strdup(from);
	step.to = strdup(to);
	step.why = strdup(why);
	if (!step.target || !step.from || !step.to || !step.why) {
		step_done(&step);
		return fail(err, ENOMEM, "make a plan");
	}
	list->step[list->count++] = step;
	return 0;
}

int step_list_reverse(const struct step_list *list, struct step_list *ret_list, struct error *err)
{
	struct step_list back = { 0 };

	for (size_t i = list->count; i-- > 0;) {
		const struct step *step = &list->step[i];
		int ret = step_list_add(&back, step->kind, step->target, step->to, step->from, step->why, err);

		if (ret < 0) {
			step_list_done(&back);
			return ret;
		}
		back.step[back.count - 1].reboot = step->reboot;
	}
	*ret_list = back;
	return 0;
}

const struct step *step_list_find(const struct step_list *list, const struct kind *kind, const char *target)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->step[i].kind == kind && !strcmp(list->step[i].target, target))
			return &list->step[i];
	return NULL;
}

json_t *step_list_json(const struct step_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct step *step = &list->step[i];

		json_array_append_new(array,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "kind", step->kind->name, "target", step->target,
				"from", step->from, "to", step->to, "why", step->why, "reboot", step->reboot));
	}
	return array;
}

/* What goes to the kernel, to files and to terminals again: printable, and no longer than what was written. */
static const char *read_text(const json_t *object, const char *key, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strlen(text) >= size)
		return NULL;
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return NULL;
	return text;
}

static int read_step(const json_t *object, struct step_list *list, struct error *err)
{
	const char *target = read_text(object, "target", STEP_TARGET_SIZE);
	const char *from = read_text(object, "from", WORDS_SIZE);
	const char *to = read_text(object, "to", WORDS_SIZE);
	const char *why = read_text(object, "why", STEP_WHY_SIZE);
	const char *name = read_text(object, "kind", STEP_TARGET_SIZE);
	const struct kind *kind = name ? kind_find(name) : NULL;
	int ret;

	if (!kind || !target || !from || !to || !why)
		return fail_code(err, CODE_FAILED, EBADMSG, "step %zu makes no sense", list->count + 1);
	ret = step_list_add(list, kind, target, from, to, why, err);
	if (!ret)
		list->step[list->count - 1].reboot = json_is_true(json_object_get(object, "reboot"));
	return ret;
}

int step_list_from_json(const json_t *array, struct step_list *ret_list, struct error *err)
{
	struct step_list list = { 0 };
	int ret = 0;

	if (!json_is_array(array) || json_array_size(array) > STEP_MAX)
		return fail_code(err, CODE_FAILED, EBADMSG, "it has no list of steps");
	for (size_t i = 0; !ret && i < json_array_size(array); i++)
		ret = read_step(json_array_get(array, i), &list, err);
	if (ret < 0) {
		step_list_done(&list);
		return ret;
	}
	*ret_list = list;
	return 0;
}
