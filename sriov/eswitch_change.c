// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps of a change, their undoing, and the comparison at the end; see eswitch_change.h. A step that fails may have
 * done a part: it is undone too, and every undoing looks at what is there.
 */
#include "sriov/eswitch_change.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "sriov/eswitch_kept.h"
#include "sriov/eswitch_note.h"
#include "sriov/eswitch_offload.h"
#include "sriov/eswitch_vfs.h"

enum {
	POLL_MS = 50,
};

struct job {
	const struct host_lock *lock;
	const struct sysroot *root;
	struct devlink *devlink;
	const struct eswitch *before;
	const struct eswitch_plan *plan;
	const struct pci_device *pf; /* NULL: not PCI */
	struct eswitch_kept *kept;   /* settings of the VFs */
	struct devlink_param param;  /* as it was */
};

typedef int (*step_fn)(struct job *job, struct error *err);

static int write_eswitch(struct job *job, int mode, int inline_mode, int encap_mode, struct error *err)
{
	const struct devlink_eswitch to = { mode, inline_mode, encap_mode };

	return devlink_eswitch_write(job->devlink, &job->before->handle, &to, err);
}

static int do_mode(struct job *job, struct error *err)
{
	return write_eswitch(job, job->plan->to.mode, DEVLINK_UNKNOWN, DEVLINK_UNKNOWN, err);
}

static int do_inline(struct job *job, struct error *err)
{
	return write_eswitch(job, DEVLINK_UNKNOWN, job->plan->to.inline_mode, DEVLINK_UNKNOWN, err);
}

static int do_encap(struct job *job, struct error *err)
{
	return write_eswitch(job, DEVLINK_UNKNOWN, DEVLINK_UNKNOWN, job->plan->to.encap_mode, err);
}

/* Back to what it was, where it is something else now: some drivers refuse the value that they have. */
static int undo_value(struct job *job, size_t offset, struct error *err)
{
	struct devlink_eswitch now, to;
	const int was = *(const int *)((const char *)&job->before->is + offset);
	int ret = devlink_eswitch_read(job->devlink, &job->before->handle, &now, err);

	if (ret < 0 || was == DEVLINK_UNKNOWN || *(int *)((char *)&now + offset) == was)
		return ret;
	devlink_eswitch_init(&to);
	*(int *)((char *)&to + offset) = was;
	return devlink_eswitch_write(job->devlink, &job->before->handle, &to, err);
}

static int undo_mode(struct job *job, struct error *err)
{
	return undo_value(job, offsetof(struct devlink_eswitch, mode), err);
}

static int undo_inline(struct job *job, struct error *err)
{
	return undo_value(job, offsetof(struct devlink_eswitch, inline_mode), err);
}

static int undo_encap(struct job *job, struct error *err)
{
	return undo_value(job, offsetof(struct devlink_eswitch, encap_mode), err);
}

static int do_param(struct job *job, struct error *err)
{
	const struct eswitch_rule *rule = &job->plan->rule;
	int ret = devlink_param_read(job->devlink, &job->before->handle, rule->param, &job->param, err);

	if (ret < 0 || !strcmp(job->param.value[DEVLINK_PARAM_RUNTIME], rule->param_value))
		return ret;
	return devlink_param_write(
		job->devlink, &job->before->handle, rule->param, DEVLINK_PARAM_RUNTIME, rule->param_value, err);
}

static int undo_param(struct job *job, struct error *err)
{
	if (!job->param.has[DEVLINK_PARAM_RUNTIME] ||
		!strcmp(job->param.value[DEVLINK_PARAM_RUNTIME], job->plan->rule.param_value))
		return 0;
	return devlink_param_write(job->devlink, &job->before->handle, job->param.name, DEVLINK_PARAM_RUNTIME,
		job->param.value[DEVLINK_PARAM_RUNTIME], err);
}

static int do_rates_away(struct job *job, struct error *err)
{
	return eswitch_rates_remove(job->devlink, job->before, err);
}

static int do_rates_back(struct job *job, struct error *err)
{
	return eswitch_rates_restore(job->devlink, job->before, err);
}

static int set_offload(struct job *job, bool on, struct error *err)
{
	int ret = eswitch_offload_write(job->root, job->before->netdev, on);

	if (!ret)
		return 0;
	fail_code(err, CODE_ESWITCH_REFUSED, -ret, "%s: hw-tc-offload=%s: %s", job->before->netdev, on ? "on" : "off",
		strerror(-ret));
	return fail_hint(err, "`ethtool -k %s` shows whether the driver has it; a rule with tc_offload=no leaves it",
		job->before->netdev);
}

