/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libarchive, loaded while a bundle is written or read: every other command starts without it and runs without it.
 * Types come from its header, so that a pointer cannot be called with other arguments than the function has.
 */
#ifndef OS_ARCHIVE_LIBRARY_H
#define OS_ARCHIVE_LIBRARY_H

#include <archive.h>
#include <archive_entry.h>

#include "base/error.h"

/* Every function that is used, once: members of the struct, and names to look up. */
/* clang-format off */
#define ARCHIVE_FUNCTIONS(each) \
	each(archive_errno) \
	each(archive_error_string) \
	each(archive_filter_bytes) \
	each(archive_filter_count) \
	each(archive_read_new) \
	each(archive_read_free) \
	each(archive_read_open_fd) \
	each(archive_read_next_header) \
	each(archive_read_data_block) \
	each(archive_read_support_format_tar) \
	each(archive_read_support_filter_zstd) \
	each(archive_read_support_filter_gzip) \
	each(archive_read_support_filter_xz) \
	each(archive_read_support_filter_bzip2) \
	each(archive_read_support_filter_lz4) \
	each(archive_write_new) \
	each(archive_write_free) \
	each(archive_write_open_fd) \
	each(archive_write_close) \
	each(archive_write_header) \
	each(archive_write_data) \
	each(archive_write_add_filter_zstd) \
	each(archive_write_set_format_pax_restricted) \
	each(archive_write_set_bytes_in_last_block) \
	each(archive_entry_new) \
	each(archive_entry_free) \
	each(archive_entry_clear) \
	each(archive_entry_pathname) \
	each(archive_entry_pathname_utf8) \
	each(archive_entry_symlink_utf8) \
	each(archive_entry_set_pathname) \
	each(archive_entry_filetype) \
	each(archive_entry_set_filetype) \
	each(archive_entry_hardlink) \
	each(archive_entry_symlink) \
	each(archive_entry_set_symlink) \
	each(archive_entry_size) \
	each(archive_entry_size_is_set) \
	each(archive_entry_set_size) \
	each(archive_entry_set_perm) \
	each(archive_entry_set_mtime) \
	each(archive_entry_sparse_count)
/* clang-format on */

#define ARCHIVE_MEMBER(name) __typeof__(name) *name;
struct archive_library {
	void *handle;
	ARCHIVE_FUNCTIONS(ARCHIVE_MEMBER)
};
#undef ARCHIVE_MEMBER

/* On success the caller ends it with archive_library_close(), after all that was made with it. */
int archive_library_open(struct archive_library *library, struct error *err);
void archive_library_close(struct archive_library *library);

#endif
