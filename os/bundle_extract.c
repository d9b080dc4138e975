// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unpacks a bundle that somebody sent: a read loop of our own over libarchive's tar reader. Every member's kind, name
 * and size are judged before anything is made, and everything is made below one directory with openat2(2), which
 * follows no link. Owners, modes, times, attributes and holes of the archive are not taken over. Filters that would
 * start a program are not asked for.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/archive_library.h"
#include "os/bundle.h"

enum {
	BLOCK_SIZE = 128 * 1024,
	HEADER_SIZE_MAX = 8192, /* what a member may cost beside its contents, on average */
	END_SIZE = 1024,        /* two empty blocks end a tar archive */
};

struct extraction {
	struct archive_library library;
	struct archive *archive;
	const char *file;
	int fd; /* of the file */
	int dir_fd;
	int parent_fd; /* of the last member's directory: members come sorted */
	char parent[BUNDLE_PATH_MAX];
	size_t members;
	uint64_t total;
	char member[BUNDLE_PATH_MAX]; /* its name as it is in the archive, fit to be printed */
};

static void extraction_done(struct extraction *extraction)
{
	if (extraction->archive)
		extraction->library.archive_read_free(extraction->archive);
	archive_library_close(&extraction->library);
	close_fd(&extraction->parent_fd);
	close_fd(&extraction->fd);
}

static int bad_bundle(const struct extraction *extraction, int errnum, const char *why, struct error *err)
{
	return fail_code(err, CODE_BAD_BUNDLE, errnum, "%s: %s", extraction->file, why);
}

static int bad_member(const struct extraction *extraction, const char *why, struct error *err)
{
	fail_code(
		err, CODE_BAD_BUNDLE, EINVAL, "%s: its member '%.200s' %s", extraction->file, extraction->member, why);
	return fail_hint(err, "a captured host has files, directories and symbolic links below one directory only: "
			      "have it made again by 'sluice capture'");
}

/* Our own directory is full, or gone: that is no fault of the archive. */
static int write_fail(const struct extraction *extraction, int errnum, struct error *err)
{
	fail(err, errnum, "unpack '%.200s' of %s", extraction->member, extraction->file);
	if (errnum == ENOSPC || errnum == EDQUOT)
		fail_hint(err, "set TMPDIR to a directory with more room");
	return -errnum;
}

