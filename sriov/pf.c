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
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/kmsg.h"
#include "os/timed_write.h"
#include "sriov/autoprobe.h"
#include "sriov/pf_errno.h"
#include "sriov/pf_rule.h"
#include "sriov/sriov.h"

#define DEVICE "sys/bus/pci/devices/%s"

enum {
	NUMVFS_SECONDS = 120, /* 256 VFs of a slow card, a second for each disable, and then some */
	LINKS_MS = 10000,
	VF_MAX = 65535,
};

struct pf {
	const struct sysroot *root;
	const struct host_lock *lock; /* NULL: only looked at */
	const struct pci_device *device;
	struct kmsg kmsg; /* from the change's beginning on */
	struct pci_addr addr;
	char name[PCI_ADDR_TEXT_SIZE];
	unsigned int total, now;
	unsigned int wanted;
	bool silenced; /* its switch was on, which is written down */
	bool began;    /* job is valid */
	bool is_stuck;
	size_t numvfs_at; /* which of its writes is the number's */
	struct timed_job job;
};

static int pf_look(struct pf *pf, const struct sysroot *root, struct pci_addr addr, struct error *err)
{
	uint64_t total;
	uint64_t now;

	*pf = (struct pf){ .root = root, .addr = addr, .kmsg = KMSG_CLOSED };
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

/* The PF's switch for drivers of new VFs, when it is on and has to be off; what it is was written down. */
static int silence_drivers(struct pf *pf, unsigned int count, struct error *err)
{
	uint64_t probing = 0;
	int ret;

	if (count)
		sysroot_read_u64(pf->root, &probing, DEVICE "/sriov_drivers_autoprobe", pf->name);
	if (!probing)
		return 0;
	ret = autoprobe_note(pf->lock, pf->addr, err);
	pf->silenced = ret >= 0;
	return ret;
}

/*
 * Drivers stay away while VFs are made, also when a driver makes them after the write has returned. The switch is the
 * PF's and goes back to what it was whatever happens: by the writing process when only this program dies, by the next
 * sluice (autoprobe.h) when both do.
 */
static int start_write(struct pf *pf, unsigned int count, struct error *err)
{
	char numvfs[64], autoprobe[64], last[64], text[16];
	struct timed_write writes[3];
	size_t used = 0;
	int ret = silence_drivers(pf, count, err);

	if (ret < 0)
		return ret;
	snprintf(text, sizeof(text), "%u", count);
	snprintf(numvfs, sizeof(numvfs), DEVICE "/sriov_numvfs", pf->name);
	snprintf(autoprobe, sizeof(autoprobe), DEVICE "/sriov_drivers_autoprobe", pf->name);
	snprintf(last, sizeof(last), DEVICE "/virtfn%u", pf->name, count - 1);
	if (pf->silenced)
		writes[used++] = (struct timed_write){ .path = autoprobe, .text = "0" };
	pf->numvfs_at = used;
	writes[used++] = (struct timed_write){
		.path = numvfs, .text = text, .until_exists = count ? last : NULL, .until_ms = LINKS_MS
	};
	if (pf->silenced)
		writes[used++] = (struct timed_write){ .path = autoprobe, .text = "1", .always = true };
	ret = timed_write_start(pf->root, writes, used, &pf->job);
	pf->began = !ret;
	return ret < 0 ? fail(err, -ret, "%s: begin to write sriov_numvfs", pf->name) : 0;
}

/*
 * The switch is back, or is tried once more: the child that hangs was killed and will not come to its last write. What
 * cannot be put back now stays written down, and the next sluice tries.
 */
static int put_switch_back(struct pf *pf, struct error *err)
{
	uint64_t probing = 1;
	int ret = 0;

	if (!pf->silenced)
		return 0;
	pf->silenced = false;
	sysroot_read_u64(pf->root, &probing, DEVICE "/sriov_drivers_autoprobe", pf->name);
	if (!probing)
		ret = sysroot_write_text(pf->root, "1", DEVICE "/sriov_drivers_autoprobe", pf->name);
	autoprobe_settle(pf->lock, pf->addr);
	if (!ret)
		return 0;
	fail_code(err, CODE_HALF_DONE, -ret, "%s: sriov_drivers_autoprobe cannot be switched on again: %s", pf->name,
		strerror(-ret));
	return fail_hint(err,
		"the next command that changes this host tries again; or: echo 1 > "
		"/sys/bus/pci/devices/%s/sriov_drivers_autoprobe",
		pf->name);
}

static int explain(struct pf *pf, unsigned int count, int errnum, struct error *err)
{
	struct pf_attempt attempt = { .root = pf->root,
		.device = pf->device,
		.total = pf->total,
		.count = count,
		.seconds = NUMVFS_SECONDS,
		.writer = pf->job.pid,
		.kmsg = &pf->kmsg };
	char told[256];

	text_copy(attempt.name, sizeof(attempt.name), pf->name);
	if (errnum == ETIMEDOUT || pf->job.failed_at >= pf->numvfs_at)
		return pf_errno_explain(&attempt, errnum, err);
	fail_code(err, CODE_FAILED, errnum, "%s: sriov_drivers_autoprobe cannot be switched off: %s", pf->name,
		strerror(errnum));
	fail_hint(err, "without it the host's drivers would take the new VFs; nothing was changed; %s",
		kmsg_tell(&pf->kmsg, pf->name, told, sizeof(told)));
	return -errnum;
}

static int end_write(struct pf *pf, unsigned int count, struct error *err)
{
	int ret = timed_write_wait(&pf->job, NUMVFS_SECONDS + LINKS_MS / 1000);
	int back;

	pf->began = false;
	/* Its own error is of no account: the switch is looked at. */
	if (ret < 0 && ret != -ETIMEDOUT && pf->job.failed_at > pf->numvfs_at)
		ret = 0;
	if (ret < 0)
		explain(pf, count, -ret, err);
	back = put_switch_back(pf, ret < 0 ? NULL : err);
	return ret < 0 ? ret : back;
}

static int set_numvfs(struct pf *pf, unsigned int count, struct error *err)
{
	int ret = start_write(pf, count, err);

	return ret < 0 ? ret : end_write(pf, count, err);
}

static bool vf_is_complete(const struct pf *pf, unsigned int index)
{
	char vf[64];
	char back[64];

	return !sysroot_read_link_name(pf->root, vf, sizeof(vf), DEVICE "/virtfn%u", pf->name, index) &&
	       !sysroot_read_link_name(pf->root, back, sizeof(back), DEVICE "/physfn", vf) && !strcmp(back, pf->name);
}

/* All VFs are there: whoever wrote has waited for the last one. */
static int check_links(const struct pf *pf, struct error *err)
{
	unsigned int complete = 0;
	char told[256];

	while (complete < pf->wanted && vf_is_complete(pf, complete))
		complete++;
	if (complete == pf->wanted)
		return 0;
	fail_code(err, CODE_FAILED, ETIMEDOUT, "%s: VF %u of %u has not appeared within %d s", pf->name, complete,
		pf->wanted, LINKS_MS / 1000);
	fail_hint(err, "%s; try fewer VFs", kmsg_tell((struct kmsg *)&pf->kmsg, pf->name, told, sizeof(told)));
	return -ETIMEDOUT;
}

/* The number itself: a driver may make fewer than it was asked for, and say nothing. */
static int check_number(struct pf *pf, struct error *err)
{
	char told[256];
	uint64_t now = pf->wanted;

	sysroot_read_u64(pf->root, &now, DEVICE "/sriov_numvfs", pf->name);
	if (now == pf->wanted)
		return 0;
	fail_code(err, CODE_FAILED, EIO, "%s: its driver was asked for %u VFs, and there are %u", pf->name, pf->wanted,
		(unsigned int)now);
	fail_hint(err, "%s; ask for %u", kmsg_tell(&pf->kmsg, pf->name, told, sizeof(told)), (unsigned int)now);
	return -EIO;
}

/* A write that failed may have left some; only what this call made is undone. Keeps the first error. */
static void undo_create(struct pf *pf, struct error *err)
{
	struct error second = { 0 };
	uint64_t now = 0;

	if (!sysroot_read_u64(pf->root, &now, DEVICE "/sriov_numvfs", pf->name) && !now)
		return;
	if (set_numvfs(pf, 0, &second) < 0 && err) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "the VFs that were made could not be removed: %s", second.msg);
	}
}

