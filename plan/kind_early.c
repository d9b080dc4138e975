// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices that are kept from their own driver from the initramfs on: lines of /etc/sluice/early.conf, which the hooks
 * of packaging/ put into it. The target is the device's place (pci/identity.h); the state what kind of device has to be
 * there, and the driver that it waits for: "8086:10c9 vfio-pci". Whatever else sits there at the next boot is left
 * alone.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "distro/initramfs.h"
#include "pci/identity.h"
#include "plan/drop_in.h"
#include "plan/kind.h"

static const struct drop_in early = {
	.dir = "etc/sluice",
	.name = "early.conf",
	.before = "",
	.between = " ",
	.after = "",
};

/* A shell that is root reads that file. */
static bool is_plain(const char *text, const char *also)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(also, *text))
			return false;
	return true;
}

static int check(const char *target, const char *state, struct error *err)
{
	if (!target[0] || !is_plain(target, ":/."))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no place of a device", target);
	if (!is_plain(state, ": _-"))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no kind of device and driver", state);
	return 0;
}

static int look_early(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	int ret = check(target, "", err);

	return ret < 0 ? ret : drop_in_read(&look->host->root, &early, target, state, err);
}

static int set_early(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	const struct host_lock *lock = change_lock(doing->change);
	int ret = check(target, state, err);

	if (ret < 0)
		return ret;
	if (state[0] && !initramfs_has_hook(host_lock_root(lock))) {
		fail_code(err, CODE_FAILED, EOPNOTSUPP,
			"this host's initramfs has no hook of sluice's, so that nothing can be "
			"kept from its driver early");
		return fail_hint(
			err, "sluice has hooks for initramfs-tools and dracut, in its package; or take out 'early'");
	}
	ret = drop_in_write(lock, &early, target, state, err);
	return ret < 0 ? ret : initramfs_refresh(host_lock_root(lock), err);
}

/* The function at a place, or NULL. */
static const struct pci_device *device_at(const struct look *look, const char *place)
{
	const struct pci_inventory *pci = &look->host->pci;
	char path[sizeof(((struct pci_identity *)NULL)->path)];

	for (size_t i = 0; i < pci->count; i++) {
		pci_identity_path(&look->host->root, &pci->devices[i], path, sizeof(path));
		if (!strcmp(path, place))
			return &pci->devices[i];
	}
	return NULL;
}

/* A device that is with no driver, or with VFIO's already, is as it will be after the next boot. */
static bool early_waits(struct look *look, const char *target, const char *from, const char *to)
{
	const struct pci_device *device = device_at(look, target);

	(void)from;
	return device && to[0] && device->driver[0] && !pci_driver_is_vfio(device->driver);
}

const struct kind kind_early = {
	.name = "early",
	.noun = "early driver",
	.add = "write",
	.alter = "write",
	.remove = "remove",
	.nothing = "",
	.look = look_early,
	.set = set_early,
	.sets_again = true,
	.waits = early_waits,
};
