// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bind and release with protection; see assign.h. Order of every change: check, lease, change, read back (in
 * assign/binding.c); of every return: change, read back, lease. So a lease can be too much, never too little.
 */
#include "assign/assign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assign/guest_dir.h"
#include "assign/verdict.h"
#include "base/cleanup.h"
#include "base/text.h"

static const char vfio_driver[] = "vfio-pci";

static int check_lease(const struct host *host, const struct pci_device *device, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char guest[GUEST_NAME_SIZE];

	if (!lease_guest(&host->root, device->addr, guest))
		return 0;
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s belongs to the running guest '%s'",
		pci_addr_text(device->addr, name), guest);
	return fail_hint(err, "end the guest first: sluice stop %s", guest);
}

static int check_card(
	const struct host *host, const struct pci_device *device, const struct lease *lease, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char was[128], is[128];

	if (lease_is_for(&host->root, &host->pci, lease, device, was, is, sizeof(was)))
		return 0;
	pci_addr_text(device->addr, name);
	fail_code(
		err, CODE_DEV_MOVED, ESTALE, "the lease of %s is for another card: %s; now %s is there", name, was, is);
	return fail_hint(err, "'sluice release --forget %s' drops the lease and leaves the card as it is", name);
}

static int check_users(const struct host *host, const struct pci_device *device, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char blockers[400];
	struct pci_users users = { 0 };
	size_t count;
	int ret = pci_users_read(&host->root, &host->pci, device, &users, err);

	if (ret < 0)
		return ret;
	count = verdict_name_users(&users, blockers, sizeof(blockers));
	pci_users_done(&users);
	if (!count)
		return 0;
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s is in use: %s", pci_addr_text(device->addr, name), blockers);
	return fail_hint(err,
		"stop that use first, or choose another device; 'sluice impact %s' shows all that hangs off it",
		pci_addr_text(device->addr, name));
}

/* Asked again by who is about to change the host, and the host is asked again who uses the device. */
int assign_check(const struct host *host, const struct pci_device *device, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	cleanup(verdict_done) struct verdict verdict = { 0 };
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	if (!ret)
		ret = verdict_read(&judge, device, &verdict, err);
	return ret < 0 ? ret : verdict_check(&judge, &verdict, VERDICT_TAKE, NULL, 0, err);
}

/* Vital product data are slow to read, and wanted only where nothing else tells the card from others. */
static void read_identity(const struct host *host, const struct pci_device *device, struct pci_identity *ret_identity)
{
	pci_identity_read(&host->root, &host->pci, device, false, ret_identity);
	if (!pci_identity_is_certain(ret_identity))
		pci_identity_read(&host->root, &host->pci, device, true, ret_identity);
}

/* The lease that is there, which knows what the device had in the beginning; else what it has now. */
static int begin_lease(
	const struct host *host, const struct pci_device *device, struct lease *ret_lease, struct error *err)
{
	struct lease lease = { .addr = device->addr };
	int ret = lease_read(&host->root, device->addr, &lease, err);

	if (ret == 1 || (ret < 0 && ret != -EBADMSG)) {
		if (ret == 1)
			*ret_lease = lease;
		return ret < 0 ? ret : 0;
	}
	lease = (struct lease){ .addr = device->addr };
	read_identity(host, device, &lease.identity);
	ret = binding_read(&host->root, device->addr, &lease.before, err);
	if (!ret)
		*ret_lease = lease;
	return ret;
}

int assign_take(const struct host *host, const struct pci_device *device, const char *driver, const char *guest,
	struct error *err)
{
	struct lease lease, old;
	struct binding ignored;
	int had = lease_read(&host->root, device->addr, &old, NULL);
	int ret = begin_lease(host, device, &lease, err);

	if (ret < 0)
		return ret;
	if (guest)
		text_copy(lease.guest, sizeof(lease.guest), guest);
	else
		lease.guest[0] = '\0';
	lease.bound = lease.bound || !guest;
	ret = lease_write(&host->root, &lease, err);
	if (ret < 0)
		return ret;
	ret = binding_set(&host->root, device->addr, driver, &ignored, err);
	/* Half done, or maybe done later by a driver that hangs, keeps its lease: `release` has to know what to give back. */
	if (ret < 0 && !(err && (err->code == CODE_HALF_DONE || err->code == CODE_DRIVER_STUCK))) {
		if (had == 1)
			lease_write(&host->root, &old, NULL);
		else
			lease_remove(&host->root, device->addr, NULL);
	}
	return ret;
}

