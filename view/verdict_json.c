// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict on a device for programs, and in a few words for tables. */
#include "view/verdict_json.h"

#include <stdio.h>

#include "assign/remedy.h"
#include "base/cleanup.h"
#include "view/view.h"

/* The names are docs/cli.md's. */
static const struct {
	enum verdict_use use;
	const char *name;
} uses[] = {
	{ VERDICT_TAKE, "take" },
	{ VERDICT_BIND, "bind" },
	{ VERDICT_RUN, "run" },
	{ VERDICT_VMM, "other-vmm" },
};

json_t *verdict_answer_json(const struct verdict *verdict, enum verdict_use use)
{
	enum verdict_answer answer = verdict_answer(verdict, use);

	return answer == VERDICT_UNKNOWN ? json_null() : json_boolean(answer == VERDICT_YES);
}

json_t *verdict_blockers_json(const struct verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->blocker_count; i++)
		if (verdict->blocker[i].stops & VERDICT_RUN)
			json_array_append_new(list, json_string(code_info(verdict->blocker[i].code)->name));
	return list;
}

static json_t *uses_json(unsigned int mask)
{
	json_t *list = json_array();

	for (size_t i = 0; i < array_size(uses); i++)
		if (mask & uses[i].use)
			json_array_append_new(list, json_string(uses[i].name));
	return list;
}

static void add_remedies(
	struct judge *judge, const struct verdict *verdict, const struct blocker *blocker, json_t *reason)
{
	struct remedy remedy[REMEDY_MAX];
	size_t count = remedies_find(judge, verdict, blocker, remedy, array_size(remedy));
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *targets;

		if (remedy[i].none) {
			json_object_set_new(reason, "no_remedy", json_text(remedy[i].text));
			continue;
		}
		targets = json_array();

		for (size_t k = 0; k < remedy[i].target_count; k++)
			json_array_append_new(targets, json_pci_addr(remedy[i].target[k]));
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "text", remedy[i].text, "command",
						    json_text(remedy[i].command), "targets", targets));
	}
	json_object_set_new(reason, "remedies", list);
}

json_t *verdict_reasons_json(struct judge *judge, const struct verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		const struct blocker *blocker = &verdict->blocker[i];
		json_t *reason = json_pack("{s:s, s:o, s:o, s:o}", "code", code_info(blocker->code)->name, "text",
			json_text(blocker->text), "stops", uses_json(blocker->stops), "may_stop",
			uses_json(blocker->doubts));

		if (judge)
			add_remedies(judge, verdict, blocker, reason);
		json_array_append_new(list, reason);
	}
	return list;
}

const char *verdict_word(const struct verdict *verdict)
{
	switch (verdict_answer(verdict, VERDICT_RUN)) {
	case VERDICT_YES:
		return "yes";
	case VERDICT_UNKNOWN:
		return "unknown";
	default:
		return verdict_answer(verdict, VERDICT_VMM) == VERDICT_NO ? "no" : "other VMM";
	}
}

void verdict_reason_text(const struct verdict *verdict, char *buf, size_t size)
{
	const struct blocker *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		const struct blocker *blocker = &verdict->blocker[i];

		if (!((blocker->stops | blocker->doubts) & VERDICT_RUN))
			continue;
		more += first != NULL;
		first = first ? first : blocker;
	}
	snprintf(buf, size, "%s", first ? code_info(first->code)->name : verdict->users.incomplete ? "NOT-ROOT" : "");
	if (more)
		snprintf(buf, size, "%s +%zu", code_info(first->code)->name, more);
}
