// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket of a guest (wire/control.h). A captured host has the answer as a file, "status" in the guest's
 * directory, which comes to the same client through a socket of our own, and is judged there like one from a process.
 */
#include "guest/status.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "guest/guest.h"

/* Our end of a socket on which the captured answer waits; *ret_fd is the end to ask on. -ENOENT: there is none. */
static int open_captured(const struct sysroot *root, const char *name, int *ret_fd)
{
	cleanup_free char *answer = malloc(sizeof(struct control_answer) + 1);
	cleanup_close int ours = -1;
	int pair[2];
	ssize_t size;

	if (!answer)
		return -ENOMEM;
	size = sysroot_read_bytes(root, answer, sizeof(struct control_answer) + 1, "run/sluice/guests/%s/status", name);
	if (size < 0)
		return (int)size;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	ours = pair[0];
	if (send(ours, answer, (size_t)size, MSG_NOSIGNAL) != size) {
		close(pair[1]);
		return -EIO;
	}
	/* The other end stays open for the question, which nobody reads. */
	*ret_fd = pair[1];
	return take_fd(&ours);
}

int guest_status_read(const struct sysroot *root, const char *name, int timeout_ms, struct control_answer *ret_answer,
	struct error *err)
{
	cleanup_close int socket = -1;
	cleanup_close int other = -1;
	int ret;

	if (root->captured && guest_is_alive(root, name))
		other = open_captured(root, name, &socket);
	if (other == -EACCES) {
		fail_code(err, CODE_NOT_ROOT, EACCES, "guest '%s' belonged to another user than who captured the host",
			name);
		return fail_hint(err, "captured as root, the host shows its guests: sudo sluice capture FILE");
	}
	if (socket < 0) {
		ret = guest_connect(root, name, "control", SOCK_SEQPACKET, &socket, err);
		if (ret < 0)
			return ret;
	}
	ret = control_call(socket, CONTROL_STATUS, timeout_ms, ret_answer, err);
	return ret < 0 ? fail_in(err, "guest '%s'", name) : 0;
}
