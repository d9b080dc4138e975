// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps as lines and as JSON; see plan_text.h. */
#include "cli/plan_text.h"

#include <string.h>

#include "base/text.h"
#include "cli/paragraph.h"
#include "plan/kind.h"

enum {
	TITLE_SIZE = 400,
	INDENT = 8,
};

/* What a step does to a thing. */
enum sort {
	SORT_ADD,
	SORT_CHANGE,
	SORT_REMOVE,
};

static bool is_nothing(const struct kind *kind, const char *state)
{
	return step_is_absent(state) || !strcmp(state, kind->nothing);
}

static enum sort sort_of(const struct step *step)
{
	if (is_nothing(step->kind, step->from))
		return SORT_ADD;
	return is_nothing(step->kind, step->to) ? SORT_REMOVE : SORT_CHANGE;
}

static const char *verb_of(const struct step *step)
{
	const char *const verbs[] = {
		[SORT_ADD] = step->kind->add,
		[SORT_CHANGE] = step->kind->alter,
		[SORT_REMOVE] = step->kind->remove,
	};

	return step_is_absent(step->to) ? "drop" : verbs[sort_of(step)];
}

/* "eth0 (0000:01:00.0)", "eth0/3"; what is no device as it is. */
static void name_target(const char *target, const struct host *host, char *buf, size_t size)
{
	const struct pci_device *device = NULL;
	struct pci_addr addr;
	unsigned int index = 0;
	bool is_vf = !look_parse_vf(target, &addr, &index);

	if (host && (is_vf || pci_addr_parse(target, &addr) >= 0))
		device = pci_inventory_find(&host->pci, addr);
	if (!device || !device->netdev_count)
		text_copy(buf, size, target);
	else if (is_vf)
		snprintf(buf, size, "%s/%u", device->netdevs[0].text, index);
	else
		snprintf(buf, size, "%s (%s)", device->netdevs[0].text, target);
}

const char *step_title(const struct step *step, const struct host *host, char *buf, size_t size)
{
	char target[160], what[240];

	name_target(step->target, host, target, sizeof(target));
	snprintf(buf, size, "%s %s", verb_of(step), kind_describe(step->kind, target, what, sizeof(what)));
	return buf;
}

static const char *shown(const char *state)
{
	return step_is_absent(state) ? "(goes with its PF's VFs)" : state[0] ? state : "(none)";
}

static void print_state(const struct cli *cli, const char *sign, const char *color, const char *state)
{
	fprintf(cli->out, "      %s%s%s", cli_color(cli->color, color), sign, cli_color_end(cli->color));
	paragraph_print(cli->out, shown(state), INDENT - 1, INDENT, paragraph_width(cli->out));
}

/* Behind the title where there is room, else as lines of a diff. */
static void print_states(const struct cli *cli, const struct step *step, size_t used)
{
	bool is_new = step_is_absent(step->from) || !step->from[0], goes = step_is_absent(step->to) || !step->to[0];
	size_t length = (is_new ? 0 : strlen(step->from) + strlen(" -> ")) + (goes ? 6 : strlen(step->to));

	if (used + length + 2 < paragraph_width(cli->out)) {
		if (goes)
			fprintf(cli->out, ": %s\n", shown(step->from));
		else
			fprintf(cli->out, ": %s%s%s\n", is_new ? "" : step->from, is_new ? "" : " -> ", step->to);
		return;
	}
	fputc('\n', cli->out);
	if (!is_new)
		print_state(cli, "-", "red", step->from);
	if (!goes)
		print_state(cli, "+", "green", step->to);
}

static void print_step(const struct cli *cli, const struct step *step, size_t number, const struct host *host)
{
	static const char signs[] = { [SORT_ADD] = '+', [SORT_CHANGE] = '~', [SORT_REMOVE] = '-' };
	static const char *const colors[] = { [SORT_ADD] = "green", [SORT_CHANGE] = "yellow", [SORT_REMOVE] = "red" };
	enum sort sort = sort_of(step);
	char title[TITLE_SIZE];

	step_title(step, host, title, sizeof(title));
	fprintf(cli->out, "%3zu %s%c%s %s", number, cli_color(cli->color, colors[sort]), signs[sort],
		cli_color_end(cli->color), title);
	print_states(cli, step, strlen(title) + 6);
	if (step->why[0] || step->reboot)
		fprintf(cli->out, "      %s%s%s%s%s\n", cli_color(cli->color, "dim"), step->why,
			step->why[0] && step->reboot ? ", " : "", step->reboot ? "waits for a reboot" : "",
			cli_color_end(cli->color));
}

