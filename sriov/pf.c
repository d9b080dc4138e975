// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Splitting a physical function: sriov_numvfs, sriov_totalvfs, sriov_drivers_autoprobe and the virtfnN/physfn links
 * (Documentation/PCI/pci-iov-howto.rst, Documentation/ABI/testing/sysfs-bus-pci).
 *
 * The write to sriov_numvfs runs the PF's driver, which may take seconds or hang, so it has a deadline. Its errno tells
 * little: what it means here, and what the kernel logged meanwhile, goes into the error. Nobody is asked who uses the
 * VFs: the caller has done that.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/kmsg.h"
#include "os/timed_write.h"
#include "sriov/autoprobe.h"
#include "sriov/pf_rule.h"
#include "sriov/sriov.h"
#include "sriov/vf_place.h"

#define DEVICE "sys/bus/pci/devices/%s"

enum {
	NUMVFS_SECONDS = 120, /* 256 VFs of a slow card, a second for each disable, and then some */
	LINKS_SECONDS = 10,
	VF_MAX = 65535,
};

struct pf {
	const struct sysroot *root;
	const struct host_lock *lock; /* NULL: only looked at */
	struct kmsg *kmsg;            /* from the change's beginning on; NULL as lock */
	struct pci_addr addr;
	char name[PCI_ADDR_TEXT_SIZE];
	unsigned int total, now;
};

static int pf_look(struct pf *pf, const struct sysroot *root, struct pci_addr addr, struct error *err)
{
	uint64_t total;
	uint64_t now;

	*pf = (struct pf){ .root = root, .addr = addr };
	pci_addr_text(addr, pf->name);
	if (!sysroot_exists(root, DEVICE, pf->name))
		return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no PCI device at %s", pf->name);
	if (sysroot_read_u64(root, &total, DEVICE "/sriov_totalvfs", pf->name) < 0 ||
		sysroot_read_u64(root, &now, DEVICE "/sriov_numvfs", pf->name) < 0 || total > VF_MAX || now > VF_MAX) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s cannot be split: it has no SR-IOV capability", pf->name);
		return fail_hint(err, "`sluice vf list` shows the devices that can");
	}
	pf->total = (unsigned int)total;
	pf->now = (unsigned int)now;
	return 0;
}

static bool driver_of(const struct pf *pf, char *driver, size_t size)
{
	return sysroot_read_link_name(pf->root, driver, size, DEVICE "/driver", pf->name) == 0;
}

static int check_count(const struct pf *pf, unsigned int count, struct error *err)
{
	char driver[64];

	if (!count) {
		fail_code(err, CODE_USAGE, EINVAL, "0 is no number of VFs to create");
		return fail_hint(err, "`sluice vf destroy %s` removes the VFs", pf->name);
	}
	if (count > pf->total) {
		fail_code(err, CODE_VF_TOO_MANY, ERANGE, "%s offers %u VFs at the most, not %u", pf->name, pf->total,
			count);
		return fail_hint(err, "ask for 1 to %u", pf->total);
	}
	if (pf->now && pf->now != count) {
		fail_code(err, CODE_VF_BUSY, EBUSY, "%s has %u VFs already: their number can only change through none",
			pf->name, pf->now);
		return fail_hint(
			err, "`sluice vf destroy %s` first, which takes the VFs from whoever uses them", pf->name);
	}
	if (!driver_of(pf, driver, sizeof(driver))) {
		fail_code(
			err, CODE_VF_NO_DRIVER, ENOENT, "%s has no driver, and only its driver can split it", pf->name);
		return fail_hint(err, "`sluice release %s` gives it the kernel's driver", pf->name);
	}
	return 0;
}

