/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle: a captured host in one file, a tar archive of regular files, directories and symbolic links.
 *
 *	bundle_writer.c		writes one: pax, zstd, no times, no owners, so that equal contents give equal bytes
 *	bundle_extract.c	unpacks one, which somebody sent and which may be anything
 *	bundle_path.c		which names a member may have, for both
 *
 * Unpacking trusts nothing: what is not a file, directory or link is refused, and so is whatever would leave the
 * directory, be written through a link, be there twice, or be larger than these limits, before it is written.
 * libarchive is loaded for it (archive_library.h).
 */
#ifndef OS_BUNDLE_H
#define OS_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	BUNDLE_MEMBERS_MAX = 262144,
	BUNDLE_PATH_MAX = 1024, /* of a member's name and of a link's target, with the terminator */
	BUNDLE_NAME_MAX = 255,
	BUNDLE_DEPTH_MAX = 48,
};

#define BUNDLE_MEMBER_SIZE_MAX (UINT64_C(64) << 20)
#define BUNDLE_TOTAL_SIZE_MAX (UINT64_C(512) << 20)

struct bundle_writer;

/*
 * fd is borrowed, and written from its start. Paths are relative: "sys/bus/pci"; each is written once, a directory
 * before what it holds.
 */
int bundle_writer_open(struct bundle_writer **ret_writer, int fd, struct error *err);
int bundle_writer_dir(struct bundle_writer *writer, const char *path, struct error *err);
int bundle_writer_file(
	struct bundle_writer *writer, const char *path, const void *data, size_t size, struct error *err);
int bundle_writer_link(struct bundle_writer *writer, const char *path, const char *target, struct error *err);

/* Writes what is left: the bundle is whole when this has returned 0. */
int bundle_writer_finish(struct bundle_writer *writer, struct error *err);
void bundle_writer_free(struct bundle_writer *writer);

/*
 * Unpacks file, compressed in any way that libarchive can undo by itself, below dir_fd: an empty directory that nobody
 * else writes to. Files get mode 0600, directories 0700. CODE_BAD_BUNDLE names the file, the member and what is wrong;
 * what was unpacked until then is left for the caller to remove.
 */
int bundle_extract(const char *file, int dir_fd, struct error *err);

/* NULL, or what is wrong with a member's path: absolute, "..", too long, too deep, an empty name. */
const char *bundle_path_fault(const char *path);

#endif
