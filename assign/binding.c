// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Driver binding through sysfs: driver_override, unbind, drivers_probe, and the look afterwards which alone tells what
 * happened. Writes that run drivers have deadlines: a driver that does not let go (an open device node, a dead
 * firmware) is reported, not waited for.
 *
 * A VF of a PF with sriov_drivers_autoprobe off is bound by nobody unless driver_override names the driver, so a driver
 * is always asked for by override, and the override put back afterwards.
 */
#include "assign/binding.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "distro/kernel_explain.h"
#include "os/kmsg.h"
#include "os/timed_write.h"

#define DEVICE "sys/bus/pci/devices/%s"

enum {
	DRIVER_SECONDS = 60, /* removal of a storage controller flushes its disks */
};

static int read_binding(const struct sysroot *root, const char *name, struct binding *ret_binding, struct error *err)
{
	struct binding binding = { 0 };
	ssize_t length;
	int ret;

	if (!sysroot_exists(root, DEVICE, name)) {
		fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no PCI device at %s", name);
		return fail_hint(err, "`sluice list` shows the devices of this host");
	}
	ret = sysroot_read_link_name(root, binding.driver, sizeof(binding.driver), DEVICE "/driver", name);
	if (ret < 0 && ret != -ENOENT)
		return fail(err, -ret, "read the driver of %s", name);
	length = sysroot_read_text(root, binding.override, sizeof(binding.override), DEVICE "/driver_override", name);
	if (length < 0 && length != -ENOENT)
		return fail(err, (int)-length, "read driver_override of %s", name);
	/* How the kernel prints no override. */
	if (!strcmp(binding.override, "(null)"))
		binding.override[0] = '\0';
	*ret_binding = binding;
	return 0;
}

int binding_read(const struct sysroot *root, struct pci_addr addr, struct binding *ret_binding, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	return read_binding(root, pci_addr_text(addr, name), ret_binding, err);
}

static int is_stuck(const char *name, const char *driver, struct error *err)
{
	int ret = fail_code(err, CODE_DRIVER_STUCK, ETIMEDOUT, "%s: driver %s has not finished within %d s", name,
		driver[0] ? driver : "core", DRIVER_SECONDS);

	fail_hint(err,
		"something still uses the device (open files, a mount elsewhere) or the driver hangs: after two "
		"minutes "
		"`dmesg | grep -A 15 'blocked for more than'` shows where; the change happens as soon as the driver "
		"lets "
		"go, `sluice release %s` puts it back",
		name);
	return ret;
}

/* What a write to one of the three files was refused with, and what to do then. */
static int refused(const char *name, int errnum, const char *what, struct error *err)
{
	static const struct {
		int errnum;
		const char *hint;
	} hints[] = {
		{ ENOMEM, "the kernel had no memory for it just then: try again, with less running" },
		{ EPERM, "run as root; a locked-down kernel may forbid it" },
		{ EACCES, "run as root" },
		{ EROFS, "this is a container's /sys, which is for reading only: change the host from outside" },
		{ ENODEV, "it went away meanwhile, or its driver did: 'sluice list' shows what is there" },
		{ ENOENT, "it went away meanwhile, or its driver did: 'sluice list' shows what is there" },
		{ EBUSY, "its driver is in the middle of something, or somebody holds it: 'sluice impact DEVICE'" },
		{ EAGAIN, "its driver is in the middle of something: try again in a moment" },
		{ EINTR, "it was interrupted: try again" },
	};
	size_t i = 0;

	while (i < array_size(hints) && hints[i].errnum != errnum)
		i++;
	fail(err, errnum, "%s of %s", what, name);
	return fail_hint(
		err, "%s", i < array_size(hints) ? hints[i].hint : "'dmesg | tail' shows what the kernel says");
}

static bool has_override(const struct sysroot *root, const char *name, const char *driver)
{
	struct binding now;

	return !read_binding(root, name, &now, NULL) && !strcmp(now.override, driver);
}

