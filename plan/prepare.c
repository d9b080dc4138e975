// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands about plans begin with; see prepare.h. */
#include "plan/prepare.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "plan/journal.h"
#include "plan/resolve.h"
#include "plan/wish.h"

int plan_prepare(const struct host *host, const struct desired *desired, struct plan *ret_plan, struct error *err)
{
	cleanup(step_list_done) struct step_list found = { 0 };
	cleanup(step_list_done) struct step_list wishes = { 0 };
	cleanup(look_end) struct look look;
	int ret;

	look_begin(&look, host);
	ret = journal_found(&host->root, &found, err);
	if (!ret)
		ret = wishes_make(desired, &look, &found, &wishes, err);
	return ret < 0 ? ret : plan_make(&look, &wishes, &found, ret_plan, err);
}

int plan_prepare_release(const struct host *host, struct plan *ret_plan, struct error *err)
{
	cleanup(step_list_done) struct step_list found = { 0 };
	cleanup(look_end) struct look look;
	int ret;

	look_begin(&look, host);
	ret = journal_found(&host->root, &found, err);
	return ret < 0 ? ret : plan_make_release(&look, &found, ret_plan, err);
}

void guard_done(struct guard *guard)
{
	free((void *)guard->lose);
	free((void *)guard->keep);
	*guard = (struct guard){ 0 };
}

static int find_lost(
	const struct host *host, const char *const *lose, size_t count, struct guard *guard, struct error *err)
{
	struct pci_addr *list = calloc(count + 1, sizeof(*list));

	if (!list)
		return fail(err, ENOMEM, "judge a plan");
	guard->lose = list;
	for (size_t i = 0; i < count; i++) {
		const struct pci_device *device;
		int ret = pci_select(&host->root, &host->pci, lose[i], &device, err);

		if (ret < 0)
			return ret;
		list[guard->lose_count++] = device->addr;
	}
	return 0;
}

/* A card that is not there needs no keeping. */
static int find_kept(const struct host *host, const struct desired *desired, struct guard *guard, struct error *err)
{
	struct pci_addr *list = calloc(desired->policy.keep_count + 1, sizeof(*list));

	if (!list)
		return fail(err, ENOMEM, "judge a plan");
	guard->keep = list;
	for (size_t i = 0; i < desired->policy.keep_count; i++) {
		const struct pci_device *device;

		if (resolve_alias(desired, desired->policy.keep[i].alias, host, &device, NULL) >= 0)
			list[guard->keep_count++] = device->addr;
	}
	return 0;
}

int plan_prepare_guard(const struct host *host, const struct desired *desired, const char *const *lose, size_t count,
	struct guard *ret_guard, struct error *err)
{
	struct guard guard = { 0 };
	int ret = find_lost(host, lose, count, &guard, err);

	if (!ret && desired)
		ret = find_kept(host, desired, &guard, err);
	if (ret < 0) {
		guard_done(&guard);
		return ret;
	}
	*ret_guard = guard;
	return 0;
}
