// SPDX-License-Identifier: GPL-2.0-or-later
/* The protections of a plan as a whole; see guard.h. Each transaction of assign/ has its own besides. */
#include "plan/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/uses.h"
#include "plan/kind.h"

/* The devices that steps take from this host. */
struct taken {
	const struct pci_device **device; /* owned */
	size_t count;
};

static bool is_of(const struct pci_addr *list, size_t count, const struct pci_device *device)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(list[i], device->addr) ||
			(device->is_vf && !pci_addr_compare(list[i], device->pf)))
			return true;
	return false;
}

static void add_once(struct taken *taken, const struct pci_device *device)
{
	for (size_t i = 0; i < taken->count; i++)
		if (taken->device[i] == device)
			return;
	taken->device[taken->count++] = device;
}

/* Those of the one purpose or the other: bound to something else, or their VFs made anew. */
static int find_taken(
	struct look *look, const struct step_list *steps, bool vfs, struct taken *ret_taken, struct error *err)
{
	struct taken taken = { .device = calloc(steps->count + 1, sizeof(*taken.device)) };

	if (!taken.device)
		return fail(err, ENOMEM, "judge a plan");
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->step[i];
		const struct pci_device *device = NULL;
		bool its_vfs = false;

		if (!step->kind->takes || step_is_absent(step->from) ||
			!step->kind->takes(look, step->target, step->from, step->to, &device, &its_vfs))
			continue;
		/* What goes with its PF's VFs is judged with them. */
		if (its_vfs == vfs && !step_is_absent(step->to))
			add_once(&taken, device);
	}
	*ret_taken = taken;
	return 0;
}

static int check_kept(const struct guard *guard, const struct taken *taken, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < taken->count; i++)
		if (is_of(guard->keep, guard->keep_count, taken->device[i])) {
			fail_code(err, CODE_WOULD_LOSE, EPERM, "the plan takes %s, which the file's policy keeps",
				pci_addr_text(taken->device[i]->addr, name));
			return fail_hint(err, "take it out of policy: keep:, or out of the rest of the file");
		}
	return 0;
}

/* How people know it, for the option. */
static const char *short_name(const struct pci_device *device, char buf[static PCI_ADDR_TEXT_SIZE])
{
	if (device->netdev_count)
		return device->netdevs[0].text;
	return device->block_count ? device->block_devices[0].text : pci_addr_text(device->addr, buf);
}

/* The device that a loss hangs off, or NULL where it was given up. */
static const struct pci_device *lost_with(const struct guard *guard, const struct impact *impact, uint32_t node)
{
	const struct impact_device *device = &impact->device[impact->node[node].device];

	return is_of(guard->lose, guard->lose_count, device->device) ? NULL : device->device;
}

static int refuse(const struct guard *guard, const struct impact *impact, struct error *err)
{
	char names[160] = "", verdict[400], name[PCI_ADDR_TEXT_SIZE];
	const struct pci_device *first = NULL, *last = NULL;

	for (size_t i = 0; i < impact->loss_count; i++) {
		const struct pci_device *device;

		if (impact->node[impact->loss[i]].severity != IMPACT_LOST)
			continue;
		device = lost_with(guard, impact, impact->loss[i]);
		if (!device || device == last)
			continue;
		first = first ? first : device;
		last = device;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), " --lose %s", short_name(device, name));
	}
	if (!first)
		return 0;
	impact_verdict(impact, verdict, sizeof(verdict));
	fail_code(err, CODE_WOULD_LOSE, EBUSY, "the plan takes %s: %s%s", short_name(first, name),
		impact->locked_out ? "the ssh session of this command goes with it. " : "", verdict);
	return fail_hint(err, "'sluice impact%s %s' shows it as a tree; who means it names what to lose:%s%s",
		impact->purpose == IMPACT_VFS ? " --for vfs" : "", short_name(first, name), names,
		impact->locked_out ? ", and 'apply --confirm SECONDS' undoes all when nobody can confirm" : "");
}

static int check_purpose(
	const struct guard *guard, struct look *look, const struct step_list *steps, bool vfs, struct error *err)
{
	struct taken taken = { 0 };
	struct impact impact = { 0 };
	int ret = find_taken(look, steps, vfs, &taken, err);

	if (!ret)
		ret = check_kept(guard, &taken, err);
	if (!ret && taken.count) {
		ret = guest_impact_read(
			look->host, taken.device, taken.count, vfs ? IMPACT_VFS : IMPACT_BIND, &impact, err);
		if (!ret) {
			ret = refuse(guard, &impact, err);
			impact_done(&impact);
		}
	}
	free(taken.device);
	return ret;
}

int guard_check(const struct guard *guard, struct look *look, const struct step_list *steps, struct error *err)
{
	int ret = check_purpose(guard, look, steps, true, err);

	return ret < 0 ? ret : check_purpose(guard, look, steps, false, err);
}
