// SPDX-License-Identifier: GPL-2.0-or-later
/* `bind` and `release` as one call each; see request.h. */
#include "assign/request.h"

#include <errno.h>
#include <stdlib.h>

#include "assign/guest_dir.h"
#include "assign/pick.h"
#include "base/cleanup.h"

void request_done_free(struct request_done *done)
{
	host_close(&done->host);
	free(done->addr);
	free(done->result);
	*done = REQUEST_NOTHING_DONE;
}

static int make_room(struct request_done *done, size_t count, struct error *err)
{
	done->addr = calloc(count, sizeof(*done->addr));
	done->result = calloc(count, sizeof(*done->result));
	done->count = count;
	return done->addr && done->result ? 0 : fail(err, ENOMEM, "change devices");
}

static int select_all(const struct host *host, char *const *names, struct request_done *done, struct error *err)
{
	for (size_t i = 0; i < done->count; i++) {
		const struct pci_device *device;
		int ret = device_pick(host, names[i], done->addr, i, &device, err);

		if (ret < 0)
			return ret;
		done->addr[i] = device->addr;
		for (size_t k = 0; k < i; k++)
			if (!pci_addr_compare(done->addr[k], device->addr))
				return fail_code(err, CODE_USAGE, EINVAL, "'%s' and '%s' are the same device", names[k],
					names[i]);
	}
	return 0;
}

/* Leases alone, also of addresses where nothing is any more. */
static int select_addresses(const struct host *host, char *const *names, struct request_done *done, struct error *err)
{
	for (size_t i = 0; i < done->count; i++) {
		const struct pci_device *device;
		int ret;

		if (pci_addr_parse(names[i], &done->addr[i]) >= 0)
			continue;
		ret = pci_select(&host->root, &host->pci, names[i], &device, err);
		if (ret < 0)
			return ret;
		done->addr[i] = device->addr;
	}
	return 0;
}

void request_done_hand_over(struct change **change, struct request_done *done, struct request_done *ret_done)
{
	record_keep(*change, &done->record);
	change_end(take_ptr(*change), &done->host);
	*ret_done = *done;
	*done = REQUEST_NOTHING_DONE;
}

/* The same, of the host as it is now. */
static int hand_over(
	struct change **change, struct request_done *done, struct request_done *ret_done, struct error *err)
{
	int ret = change_look_again(*change, err);

	if (ret < 0)
		return ret;
	request_done_hand_over(change, done, ret_done);
	return 0;
}

/* Begin, and understand the names. */
static int begin(const struct sysroot *root, char *const *names, size_t count,
	int (*select)(const struct host *, char *const *, struct request_done *, struct error *),
	struct change **ret_change, struct request_done *done, struct error *err)
{
	int ret = make_room(done, count, err);

	if (ret < 0)
		return ret;
	ret = change_begin(root, ret_change, err);
	return ret < 0 ? ret : select(change_host(*ret_change), names, done, err);
}

static int select_unclean(
	const struct host *host, const struct request_bind *bind, struct pci_addr *ret_addrs, struct error *err)
{
	for (size_t i = 0; i < bind->unclean_count; i++) {
		const struct pci_device *device;
		int ret = pci_select(&host->root, &host->pci, bind->unclean[i], &device, err);

		if (ret < 0)
			return ret;
		ret_addrs[i] = device->addr;
	}
	return 0;
}

int request_bind(const struct sysroot *root, char *const *names, size_t count, const struct request_bind *bind,
	struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_free struct pci_addr *unclean = calloc(bind->unclean_count + 1, sizeof(*unclean));
	cleanup_change struct change *change = NULL;
	struct assign_wish wish = {
		.count = count,
		.driver = bind->driver,
		.unclean_ok = unclean,
		.unclean_ok_count = bind->unclean_count,
		.uid = bind->has_user ? (int64_t)bind->user : -1,
	};
	int ret = unclean ? begin(root, names, count, select_all, &change, &done, err)
			  : fail(err, ENOMEM, "bind devices");

	if (ret < 0)
		return ret;
	ret = select_unclean(change_host(change), bind, unclean, err);
	if (ret < 0)
		return ret;
	wish.addr = done.addr;
	ret = assign_take_all(change, &wish, err);
	return ret < 0 ? ret : hand_over(&change, &done, ret_done, err);
}

int request_release(
	const struct sysroot *root, char *const *names, size_t count, struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	int ret = begin(root, names, count, select_all, &change, &done, err);

	if (ret < 0)
		return ret;
	ret = assign_release_all(change, done.addr, count, done.result, err);
	if (ret < 0)
		return ret;
	/* A sluice that was killed before it took its first device has left no lease to find its guest by. */
	guest_dir_remove_all_stale(change_lock(change));
	return hand_over(&change, &done, ret_done, err);
}

int request_forget(
	const struct sysroot *root, char *const *names, size_t count, struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	int ret = begin(root, names, count, select_addresses, &change, &done, err);

	for (size_t i = 0; ret >= 0 && i < count; i++)
		ret = assign_forget(change, done.addr[i], err);
	return ret < 0 ? ret : hand_over(&change, &done, ret_done, err);
}
