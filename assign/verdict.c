// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict on a device: a table of what can stand against giving it away, each row with what it stops and how it is
 * found. The rows of blocker_rule.c need a look at the device itself.
 */
#include "assign/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/blocker_rule.h"
#include "assign/clean.h"
#include "assign/reset.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/unconfined.h"

/* What nobody may miss in a refusal that has no room for everything. */
static bool is_dear(const struct pci_user *user)
{
	static const char *const kinds[] = { "ssh", "mount", "swap", "display", "console", "memory" };

	for (size_t i = 0; i < array_size(kinds); i++)
		if (!strcmp(user->kind, kinds[i]))
			return true;
	return false;
}

size_t verdict_name_users(const struct pci_users *users, char *buf, size_t size)
{
	const size_t room = sizeof("; and 18446744073709551615 more");
	size_t used = 0;
	size_t blockers = 0;
	size_t named = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < 2 * users->count; i++) {
		const struct pci_user *user = &users->user[i % users->count];
		const char *between = named ? "; " : "";

		if (user->severity != PCI_USER_BLOCKS || is_dear(user) != (i < users->count))
			continue;
		blockers++;
		if (used + strlen(between) + strlen(user->what) + room > size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", between, user->what);
		named++;
	}
	if (named < blockers)
		snprintf(buf + used, size - used, "%sand %zu more", named ? "; " : "", blockers - named);
	return blockers;
}

static bool find_iommu_off(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	(void)verdict;
	if (judge->host->iommu.translating)
		return false;
	snprintf(blocker->text, sizeof(blocker->text), "cannot be confined: no IOMMU is translating");
	return true;
}

/* VFIO refuses too, unless it was told not to mind. */
static bool find_no_remapping(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct iommu_host *iommu = &judge->host->iommu;

	(void)verdict;
	if (!iommu->translating || iommu->interrupt_remapping != IOMMU_NO)
		return false;
	if (iommu->unsafe_interrupts)
		blocker->stops &= ~(unsigned int)VERDICT_VMM;
	snprintf(blocker->text, sizeof(blocker->text),
		"could send this host any interrupt: the IOMMU does not remap interrupts (%.140s)", iommu->evidence);
	return true;
}

static bool find_bridge(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	(void)judge;
	if (!verdict->device->is_bridge)
		return false;
	snprintf(blocker->text, sizeof(blocker->text), "is a PCI bridge: other devices are reached through it");
	return true;
}

static bool find_use(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	static const char is[] = "is in use: ";

	(void)judge;
	if (verdict->owner == OWNER_GUEST) {
		snprintf(blocker->text, sizeof(blocker->text), "belongs to the running guest '%s'",
			verdict->owner_text + strlen("guest "));
		return true;
	}
	text_copy(blocker->text, sizeof(blocker->text), is);
	return verdict_name_users(&verdict->users, blocker->text + strlen(is), sizeof(blocker->text) - strlen(is)) > 0;
}

static int compare_lease(const void *key, const void *lease)
{
	return pci_addr_compare(*(const struct pci_addr *)key, ((const struct lease *)lease)->addr);
}

static const struct lease *find_lease(const struct judge *judge, struct pci_addr addr)
{
	if (!judge->lease_count)
		return NULL;
	return bsearch(&addr, judge->lease, judge->lease_count, sizeof(*judge->lease), compare_lease);
}

static bool find_other_card(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct lease *lease = find_lease(judge, verdict->device->addr);
	char was[96], is[96];

	if (!lease || lease_is_for(&judge->host->root, &judge->host->pci, lease, verdict->device, was, is, sizeof(was)))
		return false;
	snprintf(blocker->text, sizeof(blocker->text),
		"has a lease that is for another card: %.90s; now %.90s is there", was, is);
	return true;
}

static bool find_no_group(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	if (!judge->host->iommu.translating || verdict->device->iommu_group >= 0)
		return false;
	snprintf(blocker->text, sizeof(blocker->text), "is in no IOMMU group, so it cannot be confined");
	return true;
}

static bool find_unconfined(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	char node[64];

	if (verdict->device->iommu_group >= 0 || !pci_driver_is_vfio(verdict->device->driver) ||
		!iommu_unconfined_node(&judge->host->root, verdict->device->addr, node, sizeof(node)))
		return false;
	snprintf(blocker->text, sizeof(blocker->text),
		"has %s, which VFIO opens with no IOMMU: whoever has it has all of this host's memory", node);
	return true;
}

