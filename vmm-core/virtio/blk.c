// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-blk (virtio 1.2, 5.2); see blk.h. Nothing is taken for granted of how a request is cut into buffers (2.7.4):
 * its header is the first 16 bytes to read, its status the last byte to write to, whatever buffers those are in.
 */
#include "vmm-core/virtio/blk.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/virtio/disk.h"
#include "vmm-core/virtio/worker.h"
#include "vmm-core/vm.h"
#include "wire/control.h"

enum {
	TYPE_BLOCK = 2,
	CLASS_STORAGE = 0x018000,
	QUEUE_SIZE = 128,
	SECTOR = 512,
	PAGE_EXPONENT = 3,  /* physical blocks of 4 KiB, in sectors */
	HOLE_MAX = 1 << 22, /* sectors of one DISCARD or WRITE_ZEROES: 2 GiB */
	CONFIG_SIZE = offsetof(struct virtio_blk_config, write_zeroes_may_unmap) + 4,
};

_Static_assert((int)CONFIG_SIZE <= (int)VIRTIO_CONFIG_MAX, "a disk's configuration fits");

struct blk_request {
	struct disk_request io; /* first: what the back end gives back is the request */
	struct virtq_chain chain;
	uint8_t *status;
	uint32_t written; /* bytes of data */
	struct blk_request *next_free;
};

struct virtio_blk {
	struct virtio_device device;
	struct worker worker;
	struct disk *disk;
	int fd;
	bool read_only;
	uint64_t sectors;
	char id[VIRTIO_BLK_ID_BYTES]; /* not terminated where it fills all */
	char label[CONTROL_LABEL_MAX];
	struct blk_request *requests, *free; /* QUEUE_SIZE of them; those that were in use and are not */
	unsigned int fresh;                  /* the first that was never in use: its memory is not there yet */
	_Atomic uint64_t count, bytes_read, bytes_written, errors;
};

static struct virtio_blk *blk_of(struct virtio_device *device)
{
	return (struct virtio_blk *)device;
}

/* requests ---------------------------------------------------------------------------------------- */

static bool is_within(const struct virtio_blk *blk, uint64_t sector, uint64_t bytes)
{
	return bytes % SECTOR == 0 && sector <= blk->sectors && bytes / SECTOR <= blk->sectors - sector;
}

/* Each returns 1: the back end has to act; or what the guest is answered at once. */
enum {
	ACT = 0x100
};

static int prepare_read(struct virtio_blk *blk, struct blk_request *request, uint64_t sector)
{
	if (!is_within(blk, sector, request->chain.in_bytes))
		return VIRTIO_BLK_S_IOERR;
	request->io.op = DISK_READ;
	request->io.bytes = request->written = (uint32_t)request->chain.in_bytes;
	request->io.iov = &request->chain.iov[request->chain.out_count];
	request->io.iov_count = request->chain.in_count;
	return request->io.bytes ? ACT : VIRTIO_BLK_S_OK;
}

static int prepare_write(struct virtio_blk *blk, struct blk_request *request, uint64_t sector)
{
	if (blk->read_only || !is_within(blk, sector, request->chain.out_bytes))
		return VIRTIO_BLK_S_IOERR;
	request->io.op = DISK_WRITE;
	request->io.durable = !virtio_device_has(&blk->device, VIRTIO_BLK_F_FLUSH);
	request->io.bytes = request->chain.out_bytes;
	request->io.iov = request->chain.iov;
	request->io.iov_count = request->chain.out_count;
	return request->io.bytes ? ACT : VIRTIO_BLK_S_OK;
}

static int prepare_flush(struct virtio_blk *blk, struct blk_request *request, uint64_t sector)
{
	(void)sector;
	request->io.op = DISK_FLUSH;
	return blk->read_only ? VIRTIO_BLK_S_OK : ACT;
}