/* How many steps from here on say what goes with VFs; they are told in one line. */
static size_t count_going(const struct plan *plan, size_t first)
{
	size_t count = 0;

	while (first + count < plan->steps.count && step_is_absent(plan->steps.step[first + count].to))
		count++;
	return count;
}

static void print_going(const struct cli *cli, const struct plan *plan, size_t first, size_t count)
{
	size_t drivers = 0, settings = 0;

	for (size_t i = first; i < first + count; i++) {
		drivers += plan->steps.step[i].kind == &kind_driver;
		settings += plan->steps.step[i].kind == &kind_vf;
	}
	fprintf(cli->out, "%3zu %s-%s ", first + 1, cli_color(cli->color, "red"), cli_color_end(cli->color));
	fprintf(cli->out, "drop what goes with the VFs: %zu driver%s, settings of %zu (to step %zu; -v: each)\n",
		drivers, drivers == 1 ? "" : "s", settings, first + count);
}

static void print_steps(const struct cli *cli, const struct plan *plan, const struct host *host)
{
	size_t going;

	for (size_t i = 0; i < plan->steps.count; i += going) {
		going = cli->verbose ? 0 : count_going(plan, i);
		if (going > 1)
			print_going(cli, plan, i, going);
		else
			print_step(cli, &plan->steps.step[i], i + 1, host);
		going = going ? going : 1;
	}
}

struct counts {
	size_t sort[3], reboot;
	const char *reboot_why; /* of the first */
};

static struct counts count(const struct plan *plan)
{
	struct counts counts = { .reboot_why = "" };

	for (size_t i = 0; i < plan->steps.count; i++) {
		const struct step *step = &plan->steps.step[i];

		counts.sort[sort_of(step)]++;
		if (step->reboot && !counts.reboot++)
			counts.reboot_why = step->why;
	}
	return counts;
}

void plan_print(const struct cli *cli, const struct plan *plan, const struct host *host)
{
	struct counts counts = count(plan);

	if (cli->json)
		return;
	if (!cli->quiet)
		print_steps(cli, plan, host);
	if (!plan->steps.count) {
		cli_say(cli, "nothing to do: the host is as the file says%s",
			plan->waiting ? ", once it has rebooted (REBOOT-NEEDED)" : "");
		return;
	}
	fprintf(cli->out, "%sPlan: %zu to add, %zu to change, %zu to remove.", cli->quiet ? "" : "\n",
		counts.sort[SORT_ADD], counts.sort[SORT_CHANGE], counts.sort[SORT_REMOVE]);
	if (counts.reboot)
		fprintf(cli->out, " A reboot is needed: %s", counts.reboot_why);
	fputc('\n', cli->out);
}

static json_t *state_json(const struct kind *kind, const char *state)
{
	return is_nothing(kind, state) && (step_is_absent(state) || !kind->nothing[0]) ? json_null() : json_text(state);
}

static json_t *step_json(const struct step *step, size_t number)
{
	const struct step back = { .kind = step->kind, .from = step->to, .to = step->from };
	char undo[WORDS_SIZE], what[240];

	snprintf(undo, sizeof(undo), "%s %s%s%.3000s", verb_of(&back),
		kind_describe(step->kind, step->target, what, sizeof(what)),
		is_nothing(step->kind, step->from) ? "" : ": ", is_nothing(step->kind, step->from) ? "" : step->from);
	return json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:b}", "n", (int)number, "verb", verb_of(step),
		"kind", step->kind->name, "target", step->target, "from", state_json(step->kind, step->from), "to",
		state_json(step->kind, step->to), "why", json_text(step->why), "undo", json_text(undo), "reboot",
		step->reboot);
}

void plan_add_json(json_t *object, const struct plan *plan)
{
	struct counts counts = count(plan);
	json_t *steps = json_array();

	for (size_t i = 0; i < plan->steps.count; i++)
		json_array_append_new(steps, step_json(&plan->steps.step[i], i + 1));
	json_object_set_new(object, "steps", steps);
	json_object_set_new(object, "summary",
		json_pack("{s:I, s:I, s:I, s:I, s:b}", "steps", (json_int_t)plan->steps.count, "add",
			(json_int_t)counts.sort[SORT_ADD], "change", (json_int_t)counts.sort[SORT_CHANGE], "remove",
			(json_int_t)counts.sort[SORT_REMOVE], "reboot", plan_waits(plan)));
}
