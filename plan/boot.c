// SPDX-License-Identifier: GPL-2.0-or-later
/* What a boot makes of this host, and whether it was good; see boot.h. Applying it is apply.h's. */
#include "plan/boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"
#include "os/state_dir.h"
#include "plan/boot_store.h"

#define DIR_NAME "boot"
#define PATH "/var/lib/sluice/boot"

static const char waiting[] = "waiting.json", next[] = "next.json", before[] = "before.json", good[] = "good.json",
		  refused[] = "refused.json", begun[] = "begun";

enum {
	BOOT_ID_SIZE = 40,
	BEGUN_SIZE = 64, /* the boot's id and, of one that fell back, " fallback" */
};

static int open_dir(const struct host_lock *lock, int *ret_dir, struct error *err)
{
	int ret = state_dir_open(host_lock_root(lock), DIR_NAME, true, ret_dir);

	return ret < 0 ? fail(err, -ret, "open " PATH) : 0;
}

/* One name for another, in one step; what is not there is no failure. On disk when it returns. */
static int move(int dir, const char *from, const char *to, struct error *err)
{
	if (renameat(dir, from, dir, to) < 0)
		return errno == ENOENT ? 0 : fail(err, errno, "rename " PATH "/%s to %s", from, to);
	return fsync(dir) < 0 ? fail(err, errno, "sync " PATH) : 0;
}

static bool is_there(const struct sysroot *root, const char *name)
{
	return sysroot_exists(root, "var/lib/sluice/boot/%s", name);
}

static void this_boot(const struct sysroot *root, char id[static BOOT_ID_SIZE])
{
	if (sysroot_read_text(root, id, BOOT_ID_SIZE, "proc/sys/kernel/random/boot_id") < 0)
		text_copy(id, BOOT_ID_SIZE, "unknown");
}

/* Keeping what was applied ----------------------------------------------------------------------------------------- */

/* A copy of the file: the old name stays until the new one is whole. */
static int copy(const struct sysroot *root, int dir, const char *from, const char *to, struct error *err)
{
	cleanup(boot_copy_done) struct boot_copy copied = { .sources = NULL };
	int ret = boot_store_read(root, from, &copied, err);

	return ret <= 0 ? ret : boot_store_write(dir, to, copied.sources, copied.had_route, err);
}

/*
 * Is there a way to hosts of other networks? The forms are proc_net_route's and ipv6_route's: the destination is the
 * second and the first field; the kernel keeps an IPv6 default that leads nowhere on the loopback device.
 */
static bool has_default_route(const struct sysroot *root)
{
	static const char zeros[] = "00000000000000000000000000000000 00 ";
	char text[65536], destination[16], device[32];
	char *rest = text, *line;

	if (sysroot_read_text(root, text, sizeof(text), "proc/net/route") > 0)
		while ((line = strsep(&rest, "\n")))
			if (sscanf(line, "%31s %15s", device, destination) == 2 && !strcmp(destination, "00000000"))
				return true;
	rest = text;
	if (sysroot_read_text(root, text, sizeof(text), "proc/net/ipv6_route") > 0)
		while ((line = strsep(&rest, "\n"))) {
			const char *name = strrchr(line, ' ');

			if (text_starts_with(line, zeros) && name && strcmp(name + 1, "lo") != 0)
				return true;
		}
	return false;
}

int boot_keep(const struct host_lock *lock, const struct source_list *sources, bool waits, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_close int dir = -1;
	int ret = open_dir(lock, &dir, err);

	if (ret < 0)
		return ret;
	if (!waits && is_there(root, next) && !boot_differs(root, sources))
		return run_dir_remove(dir, refused, err);
	ret = boot_store_write(dir, waiting, sources, has_default_route(root), err);
	return ret < 0 || waits ? ret : boot_keep_confirmed(lock, err);
}

int boot_keep_confirmed(const struct host_lock *lock, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_close int dir = -1;
	int ret = is_there(root, waiting) ? open_dir(lock, &dir, err) : 0;

	if (ret < 0 || dir < 0)
		return ret;
	ret = copy(root, dir, next, before, err);
	if (!ret)
		ret = move(dir, waiting, next, err);
	return ret < 0 ? ret : run_dir_remove(dir, refused, err);
}

int boot_keep_dropped(const struct host_lock *lock, struct error *err)
{
	cleanup_close int dir = -1;
	int ret = is_there(host_lock_root(lock), waiting) ? open_dir(lock, &dir, err) : 0;

	return ret < 0 || dir < 0 ? ret : run_dir_remove(dir, waiting, err);
}

int boot_keep_undone(const struct host_lock *lock, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_close int dir = -1;
	int ret = is_there(root, next) ? open_dir(lock, &dir, err) : 0;

	if (ret < 0 || dir < 0)
		return ret;
	return is_there(root, before) ? move(dir, before, next, err) : run_dir_remove(dir, next, err);
}

int boot_forget(const struct host_lock *lock, struct error *err)
{
	static const char *const all[] = { waiting, next, before, good, refused, begun };
	cleanup_close int dir = -1;
	int ret = sysroot_exists(host_lock_root(lock), "var/lib/sluice/" DIR_NAME) ? open_dir(lock, &dir, err) : 0;

	for (size_t i = 0; !ret && dir >= 0 && i < array_size(all); i++)
		ret = run_dir_remove(dir, all[i], err);
	return ret;
}

