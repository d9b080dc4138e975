// SPDX-License-Identifier: GPL-2.0-or-later
/* The directory of what outlives a reboot; see state_dir.h. */
#include "os/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int state_dir_open(const struct sysroot *root, const char *sub, bool create, int *ret_fd)
{
	const char *const parts[] = { "var", "lib", "sluice", sub };
	cleanup_close int fd = -1;

	if (root->captured && create)
		return -EROFS;
	if (root->captured) {
		int ret = sysroot_open_file(root, O_RDONLY | O_DIRECTORY, "var/lib/sluice/%s", sub ? sub : "");

		if (ret >= 0)
			*ret_fd = ret;
		return ret < 0 ? ret : 0;
	}
	fd = fcntl(root->fd, F_DUPFD_CLOEXEC, 0);
	for (size_t i = 0; i < array_size(parts) && parts[i]; i++) {
		cleanup_close int parent = take_fd(&fd);

		if (create && mkdirat(parent, parts[i], 0755) && errno != EEXIST)
			return -errno;
		fd = openat(parent, parts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