/* "" clears: only a line end does that, a write of nothing is none. */
static int write_override(const struct sysroot *root, const char *name, const char *driver, struct error *err)
{
	char line[DRIVER_NAME_MAX + 1];
	int ret;

	snprintf(line, sizeof(line), "%s\n", driver);
	ret = sysroot_write_timed(root, line, DRIVER_SECONDS, DEVICE "/driver_override", name);
	if (ret == -ETIMEDOUT)
		return is_stuck(name, "", err);
	if (ret < 0)
		return refused(name, -ret, driver[0] ? "set driver_override" : "clear driver_override", err);
	return 0;
}

static int unbind(const struct sysroot *root, const char *name, const char *driver, struct error *err)
{
	int ret;

	if (!driver[0])
		return 0;
	ret = sysroot_write_timed(root, name, DRIVER_SECONDS, DEVICE "/driver/unbind", name);
	if (ret == -ETIMEDOUT)
		return is_stuck(name, driver, err);
	/* ENOENT, ENODEV: it has lost its driver in the meantime, which is what was wanted. */
	if (ret < 0 && ret != -ENOENT && ret != -ENODEV)
		return refused(name, -ret, "end the driver", err);
	return 0;
}

static int probe(const struct sysroot *root, const char *name, const char *driver, struct error *err)
{
	int ret = sysroot_write_timed(root, name, DRIVER_SECONDS, "sys/bus/pci/drivers_probe");

	if (ret == -ETIMEDOUT)
		return is_stuck(name, driver, err);
	/* Whatever the driver answered shows in who has the device now. */
	if (ret == -EACCES || ret == -EPERM || ret == -EROFS)
		return refused(name, -ret, "ask for a driver", err);
	return 0;
}

static bool has_driver(const struct sysroot *root, const char *driver)
{
	return sysroot_exists(root, "sys/bus/pci/drivers/%s", driver);
}

