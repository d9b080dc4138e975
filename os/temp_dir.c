// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Private directories and their keepers; see temp_dir.h. What lies in them came from a stranger: no link is ever
 * followed.
 */
#include "os/temp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	DEPTH_MAX = 64,
	TRIES_MAX = 16,
};

static const char prefix[] = "sluice-unpacked-";

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* All that is below dir, which stays. What cannot be removed is left. */
static void empty_directory(int dir, unsigned int depth)
{
	cleanup_dir DIR *entries = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		cleanup_close int below = -1;

		if (is_dot(entry->d_name) || !unlinkat(dir, entry->d_name, 0))
			continue;
		below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0 && depth < DEPTH_MAX)
			empty_directory(below, depth + 1);
		unlinkat(dir, entry->d_name, AT_REMOVEDIR);
	}
}

/* By its descriptor, since the directory above may be anybody's: only an empty one is removed by name. */
static void remove_directory(int base, const char *name, int fd)
{
	empty_directory(fd, 0);
	unlinkat(base, name, AT_REMOVEDIR);
}

/*
 * A directory by that name that is ours alone and that no command has; its lock is taken. Returns its descriptor or -1.
 */
static int open_abandoned(int base, const char *name)
{
	cleanup_close int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) || info.st_uid != geteuid() || (info.st_mode & 07777) != 0700)
		return -1;
	return flock(fd, LOCK_EX | LOCK_NB) ? -1 : take_fd(&fd);
}

static void remove_abandoned(int base)
{
	cleanup_dir DIR *entries = fdopendir(openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		cleanup_close int fd = -1;

		if (!text_starts_with(entry->d_name, prefix) || strlen(entry->d_name) != strlen(prefix) + 8)
			continue;
		fd = open_abandoned(base, entry->d_name);
		if (fd >= 0)
			remove_directory(base, entry->d_name, fd);
	}
}

/* Made, and locked before another command could take it for abandoned: one that did has removed it. */
static int make_locked(int base, char *name, size_t size)
{
	for (int try = 0; try < TRIES_MAX; try++) {
		cleanup_close int fd = -1;
		struct stat made, named;
		uint32_t number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
		snprintf(name, size, "%s%08x", prefix, number);
		if (mkdirat(base, name, 0700)) {
			if (errno == EEXIST)
				continue;
			return -errno;
		}
		fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &made) &&
			!fstatat(base, name, &named, AT_SYMLINK_NOFOLLOW) && made.st_ino == named.st_ino &&
			made.st_uid == geteuid())
			return take_fd(&fd);
	}
	return -EEXIST;
}

/*
 * The keeper's whole life. It belongs to no terminal, keeps nobody's output open, and is deaf to what ends the command:
 * that is what it waits for.
 */
static _Noreturn void keep(int base, const char *name, int fd, int ended)
{
	const int deaf_to[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	int kept[] = { base, fd, ended };
	char byte;
	sigset_t none;

	setsid();
	prctl(PR_SET_NAME, "sluice-keeper");
	for (size_t i = 0; i < array_size(deaf_to); i++)
		signal(deaf_to[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Three descriptors in a row from 0 on, and nothing above them. */
	for (int i = 0; i < 3; i++)
		kept[i] = fcntl(kept[i], F_DUPFD, 100);
	for (int i = 0; i < 3; i++)
		dup2(kept[i], i);
	close_range(3, ~0U, 0);
	while (read(2, &byte, 1) < 0 && errno == EINTR)
		;
	remove_directory(0, name, 1);
	_exit(0);
}

static int start_keeper(struct temp_dir *dir)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	dir->keeper = fork();
	if (!dir->keeper) {
		close(ends[1]);
		keep(dir->base_fd, dir->name, dir->fd, ends[0]);
	}
	close(ends[0]);
	dir->alive = ends[1];
	return dir->keeper < 0 ? -EAGAIN : 0;
}

/* Signals wait while there is a directory without a keeper. */
static int make(struct temp_dir *dir)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	ret = make_locked(dir->base_fd, dir->name, sizeof(dir->name));
	if (ret >= 0) {
		dir->fd = ret;
		ret = start_keeper(dir);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* What is kept for a second belongs into memory: thousands of small files cost a disk a hundred times as much. */
static int open_base(const char **ret_path)
{
	const char *chosen = secure_getenv("TMPDIR");
	struct statfs info;
	int fd;

	*ret_path = chosen && *chosen == '/' ? chosen : "/dev/shm";
	fd = open(*ret_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_path == chosen)
		return fd;
	if (fd >= 0 && !fstatfs(fd, &info) && info.f_type == TMPFS_MAGIC && !faccessat(fd, ".", W_OK, AT_EACCESS))
		return fd;
	close_fd(&fd);
	*ret_path = "/tmp";
	return open(*ret_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int temp_dir_make(struct temp_dir *dir, struct error *err)
{
	struct temp_dir made = { .fd = -1, .base_fd = -1, .alive = -1, .keeper = -1 };
	const char *base;
	int ret;

	made.base_fd = open_base(&base);
	if (made.base_fd < 0) {
		fail(err, errno, "open the directory for temporary files '%s'", base);
		return fail_hint(err, "set TMPDIR to a directory that may be written to");
	}
	remove_abandoned(made.base_fd);
	ret = make(&made);
	if (ret < 0) {
		temp_dir_remove(&made);
		fail(err, -ret, "make a temporary directory in '%s'", base);
		return fail_hint(err, "set TMPDIR to a directory that may be written to");
	}
	*dir = made;
	return 0;
}

void temp_dir_remove(struct temp_dir *dir)
{
	int status = -1;

	if (!dir || dir->base_fd < 0)
		return;
	close_fd(&dir->alive);
	if (dir->keeper > 0)
		while (waitpid(dir->keeper, &status, 0) < 0 && errno == EINTR)
			;
	/* A keeper that somebody killed has left it to us. */
	if (dir->fd >= 0 && status)
		remove_directory(dir->base_fd, dir->name, dir->fd);
	close_fd(&dir->fd);
	close_fd(&dir->base_fd);
	dir->keeper = -1;
}
