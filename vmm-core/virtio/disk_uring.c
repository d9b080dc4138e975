// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A disk by io_uring(7), through liburing; see disk.h. The eventfds of notifications and of the thread's waking are
 * read by the ring too, so one system call submits what is to be done and sleeps until anything is.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "vmm-core/virtio/disk.h"

enum {
	FILE_DISK, /* registered descriptors */
	FILE_KICK,
	FILE_WAKE,
	FILE_COUNT,
	EVENT_COUNT = FILE_COUNT - FILE_KICK,
	EVENT_KICK = 0, /* of those that are read, in the order of the descriptors */
};

struct uring {
	struct disk disk;
	struct io_uring ring;
	struct {
		uint64_t count; /* read from the eventfd */
		bool armed;
	} event[EVENT_COUNT];
	bool event_came;
};

static struct uring *uring_of(struct disk *disk)
{
	return (struct uring *)disk;
}

/* The queue holds all that can be under way; when it is full of what was not submitted, submitting makes room. */
static struct io_uring_sqe *get_sqe(struct uring *uring)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&uring->ring)))
		io_uring_submit(&uring->ring);
	return sqe;
}

static void queue_request(struct uring *uring, struct disk_request *request)
{
	struct io_uring_sqe *sqe = get_sqe(uring);

	switch (request->op) {
	case DISK_READ:
		io_uring_prep_readv(sqe, FILE_DISK, request->iov, request->iov_count, request->offset);
		break;
	case DISK_WRITE:
		io_uring_prep_writev2(sqe, FILE_DISK, request->iov, request->iov_count, request->offset,
			request->durable ? RWF_DSYNC : 0);
		break;
	case DISK_FLUSH:
		io_uring_prep_fsync(sqe, FILE_DISK, IORING_FSYNC_DATASYNC);
		break;
	default:
		io_uring_prep_fallocate(
			sqe, FILE_DISK, disk_fallocate_mode(request), (off_t)request->offset, (off_t)request->bytes);
		break;
	}
	io_uring_sqe_set_data(sqe, request);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

static void uring_submit(struct disk *disk, struct disk_request *request)
{
	queue_request(uring_of(disk), request);
}

static void arm_events(struct uring *uring)
{
	for (unsigned int i = 0; i < EVENT_COUNT; i++) {
		struct io_uring_sqe *sqe;

		if (uring->event[i].armed)
			continue;
		sqe = get_sqe(uring);
		io_uring_prep_read(sqe, (int)(FILE_KICK + i), &uring->event[i].count, sizeof(uint64_t), 0);
		io_uring_sqe_set_data(sqe, &uring->event[i]);
		io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
		uring->event[i].armed = true;
	}
}

static bool take_event(struct uring *uring, const void *data, int res)
{
	for (unsigned int i = 0; i < EVENT_COUNT; i++) {
		if (data != &uring->event[i])
			continue;
		uring->event[i].armed = false;
		if (i == EVENT_KICK && res > 0)
			*uring->disk.file.kicks += uring->event[i].count;
		uring->event_came = true;
		return true;
	}
	return false;
}

static void complete(struct uring *uring, struct disk_request *request, int res)
{
	bool moves = request->op == DISK_READ || request->op == DISK_WRITE;
	int result = res < 0 ? res : 0;

	if (moves ? !disk_advance(request, res, &result) : res == -EINTR || res == -EAGAIN)
		queue_request(uring, request);
	else
		disk_finish(&uring->disk, request, result);
}

static void uring_wait(struct disk *disk, bool notifications)
{
	struct uring *uring = uring_of(disk);
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;

	/* An event that came while only requests were waited for counts now. */
	if (notifications)
		arm_events(uring);
	io_uring_submit_and_wait(&uring->ring, notifications && uring->event_came ? 0 : 1);
	io_uring_for_each_cqe(&uring->ring, head, cqe)
	{
		void *data = io_uring_cqe_get_data(cqe);

		seen++;
		if (!take_event(uring, data, cqe->res))
			complete(uring, data, cqe->res);
	}
	io_uring_cq_advance(&uring->ring, seen);
	if (notifications)
		uring->event_came = false;
}

static void uring_free(struct disk *disk)
{
	struct uring *uring = uring_of(disk);

	io_uring_queue_exit(&uring->ring);
	free(uring);
}

static const struct disk_ops uring_ops = {
	.name = "io_uring",
	.submit = uring_submit,
	.wait = uring_wait,
	.free = uring_free,
};

/* Debian 12's liburing declares these two and does not export them. */
static int ring_register(struct uring *uring, unsigned int what, const void *rows, unsigned int count)
{
	return syscall(SYS_io_uring_register, uring->ring.ring_fd, what, rows, count) < 0 ? -errno : 0;
}

static int restrict_ring(struct uring *uring, const struct disk_file *file)
{
	static const uint8_t ops[] = { IORING_OP_READ, IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_FSYNC,
		IORING_OP_FALLOCATE };
	const int fds[FILE_COUNT] = { [FILE_DISK] = file->fd, [FILE_KICK] = file->kick, [FILE_WAKE] = file->wake };
	struct io_uring_restriction rows[array_size(ops) + 1] = { 0 };
	int ret = io_uring_register_files(&uring->ring, fds, FILE_COUNT);

	for (size_t i = 0; i < array_size(ops); i++) {
		rows[i].opcode = IORING_RESTRICTION_SQE_OP;
		rows[i].sqe_op = ops[i];
	}
	rows[array_size(ops)].opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED;
	rows[array_size(ops)].sqe_flags = IOSQE_FIXED_FILE;
	if (ret == 0)
		ret = ring_register(uring, IORING_REGISTER_RESTRICTIONS, rows, array_size(rows));
	return ret ? ret : ring_register(uring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

int disk_uring_open(struct disk **ret_disk, const struct disk_file *file, struct error *err)
{
	struct io_uring_params params = { .flags = IORING_SETUP_R_DISABLED };
	struct uring *uring = calloc(1, sizeof(*uring));
	int ret;

	if (!uring)
		return fail(err, ENOMEM, "open a disk");
	ret = io_uring_queue_init_params(file->depth + EVENT_COUNT, &uring->ring, &params);
	if (ret < 0) {
		free(uring);
		return fail(err, -ret, "set up io_uring");
	}
	uring->disk.ops = &uring_ops;
	uring->disk.file = *file;
	ret = restrict_ring(uring, file);
	if (ret < 0) {
		uring_free(&uring->disk);
		return fail(err, -ret, "restrict io_uring");
	}
	*ret_disk = &uring->disk;
	return 0;
}