static bool find_foreign(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct pci_device *foreign = verdict->foreign;
	char name[PCI_ADDR_TEXT_SIZE];
	char more[32] = "";

	(void)judge;
	if (!foreign)
		return false;
	if (verdict->foreign_count > 1)
		snprintf(more, sizeof(more), " and %zu more", verdict->foreign_count - 1);
	snprintf(blocker->text, sizeof(blocker->text),
		"shares IOMMU group %d with what the host drives: %s (driver %s)%s", verdict->device->iommu_group,
		pci_addr_text(foreign->addr, name), foreign->driver, more);
	return true;
}

static bool find_no_reset(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	struct reset_plan plan;
	char how[RESET_TEXT_SIZE];

	reset_plan_read(
		&judge->host->root, &judge->host->pci, verdict->device, judge->given, judge->given_count, &plan);
	if (plan.kind != RESET_NONE)
		return false;
	if (!plan.other_count)
		snprintf(blocker->text, sizeof(blocker->text),
			"cannot be reset: what one guest leaves in it, the next one finds");
	else
		snprintf(blocker->text, sizeof(blocker->text), "cannot be reset alone: %.200s",
			reset_plan_text(&plan, how, sizeof(how)) + strlen("none for it alone: "));
	return true;
}

static bool find_unclean(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	struct unclean unclean;

	if (unclean_read(judge->host, verdict->device, &unclean) != 1)
		return false;
	snprintf(blocker->text, sizeof(blocker->text), "may still hold what guest '%s' left in it: %.128s",
		unclean.guest[0] ? unclean.guest : "?", unclean.why);
	return true;
}

/* In the order in which they are told: what concerns all devices of the host first. */
static const struct blocker_rule rules[] = {
	{ CODE_IOMMU_OFF, VERDICT_BIND | VERDICT_GUESTS, 0, find_iommu_off },
	{ CODE_IOMMU_NO_INTREMAP, VERDICT_GUESTS, 0, find_no_remapping },
	{ CODE_VFIO_NOIOMMU, VERDICT_BIND | VERDICT_GUESTS, 0, find_unconfined },
	{ CODE_DEV_IN_USE, VERDICT_ALL, 0, find_use },
	{ CODE_DEV_MOVED, VERDICT_ALL, 0, find_other_card },
	{ CODE_NO_GROUP, VERDICT_BIND | VERDICT_GUESTS, 0, find_no_group },
	{ CODE_GROUP_NOT_VIABLE, VERDICT_GUESTS, 0, find_foreign },
	{ CODE_VFIO_DENYLIST, VERDICT_BIND | VERDICT_GUESTS, 0, blocker_denylist },
	{ CODE_VF_TOKEN, VERDICT_RUN, 0, blocker_token },
	{ CODE_DEV_IOMMU_BYPASS, VERDICT_GUESTS, 0, blocker_bypass },
	{ CODE_NO_RESET, VERDICT_RUN, 0, find_no_reset },
	{ CODE_DEV_NOT_CLEAN, VERDICT_GUESTS, 0, find_unclean },
	{ CODE_DEV_LOST, VERDICT_ALL, RULE_COSTS, blocker_lost },
	{ CODE_DEV_BRIDGE, VERDICT_BIND | VERDICT_GUESTS, RULE_COSTS, blocker_header },
	{ CODE_DEV_POWER, VERDICT_BIND | VERDICT_GUESTS, RULE_COSTS, blocker_power },
	{ CODE_BAR_CONFLICT, VERDICT_GUESTS, RULE_COSTS, blocker_no_place },
	{ CODE_RESET_FAILED, VERDICT_GUESTS, RULE_COSTS, blocker_failed_reset },
	{ CODE_VF_OFFLINE, VERDICT_GUESTS, RULE_COSTS, blocker_offline },
	{ CODE_DEV_RESERVED_MEMORY, VERDICT_GUESTS, RULE_COSTS, blocker_reserved_memory },
};

static const struct blocker_rule bridge_rule = { CODE_DEV_BRIDGE, VERDICT_ALL, 0, find_bridge };