static int prepare_hole(struct virtio_blk *blk, struct blk_request *request, bool zero)
{
	struct virtio_blk_discard_write_zeroes hole;
	uint32_t known = zero ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;

	if (blk->read_only || request->chain.out_bytes != sizeof(hole) ||
		!virtq_chain_take(&request->chain, &hole, sizeof(hole)))
		return VIRTIO_BLK_S_IOERR;
	if (hole.flags & ~known)
		return VIRTIO_BLK_S_UNSUPP;
	if (hole.num_sectors > HOLE_MAX || !is_within(blk, hole.sector, (uint64_t)hole.num_sectors * SECTOR))
		return VIRTIO_BLK_S_IOERR;
	request->io.op = zero ? DISK_ZERO : DISK_DISCARD;
	request->io.unmap = hole.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	request->io.offset = hole.sector * SECTOR;
	request->io.bytes = (uint64_t)hole.num_sectors * SECTOR;
	return request->io.bytes ? ACT : VIRTIO_BLK_S_OK;
}

static int prepare_discard(struct virtio_blk *blk, struct blk_request *request, uint64_t sector)
{
	(void)sector;
	return prepare_hole(blk, request, false);
}

static int prepare_zeroes(struct virtio_blk *blk, struct blk_request *request, uint64_t sector)
{
	(void)sector;
	return prepare_hole(blk, request, true);
}

/* As much of the 20 bytes as there is room for. */
static int prepare_id(struct virtio_blk *blk, struct blk_request *request, uint64_t sector)
{
	const struct iovec *part = &request->chain.iov[request->chain.out_count];
	size_t done = 0;

	(void)sector;
	for (unsigned int i = 0; i < request->chain.in_count && done < sizeof(blk->id); i++) {
		size_t left = sizeof(blk->id) - done, count = part[i].iov_len < left ? part[i].iov_len : left;

		if (count)
			memcpy(part[i].iov_base, blk->id + done, count);
		done += count;
	}
	request->written = (uint32_t)done;
	return VIRTIO_BLK_S_OK;
}

static const struct {
	uint32_t type;
	int (*prepare)(struct virtio_blk *blk, struct blk_request *request, uint64_t sector);
} request_types[] = {
	{ VIRTIO_BLK_T_IN, prepare_read },
	{ VIRTIO_BLK_T_OUT, prepare_write },
	{ VIRTIO_BLK_T_FLUSH, prepare_flush },
	{ VIRTIO_BLK_T_DISCARD, prepare_discard },
	{ VIRTIO_BLK_T_WRITE_ZEROES, prepare_zeroes },
	{ VIRTIO_BLK_T_GET_ID, prepare_id },
};

static int prepare(struct virtio_blk *blk, struct blk_request *request, const struct virtio_blk_outhdr *header)
{
	request->io = (struct disk_request){ .offset = header->sector * SECTOR };
	request->written = 0;
	for (size_t i = 0; i < array_size(request_types); i++)
		if (request_types[i].type == header->type)
			return request_types[i].prepare(blk, request, header->sector);
	return VIRTIO_BLK_S_UNSUPP;
}

static void answer(struct virtio_blk *blk, struct blk_request *request, int status)
{
	if (status == VIRTIO_BLK_S_IOERR)
		blk->errors++;
	if (status != VIRTIO_BLK_S_OK)
		request->written = 0;
	*request->status = (uint8_t)status;
	virtqueue_push(&blk->device.queue[0], request->chain.head, request->written + 1);
	request->next_free = blk->free;
	blk->free = request;
}

static int status_of(int result)
{
	return result == 0 ? VIRTIO_BLK_S_OK : result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP : VIRTIO_BLK_S_IOERR;
}

static void finish_done(struct virtio_blk *blk)
{
	struct disk_request *io;

	while ((io = disk_done(blk->disk)))
		answer(blk, (struct blk_request *)io, status_of(io->result));
}

static void begin(struct virtio_blk *blk, struct blk_request *request, const struct virtio_blk_outhdr *header)
{
	int status = prepare(blk, request, header);

	blk->count++;
	if (status != ACT) {
		answer(blk, request, status);
		return;
	}
	if (request->io.op == DISK_READ)
		blk->bytes_read += request->io.bytes;
	else if (request->io.op == DISK_WRITE)
		blk->bytes_written += request->io.bytes;
	disk_submit(blk->disk, &request->io);
}

