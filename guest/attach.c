// SPDX-License-Identifier: GPL-2.0-or-later
/* The client of a guest's supervisor; see attach.h. */
#include "guest/attach.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "guest/guest.h"

enum {
	WORK_MS = 90000, /* locks, resets, the address space: beside what the guest is given */
};

static int receive(int fd, const struct attach_request *request, struct attach_answer *ret_answer, struct error *err)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };
	int ready = poll(&polled, 1, WORK_MS + (int)request->timeout_ms);
	ssize_t got = ready > 0 ? recv(fd, ret_answer, sizeof(*ret_answer), 0) : -1;

	if (ready == 0)
		return fail_code(err, CODE_GUEST_DEAF, ETIMEDOUT, "the process that looks after it does not answer");
	if (got < 0)
		return fail(err, errno, "hear from the process that looks after it");
	if (got != sizeof(*ret_answer)) {
		fail_code(err, CODE_FAILED, EPROTO, "the process that looks after it did not answer");
		return fail_hint(
			err, "'sluice ps' shows whether the guest still runs, 'sluice list' where the device is");
	}
	return 0;
}

int guest_attach(const struct sysroot *root, const char *name, const struct attach_request *request,
	struct attach_answer *ret_answer, struct error *err)
{
	struct attach_request sent = *request;
	cleanup_close int fd = -1;
	int ret = guest_connect(root, name, "supervisor", SOCK_SEQPACKET, &fd, err);

	if (ret < 0)
		return ret;
	sent.version = LAUNCH_VERSION;
	if (send(fd, &sent, sizeof(sent), MSG_NOSIGNAL) != sizeof(sent))
		return fail(err, errno, "guest '%s': ask the process that looks after it", name);
	ret = receive(fd, request, ret_answer, err);
	if (ret < 0)
		return fail_in(err, "guest '%s'", name);
	if (!ret_answer->error.errnum)
		return 0;
	if (err)
		*err = ret_answer->error;
	return fail_in(err, "guest '%s'", name);
}
