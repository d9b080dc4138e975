// SPDX-License-Identifier: GPL-2.0-or-later
/* One request and one answer; see status.h. */
#include "guest/control.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "guest/guest.h"
#include "guest/status.h"

enum {
	ANSWER_TIMEOUT_MS = 5000
};

int guest_ask(const struct sysroot *root, const char *name, const struct control_request *request,
	struct control_answer *ret_answer, struct error *err)
{
	cleanup_close int socket = -1;
	int ret = guest_reachable(root, err);

	if (ret == 0)
		ret = guest_connect(root, name, "control", SOCK_SEQPACKET, &socket, err);
	if (ret == 0)
		ret = control_ask(socket, request, ANSWER_TIMEOUT_MS, ret_answer, err);
	return ret < 0 ? fail_in(err, "guest '%s'", name) : 0;
}

int guest_control(const struct sysroot *root, const char *name, enum control_op op, struct control_answer *ret_answer,
	struct error *err)
{
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	cleanup_close int socket = -1;
	int ret;

	if (!answer)
		return fail(err, ENOMEM, "ask guest '%s'", name);
	if (op == CONTROL_STATUS) {
		ret = guest_status_read(root, name, ANSWER_TIMEOUT_MS, answer, err);
	} else {
		ret = guest_connect(root, name, "control", SOCK_SEQPACKET, &socket, err);
		if (!ret) {
			ret = control_call(socket, op, ANSWER_TIMEOUT_MS, answer, err);
			ret = ret < 0 ? fail_in(err, "guest '%s'", name) : 0;
		}
	}
	if (ret < 0)
		return ret;
	if (answer->error.errnum) {
		if (err)
			*err = answer->error;
		return fail_in(err, "guest '%s'", name);
	}
	if (ret_answer)
		*ret_answer = *answer;
	return 0;
}

const char *guest_state_text(uint32_t state)
{
	static const char *const names[GUEST_STATE_COUNT] = {
		[GUEST_STARTING] = "starting",
		[GUEST_RUNNING] = "running",
		[GUEST_PAUSED] = "paused",
	};

	return state < GUEST_STATE_COUNT ? names[state] : NULL;
}