/* What the errno of a write to sriov_numvfs means. */
static const struct {
	int errnum;
	enum code code;
	const char *text, *hint;
} numvfs_errors[] = {
	{ ENOMEM, CODE_VF_NOMEM,
		"no room for the VFs' registers in the address windows of the bridges above it, or no bus numbers for "
		"the VFs",
		"`sluice doctor` tells the two apart (VF-NOMEM, VF-BUS-RANGE); registers: 'Above 4G decoding' and "
		"SR-IOV in the firmware, or pci=realloc; bus numbers: ARI in the firmware; or ask for fewer" },
	{ ENOSPC, CODE_VF_NOSPC, "no bus numbers, or no interrupt vectors, are left for so many VFs",
		"ask for fewer; ARI in the firmware gives bus numbers (so does pci=assign-busses, which renumbers "
		"buses and with them renames interfaces like enp3s0); unloading the card's RDMA driver gives vectors" },
	{ ENOENT, CODE_VF_NO_DRIVER, "its driver cannot split it",
		"only the card's own driver can: `sluice release` gives the physical function back to it; or load the "
		"vendor's, or a newer one" },
	{ ERANGE, CODE_VF_TOO_MANY, "its driver allows fewer VFs", "ask for fewer" },
	{ EBUSY, CODE_VF_BUSY, "VFs exist already, or the driver is in the middle of something",
		"look again with `sluice vf list`" },
	{ EINVAL, CODE_FAILED, "its driver refuses this in its present state",
		"some drivers want the link up first (`ip link set DEV up`), or another eswitch mode (`devlink dev "
		"eswitch show`)" },
	{ EOPNOTSUPP, CODE_FAILED, "its driver makes no VFs in its present state",
		"ice: without its DDP package it is in Safe Mode (package linux-firmware: intel/ice/ddp/ice.pkg); "
		"others: the "
		"card's or driver's mode (eswitch, partitioning) has no VFs" },
	{ EPERM, CODE_FAILED, "not permitted", "run as root; a locked-down kernel may forbid it" },
	{ EACCES, CODE_NOT_ROOT, "not permitted", "run as root" },
};

/*
 * Errors of the kernel's sriov_enable() (drivers/pci/iov.c) that may be about addresses; it has one for several causes.
 */
static bool may_be_place(int errnum)
{
	return errnum == ENOMEM || errnum == ENOSPC || errnum == EIO || errnum == EINVAL;
}

/* True when count VFs have no bus number, or none that the port above reaches: then *err says so. */
static bool explain_place(
	const struct pf *pf, const struct pci_device *device, unsigned int count, const char *log, struct error *err)
{
	cleanup(pci_inventory_done) struct pci_inventory inventory = { 0 };
	struct pci_device card = *device;
	struct vf_place place;
	char cause[160], ways[512];
	bool no_bus;

	card.sriov.total_vfs = (uint16_t)pf->total;
	if (!vf_place_read(pf->root, &card, &place) || count <= place.reached ||
		pci_inventory_read(pf->root, 0, &inventory, NULL) < 0)
		return false;
	no_bus = count > place.fit;
	vf_place_cause(&place, &card, cause, sizeof(cause));
	fail_code(err, no_bus ? CODE_VF_BUS_RANGE : CODE_VF_NO_ARI, ENOMEM, "%s: %u of %u VFs %s%s%s%s%s%s", pf->name,
		no_bus ? place.fit : place.reached, count,
		no_bus ? "have a bus number behind the port above" : "can be reached", cause[0] ? "; " : "", cause,
		log[0] ? " (kernel: " : "", log, log[0] ? ")" : "");
	fail_hint(err, "%s", vf_place_ways(pf->root, &inventory, &card, &place, ways, sizeof(ways)));
	return true;
}

static int explain_numvfs(
	const struct pf *pf, const struct pci_device *device, unsigned int count, int errnum, struct error *err)
{
	char log[256], driver[64];
	size_t i = 0;

	if (!driver_of(pf, driver, sizeof(driver)))
		text_copy(driver, sizeof(driver), "no driver");
	kmsg_about(pf->kmsg, pf->name, log, sizeof(log));
	if (count && may_be_place(errnum) && explain_place(pf, device, count, log, err))
		return -errnum;
	while (i < array_size(numvfs_errors) && numvfs_errors[i].errnum != errnum)
		i++;
	if (i == array_size(numvfs_errors)) {
		fail_code(err, CODE_FAILED, errnum, "%s (%s): setting the number of VFs to %u: %s%s%s%s", pf->name,
			driver, count, strerror(errnum), log[0] ? " (kernel: " : "", log, log[0] ? ")" : "");
		return fail_hint(err, "%s`sluice doctor %s` looks for what keeps a card from being split",
			log[0] ? "" : "the kernel gives no reason; ", pf->name);
	}
	fail_code(err, numvfs_errors[i].code, errnum, "%s (%s): setting the number of VFs to %u: %s%s%s%s", pf->name,
		driver, count, numvfs_errors[i].text, log[0] ? " (kernel: " : "", log, log[0] ? ")" : "");
	return fail_hint(err, "%s", numvfs_errors[i].hint);
}

