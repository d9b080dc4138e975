/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of this room; everybody else includes capture.h. */
#ifndef CAPTURE_WALK_H
#define CAPTURE_WALK_H

#include <stdio.h>

#include "capture/capture.h"
#include "capture/redact.h"
#include "os/bundle.h"

/* How a path of the table is taken; capture_how() says it in words, and which function does it. */
enum capture_take {
	TAKE_WHOLE,  /* the file's bytes */
	TAKE_NAME,   /* that it is there: an empty file, or a directory */
	TAKE_LINK,   /* the link, and not what it leads to */
	TAKE_TEXT,   /* the file's text, addresses and known names in it replaced */
	TAKE_SERIAL, /* a number that one piece of hardware has */
	TAKE_WORDS,  /* names that people gave */
	TAKE_CONFIG,
	TAKE_VPD,
	TAKE_CMDLINE,
	TAKE_CPUINFO,
	TAKE_STAT,
	TAKE_MODULES,
	TAKE_MOUNTS,
	TAKE_SWAPS,
	TAKE_ROUTE4,
	TAKE_ROUTE6,
	TAKE_TCP,
	TAKE_INPUT,
	TAKE_NVIDIA,
	TAKE_FSTAB,
	TAKE_CRYPTTAB,
	TAKE_UDEV_DATA,
	TAKE_MODPROBE,
	TAKE_MODULE_LIST,
	TAKE_UDEV_RULES,
	TAKE_BOOT_SCRIPT,
	TAKE_FIRST_LINE,
	TAKE_SSHD,
	TAKE_KEYFILE,
	TAKE_IFCFG,
	TAKE_NETWORKD,
	TAKE_NETPLAN,
	TAKE_LIBVIRT,
	TAKE_PROXMOX,
	TAKE_GRUB_STUB,
	TAKE_KERNEL_CONFIG,
	TAKE_ALIASES,
	TAKE_MODULE_FILES,
	TAKE_JSON,
	TAKE_LEASE,
	TAKE_NOTE,
	TAKE_MAPPER,
	TAKE_TRACE,
	TAKE_NODE_NAME,
	TAKE_CONTAINER,
	TAKE_COUNT
};

enum capture_row_flags {
	ROW_NAMES = 1 << 0,   /* what stands for * in the path is a name that people gave */
	ROW_NUMBERS = 1 << 1, /* or a number of one file system or disk */
	ROW_LAST = 1 << 2,    /* running text: read when all names are known that may be in it */
	ROW_BELOW = 1 << 3,   /* of links, those alone that lead to what hangs off a PCI function */
};

struct capture_path {
	const char *path; /* components are literal or fnmatch(3) patterns; one may be {one,or,another} */
	enum capture_take take;
	unsigned int flags;
	uint32_t max; /* bytes; 0: CAPTURE_FILE_MAX */
};

enum {
	CAPTURE_FILE_MAX = 64 << 10,
	CAPTURE_PATH_MAX = BUNDLE_PATH_MAX,
};

extern const struct capture_path capture_paths[];
extern const size_t capture_path_count;

struct capture {
	const struct host *host;
	const struct sysroot *root;
	struct bundle_writer *writer;
	struct redact *redact; /* NULL: nothing is replaced */
	struct capture_report report;
	const struct capture_path *row; /* being taken */
	uint64_t *seen;                 /* a set of members, by a hash of their paths */
	size_t seen_count, seen_space;
	char (*modalias)[96]; /* of the host's functions; owned */
	size_t modalias_count;
	const char *version;
	struct error *err;
	int ret; /* the first failure: nothing is written after it */
};

/*
 * What is taken of text (of size bytes, and a terminator; it may be changed), written to out. False: nothing of it is,
 * and the file is left out.
 */
typedef bool (*capture_reduce_fn)(struct capture *capture, char *text, size_t size, FILE *out);

struct capture_how {
	const char *how, *replaced;
	capture_reduce_fn reduce; /* NULL: as it is */
	bool binary;              /* contents may be cut anywhere */
};

const struct capture_how *capture_how(enum capture_take take);

/* Members; each path is written once, and so are the directories above it. */
void capture_dir(struct capture *capture, const char *member);
void capture_link(struct capture *capture, const char *member, const char *target);
void capture_file(struct capture *capture, const char *member, const void *data, size_t size);
bool capture_has(const struct capture *capture, const char *member);

/* A member that stands for what cannot be read. */
void capture_denied(struct capture *capture, const char *member, const char *what);

/* The same for a file's bytes (with room for one more), reduced as the row says. */
void capture_reduced(struct capture *capture, const char *member, char *text, size_t size);

/* What an existing path is called in the bundle, where links on the way become members. */
bool capture_resolve(struct capture *capture, const char *path, char ret_member[static CAPTURE_PATH_MAX]);

/* For about.json. */
void capture_note(struct capture_notes *notes, const char *what, const char *why);

/* Everything of the table; what the rest of capture_*.c knows. */
void capture_walk(struct capture *capture, const struct capture_path *rows, size_t count);
void capture_deferred(struct capture *capture);
void capture_special(struct capture *capture);
void capture_processes(struct capture *capture);
void capture_guests(struct capture *capture);
void capture_logs(struct capture *capture);
void capture_about(struct capture *capture);

/* Is the root a captured one, whose names were replaced already? */
bool capture_is_redacted(const struct sysroot *root);

#endif