static int archive_fail(const struct extraction *extraction, struct error *err)
{
	const char *text = extraction->library.archive_error_string(extraction->archive);
	char why[256];

	snprintf(why, sizeof(why), "%s: %s",
		extraction->members ? "it is damaged or cut off" : "it is no captured host, or cut off",
		text ? text : "not a tar archive");
	for (char *at = why; *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
	bad_bundle(extraction, EINVAL, why, err);
	return fail_hint(err,
		"a captured host is a tar archive that 'sluice capture' makes; compare its size with the original's");
}

/* What a stranger called it, without what would steer a terminal. */
static void name_member(struct extraction *extraction, const char *path)
{
	text_copy(extraction->member, sizeof(extraction->member), path);
	for (char *at = extraction->member; *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
}

static int open_below(int dir, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Opens path below the top, and makes what is missing of it, name by name. */
static int make_directories(const struct extraction *extraction, const char *path)
{
	cleanup_close int dir = fcntl(extraction->dir_fd, F_DUPFD_CLOEXEC, 0);

	for (const char *at = path; dir >= 0 && *at;) {
		size_t length = strcspn(at, "/");
		char name[BUNDLE_NAME_MAX + 1];
		int next;

		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		if (mkdirat(dir, name, 0700) && errno != EEXIST)
			return -errno;
		next = open_below(dir, name);
		if (next < 0)
			return -errno;
		close_fd(&dir);
		dir = next;
		at += length + (at[length] == '/');
	}
	return dir < 0 ? -errno : take_fd(&dir);
}

static int explain_directory(const struct extraction *extraction, int ret, struct error *err)
{
	if (ret == -ENOTDIR || ret == -ELOOP || ret == -EXDEV)
		return bad_member(extraction, "lies below what is no directory", err);
	return write_fail(extraction, -ret, err);
}

/* Makes parent_fd the directory of path; returns path's last name, or NULL with err filled. */
static const char *enter_parent(struct extraction *extraction, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char parent[BUNDLE_PATH_MAX];
	int fd;

	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path) : 0, path);
	if (extraction->parent_fd < 0 || strcmp(parent, extraction->parent) != 0) {
		fd = *parent ? open_below(extraction->dir_fd, parent) : fcntl(extraction->dir_fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0 && errno == ENOENT)
			fd = make_directories(extraction, parent);
		else if (fd < 0)
			fd = -errno;
		if (fd < 0) {
			explain_directory(extraction, fd, err);
			return NULL;
		}
		close_fd(&extraction->parent_fd);
		extraction->parent_fd = fd;
		text_copy(extraction->parent, sizeof(extraction->parent), parent);
	}
	return slash ? slash + 1 : path;
}

static int take_directory(
	struct extraction *extraction, struct archive_entry *entry, const char *path, struct error *err)
{
	int fd = make_directories(extraction, path);

	(void)entry;
	if (fd < 0)
		return explain_directory(extraction, fd, err);
	close_fd(&fd);
	return 0;
}

static int take_link(struct extraction *extraction, struct archive_entry *entry, const char *path, struct error *err)
{
	const char *target = extraction->library.archive_entry_symlink(entry);
	const char *name;

	if (!target)
		target = extraction->library.archive_entry_symlink_utf8(entry);
	if (!target || !*target || strlen(target) >= BUNDLE_PATH_MAX)
		return bad_member(extraction, "is a link to nothing, or to too long a name", err);
	name = enter_parent(extraction, path, err);
	if (!name)
		return -EINVAL;
	if (!symlinkat(target, extraction->parent_fd, name))
		return 0;
	return errno == EEXIST ? bad_member(extraction, "is there twice", err) : write_fail(extraction, errno, err);
}

/* The header was believed about the size, within limits; the data has to be just that, without holes. */
static int copy_data(struct extraction *extraction, int fd, uint64_t size, struct error *err)
{
	uint64_t done = 0;
	const void *block;
	la_int64_t offset;
	size_t length;
	int ret;

	while ((ret = extraction->library.archive_read_data_block(extraction->archive, &block, &length, &offset)) ==
		ARCHIVE_OK) {
		const char *at = block;

		if (offset != (la_int64_t)done || length > size - done)
			return bad_member(extraction, "has holes, or more data than its size", err);
		for (done += length; length;) {
			ssize_t written = write(fd, at, length);

			if (written < 0 && errno == EINTR)
				continue;
			if (written < 0)
				return write_fail(extraction, errno, err);
			at += written;
			length -= (size_t)written;
		}
	}
	if (ret != ARCHIVE_EOF)
		return archive_fail(extraction, err);
	return done == size ? 0 : bad_member(extraction, "is shorter than its size", err);
}

static int take_file(struct extraction *extraction, struct archive_entry *entry, const char *path, struct error *err)
{
	const struct archive_library *library = &extraction->library;
	int64_t size = library->archive_entry_size(entry);
	cleanup_close int fd = -1;
	const char *name;

	if (library->archive_entry_sparse_count(entry))
		return bad_member(extraction, "has holes", err);
	if (!library->archive_entry_size_is_set(entry) || size < 0 || (uint64_t)size > BUNDLE_MEMBER_SIZE_MAX)
		return bad_member(extraction, "is larger than a file of a captured host can be", err);
	if (extraction->total + (uint64_t)size > BUNDLE_TOTAL_SIZE_MAX)
		return bad_bundle(extraction, EFBIG, "it unpacks to more than a captured host can be", err);
	name = enter_parent(extraction, path, err);
	if (!name)
		return -EINVAL;
	fd = openat(extraction->parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return bad_member(extraction, "is there twice", err);
	if (fd < 0)
		return write_fail(extraction, errno, err);
	extraction->total += (uint64_t)size;
	return size ? copy_data(extraction, fd, (uint64_t)size, err) : 0;
}

static const struct kind {
	unsigned int type;
	const char *refused; /* NULL: taken */
	int (*take)(struct extraction *, struct archive_entry *, const char *, struct error *);
} kinds[] = {
	{ AE_IFREG, NULL, take_file },
	{ AE_IFDIR, NULL, take_directory },
	{ AE_IFLNK, NULL, take_link },
	{ AE_IFCHR, "is a character device", NULL },
	{ AE_IFBLK, "is a block device", NULL },
	{ AE_IFIFO, "is a FIFO", NULL },
	{ AE_IFSOCK, "is a socket", NULL },
};

/* "./sys/" is "sys": what tar makes of a directory's own contents. Empty for the directory itself. */
static bool plain_path(const char *path, char buf[static BUNDLE_PATH_MAX])
{
	size_t length;

	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	if (!strcmp(path, "."))
		path = "";
	if (!text_copy(buf, BUNDLE_PATH_MAX, path))
		return false;
	length = strlen(buf);
	while (length > 1 && buf[length - 1] == '/')
		buf[--length] = '\0';
	return true;
}

static int take_member(struct extraction *extraction, struct archive_entry *entry, struct error *err)
{
	const struct archive_library *library = &extraction->library;
	const char *name = library->archive_entry_pathname(entry);
	unsigned int type = library->archive_entry_filetype(entry);
	char path[BUNDLE_PATH_MAX];
	const char *fault;

	if (!name)
		name = library->archive_entry_pathname_utf8(entry);
	name_member(extraction, name ? name : "(not a name)");
	if (!name || !plain_path(name, path))
		return bad_member(extraction, name ? "has too long a name" : "has no name", err);
	if (type == AE_IFDIR && !*path)
		return 0;
	fault = bundle_path_fault(path);
	if (fault)
		return bad_member(extraction, fault, err);
	if (library->archive_entry_hardlink(entry))
		return bad_member(extraction, "is a hard link", err);
	for (size_t i = 0; i < array_size(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].take ? kinds[i].take(extraction, entry, path, err)
					     : bad_member(extraction, kinds[i].refused, err);
	return bad_member(extraction, "is of an unknown kind", err);
}

static int take_all(struct extraction *extraction, struct error *err)
{
	const struct archive_library *library = &extraction->library;
	struct archive_entry *entry;
	int ret;

	/* Warnings are about names that are not of this locale, and about attributes that are not taken over. */
	while ((ret = library->archive_read_next_header(extraction->archive, &entry)) == ARCHIVE_OK ||
		ret == ARCHIVE_WARN) {
		if (extraction->members++ >= BUNDLE_MEMBERS_MAX)
			return bad_bundle(extraction, EFBIG, "it has more members than a captured host can have", err);
		/* Headers may carry what belongs to no member: what was read says what it costs. */
		if ((uint64_t)library->archive_filter_bytes(extraction->archive, 0) >
			BUNDLE_TOTAL_SIZE_MAX + extraction->members * (uint64_t)HEADER_SIZE_MAX)
			return bad_bundle(extraction, EFBIG, "it unpacks to more than a captured host can be", err);
		ret = take_member(extraction, entry, err);
		if (ret < 0)
			return ret;
	}
	return ret == ARCHIVE_EOF ? 0 : archive_fail(extraction, err);
}

/*
 * Compression notices when the end is missing; a plain archive that is cut between two members looks whole to
 * libarchive.
 */
static int check_end(const struct extraction *extraction, struct error *err)
{
	char end[END_SIZE];
	off_t size = lseek(extraction->fd, 0, SEEK_END);

	if (extraction->library.archive_filter_count(extraction->archive) > 1)
		return 0;
	if (size >= END_SIZE && pread(extraction->fd, end, sizeof(end), size - END_SIZE) == END_SIZE) {
		size_t zeros = 0;

		while (zeros < sizeof(end) && !end[zeros])
			zeros++;
		if (zeros == sizeof(end))
			return 0;
	}
	return bad_bundle(extraction, EINVAL, "it is cut off: the end of the archive is missing", err);
}

/* A pipe or a device in place of a file must not hold us up. */
static int open_bundle(struct extraction *extraction, struct error *err)
{
	struct stat info;

	extraction->fd = open(extraction->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (extraction->fd < 0 || fstat(extraction->fd, &info))
		return fail(err, errno, "open the captured host '%s'", extraction->file);
	if (!S_ISREG(info.st_mode))
		return bad_bundle(extraction, EINVAL, "it is neither a file nor a directory", err);
	if (!info.st_size)
		return bad_bundle(extraction, EINVAL, "the file is empty", err);
	return 0;
}

/*
 * A warning says that this libarchive lacks the code, and would start a program for it: asked of one that is thrown
 * away.
 */
static bool is_built_in(const struct archive_library *library, int (*filter)(struct archive *))
{
	struct archive *trial = library->archive_read_new();
	bool built_in = trial && filter(trial) == ARCHIVE_OK;

	if (trial)
		library->archive_read_free(trial);
	return built_in;
}

static int open_archive(struct extraction *extraction, struct error *err)
{
	const struct archive_library *library = &extraction->library;
	int (*const filters[])(struct archive *) = {
		library->archive_read_support_filter_zstd,
		library->archive_read_support_filter_gzip,
		library->archive_read_support_filter_xz,
		library->archive_read_support_filter_bzip2,
		library->archive_read_support_filter_lz4,
	};

	extraction->archive = library->archive_read_new();
	if (!extraction->archive)
		return fail(err, ENOMEM, "unpack '%s'", extraction->file);
	for (size_t i = 0; i < array_size(filters); i++)
		if (is_built_in(library, filters[i]))
			filters[i](extraction->archive);
	library->archive_read_support_format_tar(extraction->archive);
	if (library->archive_read_open_fd(extraction->archive, extraction->fd, BLOCK_SIZE) < ARCHIVE_OK)
		return archive_fail(extraction, err);
	return 0;
}

int bundle_extract(const char *file, int dir_fd, struct error *err)
{
	cleanup(extraction_done) struct extraction extraction = {
		.file = file, .fd = -1, .dir_fd = dir_fd, .parent_fd = -1
	};
	int ret = open_bundle(&extraction, err);

	if (!ret)
		ret = archive_library_open(&extraction.library, err);
	if (!ret)
		ret = open_archive(&extraction, err);
	if (!ret)
		ret = take_all(&extraction, err);
	if (!ret)
		ret = check_end(&extraction, err);
	return ret;
}