/* The place for another request; NULL: all are under way. */
static struct blk_request *next_place(struct virtio_blk *blk)
{
	if (blk->free)
		return blk->free;
	return blk->fresh < QUEUE_SIZE ? &blk->requests[blk->fresh] : NULL;
}

static void take_place(struct virtio_blk *blk)
{
	if (blk->free)
		blk->free = blk->free->next_free;
	else
		blk->fresh++;
}

/* The next request of the guest: 1; 0: none, or none can be taken now; -EPROTO. */
static int take_one(struct virtio_blk *blk)
{
	struct virtqueue *queue = &blk->device.queue[0];
	struct blk_request *request = next_place(blk);
	struct virtio_blk_outhdr header;
	int ret = request ? virtqueue_pop(queue, &request->chain) : 0;

	if (ret <= 0)
		return ret;
	request->status = virtq_chain_take_last(&request->chain);
	if (!request->status || !virtq_chain_take(&request->chain, &header, sizeof(header)))
		return virtqueue_break(queue, "a request without header or status");
	take_place(blk);
	begin(blk, request, &header);
	return 1;
}

/* the thread -------------------------------------------------------------------------------------- */

static void blk_wait(void *opaque)
{
	struct virtio_blk *blk = opaque;

	disk_wait(blk->disk);
}

static void blk_work(void *opaque)
{
	struct virtio_blk *blk = opaque;
	struct virtqueue *queue = &blk->device.queue[0];
	bool more;
	int ret;

	do {
		virtqueue_quiet(queue);
		while ((ret = take_one(blk)) > 0)
			;
		finish_done(blk);
		more = ret == 0 && next_place(blk) && virtqueue_listen(queue);
	} while (more);
	if (ret < 0)
		virtio_device_failed(&blk->device);
	else if (virtqueue_wants_interrupt(queue))
		virtio_device_interrupt(&blk->device, 0);
}

/* Nobody is told of what ends now: its driver has given it up. */
static void blk_drain(void *opaque)
{
	struct virtio_blk *blk = opaque;

	for (;;) {
		struct disk_request *io;

		disk_wait_done(blk->disk);
		io = disk_done(blk->disk);
		if (!io)
			return;
		((struct blk_request *)io)->next_free = blk->free;
		blk->free = (struct blk_request *)io;
	}
}

static const struct worker_ops blk_worker_ops = { .wait = blk_wait, .work = blk_work, .drain = blk_drain };

/* the device -------------------------------------------------------------------------------------- */

static int blk_power_on(struct virtio_device *device, struct vm *vm, struct error *err)
{
	return worker_begin(&blk_of(device)->worker, vm->sandbox, err);
}

static void blk_power_off(struct virtio_device *device)
{
	worker_stop(&blk_of(device)->worker);
}

static int blk_start(struct virtio_device *device, struct error *err)
{
	(void)err;
	if (device->queue[0].enabled)
		worker_want(&blk_of(device)->worker, WORKER_RUNS);
	return 0;
}

static void blk_stop(struct virtio_device *device)
{
	worker_want(&blk_of(device)->worker, WORKER_IDLE);
}

static bool blk_is_stopped(struct virtio_device *device)
{
	return worker_is_idle(&blk_of(device)->worker);
}

static void blk_status(const struct virtio_device *device, struct control_virtio *ret_status)
{
	const struct virtio_blk *blk = (const struct virtio_blk *)device;

	text_copy(ret_status->label, sizeof(ret_status->label), blk->label);
	text_copy(ret_status->backend, sizeof(ret_status->backend), blk->disk->ops->name);
	ret_status->read_only = blk->read_only;
	ret_status->size_bytes = blk->sectors * SECTOR;
	ret_status->requests = blk->count;
	ret_status->bytes_in = blk->bytes_read;
	ret_status->bytes_out = blk->bytes_written;
	ret_status->errors = blk->errors;
}