static int do_offload(struct job *job, struct error *err)
{
	return set_offload(job, true, err);
}

static int undo_offload(struct job *job, struct error *err)
{
	return set_offload(job, false, err);
}

static int do_unbind(struct job *job, struct error *err)
{
	return eswitch_vfs_unbind(job->lock, job->before, err);
}

static int do_bind(struct job *job, struct error *err)
{
	return eswitch_vfs_bind(job->lock, job->before, err);
}

static int set_vfs(struct job *job, unsigned int count, struct error *err)
{
	return eswitch_vfs_set(job->lock, &job->before->handle, job->pf, count, err);
}

static int do_vfs_away(struct job *job, struct error *err)
{
	return set_vfs(job, 0, err);
}

static int do_vfs_make(struct job *job, struct error *err)
{
	return set_vfs(job, job->plan->vfs, err);
}

static int undo_vfs_away(struct job *job, struct error *err)
{
	return set_vfs(job, job->before->vf_count, err);
}

static unsigned int count_representors(const struct eswitch *now)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < now->vf_count; i++)
		count += eswitch_vf_representor(now, i) != NULL;
	return count;
}

/* udev may be renaming them meanwhile: they are found by their port's name. */
static int do_wait(struct job *job, struct error *err)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000 * 1000 };
	unsigned int count = 0;

	for (unsigned int tries = 0; tries <= job->plan->rule.wait_seconds * (1000 / POLL_MS); tries++) {
		struct eswitch now;
		int ret = eswitch_read(job->root, job->devlink, &job->before->handle, &now, err);

		if (ret < 0)
			return ret;
		count = count_representors(&now);
		eswitch_done(&now);
		if (count >= job->plan->vfs)
			return 0;
		nanosleep(&pause, NULL);
	}
	fail_code(err, CODE_ESWITCH_REFUSED, ETIMEDOUT, "%s/%s: %u of %u VFs have a representor after %u s",
		job->before->handle.bus, job->before->handle.name, count, job->plan->vfs, job->plan->rule.wait_seconds);
	return fail_hint(err, "`dmesg` may have what the driver says; a rule with wait=SECONDS waits longer");
}

static int do_keep(struct job *job, struct error *err)
{
	return eswitch_kept_restore(job->kept, job->lock, job->devlink, &job->before->handle, err);
}

static int do_nothing(struct job *job, struct error *err)
{
	(void)job;
	(void)err;
	return 0;
}

static const struct {
	step_fn act, undo;
} acts[ESWITCH_VERB_COUNT] = {
	[ESWITCH_SET_PARAM] = { do_param, undo_param },
	[ESWITCH_RATES_AWAY] = { do_rates_away, do_rates_back },
	[ESWITCH_OFFLOAD_ON] = { do_offload, undo_offload },
	[ESWITCH_VFS_UNBIND] = { do_unbind, do_bind },
	[ESWITCH_VFS_AWAY] = { do_vfs_away, undo_vfs_away },
	[ESWITCH_SET_INLINE] = { do_inline, undo_inline },
	[ESWITCH_SET_ENCAP] = { do_encap, undo_encap },
	[ESWITCH_SET_MODE] = { do_mode, undo_mode },
	[ESWITCH_VFS_MAKE] = { do_vfs_make, do_vfs_away },
	[ESWITCH_WAIT] = { do_wait, do_nothing },
	[ESWITCH_KEEP_SETTINGS] = { do_keep, do_nothing },
	[ESWITCH_RATES_BACK] = { do_rates_back, do_rates_away },
	[ESWITCH_VFS_BIND] = { do_bind, do_unbind },
};

/* The steps before `end`, backwards. All are tried; *err is the first that failed. */
static int undo_steps(struct job *job, size_t end, struct error *err)
{
	int first = 0;

	for (size_t i = end; i-- > 0;) {
		int ret = acts[job->plan->step[i].verb].undo(job, first ? NULL : err);

		first = first ? first : ret;
	}
	return first;
}

/* What is not as it was, for the error of an undoing that is incomplete; false: nothing. */
static bool find_difference(struct job *job, char *buf, size_t size)
{
	const struct eswitch *before = job->before;
	struct eswitch now;
	struct error err = { 0 };

	if (eswitch_read(job->root, job->devlink, &before->handle, &now, &err) < 0) {
		snprintf(buf, size, "it cannot be read any more: %.100s", err.msg);
		return true;
	}
	buf[0] = '\0';
	if (now.is.mode != before->is.mode)
		snprintf(buf, size, "mode is %s, not %s", eswitch_mode_name(now.is.mode),
			eswitch_mode_name(before->is.mode));
	else if (now.is.inline_mode != before->is.inline_mode || now.is.encap_mode != before->is.encap_mode)
		snprintf(buf, size, "inline_mode or encap_mode is another");
	else if (now.vf_count != before->vf_count)
		snprintf(buf, size, "it has %u VFs, not %u", now.vf_count, before->vf_count);
	else if (now.rate_count < before->rate_count)
		snprintf(buf, size, "it has %zu rates, not %zu", now.rate_count, before->rate_count);
	eswitch_done(&now);
	return buf[0];
}

