// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of a VF (MAC, VLAN, …), by sriov/. The target is PF/INDEX; the state is a line of settings as
 * sriov/vf_text.h writes them, of which a file says some.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/lease.h"
#include "plan/kind.h"
#include "sriov/vf_target.h"
#include "sriov/vf_text.h"

#define NO_MAC "mac=00:00:00:00:00:00"

static int find_pf(struct look *look, const char *target, const struct pci_device **ret_pf, unsigned int *ret_index,
	struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	struct pci_addr addr;

	if (look_parse_vf(target, &addr, ret_index) < 0)
		return fail_code(err, CODE_NO_SUCH_VF, ENOENT, "'%s' is no VF: PF/INDEX", target);
	return look_device(look, pci_addr_text(addr, name), ret_pf, err);
}

static int look_settings(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	const struct vf_settings *settings;
	const struct pci_device *pf;
	struct vf_settings plain;
	unsigned int index;
	int ret = find_pf(look, target, &pf, &index, err);

	if (ret < 0)
		return ret;
	ret = look_vf_settings(look, pf, index, &settings, err);
	if (ret < 0)
		return ret;
	plain = *settings;
	plain.has_stats = false;
	vf_settings_to_text(&plain, state, WORDS_SIZE);
	return 0;
}

/*
 * Every word of it. No address is how a VF begins, and some drivers have no way back to that: whatever it has then will
 * do.
 */
static bool settings_fit(const char *wanted, const char *state)
{
	size_t length;

	for (const char *at = words_next(wanted, NULL, &length); at; at = words_next(wanted, at, &length)) {
		if (length == strlen(NO_MAC) && !memcmp(at, NO_MAC, length))
			continue;
		if (!words_have(state, at, length))
			return false;
	}
	return true;
}

/*
 * The VF's lease remembers what it was set to when it was taken, for its release. What is set by the file is not to be
 * undone by that.
 */
static int tell_lease(
	const struct change *change, struct pci_addr pf, unsigned int index, const char *state, struct error *err)
{
	char target[STEP_TARGET_SIZE], both[WORDS_SIZE];
	const struct pci_device *vf = NULL;
	struct lease lease;
	struct look look;
	int ret;

	look_begin(&look, change_host(change));
	ret = look_device(&look, look_vf_name(pf, index, target, sizeof(target)), &vf, NULL);
	look_end(&look);
	if (ret < 0 || lease_read(&change_host(change)->root, vf->addr, &lease, NULL) != 1 || !lease.vf_before[0])
		return 0;
	if (!words_merge(state, lease.vf_before, both, sizeof(both)) ||
		!text_copy(lease.vf_before, sizeof(lease.vf_before), both))
		return fail(err, E2BIG, "write the lease of %s", target);
	return lease_write(change_lock(change), &lease, err);
}

static int set_settings(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	const struct pci_device *pf = NULL;
	struct vf_settings settings;
	struct vf_target vf;
	unsigned int index = 0;
	struct look look;
	int ret;

	if (vf_settings_from_text(state, &settings) < 0)
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' are no settings of a VF", state);
	look_begin(&look, change_host(doing->change));
	ret = find_pf(&look, target, &pf, &index, err);
	look_end(&look);
	if (ret < 0)
		return ret;
	vf = (struct vf_target){ &change_host(doing->change)->root, pf, (int)index };
	/* Back to no address is a return; people cannot ask for it. */
	if (words_have(state, NO_MAC, strlen(NO_MAC)))
		ret = vf_target_restore(change_lock(doing->change), &vf, &settings, err);
	else
		ret = vf_target_write(change_lock(doing->change), &vf, &settings, err);
	return ret < 0 ? ret : tell_lease(doing->change, pf->addr, index, state, err);
}

const struct kind kind_vf = {
	.name = "vf",
	.noun = "settings of VF %t",
	.add = "set",
	.alter = "set",
	.remove = "drop",
	.nothing = "",
	.look = look_settings,
	.fits = settings_fit,
	.part = words_restrict,
	.is_partial = true,
	.set = set_settings,
};
