// SPDX-License-Identifier: GPL-2.0-or-later
/* sd_notify(3), without the library; see notify.h. */
#include "os/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char *socket_path(void)
{
	const char *path = secure_getenv("NOTIFY_SOCKET");

	return path && (path[0] == '/' || path[0] == '@') && path[1] ? path : NULL;
}

bool notify_is_wanted(void)
{
	return socket_path();
}

void notify_send(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = socket_path();
	cleanup_close int fd = -1;
	size_t length;

	if (!path || !text_copy(address.sun_path, sizeof(address.sun_path), path))
		return;
	length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	/* An abstract name begins with a zero, and has no end; a file's has its zero behind it. */
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	else
		length++;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
		sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, (socklen_t)length) < 0)
		return;
}
