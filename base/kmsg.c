// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): one per read, "prio,seq,time,flags;text\n". */
#include "base/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

void kmsg_open(struct kmsg *kmsg, const struct sysroot *root)
{
	kmsg->fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK, "dev/kmsg");
	if (kmsg->fd >= 0)
		lseek(kmsg->fd, 0, SEEK_END);
}

void kmsg_close(struct kmsg *kmsg)
{
	close_fd(&kmsg->fd);
}

static void take_record(char *record, const char *about, char *buf, size_t size)
{
	char *text = strchr(record, ';');
	size_t used = strlen(buf);

	if (!text)
		return;
	text++;
	text[strcspn(text, "\n")] = '\0';
	if (!strstr(text, about) || strstr(buf, text) || used + strlen(text) + 3 > size)
		return;
	snprintf(buf + used, size - used, "%s%s", used ? "; " : "", text);
}

const char *kmsg_about(struct kmsg *kmsg, const char *about, char *buf, size_t size)
{
	buf[0] = '\0';
	while (kmsg->fd >= 0) {
		char record[2048];
		ssize_t length = read(kmsg->fd, record, sizeof(record) - 1);

		/* EPIPE: records were overwritten before they were read; the next read goes on. */
		if (length < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (length <= 0)
			break;
		record[length] = '\0';
		take_record(record, about, buf, size);
	}
	return buf;
}