/* Keeps the cause: the error of the step. */
static int roll_back(struct job *job, size_t failed, struct error *cause)
{
	struct error second = { 0 };
	char left[160];
	int ret = undo_steps(job, failed + 1, &second);

	if (!ret)
		ret = eswitch_kept_restore(job->kept, job->lock, job->devlink, &job->before->handle, &second);
	if (find_difference(job, left, sizeof(left))) {
		cause->code = CODE_HALF_DONE;
		return fail_hint(cause, "%s; `sluice eswitch set %s/%s mode=%s` tries again%s%s", left,
			job->before->handle.bus, job->before->handle.name, eswitch_mode_name(job->before->is.mode),
			second.msg[0] ? ": " : "", second.msg);
	}
	eswitch_note_remove(job->lock, &job->before->handle);
	if (ret < 0) {
		cause->code = CODE_HALF_DONE;
		return fail_hint(cause, "what is left: %s", second.msg);
	}
	if (failed)
		cause->code = CODE_ROLLED_BACK;
	return -cause->errnum;
}

static int do_steps(struct job *job, size_t *ret_failed, struct error *err)
{
	for (size_t i = 0; i < job->plan->count; i++) {
		int ret = acts[job->plan->step[i].verb].act(job, err);

		*ret_failed = i;
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* What sluice has put it into stays known until the next boot. */
static int finish(struct job *job, struct error *err)
{
	struct eswitch_note note = {
		.was = job->before->is,
		.vfs = job->plan->vfs,
		.mode = job->plan->to.mode != DEVLINK_UNKNOWN ? job->plan->to.mode : job->before->is.mode,
	};

	return eswitch_note_write(job->lock, &job->before->handle, &note, err);
}

int eswitch_change(const struct host_lock *lock, struct devlink *devlink, const struct eswitch *before,
	const struct eswitch_plan *plan, const struct pci_device *pf, struct error *err)
{
	cleanup(eswitch_kept_free) struct eswitch_kept *kept = NULL;
	const struct eswitch_note note = {
		.changing = true, .was = before->is, .vfs = plan->vfs, .mode = before->is.mode
	};
	struct job job = {
		.lock = lock,
		.root = host_lock_root(lock),
		.devlink = devlink,
		.before = before,
		.plan = plan,
		.pf = pf,
	};
	struct error cause = { 0 };
	size_t failed = 0;
	int ret = eswitch_kept_read(before, &kept, err);

	if (!ret)
		ret = eswitch_note_write(lock, &before->handle, &note, err);
	if (ret < 0)
		return ret;
	job.kept = kept;
	ret = do_steps(&job, &failed, &cause);
	if (!ret)
		return finish(&job, err);
	/* A driver that hangs holds the lock that the undoing needs. */
	if (cause.code != CODE_DRIVER_STUCK)
		ret = roll_back(&job, failed, &cause);
	if (err)
		*err = cause;
	return ret;
}

/* What a representor is a part of: "bridge br0". False: of nothing. */
static bool find_upper(const struct sysroot *root, const char *netdev, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/class/net/%s", netdev);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, "upper_"))
			return text_copy(buf, size, entry->d_name + strlen("upper_"));
	return false;
}

int eswitch_check_users(
	const struct sysroot *root, const struct eswitch *now, const struct eswitch_plan *plan, struct error *err)
{
	char upper[32];
	bool go = false;

	for (size_t i = 0; i < plan->count; i++)
		go |= plan->step[i].verb == ESWITCH_VFS_AWAY ||
		      (plan->step[i].verb == ESWITCH_SET_MODE && plan->to.mode == ESWITCH_LEGACY);
	for (unsigned int i = 0; go && i < now->vf_count; i++) {
		const struct representor *one = eswitch_vf_representor(now, i);

		if (!one || !find_upper(root, one->netdev, upper, sizeof(upper)))
			continue;
		fail_code(err, CODE_DEV_IN_USE, EBUSY,
			"%s, the representor of VF %u, is a part of %s, and would go away", one->netdev, i, upper);
		return fail_hint(
			err, "take it out first: `ip link set %s nomaster`, or `ip link del %s`", one->netdev, upper);
	}
	return 0;
}
