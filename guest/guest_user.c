// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Users for guests; see guest_user.h. Reads passwd(5), group(5), subuid(5), subgid(5) and the status of every process
 * (proc(5)). Names that come from elsewhere (nsswitch.conf(5)) are not asked for: a server that does not answer must
 * not keep a guest from its start, and the range is outside of what they have.
 */
#include "guest/guest_user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guest/guest.h"

enum {
	STATUS_SIZE = 4096,
};

struct used {
	bool user[GUEST_USER_COUNT];
};

static void mark(struct used *used, uint64_t first, uint64_t count)
{
	for (size_t i = 0; i < GUEST_USER_COUNT; i++) {
		uint64_t user = (uint64_t)GUEST_USER_FIRST + i;

		if (user >= first && user - first < count)
			used->user[i] = true;
	}
}

/* Files of lines with colons: in which field the number is, and in which, if any, how many there are. */
static const struct {
	const char *path;
	unsigned int number, count;
} files[] = {
	{ "etc/passwd", 2, 0 },
	{ "etc/passwd", 3, 0 },
	{ "etc/group", 2, 0 },
	{ "etc/subuid", 1, 2 },
	{ "etc/subgid", 1, 2 },
};

/* UINT64_MAX for none. */
static uint64_t field_of(const char *line, unsigned int field)
{
	char *end;
	uint64_t value;

	for (; field > 0; field--) {
		line = strchr(line, ':');
		if (!line)
			return UINT64_MAX;
		line++;
	}
	value = strtoull(line, &end, 10);
	return end == line ? UINT64_MAX : value;
}

static void mark_file(const struct sysroot *root, size_t index, struct used *used)
{
	int fd = sysroot_open_file(root, O_RDONLY, "%s", files[index].path);
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		uint64_t number = field_of(line, files[index].number);
		uint64_t count = files[index].count ? field_of(line, files[index].count) : 1;

		if (number != UINT64_MAX && count != UINT64_MAX)
			mark(used, number, count);
	}
}

/* Real, effective, saved and file system user, and its groups. */
static void mark_line(const char *status, const char *name, struct used *used)
{
	const char *line = strstr(status, name);
	unsigned int id[4];

	if (!line || sscanf(line + strlen(name), "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]) != 4)
		return;
	for (size_t i = 0; i < array_size(id); i++)
		mark(used, id[i], 1);
}

static void mark_processes(const struct sysroot *root, struct used *used)
{
	cleanup_free unsigned int *pids = NULL;
	ssize_t count = sysroot_list_numbers(root, &pids, "proc");
	char status[STATUS_SIZE];

	for (ssize_t i = 0; i < count; i++) {
		if (sysroot_read_text(root, status, sizeof(status), "proc/%u/status", pids[i]) < 0)
			continue;
		mark_line(status, "\nUid:", used);
		mark_line(status, "\nGid:", used);
	}
}

/* Root of a container can become nobody whom its user namespace has no number for (user_namespaces(7)). */
static void mark_unmapped(const struct sysroot *root, const char *name, struct used *used)
{
	int fd = sysroot_open_file(root, O_RDONLY, "proc/self/%s", name);
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned long long inside, count;
	struct used mapped = { 0 };

	if (!file)
		return;
	while (fscanf(file, "%llu %*u %llu", &inside, &count) == 2)
		mark(&mapped, inside, count);
	for (size_t i = 0; i < GUEST_USER_COUNT; i++)
		used->user[i] |= !mapped.user[i];
}

static bool has_free(const struct used *used, uint32_t *ret_user)
{
	for (uint32_t i = 0; i < GUEST_USER_COUNT; i++)
		if (!used->user[i]) {
			*ret_user = GUEST_USER_FIRST + i;
			return true;
		}
	return false;
}

/* Those that have no process yet. */
static int mark_guests(const struct sysroot *root, struct used *used, struct error *err)
{
	cleanup_free struct guest_info *guests = NULL;
	size_t count = 0;
	int ret = guest_list(root, &guests, &count, err);

	for (size_t i = 0; ret >= 0 && i < count; i++)
		mark(used, guests[i].user, 1);
	return ret;
}

int guest_user_take(const struct host_lock *lock, uint32_t *ret_user, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	struct used used = { 0 };
	uint32_t user = 0;
	int ret;

	mark_unmapped(root, "uid_map", &used);
	mark_unmapped(root, "gid_map", &used);
	if (!has_free(&used, &user)) {
		*ret_user = 0;
		return 0;
	}
	ret = mark_guests(root, &used, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < array_size(files); i++)
		mark_file(root, i, &used);
	mark_processes(root, &used);
	if (has_free(&used, ret_user))
		return 0;
	fail_code(err, CODE_FAILED, EUSERS, "all of the users %d to %d, which guests run as, are taken",
		GUEST_USER_FIRST, GUEST_USER_FIRST + GUEST_USER_COUNT - 1);
	return fail_hint(err, "end guests, or take these numbers out of /etc/passwd, group, subuid and subgid");
}
