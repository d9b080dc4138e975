/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: a captured host, which is what looking commands read, as a bundle (os/bundle.h) that `--sysroot FILE` shows
 * them again.
 *
 *	paths.c		the table of what is taken, how, and what of it is replaced: nothing else is
 *	walk.c		goes through the table, follows links; member.c writes each member once
 *	how.c		how a path is taken, in words and as a function
 *	reduce.h	what is taken of a file, line by line; reduce.c: of the kernel's files
 *	config.c, rival.c	the same for modprobe, udev, network daemons and managers of guests
 *	table.c, number.c	the same for mounts, routes and sessions; for numbers of hardware
 *	deferred.c, special.c	what is read last, for a bounded time; what no file says: addresses, permanent MACs
 *	log.c, process.c, guest.c	the kernel's logs, who holds devices, running guests
 *	about.c		capture/about.json
 *	file.c		the file itself: whole or not there
 *	redact.h	names, numbers and addresses become others, the same ones everywhere, by a key (keyed_hash.h):
 *			redact.c has words, redact_words.c those that stay, redact_address.c addresses, redact_scan.c
 *			what is what in a text
 *
 * A file that cannot be read for want of privilege is a link to itself in the bundle: struct sysroot answers -EACCES
 * for it, so that a command says of the bundle what it said of the host. A captured host can be captured again: the
 * members are the same.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assign/host.h"

enum {
	CAPTURE_NOTE_MAX = 48
};

/* Something that is not in the bundle, or not whole: a path of the table, and how many files of it. */
struct capture_note {
	char what[112];
	char why[80];
	uint64_t count;
};

struct capture_notes {
	struct capture_note note[CAPTURE_NOTE_MAX];
	size_t count;
	uint64_t more; /* that found no room */
};

struct capture_report {
	uint64_t members, bytes; /* in the bundle, and of the members' contents */
	uint64_t functions;      /* PCI */
	bool redacted, privileged;
	struct capture_notes unseen;   /* the kernel would not show it */
	struct capture_notes left_out; /* by a bound of ours */
};

struct capture_options {
	bool redact; /* replace names and numbers */
	bool force;  /* and a file that is there */
	const char *version;
};

/* Writes the bundle to fd, from its start. */
int capture_write(const struct host *host, int fd, const struct capture_options *options,
	struct capture_report *ret_report, struct error *err);

/*
 * The same into a file that is whole or not there: written beside it, synced, renamed. One that is there is replaced
 * with force only. CODE_USAGE.
 */
int capture_to_file(const struct host *host, const char *path, const struct capture_options *options,
	struct capture_report *ret_report, uint64_t *ret_size, struct error *err);

/* The table, for people: row index of it; false at the end. */
struct capture_row_text {
	const char *path, *how, *replaced;
};
bool capture_row(size_t index, struct capture_row_text *ret_row);

#endif
