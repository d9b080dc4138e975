// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server of the control socket; see control.h and control_server.h. A client that sends something else than a
 * request, or does not take its answer, is dropped; when all places are taken, the oldest client makes room.
 */
#include "wire/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "vmm-core/control_server.h"
#include "vmm-core/device/acpi_power.h"
#include "vmm-core/vm.h"

struct control_server {
	struct vm *vm;
	int listen_fd;
	int client[CONTROL_CLIENT_MAX]; /* oldest first; -1: none */
	struct control_answer answer;
};

static void answer_status(struct vm *vm, struct control_answer *answer)
{
	vm_status(vm, &answer->status);
}

static void press_power_button(struct vm *vm, struct control_answer *answer)
{
	bool heard;

	pthread_mutex_lock(&vm->lock);
	heard = acpi_power_button(vm->power);
	pthread_mutex_unlock(&vm->lock);
	if (heard)
		return;
	fail_code(&answer->error, CODE_GUEST_DEAF, EAGAIN, "guest %s does not listen to its power button (yet)",
		vm->config->name);
	fail_hint(&answer->error, "wait until it has started, or use `sluice stop --force`");
}

static void power_off(struct vm *vm, struct control_answer *answer)
{
	(void)answer;
	vm_end(vm, VM_END_KILLED, NULL);
}

static void reset(struct vm *vm, struct control_answer *answer)
{
	(void)answer;
	vm_end(vm, VM_END_RESET, NULL);
}

static void pause_guest(struct vm *vm, struct control_answer *answer)
{
	(void)answer;
	vm_pause(vm);
}

static void resume_guest(struct vm *vm, struct control_answer *answer)
{
	(void)answer;
	vm_resume(vm);
}

static void explain_config(struct vm *vm, const struct control_request *request, struct control_answer *answer)
{
	if (!vm->explain_config || !memchr(request->device, '\0', sizeof(request->device))) {
		fail_code(&answer->error, CODE_NO_SUCH_DEVICE, ENODEV, "guest %s has no device", vm->config->name);
		return;
	}
	pthread_mutex_lock(&vm->lock);
	vm->explain_config(vm->explain_opaque, request->device, &answer->explanation, &answer->error);
	pthread_mutex_unlock(&vm->lock);
}

static void translate(struct vm *vm, const struct control_request *request, struct control_answer *answer)
{
	vm_translate(vm, request->vcpu, request->address, &answer->walk, &answer->error);
}

static void (*const operations[CONTROL_OP_COUNT])(struct vm *vm, struct control_answer *answer) = {
	[CONTROL_STATUS] = answer_status,
	[CONTROL_POWER_BUTTON] = press_power_button,
	[CONTROL_POWER_OFF] = power_off,
	[CONTROL_RESET] = reset,
	[CONTROL_PAUSE] = pause_guest,
	[CONTROL_RESUME] = resume_guest,
};

static void drop(struct control_server *server, size_t index)
{
	loop_remove(&server->vm->loop, server->client[index]);
	close_fd(&server->client[index]);
	memmove(&server->client[index], &server->client[index + 1], (CONTROL_CLIENT_MAX - 1 - index) * sizeof(int));
	server->client[CONTROL_CLIENT_MAX - 1] = -1;
}

/* False when the client is to be dropped. */
static bool serve(struct control_server *server, int fd)
{
	struct control_request request;
	struct control_answer *answer = &server->answer;
	ssize_t got = recv(fd, &request, sizeof(request), MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got != sizeof(request))
		return false;
	memset(answer, 0, sizeof(*answer));
	if (request.version != LAUNCH_VERSION)
		fail_code(&answer->error, CODE_FAILED, EPROTO, "the guest runs version %d of the protocol, not %u",
			LAUNCH_VERSION, request.version);
	else if (request.op == CONTROL_EXPLAIN_CONFIG)
		explain_config(server->vm, &request, answer);
	else if (request.op == CONTROL_TRANSLATE)
		translate(server->vm, &request, answer);
	else if (request.op >= CONTROL_OP_COUNT || !operations[request.op])
		fail_code(&answer->error, CODE_FAILED, EINVAL, "unknown request %u", request.op);
	else
		operations[request.op](server->vm, answer);
	return send(fd, answer, sizeof(*answer), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*answer);
}

static void on_client(void *opaque, int fd, uint32_t events)
{
	struct control_server *server = opaque;
	bool keep = events & EPOLLIN && serve(server, fd);

	for (size_t i = 0; i < CONTROL_CLIENT_MAX && !keep; i++) {
		if (server->client[i] != fd)
			continue;
		drop(server, i);
		break;
	}
}

static void on_connect(void *opaque, int fd, uint32_t events)
{
	struct control_server *server = opaque;
	cleanup_close int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i = 0;

	(void)events;
	if (client < 0)
		return;
	if (server->client[CONTROL_CLIENT_MAX - 1] >= 0)
		drop(server, 0);
	while (server->client[i] >= 0)
		i++;
	if (loop_add(&server->vm->loop, client, EPOLLIN, on_client, server, NULL) == 0)
		server->client[i] = take_fd(&client);
}

int control_server_new(struct control_server **ret_server, struct vm *vm, int listen_fd, struct error *err)
{
	cleanup_close int fd = listen_fd;
	struct control_server *server = calloc(1, sizeof(*server));
	int ret;

	if (!server)
		return fail(err, ENOMEM, "serve the control socket");
	server->vm = vm;
	for (size_t i = 0; i < CONTROL_CLIENT_MAX; i++)
		server->client[i] = -1;
	ret = loop_add(&vm->loop, fd, EPOLLIN, on_connect, server, err);
	if (ret < 0) {
		free(server);
		return fail_in(err, "control socket");
	}
	server->listen_fd = take_fd(&fd);
	*ret_server = server;
	return 0;
}

void control_server_free(struct control_server *server)
{
	if (!server)
		return;
	while (server->client[0] >= 0)
		drop(server, 0);
	loop_remove(&server->vm->loop, server->listen_fd);
	close_fd(&server->listen_fd);
	free(server);
}