/* By absolute path and with nothing of our environment: this runs as root. */
static int run_modprobe(const char *module)
{
	static const char *const paths[] = { "/sbin/modprobe", "/usr/sbin/modprobe" };
	char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	char *const arguments[] = { "modprobe", "--quiet", "--", (char *)module, NULL };
	int ret = ENOENT;
	int status;
	pid_t pid;

	for (size_t i = 0; i < array_size(paths) && ret; i++)
		ret = posix_spawn(&pid, paths[i], NULL, NULL, arguments, environment);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

void binding_load_module(const struct sysroot *root, const char *module)
{
	if (!root->path[0])
		run_modprobe(module);
}

static int need_driver(const struct sysroot *root, const char *driver, struct error *err)
{
	if (has_driver(root, driver))
		return 0;
	/* A root that is not this host's has no modules of ours to load. */
	if (!root->path[0] && !run_modprobe(driver) && has_driver(root, driver))
		return 0;
	if (pci_driver_is_vfio(driver)) {
		fail_code(err, CODE_VFIO_NO_MODULE, ENOENT,
			"driver %s is not loaded, and `modprobe %s` did not load it", driver, driver);
		return fail_hint(
			err, "this kernel needs CONFIG_VFIO_PCI, as a module for this kernel version or built in");
	}
	fail_code(
		err, CODE_FAILED, ENOENT, "driver %s is not loaded, and `modprobe %s` did not load it", driver, driver);
	return fail_hint(err, "check the name: `ls /sys/bus/pci/drivers` lists the drivers that are there");
}

/* Without a group vfio-pci refuses the device, after the old driver has gone: better to know before. */
static int need_group(const struct sysroot *root, const char *name, const char *driver, struct error *err)
{
	if (!pci_driver_is_vfio(driver) || sysroot_exists(root, DEVICE "/iommu_group", name))
		return 0;
	if (!sysroot_exists(root, "sys/kernel/iommu_groups/0")) {
		fail_code(
			err, CODE_IOMMU_OFF, ENODEV, "%s cannot be given to %s: no IOMMU is translating", name, driver);
		return fail_hint(err,
			"switch VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on or amd_iommu=on; "
			"`sluice doctor` says which");
	}
	fail_code(err, CODE_NO_GROUP, ENODEV, "%s cannot be given to %s: it is in no IOMMU group", name, driver);
	return fail_hint(err, "the firmware's IOMMU table does not cover this device: `sluice doctor %s`", name);
}

/* Make driver ("" for none) have the function, and leave override behind. */
static int move(const struct sysroot *root, const char *name, const char *from, const char *driver,
	const char *override, struct error *err)
{
	int ret = 0;

	if (strcmp(from, driver)) {
		/* With no driver wanted the override goes last: nothing probes, so nothing is taken. */
		if (driver[0])
			ret = write_override(root, name, driver, err);
		if (!ret)
			ret = unbind(root, name, from, err);
		if (!ret && driver[0])
			ret = probe(root, name, driver, err);
		if (ret < 0)
			return ret;
	}
	/* Each write is a process: what is there already is not written again. */
	return has_override(root, name, override) ? 0 : write_override(root, name, override, err);
}

/* log: what the kernel has said of the device meanwhile, "" for nothing. */
static int not_taken(const struct sysroot *root, const char *name, const char *driver, const char *log, enum code code,
	struct error *err)
{
	struct binding now = { 0 };

	read_binding(root, name, &now, NULL);
	return fail_code(err, code, ENODEV, "%s did not take %s: %s%s%s%s%s", driver, name,
		now.driver[0] ? now.driver : "nobody", " has it", log[0] ? " (kernel: " : "", log, log[0] ? ")" : "");
}

static bool is_back(const struct sysroot *root, const char *name, const struct binding *before, struct error *err)
{
	struct binding now;

	return !read_binding(root, name, &now, err) &&
	       !move(root, name, now.driver, before->driver, before->override, err) &&
	       !read_binding(root, name, &now, err) && !strcmp(now.driver, before->driver);
}

/* After a failure: back to before, and the error says whether that worked. Returns ret. */
static int put_back(
	const struct sysroot *root, const char *name, const struct binding *before, struct error *err, int ret)
{
	struct error second = { 0 };
	bool back;

	/* Reading driver_override would wait for the stuck driver, too. */
	if (ret == -ETIMEDOUT)
		return ret;
	back = is_back(root, name, before, &second);
	if (!err)
		return ret;
	if (back) {
		if (err->code == CODE_FAILED)
			err->code = CODE_ROLLED_BACK;
		return ret;
	}
	err->code = CODE_HALF_DONE;
	fail_hint(err, "%s had driver %s and could not be given back: %s; `dmesg | grep %s` shows what it said", name,
		before->driver[0] ? before->driver : "(none)",
		second.msg[0] ? second.msg : "its driver did not take it", name);
	return ret;
}

/* By what the kernel has just said. */
static void hint_why(const char *name, const char *driver, const struct binding *before, struct kmsg *kmsg,
	const char *log, struct error *err)
{
	const char *back = before->driver[0] ? before->driver : "no driver";
	const struct message_cause *cause;
	struct pci_addr addr;
	char fix[256];

	cause = pci_addr_parse(name, &addr) ? NULL : kernel_explain(kmsg, addr, fix, sizeof(fix));
	if (cause)
		fail_hint(err, "it is back at %s: %s; %s", back, cause->means, fix);
	else if (log[0])
		fail_hint(err, "it is back at %s", back);
	else
		fail_hint(err,
			"it is back at %s; %s said nothing in the kernel's log, as a driver does that does not know "
			"the "
			"device: `modinfo %s` lists the ids of those it knows, `sluice show %s` this one's",
			back, driver, driver, name);
}

static int bind(const struct sysroot *root, const char *name, const char *driver, const struct binding *before,
	struct error *err)
{
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED, words = KMSG_CLOSED;
	struct binding now;
	char log[256];
	int ret;

	kmsg_open(&kmsg, root, true);
	kmsg_open(&words, root, true);
	ret = move(root, name, before->driver, driver, driver, err);
	if (!ret)
		ret = read_binding(root, name, &now, err);
	if (!ret && strcmp(now.driver, driver)) {
		kmsg_about(&kmsg, name, log, sizeof(log));
		ret = not_taken(root, name, driver, log, CODE_PROBE_NOT_TAKEN, err);
		hint_why(name, driver, before, &words, log, err);
	}
	return ret < 0 ? put_back(root, name, before, err, ret) : 0;
}

int binding_set(const struct host_lock *lock, struct pci_addr addr, const char *driver, struct binding *ret_before,
	struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	char name[PCI_ADDR_TEXT_SIZE];
	struct binding before;
	int ret;

	pci_addr_text(addr, name);
	if (strlen(driver) >= DRIVER_NAME_MAX || strchr(driver, '/') || driver[0] == '.' || driver[0] == '-')
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no driver's name", driver);
	ret = read_binding(root, name, &before, err);
	if (!ret)
		ret = need_group(root, name, driver, err);
	if (!ret && driver[0])
		ret = need_driver(root, driver, err);
	if (ret < 0)
		return ret;
	if (strcmp(before.driver, driver) || strcmp(before.override, driver))
		ret = bind(root, name, driver, &before, err);
	if (!ret)
		*ret_before = before;
	return ret;
}

/* The driver it had is gone from this kernel: let the kernel choose. */
static int let_kernel_choose(const struct sysroot *root, const char *name, const struct binding *now,
	const char *override, struct error *err)
{
	int ret = write_override(root, name, override, err);

	if (!ret)
		ret = unbind(root, name, now->driver, err);
	return ret < 0 ? ret : probe(root, name, "", err);
}

int binding_restore(
	const struct host_lock *lock, struct pci_addr addr, const struct binding *binding, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	char name[PCI_ADDR_TEXT_SIZE], log[256];
	struct binding now;
	int ret = read_binding(root, pci_addr_text(addr, name), &now, err);

	if (ret < 0)
		return ret;
	kmsg_open(&kmsg, root, true);
	if (binding->driver[0] && need_driver(root, binding->driver, NULL) < 0)
		return let_kernel_choose(root, name, &now, binding->override, err);
	ret = move(root, name, now.driver, binding->driver, binding->override, err);
	if (!ret)
		ret = read_binding(root, name, &now, err);
	if (!ret && strcmp(now.driver, binding->driver)) {
		kmsg_about(&kmsg, name, log, sizeof(log));
		ret = not_taken(
			root, name, binding->driver[0] ? binding->driver : "(no driver)", log, CODE_HALF_DONE, err);
		fail_hint(err, "%s`sluice release %s` tries again",
			log[0] ? "" : "the kernel logged nothing about it; ", name);
	}
	return ret;
}

/* modprobe knows what to do with a modalias. */
static void load_its_modules(const struct sysroot *root, const char *name)
{
	char modalias[256];

	if (sysroot_read_text(root, modalias, sizeof(modalias), DEVICE "/modalias", name) > 0)
		binding_load_module(root, modalias);
}

int binding_offer(const struct host_lock *lock, struct pci_addr addr, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	char name[PCI_ADDR_TEXT_SIZE];
	struct binding now;
	int ret = read_binding(root, pci_addr_text(addr, name), &now, err);

	for (unsigned int i = 0; i < 2 && !ret && !now.driver[0]; i++) {
		if (i)
			load_its_modules(root, name);
		ret = probe(root, name, "", err);
		if (!ret)
			ret = read_binding(root, name, &now, err);
	}
	return ret;
}
