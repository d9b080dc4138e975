// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who, beside root, may open a device's VFIO nodes, by the lease (assign/). The target is an address, or PF/INDEX; the
 * state a user's number, or "none". The device is with a driver of VFIO.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/assign.h"
#include "base/text.h"
#include "plan/kind.h"

static int look_user(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	const struct pci_device *device;
	struct lease lease;
	int ret = look_device(look, target, &device, err);

	if (ret < 0)
		return ret;
	if (lease_read(&look->host->root, device->addr, &lease, NULL) == 1 && lease.has_user)
		snprintf(state, WORDS_SIZE, "%u", lease.user);
	else
		text_copy(state, WORDS_SIZE, "none");
	return 0;
}

static int set_user(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	const struct pci_device *device = NULL;
	struct assign_wish wish = { .count = 1, .uid = -1 };
	uint64_t uid;
	struct look look;
	int ret;

	if (strcmp(state, "none") != 0 && text_to_u64(state, UINT32_MAX - 1, &uid) < 0)
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no user's number", state);
	look_begin(&look, change_host(doing->change));
	ret = look_device(&look, target, &device, err);
	look_end(&look);
	if (ret < 0)
		return ret;
	wish.addr = &device->addr;
	wish.driver = device->driver;
	if (strcmp(state, "none") != 0)
		wish.uid = (int64_t)uid;
	return assign_take_all(doing->change, &wish, err);
}

const struct kind kind_user = {
	.name = "user",
	.noun = "user of %t",
	.add = "give",
	.alter = "give",
	.remove = "take-back",
	.nothing = "none",
	.look = look_user,
	.is_device = true,
	.set = set_user,
};
