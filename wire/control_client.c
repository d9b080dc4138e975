// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client of the control socket; see control.h. What answers may be a sluice-vmm that its guest has taken over: an
 * answer is used only after its size, counts, states and text have been checked.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "wire/control.h"

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool names_are_text(const struct control_status *status)
{
	for (uint32_t i = 0; i < status->counter_count; i++)
		if (!is_text(status->counter[i].name, sizeof(status->counter[i].name)))
			return false;
	for (uint32_t i = 0; i < status->slot_count; i++)
		if (!is_text(status->slot[i].what, sizeof(status->slot[i].what)))
			return false;
	for (uint32_t i = 0; i < status->device_count; i++) {
		const struct control_device *device = &status->device[i];

		if (!is_text(device->interrupts, sizeof(device->interrupts)) ||
			!is_text(device->on_error, sizeof(device->on_error)) ||
			!is_text(device->host_address, sizeof(device->host_address)) ||
			!is_text(device->guest_address, sizeof(device->guest_address)))
			return false;
	}
	for (uint32_t i = 0; i < status->virtio_count; i++) {
		const struct control_virtio *virtio = &status->virtio[i];

		if (!is_text(virtio->kind, sizeof(virtio->kind)) || !is_text(virtio->state, sizeof(virtio->state)) ||
			!is_text(virtio->trouble, sizeof(virtio->trouble)) ||
			!is_text(virtio->guest_address, sizeof(virtio->guest_address)) ||
			!is_text(virtio->label, sizeof(virtio->label)) ||
			!is_text(virtio->backend, sizeof(virtio->backend)))
			return false;
	}
	return true;
}

static bool is_explanation(const struct control_explanation *explanation)
{
	if (explanation->register_count > CONTROL_REGISTER_MAX)
		return false;
	for (uint32_t i = 0; i < explanation->register_count; i++) {
		const struct control_register *reg = &explanation->reg[i];

		if (!is_text(reg->name, sizeof(reg->name)) || !is_text(reg->why, sizeof(reg->why)) ||
			(reg->size != 1 && reg->size != 2 && reg->size != 4))
			return false;
	}
	return true;
}

static bool is_walk(const struct page_walk *walk)
{
	if (walk->mode >= PAGING_MODE_COUNT || walk->end >= WALK_END_COUNT || walk->entry_count > WALK_LEVEL_MAX)
		return false;
	for (uint32_t i = 0; i < walk->entry_count; i++)
		if (!walk->entry[i].level || walk->entry[i].level > WALK_LEVEL_MAX)
			return false;
	return (walk->bytes & (walk->bytes - 1)) == 0;
}

static bool is_status(const struct control_status *status)
{
	return status->state < GUEST_STATE_COUNT && status->cpus <= VCPU_MAX &&
	       status->counter_count <= CONTROL_COUNTER_MAX && status->slot_count <= CONTROL_SLOT_MAX &&
	       status->map_count <= CONTROL_MAP_MAX && status->device_count <= CONTROL_DEVICE_MAX &&
	       status->virtio_count <= CONTROL_VIRTIO_MAX &&
	       is_text(status->dma_backend, sizeof(status->dma_backend)) && names_are_text(status);
}

static bool is_content(const struct control_answer *answer, uint32_t op)
{
	switch (op) {
	case CONTROL_EXPLAIN_CONFIG:
		return is_explanation(&answer->explanation);
	case CONTROL_TRANSLATE:
		return is_walk(&answer->walk);
	default:
		return is_status(&answer->status);
	}
}

static bool is_valid(const struct control_answer *answer, uint32_t op)
{
	return answer->error.errnum >= 0 && (unsigned int)answer->error.code < CODE_COUNT &&
	       is_text(answer->error.msg, sizeof(answer->error.msg)) &&
	       is_text(answer->error.hint, sizeof(answer->error.hint)) && !answer->error.excerpt[0] &&
	       is_content(answer, op);
}

static int wait_for_answer(int socket, int timeout_ms, struct error *err)
{
	struct pollfd answer = { .fd = socket, .events = POLLIN };
	int ready;

	do
		ready = poll(&answer, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return fail(err, errno, "wait for the guest's process");
	if (ready > 0)
		return 0;
	fail_code(err, CODE_GUEST_DEAF, ETIMEDOUT, "the guest's process did not answer within %d ms", timeout_ms);
	return fail_hint(err, "end it with `sluice stop --force`");
}

int control_call(int socket, enum control_op op, int timeout_ms, struct control_answer *ret_answer, struct error *err)
{
	return control_ask(socket, &(struct control_request){ .op = op }, timeout_ms, ret_answer, err);
}

int control_ask(int socket, const struct control_request *wanted, int timeout_ms, struct control_answer *ret_answer,
	struct error *err)
{
	struct control_request request = *wanted;
	cleanup_free struct control_answer *answer = malloc(sizeof(*answer) + 1);
	ssize_t got;
	int ret;

	if (!answer)
		return fail(err, ENOMEM, "ask the guest's process");
	request.version = LAUNCH_VERSION;
	if (send(socket, &request, sizeof(request), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(request))
		return fail(err, errno, "ask the guest's process");
	ret = wait_for_answer(socket, timeout_ms, err);
	if (ret < 0)
		return ret;
	/* One byte more than an answer has, to notice a longer one. */
	got = recv(socket, answer, sizeof(*answer) + 1, MSG_DONTWAIT);
	if (got < 0)
		return fail(err, errno, "read the guest process's answer");
	if (got != (ssize_t)sizeof(*answer) || !is_valid(answer, request.op))
		return fail_code(err, CODE_GUEST_DEAF, EPROTO, "the guest's process %s",
			got == 0 ? "has just ended" : "gave an answer that is not valid");
	*ret_answer = *answer;
	if (!answer->error.errnum)
		return 0;
	if (err)
		*err = answer->error;
	return -answer->error.errnum;
}
