// SPDX-License-Identifier: GPL-2.0-or-later
/* Files below /run/sluice that are whole or absent; see run_dir.h. */
#include "os/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* One step down, made when it is missing. 0755: what guests run is no secret, their sockets are 0600. */
static int enter(int parent, const char *name, bool create, int *ret_fd)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && create) {
		if (mkdirat(parent, name, 0755) && errno != EEXIST)
			return -errno;
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int open_failed(int ret, const char *path, struct error *err)
{
	if (ret != -EACCES && ret != -EPERM && ret != -EROFS)
		return fail(err, -ret, "open /run/%s", path);
	fail_code(err, CODE_NOT_ROOT, -ret, "/run/%s: %s", path, strerror(-ret));
	return fail_hint(err,
		"run this as root, for example with sudo; or have root give devices to this user, who may then run "
		"guests with them: sluice bind DEVICE --user USER");
}

/* In one step, so that no folder on the way leads out of the captured root. */
static int open_captured(const struct sysroot *root, const char *sub, int *ret_fd, struct error *err)
{
	int fd = sysroot_open_file(root, O_RDONLY | O_DIRECTORY, "run/sluice/%s", sub ? sub : "");

	if (fd < 0)
		return fd == -ENOENT ? -ENOENT : open_failed(fd, "sluice", err);
	*ret_fd = fd;
	return 0;
}

/* What a user's guests need. */
static bool is_of_users(const char *sub)
{
	static const char *const places[] = { "guests", "kept", "ended" };

	for (size_t i = 0; sub && i < array_size(places); i++)
		if (!strncmp(sub, places[i], strlen(places[i])))
			return true;
	return false;
}

/* Below /run, for whoever asks. */
static void place_of(int run, const char *sub, char *buf, size_t size)
{
	char own[32];
	struct stat info;

	snprintf(own, sizeof(own), "sluice/users/%u", (unsigned int)geteuid());
	if (!geteuid() || !is_of_users(sub) || fstatat(run, own, &info, 0) || info.st_uid != geteuid())
		snprintf(own, sizeof(own), "sluice");
	snprintf(buf, size, "%s/%s", own, sub ? sub : "");
}

int run_dir_open(const struct sysroot *root, const char *sub, bool create, int *ret_fd, struct error *err)
{
	char path[PATH_MAX];
	cleanup_close int fd = -1;

	if (create && root->captured)
		return fail_code(err, CODE_READ_ONLY, EROFS, "%s shows another machine: nothing can be changed there",
			root->path);
	if (root->captured)
		return open_captured(root, sub, ret_fd, err);
	fd = sysroot_open_file(root, O_RDONLY | O_DIRECTORY, "run");
	if (fd < 0)
		return fd == -ENOENT && !create ? -ENOENT : open_failed(fd, "", err);
	place_of(fd, sub, path, sizeof(path));
	for (char *name = path, *next; name && *name; name = next) {
		cleanup_close int parent = take_fd(&fd);
		int ret;

		next = strchr(name, '/');
		if (next)
			*next++ = '\0';
		ret = enter(parent, name, create, &fd);
		if (ret == -ENOENT && !create)
			return ret;
		if (ret < 0)
			return open_failed(ret, "sluice", err);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int run_dir_give(const struct sysroot *root, uint32_t uid, struct error *err)
{
	cleanup_close int users = -1;
	cleanup_close int own = -1;
	char name[16];
	int ret = run_dir_open(root, "users", true, &users, err);

	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "%u", uid);
	if (mkdirat(users, name, 0700) && errno != EEXIST)
		return fail(err, errno, "make /run/sluice/users/%s", name);
	own = openat(users, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (own < 0 || fchown(own, uid, (gid_t)-1))
		return fail(err, errno, "give /run/sluice/users/%s to its user", name);
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t written = write(fd, text, left);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		left -= (size_t)written;
	}
	return fsync(fd) ? -errno : 0;
}

int run_dir_write(int dir, const char *name, const char *text, struct error *err)
{
	char temporary[NAME_MAX];
	cleanup_close int fd = -1;
	int ret;

	snprintf(temporary, sizeof(temporary), ".%s.new", name);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(err, errno, "create '%s' in /run/sluice", name);
	ret = write_all(fd, text);
	if (!ret && renameat(dir, temporary, dir, name))
		ret = -errno;
	if (ret < 0) {
		unlinkat(dir, temporary, 0);
		return fail(err, -ret, "write '%s' in /run/sluice", name);
	}
	/* The name must be there before the change that it describes. */
	if (fsync(dir))
		return fail(err, errno, "write '%s' in /run/sluice", name);
	return 0;
}

ssize_t run_dir_read(int dir, const char *name, char *buf, size_t size)
{
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return -errno;
	while (used < size - 1) {
		ssize_t got = read(fd, buf + used, size - 1 - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	buf[used] = '\0';
	return (ssize_t)used;
}

int run_dir_remove(int dir, const char *name, struct error *err)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return fail(err, errno, "remove '%s' from /run/sluice", name);
	return 0;
}

DIR *run_dir_list(int dir)
{
	cleanup_close int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (list)
		take_fd(&fd);
	return list;
}
