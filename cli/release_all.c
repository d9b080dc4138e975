// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan back to how all was found, shown and done; see release_all.h. */
#include "cli/release_all.h"

#include "assign/guest_dir.h"
#include "base/cleanup.h"
#include "cli/apply_text.h"
#include "cli/plan_text.h"
#include "plan/audit.h"
#include "plan/prepare.h"

static int report(const struct cli *cli, const struct plan *plan, const struct apply_done *done, struct error *err)
{
	json_t *object;
	int ret = 0;

	cli_say(cli, "this host is as it was first found%s",
		done->reboot ? ", once it has rebooted (REBOOT-NEEDED)" : "");
	if (cli->json) {
		object = cli_json_new();
		plan_add_json(object, plan);
		json_object_set_new(object, "devices", json_array());
		ret = cli_json_print(cli, object, err);
	}
	return ret < 0 ? ret : done->reboot ? STATUS_REBOOT : STATUS_DONE;
}

int release_all(const struct cli *cli, const struct sysroot *root, const struct option_list *lose, struct error *err)
{
	cleanup_change struct change *change = NULL;
	cleanup(guard_done) struct guard guard = { 0 };
	cleanup(plan_done) struct plan plan = { 0 };
	struct teller teller = { .cli = cli };
	struct apply_done done = { 0 };
	char user[64];
	struct apply_how how = {
		.command = "release --all",
		.user = user,
		.listener = { .tell = teller_tell, .context = &teller },
		.forgets = true,
	};
	int ret = change_begin(root, &change, err);

	if (!ret)
		ret = plan_prepare_guard(change_host(change), NULL, lose->item, lose->count, &guard, err);
	if (!ret)
		ret = plan_prepare_release(change_host(change), &plan, err);
	if (ret < 0)
		return ret;
	how.guard = guard;
	how.forgets = plan.found.count > 0;
	audit_user(root, user, sizeof(user));
	plan_print(cli, &plan, change_host(change));
	ret = apply_plan(change, &plan, &how, &done, err);
	if (ret < 0)
		return ret;
	guest_dir_remove_all_stale(change_lock(change));
	return report(cli, &plan, &done, err);
}