/* A boot ----------------------------------------------------------------------------------------------------------- */

/* What the file says of the boot that began: its id, and whether it fell back. False: none, or nothing of ours. */
static bool read_begun(const struct sysroot *root, char id[static BOOT_ID_SIZE], bool *ret_fallback)
{
	char line[BEGUN_SIZE], *rest = line;

	if (sysroot_read_text(root, line, sizeof(line), "var/lib/sluice/boot/%s", begun) < 0)
		return false;
	if (!text_copy(id, BOOT_ID_SIZE, strsep(&rest, " ")))
		return false;
	*ret_fallback = rest && !strcmp(rest, "fallback");
	return id[0];
}

static int write_begun(int dir, const char *id, bool fallback, struct error *err)
{
	char line[BEGUN_SIZE];

	snprintf(line, sizeof(line), "%s%s\n", id, fallback ? " fallback" : "");
	return run_dir_write(dir, begun, line, err);
}

static int read_choice(const struct sysroot *root, bool fallback, enum boot_choice *ret_choice,
	struct source_list **ret_sources, struct error *err)
{
	struct boot_copy copied;
	int ret = boot_store_read(root, fallback ? good : next, &copied, err);

	if (ret < 0)
		return ret;
	if (ret)
		*ret_sources = copied.sources;
	if (fallback)
		*ret_choice = ret ? BOOT_FALLBACK : BOOT_REFUSED;
	else
		*ret_choice = ret ? BOOT_NEXT : BOOT_NOTHING;
	return 0;
}

int boot_begin(
	const struct host_lock *lock, enum boot_choice *ret_choice, struct source_list **ret_sources, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	char now[BOOT_ID_SIZE], last[BOOT_ID_SIZE] = "";
	bool has_begun, fallback = false;
	cleanup_close int dir = -1;
	int ret = open_dir(lock, &dir, err);

	*ret_sources = NULL;
	if (ret < 0)
		return ret;
	this_boot(root, now);
	has_begun = read_begun(root, last, &fallback);
	/* The boot before this one was never found good, and nothing was applied since. */
	if (has_begun && strcmp(last, now) != 0) {
		ret = fallback ? 0 : move(dir, next, refused, err);
		fallback = true;
	}
	/* What was applied after a boot had fallen back is a new attempt. */
	if (!ret && fallback && is_there(root, next))
		fallback = false;
	if (!ret)
		ret = write_begun(dir, now, fallback, err);
	return ret < 0 ? ret : read_choice(root, fallback, ret_choice, ret_sources, err);
}

/* A host that had a way to others when this was applied, and has none, may be one that nobody reaches. */
static int check_route(const struct sysroot *root, const char *name, struct error *err)
{
	cleanup(boot_copy_done) struct boot_copy copied = { .sources = NULL };
	int ret = boot_store_read(root, name, &copied, err);

	if (ret <= 0 || !copied.had_route || has_default_route(root))
		return ret < 0 ? ret : 0;
	fail_code(err, CODE_BOOT_UNPROVEN, ENETUNREACH,
		"this host has no default route, and had one when the configuration was applied");
	return fail_hint(err, "once it has one, or if it needs none: 'sluice confirm --boot --no-route'");
}

int boot_good(const struct host_lock *lock, bool without_route, bool *ret_noted, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	char now[BOOT_ID_SIZE], last[BOOT_ID_SIZE];
	cleanup_close int dir = -1;
	bool fallback = false;
	int ret = open_dir(lock, &dir, err);

	*ret_noted = false;
	if (ret < 0)
		return ret;
	this_boot(root, now);
	if (!read_begun(root, last, &fallback) || strcmp(last, now) != 0)
		return 0;
	if (!without_route)
		ret = check_route(root, fallback ? good : next, err);
	if (ret < 0)
		return ret;
	/* What fell back is what the next boot does, too, unless something was applied since. */
	if (fallback && !is_there(root, next))
		ret = copy(root, dir, good, next, err);
	else if (!fallback)
		ret = copy(root, dir, next, good, err);
	if (!ret)
		ret = run_dir_remove(dir, begun, err);
	*ret_noted = !ret;
	return ret;
}

/* Looking ---------------------------------------------------------------------------------------------------------- */

void boot_state_read(const struct sysroot *root, struct boot_state *ret_state)
{
	char now[BOOT_ID_SIZE], last[BOOT_ID_SIZE];
	bool fallback;

	this_boot(root, now);
	*ret_state = (struct boot_state){
		.has_next = is_there(root, next),
		.has_refused = is_there(root, refused),
		.is_unproven = read_begun(root, last, &fallback) && !strcmp(last, now),
	};
}

bool boot_differs(const struct sysroot *root, const struct source_list *sources)
{
	cleanup(boot_copy_done) struct boot_copy kept = { .sources = NULL };
	struct error ignored = { 0 };

	return boot_store_read(root, next, &kept, &ignored) > 0 && !boot_store_same(kept.sources, sources);
}