static int add_blocker(struct judge *judge, const struct blocker_rule *rule, struct verdict *verdict)
{
	struct blocker found = { .code = rule->code, .stops = rule->stops };
	struct blocker *all;

	if (!rule->find(judge, verdict, &found))
		return 0;
	all = realloc(verdict->blocker, (verdict->blocker_count + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[verdict->blocker_count++] = found;
	verdict->blocker = all;
	return 0;
}

static int find_blockers(struct judge *judge, struct verdict *verdict)
{
	verdict->all_asked = true;
	if (verdict->device->is_bridge)
		return add_blocker(judge, &bridge_rule, verdict);
	for (size_t i = 0; i < array_size(rules); i++) {
		bool hopeless = verdict_answer(verdict, VERDICT_RUN) == VERDICT_NO &&
				verdict_answer(verdict, VERDICT_VMM) == VERDICT_NO;
		int ret;

		if (rules[i].flags & RULE_COSTS && hopeless && !(judge->how & JUDGE_THOROUGHLY)) {
			verdict->all_asked = false;
			continue;
		}
		ret = add_blocker(judge, &rules[i], verdict);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void find_owner(const struct judge *judge, struct verdict *verdict)
{
	const struct pci_device *device = verdict->device;
	const struct lease *lease = find_lease(judge, device->addr);

	if (lease && lease->guest[0] && guest_is_alive(&judge->host->root, lease->guest)) {
		verdict->owner = OWNER_GUEST;
		snprintf(verdict->owner_text, sizeof(verdict->owner_text), "guest %s", lease->guest);
	} else if (lease && lease->bound) {
		verdict->owner = OWNER_OPERATOR;
		text_copy(verdict->owner_text, sizeof(verdict->owner_text), "operator");
	} else if (device->driver[0] && !pci_driver_is_vfio(device->driver)) {
		verdict->owner = OWNER_HOST;
		text_copy(verdict->owner_text, sizeof(verdict->owner_text), "host");
	}
}

/* What is behind a VMD is gone with the VMD's driver, so it does not stand against the VMD. */
static void find_foreigners(const struct judge *judge, struct verdict *verdict)
{
	const struct judged_group *group = judge_group(judge, verdict->device->iommu_group);
	bool behind = judge_is_behind_vmd(verdict->device);

	if (!group || !group->foreign_count)
		return;
	verdict->foreign_count =
		group->foreign_count - judge_is_foreign(judge, verdict->device) - (behind ? 0 : group->behind_count);
	for (size_t i = 0; verdict->foreign_count && !verdict->foreign && i < group->member_count; i++) {
		const struct pci_device *member = judge->member[group->first + i];

		if (member != verdict->device && judge_is_foreign(judge, member) &&
			(behind || !judge_is_behind_vmd(member)))
			verdict->foreign = member;
	}
}

int judge_users(struct judge *judge, const struct pci_device *device, struct pci_users *ret_users, struct error *err)
{
	const struct host *host = judge->host;
	int ret;

	if (!(judge->how & JUDGE_AFRESH))
		return host_users(host, device, ret_users, err);
	ret = judge->use ? 0 : use_graph_read(&host->root, &host->pci, &judge->use, err);
	return ret < 0 ? ret : use_graph_users(judge->use, device, ret_users, err);
}

int verdict_read(struct judge *judge, const struct pci_device *device, struct verdict *ret_verdict, struct error *err)
{
	struct verdict verdict = { .device = device };
	int ret = judge_users(judge, device, &verdict.users, err);

	if (ret < 0)
		return ret;
	find_owner(judge, &verdict);
	find_foreigners(judge, &verdict);
	ret = find_blockers(judge, &verdict);
	if (ret < 0) {
		verdict_done(&verdict);
		return fail(err, -ret, "judge a device");
	}
	*ret_verdict = verdict;
	return 0;
}

void verdict_done(struct verdict *verdict)
{
	if (!verdict)
		return;
	pci_users_done(&verdict->users);
	free(verdict->blocker);
	*verdict = (struct verdict){ 0 };
}

enum verdict_answer verdict_answer(const struct verdict *verdict, enum verdict_use use)
{
	enum verdict_answer answer = verdict->users.incomplete ? VERDICT_UNKNOWN : VERDICT_YES;

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		if (verdict->blocker[i].stops & use)
			return VERDICT_NO;
		if (verdict->blocker[i].doubts & use)
			answer = VERDICT_UNKNOWN;
	}
	return answer;
}

const struct blocker *verdict_find(const struct verdict *verdict, enum code code)
{
	for (size_t i = 0; i < verdict->blocker_count; i++)
		if (verdict->blocker[i].code == code)
			return &verdict->blocker[i];
	return NULL;
}
