// SPDX-License-Identifier: GPL-2.0-or-later
/* virtio-rng (virtio 1.2, 5.4), by getrandom(2); see rng.h. */
#include "vmm-core/virtio/rng.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/virtio/worker.h"
#include "vmm-core/vm.h"
#include "wire/control.h"

enum {
	TYPE_ENTROPY = 4,
	CLASS_OTHER = 0x00ff00,
	QUEUE_SIZE = 8,
	BYTES_MAX = 4096, /* of one request: the thread belongs to the guest, and a stop must not wait for long */
};

struct virtio_rng {
	struct virtio_device device;
	struct worker worker;
	struct virtq_chain chain;
	_Atomic uint64_t count, bytes;
};

static struct virtio_rng *rng_of(struct virtio_device *device)
{
	return (struct virtio_rng *)device;
}

static uint32_t fill(const struct virtq_chain *chain)
{
	uint32_t done = 0;

	for (unsigned int i = 0; i < chain->in_count && done < BYTES_MAX; i++) {
		const struct iovec *part = &chain->iov[chain->out_count + i];
		size_t size = part->iov_len < BYTES_MAX - done ? part->iov_len : BYTES_MAX - done;
		ssize_t got = size ? getrandom(part->iov_base, size, 0) : 0;

		if (got < 0)
			break;
		done += (uint32_t)got;
		if ((size_t)got < part->iov_len)
			break;
	}
	return done;
}

static void rng_work(void *opaque)
{
	struct virtio_rng *rng = opaque;
	struct virtqueue *queue = &rng->device.queue[0];
	int ret;

	do {
		while ((ret = virtqueue_pop(queue, &rng->chain)) > 0) {
			uint32_t written = fill(&rng->chain);

			rng->count++;
			rng->bytes += written;
			virtqueue_push(queue, rng->chain.head, written);
		}
	} while (ret == 0 && virtqueue_listen(queue));
	if (ret < 0)
		virtio_device_failed(&rng->device);
	else if (queue->ram && !queue->broken && virtqueue_wants_interrupt(queue))
		virtio_device_interrupt(&rng->device, 0);
}

static void rng_wait(void *opaque)
{
	struct virtio_rng *rng = opaque;
	struct pollfd polled[] = { { rng->worker.wake, POLLIN, 0 }, { rng->device.kick[0], POLLIN, 0 } };
	uint64_t count;

	if (poll(polled, array_size(polled), -1) <= 0)
		return;
	for (size_t i = 0; i < array_size(polled); i++)
		if (polled[i].revents & POLLIN && read(polled[i].fd, &count, sizeof(count)) == sizeof(count) && i > 0)
			rng->device.queue[0].notifications += count;
}

/* Every request is done when it was taken. */
static void rng_drain(void *opaque)
{
	(void)opaque;
}

static const struct worker_ops rng_worker_ops = { .wait = rng_wait, .work = rng_work, .drain = rng_drain };

static int rng_power_on(struct virtio_device *device, struct vm *vm, struct error *err)
{
	return worker_begin(&rng_of(device)->worker, vm->sandbox, err);
}

static void rng_power_off(struct virtio_device *device)
{
	worker_stop(&rng_of(device)->worker);
}

static int rng_start(struct virtio_device *device, struct error *err)
{
	(void)err;
	if (device->queue[0].enabled)
		worker_want(&rng_of(device)->worker, WORKER_RUNS);
	return 0;
}

static void rng_stop(struct virtio_device *device)
{
	worker_want(&rng_of(device)->worker, WORKER_IDLE);
}

static bool rng_is_stopped(struct virtio_device *device)
{
	return worker_is_idle(&rng_of(device)->worker);
}

static void rng_status(const struct virtio_device *device, struct control_virtio *ret_status)
{
	const struct virtio_rng *rng = (const struct virtio_rng *)device;

	text_copy(ret_status->backend, sizeof(ret_status->backend), "thread");
	ret_status->requests = rng->count;
	ret_status->bytes_in = rng->bytes;
}

static void rng_free(struct virtio_device *device)
{
	worker_done(&rng_of(device)->worker);
	virtio_device_done(device);
	free(device);
}

static const struct virtio_ops rng_ops = {
	.kind = "rng",
	.id = TYPE_ENTROPY,
	.class_code = CLASS_OTHER,
	.power_on = rng_power_on,
	.power_off = rng_power_off,
	.start = rng_start,
	.stop = rng_stop,
	.is_stopped = rng_is_stopped,
	.status = rng_status,
	.free = rng_free,
};

int virtio_rng_new(struct virtio_device **ret_device, struct error *err)
{
	struct virtio_rng *rng = calloc(1, sizeof(*rng));
	int ret;

	if (!rng)
		return fail(err, ENOMEM, "create the random number generator");
	rng->device.ops = &rng_ops;
	rng->device.queue_count = 1;
	rng->device.queue[0].size_max = QUEUE_SIZE;
	ret = virtio_device_init(&rng->device, "random numbers", err);
	if (ret == 0)
		ret = worker_init(&rng->worker, &rng_worker_ops, rng, err);
	if (ret < 0) {
		rng_free(&rng->device);
		return ret;
	}
	*ret_device = &rng->device;
	return 0;
}
