// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a bundle with libarchive's pax writer: a plain ustar header where that is enough, mode and owner the same for
 * all, so that the same contents in the same order give the same bytes. What the reader would refuse is not written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "os/archive_library.h"
#include "os/bundle.h"

struct bundle_writer {
	struct archive_library library;
	struct archive *archive;
	struct archive_entry *entry;
	size_t members;
	uint64_t total;
};

/* libarchive says why in its own words, which name no file. */
static int writer_fail(const struct bundle_writer *writer, const char *what, struct error *err)
{
	const char *text = writer->library.archive_error_string(writer->archive);
	int errnum = writer->library.archive_errno(writer->archive);

	return fail_code(err, CODE_FAILED, errnum > 0 ? errnum : EIO, "write %s into the bundle: %s", what,
		text ? text : "unknown error");
}

static int prepare(struct bundle_writer *writer, int fd, struct error *err)
{
	const struct archive_library *library = &writer->library;

	writer->archive = library->archive_write_new();
	writer->entry = library->archive_entry_new();
	if (!writer->archive || !writer->entry)
		return fail(err, ENOMEM, "write a bundle");
	if (library->archive_write_set_format_pax_restricted(writer->archive) < ARCHIVE_OK ||
		library->archive_write_add_filter_zstd(writer->archive) < ARCHIVE_OK ||
		library->archive_write_set_bytes_in_last_block(writer->archive, 1) < ARCHIVE_OK ||
		library->archive_write_open_fd(writer->archive, fd) < ARCHIVE_OK)
		return writer_fail(writer, "the start", err);
	return 0;
}

int bundle_writer_open(struct bundle_writer **ret_writer, int fd, struct error *err)
{
	struct bundle_writer *writer = calloc(1, sizeof(*writer));
	int ret = writer ? archive_library_open(&writer->library, err) : fail(err, ENOMEM, "write a bundle");

	if (!ret)
		ret = prepare(writer, fd, err);
	if (ret < 0) {
		bundle_writer_free(writer);
		return ret;
	}
	*ret_writer = writer;
	return 0;
}

/* Counts the member, and starts its header; size counts against the limits of a reader. */
static int start_member(
	struct bundle_writer *writer, const char *path, unsigned int type, size_t size, struct error *err)
{
	const struct archive_library *library = &writer->library;
	const char *fault = bundle_path_fault(path);

	if (fault)
		return fail_code(err, CODE_FAILED, EINVAL, "'%s' %s, and cannot be in a bundle", path, fault);
	if (size > BUNDLE_MEMBER_SIZE_MAX || writer->total + size > BUNDLE_TOTAL_SIZE_MAX)
		return fail_code(err, CODE_FAILED, EFBIG, "'%s' is too large for a bundle (%zu bytes)", path, size);
	if (writer->members >= BUNDLE_MEMBERS_MAX)
		return fail_code(
			err, CODE_FAILED, EFBIG, "a bundle cannot have more than %d members", BUNDLE_MEMBERS_MAX);
	writer->members++;
	writer->total += size;
	library->archive_entry_clear(writer->entry);
	library->archive_entry_set_pathname(writer->entry, path);
	library->archive_entry_set_filetype(writer->entry, type);
	library->archive_entry_set_perm(writer->entry, type == AE_IFDIR ? 0755 : type == AE_IFREG ? 0644 : 0777);
	library->archive_entry_set_mtime(writer->entry, 0, 0);
	library->archive_entry_set_size(writer->entry, (int64_t)size);
	return 0;
}

static int put_header(struct bundle_writer *writer, const char *path, struct error *err)
{
	/*
	 * A warning is about a name that is not of this locale: it is written as it is, and marked (hdrcharset=BINARY).
	 */
	if (writer->library.archive_write_header(writer->archive, writer->entry) < ARCHIVE_WARN)
		return writer_fail(writer, path, err);
	return 0;
}

int bundle_writer_dir(struct bundle_writer *writer, const char *path, struct error *err)
{
	int ret = start_member(writer, path, AE_IFDIR, 0, err);

	return ret < 0 ? ret : put_header(writer, path, err);
}

int bundle_writer_file(struct bundle_writer *writer, const char *path, const void *data, size_t size, struct error *err)
{
	int ret = start_member(writer, path, AE_IFREG, size, err);

	if (ret >= 0)
		ret = put_header(writer, path, err);
	if (ret < 0 || !size)
		return ret;
	if (writer->library.archive_write_data(writer->archive, data, size) != (la_ssize_t)size)
		return writer_fail(writer, path, err);
	return 0;
}

int bundle_writer_link(struct bundle_writer *writer, const char *path, const char *target, struct error *err)
{
	int ret;

	if (!*target || strlen(target) >= BUNDLE_PATH_MAX)
		return fail_code(err, CODE_FAILED, EINVAL, "the link '%s' has too long a target, or none", path);
	ret = start_member(writer, path, AE_IFLNK, 0, err);
	if (ret < 0)
		return ret;
	writer->library.archive_entry_set_symlink(writer->entry, target);
	return put_header(writer, path, err);
}

int bundle_writer_finish(struct bundle_writer *writer, struct error *err)
{
	if (writer->library.archive_write_close(writer->archive) < ARCHIVE_OK)
		return writer_fail(writer, "the end", err);
	return 0;
}

void bundle_writer_free(struct bundle_writer *writer)
{
	if (!writer)
		return;
	if (writer->entry)
		writer->library.archive_entry_free(writer->entry);
	if (writer->archive)
		writer->library.archive_write_free(writer->archive);
	archive_library_close(&writer->library);
	free(writer);
}