static void blk_free(struct virtio_device *device)
{
	struct virtio_blk *blk = blk_of(device);

	worker_done(&blk->worker);
	disk_free(blk->disk);
	virtio_device_done(device);
	close_fd(&blk->fd);
	free(blk->requests);
	free(blk);
}

static const struct virtio_ops blk_ops = {
	.kind = "disk",
	.id = TYPE_BLOCK,
	.class_code = CLASS_STORAGE,
	.power_on = blk_power_on,
	.power_off = blk_power_off,
	.start = blk_start,
	.stop = blk_stop,
	.is_stopped = blk_is_stopped,
	.status = blk_status,
	.free = blk_free,
};

static void describe(struct virtio_blk *blk)
{
	const struct virtio_blk_config config = {
		.capacity = blk->sectors,
		.seg_max = QUEUE_SIZE - 2,
		.blk_size = SECTOR,
		.physical_block_exp = PAGE_EXPONENT,
		.max_discard_sectors = HOLE_MAX,
		.max_discard_seg = 1,
		.discard_sector_alignment = 1 << PAGE_EXPONENT,
		.max_write_zeroes_sectors = HOLE_MAX,
		.max_write_zeroes_seg = 1,
		.write_zeroes_may_unmap = 1,
	};
	uint64_t features = 1ull << VIRTIO_BLK_F_SEG_MAX | 1ull << VIRTIO_BLK_F_BLK_SIZE |
			    1ull << VIRTIO_BLK_F_TOPOLOGY | 1ull << VIRTIO_BLK_F_FLUSH;

	features |= blk->read_only ? 1ull << VIRTIO_BLK_F_RO
				   : 1ull << VIRTIO_BLK_F_DISCARD | 1ull << VIRTIO_BLK_F_WRITE_ZEROES;
	blk->device.ops = &blk_ops;
	blk->device.offered = features;
	blk->device.config_size = CONFIG_SIZE;
	memcpy(blk->device.config, &config, CONFIG_SIZE);
	blk->device.queue_count = 1;
	blk->device.queue[0].size_max = QUEUE_SIZE;
}

static int make_requests(struct virtio_blk *blk, struct error *err)
{
	blk->requests = calloc(QUEUE_SIZE, sizeof(*blk->requests));
	if (!blk->requests)
		return fail(err, ENOMEM, "open disk '%s'", blk->label);
	return 0;
}

static int open_disk(struct virtio_blk *blk, struct error *err)
{
	struct disk_file file = { .fd = blk->fd, .depth = QUEUE_SIZE };
	int ret = worker_init(&blk->worker, &blk_worker_ops, blk, err);

	if (ret < 0)
		return ret;
	file.kick = blk->device.kick[0];
	file.wake = blk->worker.wake;
	file.kicks = &blk->device.queue[0].notifications;
	return disk_open(&blk->disk, &file, err);
}

int virtio_blk_new(struct virtio_device **ret_device, const struct launch_virtio *launch, int fd, struct error *err)
{
	struct virtio_blk *blk = calloc(1, sizeof(*blk));
	int ret;

	if (!blk) {
		close_fd(&fd);
		return fail(err, ENOMEM, "open disk '%s'", launch->label);
	}
	blk->fd = fd;
	blk->read_only = launch->flags & LAUNCH_VIRTIO_READ_ONLY;
	blk->sectors = launch->disk_bytes / SECTOR;
	memcpy(blk->id, launch->serial, strnlen(launch->serial, sizeof(blk->id)));
	text_copy(blk->label, sizeof(blk->label), launch->label);
	describe(blk);
	ret = virtio_device_init(&blk->device, "disk", err);
	if (ret == 0)
		ret = make_requests(blk, err);
	if (ret == 0)
		ret = open_disk(blk, err);
	if (ret < 0) {
		blk_free(&blk->device);
		return ret;
	}
	*ret_device = &blk->device;
	return 0;
}
