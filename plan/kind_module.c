// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What modprobe and the boot are told of kernel modules, in drop-ins of our own: options and blacklist
 * (modprobe.d(5)), loading (modules-load.d(5)). The target is the module; the state its options, or "yes".
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plan/drop_in.h"
#include "plan/kind.h"

static const struct drop_in options = {
	.dir = "etc/modprobe.d",
	.name = "sluice.conf",
	.before = "options ",
	.between = " ",
	.after = "",
};

static const struct drop_in blacklist = {
	.dir = "etc/modprobe.d",
	.name = "sluice-blacklist.conf",
	.before = "blacklist ",
	.is_list = true,
};

static const struct drop_in load = {
	.dir = "etc/modules-load.d",
	.name = "sluice.conf",
	.before = "",
	.is_list = true,
};

/* Names as the kernel has them; what a journal says goes into a file that is run as root. */
static int check_module(const char *target, struct error *err)
{
	for (const char *at = target; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no module's name", target);
	return *target ? 0 : fail_code(err, CODE_USAGE, EINVAL, "a module without name");
}

static int check_value(const char *state, struct error *err)
{
	if (strpbrk(state, "#\"'\\\n"))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' cannot stand in a line of modprobe.d", state);
	return 0;
}

static int look_at(const struct drop_in *drop_in, struct look *look, const char *target, char *state, struct error *err)
{
	int ret = check_module(target, err);

	return ret < 0 ? ret : drop_in_read(&look->host->root, drop_in, target, state, err);
}

static int write_to(const struct drop_in *drop_in, const struct doing *doing, const char *target, const char *state,
	struct error *err)
{
	int ret = check_module(target, err);

	if (!ret)
		ret = check_value(state, err);
	return ret < 0 ? ret : drop_in_write(change_lock(doing->change), drop_in, target, state, err);
}

static int look_options(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	return look_at(&options, look, target, state, err);
}

static int set_options(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	return write_to(&options, doing, target, state, err);
}

static int look_blacklist(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	return look_at(&blacklist, look, target, state, err);
}

static int set_blacklist(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	return write_to(&blacklist, doing, target, state, err);
}

static int look_load(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	return look_at(&load, look, target, state, err);
}

static int set_load(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	return write_to(&load, doing, target, state, err);
}

/* An option that the loaded module already has needs no reboot; one of a module that is not loaded neither. */
static bool options_wait(struct look *look, const char *target, const char *from, const char *to)
{
	const struct sysroot *root = &look->host->root;
	size_t length;

	(void)from;
	if (!sysroot_exists(root, "sys/module/%s", target))
		return false;
	for (const char *at = words_next(to, NULL, &length); at; at = words_next(to, at, &length)) {
		const char *equals = memchr(at, '=', length);
		char value[128];

		if (!equals ||
			sysroot_read_text(root, value, sizeof(value), "sys/module/%s/parameters/%.*s", target,
				(int)(equals - at), at) < 0 ||
			strlen(value) != length - (size_t)(equals - at) - 1 ||
			memcmp(value, equals + 1, strlen(value)) != 0)
			return true;
	}
	return !to[0];
}

/* A module that is loaded stays so until the next boot. */
static bool blacklist_waits(struct look *look, const char *target, const char *from, const char *to)
{
	(void)from;
	return to[0] && sysroot_exists(&look->host->root, "sys/module/%s", target);
}

const struct kind kind_module_options = {
	.name = "module-options",
	.noun = "options of module %t",
	.add = "write",
	.alter = "write",
	.remove = "remove",
	.nothing = "",
	.look = look_options,
	.sets_again = true,
	.set = set_options,
	.waits = options_wait,
};

const struct kind kind_module_blacklist = {
	.name = "module-blacklist",
	.noun = "blacklisting of module %t",
	.add = "write",
	.alter = "write",
	.remove = "remove",
	.nothing = "",
	.look = look_blacklist,
	.sets_again = true,
	.set = set_blacklist,
	.waits = blacklist_waits,
};

const struct kind kind_modules_load = {
	.name = "modules-load",
	.noun = "loading of module %t at boot",
	.add = "write",
	.alter = "write",
	.remove = "remove",
	.nothing = "",
	.look = look_load,
	.sets_again = true,
	.set = set_load,
};
