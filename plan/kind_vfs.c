// SPDX-License-Identifier: GPL-2.0-or-later
/* How many VFs a physical function has: sriov_numvfs, by assign/vfs.h. The target is the PF's address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/vfs.h"
#include "base/text.h"
#include "plan/kind.h"

static int find_pf(struct look *look, const char *target, const struct pci_device **ret_pf, struct error *err)
{
	int ret = look_device(look, target, ret_pf, err);

	if (ret < 0 || (*ret_pf)->sriov.capable)
		return ret;
	fail_code(err, CODE_NOT_A_PF, ENOENT, "%s cannot be split: it has no SR-IOV capability", target);
	return fail_hint(err, "`sluice vf list` shows the devices that can");
}

static int look_count(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	const struct pci_device *pf;
	int ret = find_pf(look, target, &pf, err);

	if (ret < 0)
		return ret;
	snprintf(state, WORDS_SIZE, "%u", pf->sriov.num_vfs);
	return 0;
}

static int set_count(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	const struct pci_device *pf;
	struct look look;
	uint64_t count;
	int ret;

	if (text_to_u64(state, UINT16_MAX, &count) < 0)
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no number of VFs", state);
	look_begin(&look, change_host(doing->change));
	ret = find_pf(&look, target, &pf, err);
	look_end(&look);
	if (ret < 0)
		return ret;
	if (!count)
		return vfs_destroy(doing->change, pf, doing->lose, doing->lose_count, err);
	return vfs_create(doing->change, pf, (unsigned int)count, err);
}

static bool takes_vfs(struct look *look, const char *target, const char *from, const char *to,
	const struct pci_device **ret_device, bool *ret_its_vfs)
{
	(void)to;
	*ret_its_vfs = true;
	return strcmp(from, "0") != 0 && !look_device(look, target, ret_device, NULL);
}

const struct kind kind_vfs = {
	.name = "vfs",
	.noun = "VFs of %t",
	.add = "create",
	.alter = "change",
	.remove = "destroy",
	.nothing = "0",
	.look = look_count,
	.is_device = true,
	.set = set_count,
	.takes = takes_vfs,
};