/* Drivers that do not make VFs through sriov_numvfs are not asked to: their answer would tell nothing. */
static int check_rule(const struct pf *pf, struct error *err)
{
	struct pf_rule_finding finding;

	if (pf_rule_check(pf->root, pf->device, &finding) != 1 || !finding.never)
		return 0;
	fail_code(err, CODE_PF_RULE, EOPNOTSUPP, "%s: its driver %s %s", pf->name, pf->device->driver, finding.says);
	return fail_hint(err, "%s", finding.fix);
}

/* As pf_look(), for a change: what the kernel logs from now on is heard. Ended by kmsg_close(). */
static int pf_begin(struct pf *pf, const struct host_lock *lock, const struct pci_device *device, unsigned int wanted,
	struct error *err)
{
	int ret = pf_look(pf, host_lock_root(lock), device->addr, err);

	pf->lock = lock;
	pf->device = device;
	pf->wanted = wanted;
	if (!ret)
		kmsg_open(&pf->kmsg, pf->root, true);
	return ret;
}

/* Questions that change nothing: of all PFs before the first is changed. */
static int check_all(
	struct pf *pfs, const struct host_lock *lock, const struct pf_wish *wishes, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int ret = pf_begin(&pfs[i], lock, wishes[i].pf, wishes[i].count, err);

		if (!ret)
			ret = check_count(&pfs[i], wishes[i].count, err);
		if (!ret && pfs[i].now != pfs[i].wanted)
			ret = check_rule(&pfs[i], err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Drivers of several PFs work beside each other. The first error is told; all writes that began have ended. */
static int write_all(struct pf *pfs, size_t count, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++)
		if (pfs[i].now != pfs[i].wanted)
			ret = start_write(&pfs[i], pfs[i].wanted, err);
	for (size_t i = 0; i < count; i++) {
		int one = pfs[i].began ? end_write(&pfs[i], pfs[i].wanted, ret ? NULL : err) : 0;

		/* A driver that hangs holds the lock that the undoing needs. */
		pfs[i].is_stuck = one == -ETIMEDOUT;
		if (!ret)
			ret = one;
	}
	return ret;
}

static int make_all(struct pf *pfs, size_t count, struct error *err)
{
	int ret = write_all(pfs, count, err);

	for (size_t i = 0; i < count && !ret; i++) {
		ret = check_links(&pfs[i], err);
		if (!ret)
			ret = check_number(&pfs[i], err);
	}
	for (size_t i = 0; ret < 0 && i < count; i++)
		if (!pfs[i].now && !pfs[i].is_stuck)
			undo_create(&pfs[i], err);
	return ret;
}

int pf_create_all(const struct host_lock *lock, const struct pf_wish *wishes, size_t count, struct error *err)
{
	cleanup_free struct pf *pfs = calloc(count + 1, sizeof(*pfs));
	int ret;

	if (!pfs)
		return fail(err, ENOMEM, "make VFs");
	for (size_t i = 0; i < count; i++)
		pfs[i].kmsg = (struct kmsg)KMSG_CLOSED;
	ret = check_all(pfs, lock, wishes, count, err);
	if (!ret)
		ret = make_all(pfs, count, err);
	for (size_t i = 0; i < count; i++)
		kmsg_close(&pfs[i].kmsg);
	return ret;
}

int pf_create_vfs(const struct host_lock *lock, const struct pci_device *pf, unsigned int count, struct error *err)
{
	return pf_create_all(lock, &(const struct pf_wish){ pf, count }, 1, err);
}

static int remove_vfs(struct pf *pf, struct error *err)
{
	char told[256];
	uint64_t left = 0;
	int ret = pf->now ? set_numvfs(pf, 0, err) : 0;

	if (ret < 0 || !pf->now)
		return ret;
	if (!sysroot_read_u64(pf->root, &left, DEVICE "/sriov_numvfs", pf->name) && left) {
		fail_code(err, CODE_VF_BUSY, EBUSY, "%s still has %u VFs: its driver kept them", pf->name,
			(unsigned int)left);
		return fail_hint(err, "somebody uses one of them: `sluice impact %s` lists users; %s", pf->name,
			kmsg_tell(&pf->kmsg, pf->name, told, sizeof(told)));
	}
	return 0;
}

int pf_destroy_vfs(const struct host_lock *lock, const struct pci_device *pf, struct error *err)
{
	struct pf here = { .kmsg = KMSG_CLOSED };
	int ret = pf_begin(&here, lock, pf, 0, err);

	if (!ret)
		ret = remove_vfs(&here, err);
	kmsg_close(&here.kmsg);
	return ret;
}
