// SPDX-License-Identifier: GPL-2.0-or-later
/* All access to /sys, /proc and friends, relative to one directory; see sysroot.h. */
#include "os/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/bundle.h"
#include "os/temp_dir.h"

enum {
	TRIES_MAX = 1000,
};

#define format_path(path, fmt)                                                                                         \
	({                                                                                                             \
		va_list args_;                                                                                         \
		va_start(args_, fmt);                                                                                  \
		int length_ = vsnprintf(path, sizeof(path), fmt, args_);                                               \
		va_end(args_);                                                                                         \
		length_ >= 0 && (size_t)length_ < sizeof(path);                                                        \
	})

/*
 * The one way to a file. On a captured root every link is resolved as if the root were "/", so that neither an absolute
 * link nor one with enough ".." shows this machine's files (openat2(2), since Linux 5.6; without it links are followed
 * as they are). A FIFO in a captured tree must not hold us up.
 */
static int open_path(const struct sysroot *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(uint32_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK)),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	if (root->captured) {
		/*
		 * Whoever renames or mounts anything on this machine while ".." is resolved makes the kernel ask for
		 * another try.
		 */
		for (int try = 0; try < TRIES_MAX; try++) {
			fd = syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
			if (fd >= 0 || errno != EAGAIN)
				break;
		}
		/* A link to itself stands for what could not be read when the host was captured. */
		if (fd < 0 && errno == ELOOP)
			errno = EACCES;
		if (fd >= 0 || errno != ENOSYS)
			return fd < 0 ? -errno : (int)fd;
	}
	fd = openat(root->fd, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

/* A tree that has neither is some other archive. */
static int check_unpacked(const struct sysroot *root, struct error *err)
{
	if (sysroot_exists(root, "sys") || sysroot_exists(root, "proc"))
		return 0;
	fail_code(
		err, CODE_BAD_BUNDLE, EINVAL, "%s: it is no captured host: neither sys nor proc is in it", root->path);
	return fail_hint(err, "'sluice capture FILE' makes one; in one packed by hand, sys and proc are at the top");
}

static int open_bundle(struct sysroot *root, struct error *err)
{
	int ret;

	root->unpacked = malloc(sizeof(*root->unpacked));
	if (!root->unpacked)
		return fail(err, ENOMEM, "unpack '%s'", root->path);
	*root->unpacked = (struct temp_dir){ .fd = -1, .base_fd = -1 };
	ret = temp_dir_make(root->unpacked, err);
	if (!ret)
		ret = bundle_extract(root->path, root->unpacked->fd, err);
	if (ret < 0)
		return ret;
	root->fd = openat(root->unpacked->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root->fd < 0 ? fail(err, errno, "open what '%s' was unpacked to", root->path)
			    : check_unpacked(root, err);
}

int sysroot_open(struct sysroot *root, const char *path, struct error *err)
{
	struct sysroot opened = { .fd = -1, .captured = path != NULL };
	int ret = 0;

	if (path && !text_copy(opened.path, sizeof(opened.path), path))
		return fail_code(err, CODE_USAGE, ENAMETOOLONG, "the path of --sysroot is too long");
	opened.fd = open(path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (opened.fd < 0 && errno == ENOTDIR && path) {
		ret = open_bundle(&opened, err);
	} else if (opened.fd < 0) {
		fail(err, errno, "open the captured host '%s'", path ? path : "/");
		ret = fail_hint(err, "--sysroot takes a directory, or a file that 'sluice capture' made");
	}
	if (ret < 0) {
		sysroot_close(&opened);
		return ret;
	}
	*root = opened;
	return 0;
}

void sysroot_close(struct sysroot *root)
{
	if (!root)
		return;
	close_fd(&root->fd);
	if (root->unpacked)
		temp_dir_remove(root->unpacked);
	free(root->unpacked);
	root->unpacked = NULL;
}

int sysroot_copy(const struct sysroot *root, struct sysroot *ret_copy, struct error *err)
{
	struct sysroot copy = *root;

	copy.unpacked = NULL;
	copy.fd = fcntl(root->fd, F_DUPFD_CLOEXEC, 0);
	if (copy.fd < 0)
		return fail(err, errno, "open '%s' once more", root->path[0] ? root->path : "/");
	*ret_copy = copy;
	return 0;
}

int sysroot_open_file(const struct sysroot *root, int flags, const char *fmt, ...)
{
	char path[PATH_MAX];

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	if (root->captured && (flags & O_ACCMODE) != O_RDONLY)
		return -EROFS;
	return open_path(root, path, flags);
}

DIR *sysroot_open_dir(const struct sysroot *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	cleanup_close int fd = -1;
	DIR *dir;

	if (!format_path(path, fmt)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = open_path(root, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	dir = fdopendir(fd);
	if (dir)
		take_fd(&fd);
	return dir;
}

static int compare_numbers(const void *a, const void *b)
{
	const unsigned int *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static ssize_t read_numbers(DIR *dir, unsigned int **ret_numbers)
{
	cleanup_free unsigned int *numbers = NULL;
	size_t count = 0, space = 0;
	struct dirent *entry;
	uint64_t number;

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || text_to_u64(entry->d_name, UINT32_MAX, &number) < 0)
			continue;
		if (count == space) {
			unsigned int *grown = reallocarray(numbers, space ? space * 2 : 64, sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			numbers = grown;
			space = space ? space * 2 : 64;
		}
		numbers[count++] = (unsigned int)number;
	}
	if (count)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	*ret_numbers = take_ptr(numbers);
	return (ssize_t)count;
}

ssize_t sysroot_list_numbers(const struct sysroot *root, unsigned int **ret_numbers, const char *fmt, ...)
{
	cleanup_dir DIR *dir = NULL;
	char path[PATH_MAX];

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	dir = sysroot_open_dir(root, "%s", path);
	return dir ? read_numbers(dir, ret_numbers) : -errno;
}

bool sysroot_exists(const struct sysroot *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	cleanup_close int fd = -1;

	if (!format_path(path, fmt))
		return false;
	if (!root->captured)
		return !faccessat(root->fd, path, F_OK, 0);
	fd = open_path(root, path, O_PATH);
	return fd >= 0 || fd == -EACCES;
}

static ssize_t read_path(const struct sysroot *root, const char *path, void *buf, size_t size)
{
	cleanup_close int fd = open_path(root, path, O_RDONLY);
	size_t used = 0;

	if (fd < 0)
		return fd;
	while (used < size) {
		ssize_t got = read(fd, (char *)buf + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static ssize_t read_path_text(const struct sysroot *root, const char *path, char *buf, size_t size)
{
	ssize_t used = read_path(root, path, buf, size - 1);

	if (used < 0)
		return used;
	buf[used] = '\0';
	return (ssize_t)strlen(text_chomp(buf));
}

ssize_t sysroot_read_text(const struct sysroot *root, char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	return read_path_text(root, path, buf, size);
}

ssize_t sysroot_read_bytes(const struct sysroot *root, void *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	return read_path(root, path, buf, size);
}

int sysroot_read_u64(const struct sysroot *root, uint64_t *ret_value, const char *fmt, ...)
{
	char path[PATH_MAX];
	char text[32];
	ssize_t length;

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	length = read_path_text(root, path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	if (text[0] == '-')
		return -ERANGE;
	return text_to_u64(text, UINT64_MAX, ret_value);
}

/*
 * The link itself is opened, and then asked: its folders are resolved inside a captured root, and it is not followed.
 */
static ssize_t read_link(const struct sysroot *root, const char *path, char *buf, size_t size)
{
	cleanup_close int fd = -1;
	ssize_t length;

	if (root->captured) {
		fd = open_path(root, path, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return fd;
	}
	length = readlinkat(fd < 0 ? root->fd : fd, fd < 0 ? path : "", buf, size);
	/* Of a descriptor that is there and is no link, the kernel says that the link is not there. */
	if (length < 0 && fd >= 0 && errno == ENOENT)
		errno = EINVAL;
	return length < 0 ? -errno : length;
}

/* The name at the end of target, which is text of length, or -errno. */
static int take_link_name(char target[PATH_MAX], ssize_t length, char *buf, size_t size)
{
	const char *name;

	if (length < 0)
		return (int)length;
	target[length] = '\0';
	name = strrchr(target, '/');
	return text_copy(buf, size, name ? name + 1 : target) ? 0 : -ENAMETOOLONG;
}

ssize_t sysroot_read_link(const struct sysroot *root, char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	ssize_t length;

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	length = read_link(root, path, buf, size);
	if (length < 0)
		return length;
	if ((size_t)length >= size)
		return -ENAMETOOLONG;
	buf[length] = '\0';
	return length;
}

int sysroot_read_link_name(const struct sysroot *root, char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	char target[PATH_MAX];

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	return take_link_name(target, read_link(root, path, target, sizeof(target) - 1), buf, size);
}

ssize_t sysroot_read_answer(const struct sysroot *root, const char *file, const char *key, char *buf, size_t size)
{
	int fd = root->captured ? sysroot_open_file(root, O_RDONLY, "capture/%s", file) : -ENOENT;
	cleanup_file FILE *lines = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t space = 0, length = strlen(key);

	if (!lines)
		return fd;
	while (getline(&line, &space, lines) > 0) {
		if (strncmp(line, key, length) != 0 || line[length] != ' ')
			continue;
		text_chomp(line);
		return text_copy(buf, size, line + length + 1) ? (ssize_t)strlen(buf) : -ENAMETOOLONG;
	}
	return -ENOENT;
}

int sysroot_write_text(const struct sysroot *root, const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	cleanup_close int fd = -1;
	size_t length = strlen(text);
	ssize_t written;

	if (!format_path(path, fmt))
		return -ENAMETOOLONG;
	if (root->captured)
		return -EROFS;
	if (root->write)
		return root->write(root, path, text);
	fd = openat(root->fd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do
		written = write(fd, text, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -EIO;
}
