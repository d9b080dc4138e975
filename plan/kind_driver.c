// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who drives a function, by the transactions of assign/. The target is an address, or PF/INDEX. The state is the
 * driver's name or "none"; a file may also want "vfio" (the best of VFIO) and "host" (whatever the kernel chooses).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assign/assign.h"
#include "plan/kind.h"

static int look_driver(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	const struct pci_device *device;
	int ret = look_device(look, target, &device, err);

	if (ret < 0)
		return ret;
	text_copy(state, WORDS_SIZE, device->driver[0] ? device->driver : "none");
	return 0;
}

static bool driver_fits(const char *wanted, const char *state)
{
	if (!strcmp(wanted, "vfio"))
		return pci_driver_is_vfio(state);
	if (!strcmp(wanted, "host"))
		return strcmp(state, "none") != 0 && !pci_driver_is_vfio(state);
	return !strcmp(wanted, state);
}

/*
 * Is giving the device back the way to that driver? So it is when the lease says that it had it, or when nothing is
 * written down of a device of VFIO's: a reboot since then has forgotten.
 */
static bool is_way_back(const struct sysroot *root, const struct pci_device *device, const char *state)
{
	const char *driver = strcmp(state, "none") ? state : "";
	struct lease lease;

	if (!strcmp(state, "host"))
		return true;
	if (lease_read(root, device->addr, &lease, NULL) == 1)
		return !strcmp(lease.before.driver, driver);
	return driver[0] && strcmp(state, "vfio") != 0 && !pci_driver_is_vfio(state) &&
	       pci_driver_is_vfio(device->driver);
}

static int take(
	const struct doing *doing, const struct pci_addr *addr, size_t count, const char *state, struct error *err)
{
	const struct assign_wish wish = {
		.addr = addr,
		.count = count,
		.driver = !strcmp(state, "vfio")   ? NULL
			  : !strcmp(state, "none") ? ""
						   : state,
		.uid = -1,
		.lose = doing->lose,
		.lose_count = doing->lose_count,
	};

	return assign_take_all(doing->change, &wish, err);
}

/* back: all of them may be given back for it. */
static int find_all(struct change *change, char *const *targets, size_t count, const char *state,
	struct pci_addr *ret_addr, bool *ret_back, struct error *err)
{
	struct look look;
	int ret = 0;

	*ret_back = true;
	look_begin(&look, change_host(change));
	for (size_t i = 0; i < count && !ret; i++) {
		const struct pci_device *device;

		ret = look_device(&look, targets[i], &device, err);
		if (!ret) {
			ret_addr[i] = device->addr;
			*ret_back = *ret_back && is_way_back(&change_host(change)->root, device, state);
		}
	}
	look_end(&look);
	return ret;
}

static bool all_have(const struct change *change, const struct pci_addr *addr, size_t count, const char *state)
{
	struct binding now;

	for (size_t i = 0; i < count; i++)
		if (binding_read(&change_host(change)->root, addr[i], &now, NULL) < 0 ||
			!driver_fits(state, now.driver[0] ? now.driver : "none"))
			return false;
	return true;
}

/* As it should be, and nothing is written down of them that would have to be given back. */
static bool are_untouched(const struct change *change, const struct pci_addr *addr, size_t count, const char *state)
{
	struct lease lease;

	if (!strcmp(state, "vfio") || pci_driver_is_vfio(state) || !all_have(change, addr, count, state))
		return false;
	for (size_t i = 0; i < count; i++)
		if (lease_read(&change_host(change)->root, addr[i], &lease, NULL))
			return false;
	return true;
}

/* To whatever the kernel chooses; the step is read back, which says who did not find a driver. */
static int offer(const struct doing *doing, const struct pci_addr *addr, size_t count, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++)
		ret = binding_offer(change_lock(doing->change), addr[i], err);
	return ret;
}

static int set_drivers(
	const struct doing *doing, char *const *targets, size_t count, const char *state, struct error *err)
{
	cleanup_free struct pci_addr *addr = calloc(count + 1, sizeof(*addr));
	cleanup_free enum assign_result *results = calloc(count + 1, sizeof(*results));
	bool back = false;
	int ret = addr && results ? find_all(doing->change, targets, count, state, addr, &back, err)
				  : fail(err, ENOMEM, "bind devices");

	if (ret < 0 || are_untouched(doing->change, addr, count, state))
		return ret;
	if (!back)
		return take(doing, addr, count, state, err);
	ret = assign_release_all(doing->change, addr, count, results, err);
	if (ret < 0 || all_have(doing->change, addr, count, state))
		return ret;
	return strcmp(state, "host") ? take(doing, addr, count, state, err) : offer(doing, addr, count, err);
}

static int set_driver(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	char *const targets[] = { (char *)target };

	return set_drivers(doing, targets, 1, state, err);
}

static bool takes_device(struct look *look, const char *target, const char *from, const char *to,
	const struct pci_device **ret_device, bool *ret_its_vfs)
{
	(void)to;
	*ret_its_vfs = false;
	return strcmp(from, "none") != 0 && !look_device(look, target, ret_device, NULL);
}

const struct kind kind_driver = {
	.name = "driver",
	.noun = "driver of %t",
	.add = "bind",
	.alter = "bind",
	.remove = "release",
	.nothing = "none",
	.look = look_driver,
	.fits = driver_fits,
	.is_device = true,
	.sets_again = true,
	.set = set_driver,
	.set_all = set_drivers,
	.takes = takes_device,
};
