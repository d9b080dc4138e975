// SPDX-License-Identifier: GPL-2.0-or-later
/* The lock and the host that is read inside it; see change.h. */
#include "assign/change.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "sriov/autoprobe.h"

struct change {
	struct sysroot root;    /* that the lock refers to */
	struct host_lock *lock; /* owned */
	struct host host;
};

typedef int (*take_fn)(const struct sysroot *root, struct host_lock **ret_lock, struct error *err);

static int take_and_read(struct change *change, const struct sysroot *root, take_fn take, struct error *err)
{
	int ret = sysroot_copy(root, &change->root, err);

	if (ret < 0)
		return ret;
	ret = take(&change->root, &change->lock, err);
	if (ret < 0)
		return ret;
	autoprobe_recover(change->lock);
	return host_open_at(&change->host, &change->root, 0, err);
}

static int begin(const struct sysroot *root, take_fn take, struct change **ret_change, struct error *err)
{
	cleanup_change struct change *change = calloc(1, sizeof(*change));
	int ret;

	if (!change)
		return fail(err, ENOMEM, "begin a change");
	change->root.fd = -1;
	change->host.root.fd = -1;
	ret = take_and_read(change, root, take, err);
	if (ret < 0)
		return ret;
	*ret_change = take_ptr(change);
	return 0;
}

int change_begin(const struct sysroot *root, struct change **ret_change, struct error *err)
{
	return begin(root, host_lock_take, ret_change, err);
}

int change_begin_guests(const struct sysroot *root, struct change **ret_change, struct error *err)
{
	return begin(root, host_lock_take_guests, ret_change, err);
}

void change_end(struct change *change, struct host *ret_host)
{
	if (!change)
		return;
	host_lock_drop(change->lock);
	sysroot_close(&change->root);
	if (ret_host)
		*ret_host = change->host;
	else
		host_close(&change->host);
	free(change);
}

const struct host *change_host(const struct change *change)
{
	return &change->host;
}

const struct host_lock *change_lock(const struct change *change)
{
	return change->lock;
}

int change_look_again(struct change *change, struct error *err)
{
	return host_refresh(&change->host, err);
}