/* The PF's switch for drivers of new VFs, when it is on and has to be off; what it is was written down. 1: so it is. */
static int silence_drivers(const struct pf *pf, unsigned int count, struct error *err)
{
	uint64_t probing = 0;
	int ret;

	if (count)
		sysroot_read_u64(pf->root, &probing, DEVICE "/sriov_drivers_autoprobe", pf->name);
	if (!probing)
		return 0;
	ret = autoprobe_note(pf->lock, pf->addr, err);
	return ret < 0 ? ret : 1;
}

/*
 * Drivers stay away while VFs are made. The switch for that is the PF's and goes back to what it was whatever happens:
 * by the writing process when only this program dies, by the next sluice (autoprobe.h) when both do.
 */
static int write_numvfs(const struct pf *pf, unsigned int count, bool silent)
{
	char numvfs[64];
	char autoprobe[64];
	char text[16];
	struct timed_write writes[3];
	size_t used = 0;
	int ret;

	snprintf(text, sizeof(text), "%u", count);
	snprintf(numvfs, sizeof(numvfs), DEVICE "/sriov_numvfs", pf->name);
	snprintf(autoprobe, sizeof(autoprobe), DEVICE "/sriov_drivers_autoprobe", pf->name);
	if (silent)
		writes[used++] = (struct timed_write){ .path = autoprobe, .text = "0" };
	writes[used++] = (struct timed_write){ .path = numvfs, .text = text };
	if (silent)
		writes[used++] = (struct timed_write){ .path = autoprobe, .text = "1", .always = true };
	ret = sysroot_write_timed_all(pf->root, writes, used, NUMVFS_SECONDS);
	/* The child that hangs was killed, and will not come to its last write. */
	if (ret == -ETIMEDOUT && silent)
		sysroot_write_text(pf->root, "1", "%s", autoprobe);
	if (silent)
		autoprobe_settle(pf->lock, pf->addr);
	return ret;
}

static int set_numvfs(const struct pf *pf, const struct pci_device *device, unsigned int count, struct error *err)
{
	int silent = silence_drivers(pf, count, err);
	char told[256];
	int ret;

	if (silent < 0)
		return silent;
	ret = write_numvfs(pf, count, silent);
	if (!ret)
		return 0;
	if (ret != -ETIMEDOUT) {
		explain_numvfs(pf, device, count, -ret, err);
		return ret;
	}
	fail_code(err, CODE_DRIVER_STUCK, ETIMEDOUT, "%s: its driver has not set the number of VFs to %u within %d s",
		pf->name, count, NUMVFS_SECONDS);
	fail_hint(err,
		"the driver or the card's firmware hangs, or somebody holds a VF; %s; after two minutes `dmesg | grep "
		"-A 15 "
		"'blocked for more than'` shows where it hangs; the host may have to be rebooted",
		kmsg_tell(pf->kmsg, pf->name, told, sizeof(told)));
	return ret;
}

static bool vf_is_complete(const struct pf *pf, unsigned int index)
{
	char vf[64];
	char back[64];

	return !sysroot_read_link_name(pf->root, vf, sizeof(vf), DEVICE "/virtfn%u", pf->name, index) &&
	       !sysroot_read_link_name(pf->root, back, sizeof(back), DEVICE "/physfn", vf) && !strcmp(back, pf->name);
}

static unsigned int count_complete(const struct pf *pf, unsigned int count)
{
	unsigned int complete = 0;

	while (complete < count && vf_is_complete(pf, complete))
		complete++;
	return complete;
}

