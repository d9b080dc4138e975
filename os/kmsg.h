/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log of this boot (Documentation/ABI/testing/dev-kmsg), record by record: dev/kmsg, which on a captured
 * host is a file of the same records. Not readable without privilege on most hosts.
 *
 * Only the kernel's own words are given out. User space can write to /dev/kmsg whatever it likes but the facility: that
 * is 0 for the kernel alone.
 */
#ifndef OS_KMSG_H
#define OS_KMSG_H

#include "os/lines.h"

struct kmsg {
	struct lines lines;
	bool began;       /* earlier is known */
	uint64_t earlier; /* records that were gone from the log when the first was read */
};

struct kmsg_record {
	uint64_t microseconds; /* since this boot */
	const char *text;      /* until the next one is read */
};

#define KMSG_CLOSED                                                                                                    \
	{                                                                                                              \
		.lines.fd = -1                                                                                         \
	}

/* From the log's beginning, or from now on. As lines_open(). */
int kmsg_open(struct kmsg *kmsg, const struct sysroot *root, bool from_now);
void kmsg_close(struct kmsg *kmsg);
#define cleanup_kmsg cleanup(kmsg_close)

/* False when there is no more now, or the log is closed. */
bool kmsg_next(struct kmsg *kmsg, struct kmsg_record *ret_record);

/*
 * What the kernel has logged about an object since the last call: the evidence that belongs into an error when a write
 * to sysfs has failed with nothing but an errno. The first lines that contain about ("0000:01:00.0"), separated by ";
 * ". Returns buf, "" for none.
 */
const char *kmsg_about(struct kmsg *kmsg, const char *about, char *buf, size_t size);

/*
 * For an error's hint: what kmsg_about() found, "the kernel says: ..."; that it found nothing; or, where the log is not
 * readable, the command that shows it. Returns buf.
 */
const char *kmsg_tell(struct kmsg *kmsg, const char *about, char *buf, size_t size);

#endif
