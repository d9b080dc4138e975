// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is not as the file says; see drift.h. Who changed a thing the kernel does not say: what is known is what sluice
 * set last, and which other programs are told to act on that device (distro/rival.h).
 */
#include "plan/drift.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "distro/rival.h"
#include "plan/kind.h"
#include "plan/prepare.h"

void drift_done(struct drift *drift)
{
	plan_done(&drift->plan);
	free(drift->item);
	*drift = (struct drift){ 0 };
}

/* The device that others would be told to act on: of a VF its PF. */
static bool device_of(const struct step *step, struct pci_addr *ret_addr)
{
	unsigned int index;

	return look_parse_vf(step->target, ret_addr, &index) >= 0 || pci_addr_parse(step->target, ret_addr) >= 0;
}

static void add_rival(const struct rivals *rivals, const struct step *step, char *who, size_t size)
{
	enum rival_aim aim = step->kind == &kind_driver ? RIVAL_DRIVER : RIVAL_VFS;
	const struct rival *rival = NULL;
	struct pci_addr addr;
	size_t used = strlen(who);

	if (!device_of(step, &addr))
		return;
	while ((rival = rival_next(rivals, rival, addr)) && rival->aim != aim)
		;
	if (rival && used < size)
		snprintf(who + used, size - used, "%s%s %s (%s)", used ? "; " : "", rival->name, rival->what,
			rival->file);
}

/* As sluice left it, it was as the file says today: then somebody else has changed it. */
static void add_history(const struct journal_entry *last, const struct step *step, char *who, size_t size)
{
	const struct step *done = NULL;

	for (size_t i = 0; i < last->steps.count; i++)
		if (last->steps.step[i].kind == step->kind && !strcmp(last->steps.step[i].target, step->target))
			done = &last->steps.step[i];
	if (!done || step_is_absent(done->to))
		return;
	snprintf(who, size, "%s set it to '%.80s' at %s; %s", last->user[0] ? last->user : "sluice", done->to,
		last->time,
		kind_fits(step->kind, done->to, step->from) ? "the file has changed since"
							    : "it was changed since, and not by sluice");
}

static int explain(const struct host *host, struct drift *drift, struct error *err)
{
	struct modprobe_conf conf = { 0 };
	struct rivals rivals = { 0 };
	struct journal_entry last = { 0 };
	int ret;

	drift->item = calloc(drift->plan.steps.count + 1, sizeof(*drift->item));
	if (!drift->item)
		return fail(err, ENOMEM, "compare file and host");
	ret = modprobe_conf_read(&host->root, &conf, err);
	if (!ret)
		ret = rivals_read(&host->root, &host->pci, &conf, &rivals, err);
	if (!ret)
		ret = journal_read(&host->root, 0, &last, err);
	for (size_t i = 0; ret >= 0 && i < drift->plan.steps.count; i++) {
		struct drift_item *item = &drift->item[i];

		item->step = &drift->plan.steps.step[i];
		add_history(&last, item->step, item->who, sizeof(item->who));
		add_rival(&rivals, item->step, item->who, sizeof(item->who));
	}
	journal_entry_done(&last);
	rivals_done(&rivals);
	modprobe_conf_done(&conf);
	return ret < 0 ? ret : 0;
}

/* Only root may look into the journal: for others there is an entry, or none. */
static enum drift_pending read_pending(const struct sysroot *root)
{
	struct journal_entry entry = { 0 };
	enum journal_mark *marks = NULL;
	enum drift_pending pending = DRIFT_BROKEN;

	if (!journal_is_pending(root))
		return DRIFT_SETTLED;
	if (journal_pending(root, &entry, &marks, NULL) == 1 && entry.complete && entry.confirm_seconds)
		pending = DRIFT_UNCONFIRMED;
	journal_entry_done(&entry);
	free(marks);
	return pending;
}

int drift_read(const struct host *host, const struct desired *desired, struct drift *ret_drift, struct error *err)
{
	struct drift drift = { .has_file = desired, .pending = read_pending(&host->root) };
	int ret = desired ? plan_prepare(host, desired, &drift.plan, err) : 0;

	if (!ret && drift.plan.steps.count)
		ret = explain(host, &drift, err);
	if (ret < 0) {
		drift_done(&drift);
		return ret;
	}
	*ret_drift = drift;
	return 0;
}
