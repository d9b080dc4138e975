// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans in files; see saved.h. */
#include "plan/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "pci/identity.h"
#include "plan/journal.h"
#include "plan/kind.h"
#include "wire/limits.h"

#define FORMAT "sluice plan"

static void put_json(json_t **value)
{
	json_decref(*value);
}

/* The function behind a target: of a VF its PF. */
static const struct pci_device *card_of(struct look *look, const char *target)
{
	const struct pci_device *device = NULL;
	char name[PCI_ADDR_TEXT_SIZE];
	struct pci_addr addr;
	unsigned int index;

	if (!look_parse_vf(target, &addr, &index))
		target = pci_addr_text(addr, name);
	return pci_addr_parse(target, &addr) < 0 || look_device(look, target, &device, NULL) < 0 ? NULL : device;
}

/* {address: identity} of all that the plan is about. */
static json_t *cards_json(const struct plan *plan, const struct host *host)
{
	const struct step_list *lists[] = { &plan->steps, &plan->looked };
	json_t *object = json_object();
	struct look look;

	look_begin(&look, host);
	for (size_t k = 0; k < array_size(lists); k++)
		for (size_t i = 0; i < lists[k]->count; i++) {
			const struct pci_device *card = card_of(&look, lists[k]->step[i].target);
			char name[PCI_ADDR_TEXT_SIZE], text[PCI_IDENTITY_TEXT_SIZE];
			struct pci_identity identity;

			if (!card || json_object_get(object, pci_addr_text(card->addr, name)))
				continue;
			pci_identity_read(&host->root, &host->pci, card, false, &identity);
			json_object_set_new(object, name, json_string(pci_identity_text(&identity, text)));
		}
	look_end(&look);
	return object;
}

char *saved_to_json(const struct plan *plan, const struct host *host)
{
	cleanup(put_json) json_t *object = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "format_version",
		"1.0", "what", FORMAT, "waiting", plan->waiting, "cards", cards_json(plan, host), "steps",
		step_list_json(&plan->steps), "looked", step_list_json(&plan->looked), "found",
		step_list_json(&plan->found), "found_after", step_list_json(&plan->found_after));

	return object ? json_dumps(object, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
}

/* Reading ---------------------------------------------------------------------------------------------------------- */

static int load(const char *path, json_t **ret_object, struct error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	json_error_t why;
	struct stat info;
	json_t *object;

	if (fd < 0 || fstat(fd, &info))
		return fail(err, errno, "read '%s'", path);
	if (!S_ISREG(info.st_mode) || info.st_size > LIMIT_JOURNAL_BYTES)
		return fail_code(err, CODE_CONFIG, EBADMSG, "'%s' is no plan", path);
	object = json_loadfd(fd, JSON_REJECT_DUPLICATES, &why);
	if (object && !strcmp(json_string_value(json_object_get(object, "what")) ?: "", FORMAT) &&
		text_starts_with(json_string_value(json_object_get(object, "format_version")) ?: "", "1.")) {
		*ret_object = object;
		return 0;
	}
	if (object)
		fail_code(err, CODE_CONFIG, EBADMSG, "'%s' is no plan", path);
	else
		fail_code(err, CODE_CONFIG, EBADMSG, "%s:%d:%d: %s", path, why.line, why.column, why.text);
	json_decref(object);
	return fail_hint(err, "'sluice plan -o %s' writes one", path);
}

static int stale(struct error *err)
{
	return fail_hint(err, "make the plan anew: 'sluice plan', and look at it again");
}

static int check_cards(const json_t *cards, const struct host *host, struct error *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach((json_t *)cards, name, value)
	{
		char now[PCI_IDENTITY_TEXT_SIZE] = "";
		const struct pci_device *device;
		struct pci_identity identity;
		struct pci_addr addr;

		device = pci_addr_parse(name, &addr) < 0 ? NULL : pci_inventory_find(&host->pci, addr);
		if (device) {
			pci_identity_read(&host->root, &host->pci, device, false, &identity);
			pci_identity_text(&identity, now);
		}
		if (strcmp(now, json_string_value(value) ?: "") != 0) {
			fail_code(err, CODE_PLAN_STALE, ESTALE, "at %.20s is another card than when the plan was made",
				name);
			return stale(err);
		}
	}
	return 0;
}

static int check_looked(const struct step_list *looked, const struct host *host, struct error *err)
{
	cleanup(look_end) struct look look;

	look_begin(&look, host);
	for (size_t i = 0; i < looked->count; i++) {
		const struct step *step = &looked->step[i];
		char state[WORDS_SIZE], part[WORDS_SIZE], what[STEP_TARGET_SIZE + 64];
		const char *seen = state;
		int ret = step->kind->look(&look, step->target, state, err);

		if (ret < 0)
			return ret;
		if (step->kind->part)
			seen = step->kind->part(state, step->to, part, sizeof(part));
		if (!strcmp(seen, step->from))
			continue;
		fail_code(err, CODE_PLAN_STALE, ESTALE, "%s: '%.120s', and '%.120s' when the plan was made",
			kind_describe(step->kind, step->target, what, sizeof(what)), seen, step->from);
		return stale(err);
	}
	return 0;
}

static bool same_lists(const struct step_list *one, const struct step_list *other)
{
	cleanup(put_json) json_t *a = step_list_json(one);
	cleanup(put_json) json_t *b = step_list_json(other);

	return json_equal(a, b);
}

/* Another plan was applied, or taken back, meanwhile: what is to be remembered is another thing. */
static int check_found(const struct step_list *found, const struct host *host, struct error *err)
{
	cleanup(step_list_done) struct step_list now = { 0 };
	int ret = journal_found(&host->root, &now, err);

	if (ret < 0 || same_lists(found, &now))
		return ret;
	fail_code(err, CODE_PLAN_STALE, ESTALE, "another plan was applied, or taken back, since this one was made");
	return stale(err);
}

static int take(const json_t *object, const struct host *host, struct plan *plan, struct error *err)
{
	const struct {
		const char *key;
		struct step_list *list;
	} lists[] = {
		{ "steps", &plan->steps },
		{ "looked", &plan->looked },
		{ "found", &plan->found },
		{ "found_after", &plan->found_after },
	};
	int ret = 0;

	plan->waiting = json_is_true(json_object_get(object, "waiting"));
	for (size_t i = 0; !ret && i < array_size(lists); i++)
		ret = step_list_from_json(json_object_get(object, lists[i].key), lists[i].list, err);
	if (!ret)
		ret = check_cards(json_object_get(object, "cards"), host, err);
	if (!ret)
		ret = check_looked(&plan->looked, host, err);
	return ret < 0 ? ret : check_found(&plan->found, host, err);
}

int saved_read(const char *path, const struct host *host, struct plan *ret_plan, struct error *err)
{
	cleanup(put_json) json_t *object = NULL;
	struct plan plan = { 0 };
	int ret = load(path, &object, err);

	if (!ret)
		ret = take(object, host, &plan, err);
	if (ret < 0) {
		plan_done(&plan);
		return ret;
	}
	*ret_plan = plan;
	return 0;
}