static int restore(const struct host *host, const struct lease *lease, struct error *err)
{
	int ret = binding_restore(&host->root, lease->addr, &lease->before, err);

	return ret < 0 ? ret : lease_remove(&host->root, lease->addr, err);
}

int assign_end(const struct host *host, struct pci_addr addr, enum assign_result *ret_result, struct error *err)
{
	struct lease lease;
	int ret = lease_read(&host->root, addr, &lease, err);

	if (ret < 0)
		return ret;
	if (ret == 0) {
		*ret_result = ASSIGN_UNTOUCHED;
		return 0;
	}
	if (lease.bound) {
		lease.guest[0] = '\0';
		*ret_result = ASSIGN_STILL_BOUND;
		return lease_write(&host->root, &lease, err);
	}
	*ret_result = ASSIGN_RESTORED;
	return restore(host, &lease, err);
}

/* No driver and no override, then a probe: whatever the kernel would choose at boot. */
static int restore_kernels_choice(const struct host *host, struct pci_addr addr, struct error *err)
{
	const struct binding none = { .driver = "", .override = "" };
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = binding_restore(&host->root, addr, &none, err);

	if (ret < 0)
		return ret;
	ret = sysroot_write_text(&host->root, pci_addr_text(addr, name), "sys/bus/pci/drivers_probe");
	return ret < 0 ? fail(err, -ret, "probe drivers for %s", name) : 0;
}

static int release_without_lease(
	const struct host *host, const struct pci_device *device, enum assign_result *ret_result, struct error *err)
{
	struct binding now;
	int ret = binding_read(&host->root, device->addr, &now, err);

	if (ret < 0)
		return ret;
	if (strcmp(now.driver, vfio_driver) != 0 && strcmp(now.override, vfio_driver) != 0) {
		*ret_result = ASSIGN_UNTOUCHED;
		return 0;
	}
	*ret_result = ASSIGN_NO_LEASE;
	return restore_kernels_choice(host, device->addr, err);
}

/*
 * Somebody may still hold the device through VFIO. A sluice-vmm whose sluice was killed is just dying: give it the time.
 */
static int wait_unused(const struct host *host, const struct pci_device *device, bool dying, struct error *err)
{
	const struct timespec step = { .tv_nsec = 100 * 1000000L };
	int ret = check_users(host, device, err);

	for (int tries = 0; ret == -EBUSY && dying && tries < 50; tries++) {
		nanosleep(&step, NULL);
		ret = check_users(host, device, err);
	}
	return ret;
}

int assign_release(
	const struct host *host, const struct pci_device *device, enum assign_result *ret_result, struct error *err)
{
	struct lease lease = { 0 };
	int found = lease_read(&host->root, device->addr, &lease, err);
	int ret = check_lease(host, device, err);

	if (found < 0 && found != -EBADMSG)
		return found;
	if (!ret && found == 1)
		ret = check_card(host, device, &lease, err);
	if (!ret && !strcmp(device->driver, vfio_driver))
		ret = wait_unused(host, device, found == 1 && lease.guest[0], err);
	if (ret < 0)
		return ret;
	if (found == 1) {
		*ret_result = ASSIGN_RESTORED;
		ret = restore(host, &lease, err);
		if (!ret && lease.guest[0])
			guest_dir_remove_stale(&host->root, lease.guest);
		return ret;
	}
	ret = release_without_lease(host, device, ret_result, err);
	if (!ret && found < 0)
		ret = lease_remove(&host->root, device->addr, err);
	return ret;
}

int assign_forget(const struct host *host, struct pci_addr addr, struct error *err)
{
	const struct pci_device device = { .addr = addr };
	int ret = check_lease(host, &device, err);

	return ret < 0 ? ret : lease_remove(&host->root, addr, err);
}

int assign_chown_group(const struct host *host, int group, int64_t uid, struct error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "dev/vfio/%d", group);
	if (fchownat(host->root.fd, path, uid < 0 ? 0 : (uid_t)uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) ||
		fchmodat(host->root.fd, path, 0600, 0)) {
		fail(err, errno, "give /%s to user %lld", path, (long long)uid);
		return fail_hint(err, "the group's node appears when a device of it is bound to vfio-pci");
	}
	return 0;
}