/* VFs appear one after the other, some drivers make them after the write has returned. */
static int wait_links(const struct pf *pf, unsigned int count, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	unsigned int complete = 0;
	char told[256];

	for (int tries = 0; tries < LINKS_SECONDS * 50; tries++) {
		complete = count_complete(pf, count);
		if (complete == count)
			return 0;
		nanosleep(&pause, NULL);
	}
	fail_code(err, CODE_FAILED, ETIMEDOUT, "%s: VF %u of %u has not appeared within %d s", pf->name, complete,
		count, LINKS_SECONDS);
	fail_hint(err, "%s; try fewer VFs", kmsg_tell(pf->kmsg, pf->name, told, sizeof(told)));
	return -ETIMEDOUT;
}

/* A write that failed may have left some; only what this call made is undone. Keeps the first error. */
static void undo_create(const struct pf *pf, const struct pci_device *device, struct error *err)
{
	struct error second = { 0 };
	uint64_t now = 0;

	if (!sysroot_read_u64(pf->root, &now, DEVICE "/sriov_numvfs", pf->name) && !now)
		return;
	if (set_numvfs(pf, device, 0, &second) < 0 && err) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "the VFs that were made could not be removed: %s", second.msg);
	}
}

static int make_vfs(const struct pf *pf, const struct pci_device *device, unsigned int count, struct error *err)
{
	int ret = set_numvfs(pf, device, count, err);

	/* A driver that hangs holds the lock that the undoing needs. */
	if (ret == -ETIMEDOUT)
		return ret;
	if (!ret)
		ret = wait_links(pf, count, err);
	if (ret < 0)
		undo_create(pf, device, err);
	return ret;
}

/* Drivers that do not make VFs through sriov_numvfs are not asked to: their answer would tell nothing. */
static int check_rule(const struct pf *pf, const struct pci_device *device, struct error *err)
{
	struct pf_rule_finding finding;

	if (pf_rule_check(pf->root, device, &finding) != 1 || !finding.never)
		return 0;
	fail_code(err, CODE_PF_RULE, EOPNOTSUPP, "%s: its driver %s %s", pf->name, device->driver, finding.says);
	return fail_hint(err, "%s", finding.fix);
}

/* As pf_look(), for a change: what the kernel logs from now on is heard. The caller closes *kmsg. */
static int pf_begin(
	struct pf *pf, const struct host_lock *lock, struct pci_addr addr, struct kmsg *kmsg, struct error *err)
{
	int ret = pf_look(pf, host_lock_root(lock), addr, err);

	pf->lock = lock;
	pf->kmsg = kmsg;
	kmsg_open(kmsg, pf->root, true);
	return ret;
}

int pf_create_vfs(const struct host_lock *lock, const struct pci_device *pf, unsigned int count, struct error *err)
{
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	struct pf here;
	int ret = pf_begin(&here, lock, pf->addr, &kmsg, err);

	if (!ret)
		ret = check_count(&here, count, err);
	if (!ret && here.now != count)
		ret = check_rule(&here, pf, err);
	if (ret < 0)
		return ret;
	if (here.now == count)
		return wait_links(&here, count, err);
	return make_vfs(&here, pf, count, err);
}

int pf_destroy_vfs(const struct host_lock *lock, const struct pci_device *pf, struct error *err)
{
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	struct pf here;
	char told[256];
	uint64_t left = 0;
	int ret = pf_begin(&here, lock, pf->addr, &kmsg, err);

	if (ret < 0 || !here.now)
		return ret;
	ret = set_numvfs(&here, pf, 0, err);
	if (ret < 0)
		return ret;
	if (!sysroot_read_u64(here.root, &left, DEVICE "/sriov_numvfs", here.name) && left) {
		fail_code(err, CODE_VF_BUSY, EBUSY, "%s still has %u VFs: its driver kept them", here.name,
			(unsigned int)left);
		return fail_hint(err, "somebody uses one of them: `sluice impact %s` lists users; %s", here.name,
			kmsg_tell(&kmsg, here.name, told, sizeof(told)));
	}
	return 0;
}
