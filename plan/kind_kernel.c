// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arguments of the kernel's command line that are sluice's: in a drop-in of GRUB's configuration, or as words of
 * /etc/kernel/cmdline, from which kernel-install and its like make boot entries (distro/boot_argument.h). The one
 * target is "command-line"; the state is sluice's words. What the administrator wrote elsewhere is none of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "distro/boot_argument.h"
#include "plan/drop_in.h"
#include "plan/kind.h"

static const struct drop_in ours = {
	.dir = "var/lib/sluice",
	.name = "kernel-arguments",
	.before = "",
	.between = ": ",
	.after = "",
};

static const struct drop_in grub = {
	.dir = "etc/default/grub.d",
	.name = "sluice.cfg",
	.before = "GRUB_CMDLINE_LINUX_DEFAULT=\"$",
	.between = " ",
	.after = "\"",
};

#define GRUB_KEY "GRUB_CMDLINE_LINUX_DEFAULT"

static int look_arguments(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	if (boot_argument_place(&look->host->root) == BOOT_ARGUMENT_GRUB)
		return drop_in_read(&look->host->root, &grub, GRUB_KEY, state, err);
	return drop_in_read(&look->host->root, &ours, target, state, err);
}

/* They stand between quotes in a file that a shell reads. */
static int check_arguments(const char *state, struct error *err)
{
	if (strpbrk(state, "\"'\\$`;&|<>\n"))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' cannot be given to the boot loader", state);
	return 0;
}

/* The file first: what a killed one has not told the boot loader, recover tells it. */
static int write_arguments(const struct doing *doing, const char *target, const char *state,
	enum boot_argument_place place, struct error *err)
{
	const struct host_lock *lock = change_lock(doing->change);
	char before[WORDS_SIZE], both[WORDS_SIZE];
	int ret;

	if (place == BOOT_ARGUMENT_GRUB)
		return drop_in_write(lock, &grub, GRUB_KEY, state, err);
	ret = drop_in_read(host_lock_root(lock), &ours, target, before, err);
	if (ret < 0)
		return ret;
	/* Killed in between, all that may be there by then is still known as ours. */
	if (!words_merge(before, state, both, sizeof(both)))
		return fail_code(err, CODE_FAILED, E2BIG, "so many kernel arguments");
	ret = drop_in_write(lock, &ours, target, both, err);
	if (!ret)
		ret = boot_argument_replace(lock, both, state, err);
	return ret < 0 ? ret : drop_in_write(lock, &ours, target, state, err);
}

static int set_arguments(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	const struct sysroot *root = host_lock_root(change_lock(doing->change));
	enum boot_argument_place place = boot_argument_place(root);
	int ret = check_arguments(state, err);

	if (ret < 0)
		return ret;
	if (place == BOOT_ARGUMENT_NOWHERE) {
		fail_code(err, CODE_FAILED, EOPNOTSUPP, "sluice does not know how this host's boot loader is told '%s'",
			state);
		return fail_hint(err, "add it by hand ('sluice doctor' has the command), and take it out of the file");
	}
	ret = write_arguments(doing, target, state, place, err);
	return ret < 0 ? ret : boot_argument_refresh(root, err);
}

/* Words that this kernel was not booted with, or was and should not be. */
static bool arguments_wait(struct look *look, const char *target, const char *from, const char *to)
{
	char now[WORDS_SIZE] = "";
	size_t length;

	(void)target;
	sysroot_read_text(&look->host->root, now, sizeof(now), "proc/cmdline");
	if (!words_include(now, to))
		return true;
	for (const char *at = words_next(from, NULL, &length); at; at = words_next(from, at, &length))
		if (!words_have(to, at, length) && words_have(now, at, length))
			return true;
	return false;
}

const struct kind kind_kernel_arguments = {
	.name = "kernel-arguments",
	.noun = "kernel arguments",
	.add = "write",
	.alter = "write",
	.remove = "remove",
	.nothing = "",
	.look = look_arguments,
	.set = set_arguments,
	.sets_again = true,
	.waits = arguments_wait,
};
