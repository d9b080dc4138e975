// SPDX-License-Identifier: GPL-2.0-or-later
/* A file cut into lines while it grows; see lines.h. */
#include "os/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_readable_kind(const struct sysroot *root, int fd)
{
	struct stat info;

	return !fstat(fd, &info) && (S_ISREG(info.st_mode) || (S_ISCHR(info.st_mode) && !root->captured));
}

int lines_open(struct lines *lines, const struct sysroot *root, bool from_now, const char *path)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path);

	memset(lines, 0, sizeof(*lines));
	lines->fd = -1;
	if (fd < 0)
		return fd;
	if (!is_readable_kind(root, fd))
		return -ENOENT;
	if (from_now)
		lseek(fd, 0, SEEK_END);
	lines->fd = take_fd(&fd);
	return 0;
}

void lines_close(struct lines *lines)
{
	close_fd(&lines->fd);
}

/* More bytes behind those that are left; false when there are none now. */
static bool fill(struct lines *lines)
{
	ssize_t got;

	if (lines->start) {
		memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
		lines->end -= lines->start;
		lines->start = 0;
	}
	/* There must be room for a whole record. */
	if (lines->end > sizeof(lines->buffer) / 2) {
		lines->end = 0;
		lines->skipping = true;
	}
	do {
		/* EPIPE: the next read goes on behind what was overwritten. */
		got = read(lines->fd, lines->buffer + lines->end, sizeof(lines->buffer) - 1 - lines->end);
		lines->overwritten += got < 0 && errno == EPIPE;
	} while (got < 0 && (errno == EINTR || errno == EPIPE));
	/* A file's last line may lack its end; a device says EAGAIN instead of 0. */
	if (!got && lines->end)
		lines->buffer[lines->end++] = '\n';
	else if (got > 0)
		lines->end += (size_t)got;
	else
		return false;
	return true;
}

char *lines_next(struct lines *lines)
{
	while (lines->fd >= 0) {
		char *line = lines->buffer + lines->start;
		char *end = memchr(line, '\n', lines->end - lines->start);

		if (!end) {
			if (!fill(lines))
				return NULL;
			continue;
		}
		lines->start = (size_t)(end + 1 - lines->buffer);
		*end = '\0';
		if (!lines->skipping)
			return line;
		lines->skipping = false;
	}
	return NULL;
}
