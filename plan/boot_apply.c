// SPDX-License-Identifier: GPL-2.0-or-later
/* What a boot applies; see boot_apply.h. */
#include "plan/boot_apply.h"

#include <errno.h>

#include "base/cleanup.h"
#include "plan/config.h"
#include "plan/prepare.h"

static int refuse(struct error *err)
{
	fail_code(err, CODE_BOOT_REFUSED, EPERM,
		"the last boot that did what was applied was never found good, and there is none before it that was");
	return fail_hint(err, "'sluice plan' shows what would be done, 'sluice apply --confirm 60' does it");
}

/* Takes sources. A configuration that was good when it was applied may be bad for a newer sluice. */
static int load(struct source_list *sources, struct desired **ret_desired, struct error *err)
{
	cleanup(config_findings_done) struct config_findings findings = { 0 };

	return config_load_sources(sources, ret_desired, &findings, err);
}

static int apply(struct change *change, const struct desired *desired, const struct apply_how *asked, struct plan *plan,
	struct apply_done *ret_done, struct error *err)
{
	struct apply_how how = *asked;
	int ret = plan_prepare(change_host(change), desired, plan, err);

	if (!ret)
		ret = plan_prepare_guard(change_host(change), desired, NULL, 0, &how.guard, err);
	if (ret < 0)
		return ret;
	how.restores = true;
	ret = apply_plan(change, plan, &how, ret_done, err);
	guard_done(&how.guard);
	return ret;
}

int boot_apply(struct change *change, const struct apply_how *how, enum boot_choice *ret_choice, struct plan *ret_plan,
	struct apply_done *ret_done, struct error *err)
{
	cleanup_desired struct desired *desired = NULL;
	struct source_list *sources = NULL;
	int ret = boot_begin(change_lock(change), ret_choice, &sources, err);

	*ret_plan = (struct plan){ 0 };
	*ret_done = (struct apply_done){ .generation = 0 };
	if (ret < 0)
		return ret;
	if (*ret_choice == BOOT_REFUSED)
		return refuse(err);
	if (*ret_choice == BOOT_NOTHING)
		return 0;
	ret = load(sources, &desired, err);
	return ret < 0 ? ret : apply(change, desired, how, ret_plan, ret_done, err);
}
