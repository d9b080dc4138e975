/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root below which /sys, /proc, /dev, /run and /etc are read: the host's, or a captured one (--sysroot DIR, or
 * FILE).
 *
 * Every path of the manager goes through here, printf-style and without the leading slash:
 *
 *	sysroot_read_u64(root, &total, "sys/bus/pci/devices/%s/sriov_totalvfs", name);
 *
 * Reading functions return a count or 0, or -errno; none of them fills an error, since "not there" is often an answer.
 * A captured root refuses to be written (-EROFS): it shows another machine's state. It is also never left: a link in it
 * that leads to "/" or above it leads to its own top. A link to itself there is -EACCES: what could not be read on that
 * machine either.
 */
#ifndef OS_SYSROOT_H
#define OS_SYSROOT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct sysroot;
struct temp_dir;

/* One write to an attribute; path has no leading slash. 0 or -errno. */
typedef int (*sysroot_write_fn)(const struct sysroot *root, const char *path, const char *text);

struct sysroot {
	int fd;         /* O_PATH of the root directory; owned */
	bool captured;  /* another machine's: look only */
	char path[256]; /* for messages: what --sysroot said; "" for the host itself, so that "%s/sys" works */

	struct temp_dir *unpacked; /* of a captured host in one file; owned; NULL: none */

	/* NULL: the kernel answers. Tests put something in that behaves like one. */
	sysroot_write_fn write;
	void *write_context;
};

/*
 * path NULL means this host. It names a directory, or a file that is a bundle (bundle.h), which is unpacked until
 * sysroot_close(), with which the caller ends it on success.
 */
int sysroot_open(struct sysroot *root, const char *path, struct error *err);
void sysroot_close(struct sysroot *root);

/*
 * The same root once more, for an owner that outlives the first. Not of a bundle, whose files go with their first
 * owner.
 */
int sysroot_copy(const struct sysroot *root, struct sysroot *ret_copy, struct error *err);

/* A descriptor, close-on-exec, or -errno. */
int sysroot_open_file(const struct sysroot *root, int flags, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The caller closes the directory; NULL with errno set when it cannot be opened. */
DIR *sysroot_open_dir(const struct sysroot *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The names in a directory that are decimal numbers, in ascending order, whatever order its file system has: processes,
 * descriptors. The caller frees *ret_numbers. Returns their count, or -errno.
 */
ssize_t sysroot_list_numbers(const struct sysroot *root, unsigned int **ret_numbers, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

bool sysroot_exists(const struct sysroot *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* At most size - 1 bytes, terminated, white space at the end removed. Returns the length. */
ssize_t sysroot_read_text(const struct sysroot *root, char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* At most size bytes, as they are. Returns the count. */
ssize_t sysroot_read_bytes(const struct sysroot *root, void *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* One number, decimal or 0x…; -EINVAL when it is something else (numa_node's "-1" is -ERANGE). */
int sysroot_read_u64(const struct sysroot *root, uint64_t *ret_value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The last component of a symbolic link's target: "vfio-pci" from …/driver. Returns 0 or -errno. */
int sysroot_read_link_name(const struct sysroot *root, char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A symbolic link's whole target, terminated. Returns its length, or -errno. */
ssize_t sysroot_read_link(const struct sysroot *root, char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * What the kernel answered when the host was captured, where no file says it: the rest of the line of file (below
 * capture/) that begins with key and a blank. Returns its length, or -errno: -ENOENT for none, and on this host itself.
 */
ssize_t sysroot_read_answer(const struct sysroot *root, const char *file, const char *key, char *buf, size_t size);

/* One write(2) of text to an existing attribute, as sysfs wants it. 0 or -errno; -EROFS on a captured root. */
int sysroot_write_text(const struct sysroot *root, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
