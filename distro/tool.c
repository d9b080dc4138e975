// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs of the distribution; see tool.h. */
#include "distro/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

static int run(const char *const *arguments)
{
	char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t files;
	int ret, status = 0;
	pid_t pid;

	ret = posix_spawn_file_actions_init(&files);
	if (ret)
		return -ret;
	for (int fd = 0; fd < 3 && !ret; fd++)
		ret = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
	if (!ret) /* which does not change them */
		ret = posix_spawn(&pid, arguments[0], &files, NULL, (char *const *)arguments, environment);
	posix_spawn_file_actions_destroy(&files);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int tool_run(const char *const *arguments, const char *purpose, struct error *err)
{
	int ret = run(arguments);

	if (ret == 0)
		return 0;
	fail_code(err, CODE_FAILED, -ret, "%s, %s, failed", arguments[0], purpose);
	return fail_hint(err, "run it by hand to see what it says; then again");
}
