// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file of a bundle, which is whole or not there. It is written without a name (open(2), O_TMPFILE), so that it goes
 * with a process that is killed; where a file system has no such files, under a hidden name beside its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/capture.h"

struct output {
	const char *path, *name; /* as it was given, and its last part */
	int dir, fd;
	char hidden[NAME_MAX + 1]; /* "": there is no file of that name */
	bool force;
};

static void output_done(struct output *output)
{
	if (output->hidden[0])
		unlinkat(output->dir, output->hidden, 0);
	close_fd(&output->fd);
	close_fd(&output->dir);
}

static int cannot_write(const struct output *output, int errnum, struct error *err)
{
	fail(err, errnum, "write %s", output->path);
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return fail_hint(err, "nothing was left of it; choose a place with more room");
	case EACCES:
	case EPERM:
	case EROFS:
		return fail_hint(err, "choose a directory that this user may write to");
	case ENOENT:
	case ENOTDIR:
		return fail_hint(err, "make the directory first, or choose another");
	default:
		return -errnum;
	}
}

static int check_target(const struct output *output, struct error *err)
{
	struct stat info;

	if (fstatat(output->dir, output->name, &info, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : cannot_write(output, errno, err);
	if (!S_ISREG(info.st_mode)) {
		fail_code(err, CODE_USAGE, EEXIST, "%s is there, and is no regular file", output->path);
		return fail_hint(err, "name a file that is not there yet, like host.tar.zst");
	}
	if (output->force)
		return 0;
	fail_code(err, CODE_USAGE, EEXIST, "%s is there already", output->path);
	return fail_hint(err, "name another file, or replace this one with --force");
}

/* The directory of path, and its last name. */
static int open_directory(struct output *output, struct error *err)
{
	const char *slash = strrchr(output->path, '/');
	char directory[PATH_MAX] = ".";

	output->name = slash ? slash + 1 : output->path;
	if (!*output->name || !strcmp(output->name, ".") || !strcmp(output->name, "..")) {
		fail_code(err, CODE_USAGE, EISDIR, "'%s' names no file", output->path);
		return fail_hint(err, "name the file that the bundle is to be, like host.tar.zst");
	}
	if (strlen(output->name) > NAME_MAX - 16 ||
		(slash && snprintf(directory, sizeof(directory), "%.*s/", (int)(slash - output->path), output->path) >=
				  (int)sizeof(directory)))
		return cannot_write(output, ENAMETOOLONG, err);
	output->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return output->dir < 0 ? cannot_write(output, errno, err) : 0;
}

static int open_output(struct output *output, struct error *err)
{
	output->fd = openat(output->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (output->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
		return cannot_write(output, errno, err);
	snprintf(output->hidden, sizeof(output->hidden), ".%s.%ld", output->name, (long)getpid());
	output->fd = openat(output->dir, output->hidden, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (output->fd >= 0)
		return 0;
	output->hidden[0] = '\0'; /* not ours */
	return cannot_write(output, errno, err);
}

/* A link from the file without a name. */
static int link_to(const struct output *output, const char *name)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", output->fd);
	return linkat(AT_FDCWD, self, output->dir, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/*
 * The file's name, all at once: nobody sees a part of it. -EEXIST: somebody else was faster. To replace one, and for a
 * file that has a hidden name already, that name becomes this one.
 */
static int give_name(struct output *output)
{
	char hidden[NAME_MAX + 1];

	if (!output->hidden[0] && !output->force)
		return link_to(output, output->name);
	if (!output->hidden[0]) {
		int ret;

		snprintf(hidden, sizeof(hidden), ".%s.%ld", output->name, (long)getpid());
		ret = link_to(output, hidden);
		if (ret < 0)
			return ret;
		text_copy(output->hidden, sizeof(output->hidden), hidden);
	}
	if (renameat2(output->dir, output->hidden, output->dir, output->name, output->force ? 0 : RENAME_NOREPLACE) &&
		/* Not every file system can refuse to replace: then what check_target() saw has to do. */
		(errno != EINVAL || renameat(output->dir, output->hidden, output->dir, output->name)))
		return -errno;
	output->hidden[0] = '\0';
	return 0;
}

static int finish(struct output *output, uint64_t *ret_size, struct error *err)
{
	struct stat info;
	int ret;

	if (fsync(output->fd) || fstat(output->fd, &info))
		return cannot_write(output, errno, err);
	ret = give_name(output);
	if (ret == -EEXIST)
		return check_target(output, err);
	if (ret < 0)
		return cannot_write(output, -ret, err);
	if (fsync(output->dir))
		return cannot_write(output, errno, err);
	*ret_size = (uint64_t)info.st_size;
	return 0;
}

int capture_to_file(const struct host *host, const char *path, const struct capture_options *options,
	struct capture_report *ret_report, uint64_t *ret_size, struct error *err)
{
	cleanup(output_done) struct output output = { .path = path, .dir = -1, .fd = -1, .force = options->force };
	int ret = open_directory(&output, err);

	if (!ret)
		ret = check_target(&output, err);
	if (!ret)
		ret = open_output(&output, err);
	if (!ret)
		ret = capture_write(host, output.fd, options, ret_report, err);
	else
		return ret;
	if (ret == -ENOSPC || ret == -EDQUOT || ret == -EFBIG)
		return cannot_write(&output, -ret, err);
	return ret < 0 ? ret : finish(&output, ret_size, err);
}
