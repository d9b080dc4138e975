/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end of a disk: reads, writes, flushes and holes of one open file or block device, by io_uring(7) where the
 * host allows it (disk_uring.c), else by the thread itself, one after the other (disk_plain.c). Both wait for the
 * device's notifications too, since a thread can sleep in one place only.
 *
 * The ring is set up before the sandbox closes. It takes reads, writes, syncs and fallocate() on three registered
 * descriptors and nothing else (IORING_REGISTER_RESTRICTIONS): a guest that has taken the process over cannot open or
 * send anything by it, though io_uring passes by the system call filter.
 */
#ifndef VMM_CORE_VIRTIO_DISK_H
#define VMM_CORE_VIRTIO_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/error.h"

enum disk_op {
	DISK_READ,
	DISK_WRITE,
	DISK_FLUSH,
	DISK_DISCARD,
	DISK_ZERO,
};

/* From disk_submit() until it comes back from disk_done() all of it is the disk's. */
struct disk_request {
	enum disk_op op;
	bool durable;           /* WRITE: on stable storage before it is done */
	bool unmap;             /* ZERO: space may be given back */
	uint64_t offset, bytes; /* within the disk */
	struct iovec *iov;      /* READ, WRITE: bytes of them; changed meanwhile */
	unsigned int iov_count;
	int result; /* 0 or -errno */
	struct disk_request *next;
};

/* What a disk is waited for with. */
struct disk_file {
	int fd;                  /* of file or device; the caller's */
	int kick, wake;          /* eventfds, blocking; the caller's */
	unsigned int depth;      /* requests at a time, at most */
	_Atomic uint64_t *kicks; /* counts the notifications */
};

struct disk;

struct disk_ops {
	const char *name; /* "io_uring", "thread" */
	void (*submit)(struct disk *disk, struct disk_request *request);
	void (*wait)(struct disk *disk, bool notifications);
	void (*free)(struct disk *disk);
};

struct disk {
	const struct disk_ops *ops;
	struct disk_file file;
	unsigned int under_way;
	struct disk_request *done, **done_end; /* what is done and was not fetched */
};

int disk_open(struct disk **ret_disk, const struct disk_file *file, struct error *err);
void disk_free(struct disk *disk);

/* By the one thread that serves the disk. */
void disk_submit(struct disk *disk, struct disk_request *request);

/* Until the guest notifies, the thread is woken, or a request is done; all of the three may be so on return. */
void disk_wait(struct disk *disk);

/* Until a request is done, or nothing is under way. */
void disk_wait_done(struct disk *disk);

/* The next request that is done; NULL: none. */
struct disk_request *disk_done(struct disk *disk);

/* The two kinds. */
int disk_plain_open(struct disk **ret_disk, const struct disk_file *file, struct error *err);
int disk_uring_open(struct disk **ret_disk, const struct disk_file *file, struct error *err);

/* For the two kinds, in disk_request.c: the request is done. */
void disk_finish(struct disk *disk, struct disk_request *request, int result);

/*
 * Account for a system call's result of READ or WRITE: true when the request is done with *ret_result, false when what
 * is left has to be asked for again. A read that ends early has met the end of a file that was longer once: -EIO.
 */
bool disk_advance(struct disk_request *request, int64_t moved, int *ret_result);

/* Mode of fallocate(2) for a hole or zeroes. */
int disk_fallocate_mode(const struct disk_request *request);

#endif
