// SPDX-License-Identifier: GPL-2.0-or-later
/* What running guests are, and reaching their sockets; see guest.h. */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/end.h"
#include "guest/guest_json.h"
#include "os/run_dir.h"

enum {
	GUEST_JSON_SIZE = 8192
};

/* 1 when the guest runs, 0 when there is none, -errno. */
static int read_running(const struct sysroot *root, const char *name, struct guest_info *ret_info, struct error *err)
{
	char text[GUEST_JSON_SIZE];
	cleanup_close int dir = -1;
	ssize_t length;
	int ret = guest_dir_open(root, name, &dir, err);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	if (!guest_dir_is_locked(root, dir))
		return 0;
	length = run_dir_read(dir, "guest.json", text, sizeof(text));
	if (length < 0)
		return length == -ENOENT ? 0 : fail(err, (int)-length, "read guest.json of guest '%s'", name);
	ret = guest_info_from_json(text, ret_info, err);
	return ret < 0 ? fail_in(err, "guest '%s'", name) : 1;
}

static int compare_guests(const void *a, const void *b)
{
	return strcmp(((const struct guest_info *)a)->name, ((const struct guest_info *)b)->name);
}

int guest_list(const struct sysroot *root, struct guest_info **ret_guests, size_t *ret_count, struct error *err)
{
	cleanup_close int fd = -1;
	cleanup_dir DIR *list = NULL;
	cleanup_free struct guest_info *guests = NULL;
	size_t count = 0;
	struct dirent *entry;
	int ret = run_dir_open(root, "guests", false, &fd, err);

	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (!ret && !(list = run_dir_list(fd)))
		return fail(err, errno, "list /run/sluice/guests");
	while (list && (entry = readdir(list))) {
		struct guest_info *grown = realloc(guests, (count + 1) * sizeof(*guests));

		if (!grown)
			return fail(err, ENOMEM, "list guests");
		guests = grown;
		if (entry->d_name[0] != '.' && read_running(root, entry->d_name, &guests[count], NULL) == 1)
			count++;
	}
	if (count)
		qsort(guests, count, sizeof(*guests), compare_guests);
	*ret_guests = take_ptr(guests);
	*ret_count = count;
	return 0;
}

static int no_such_guest(const struct sysroot *root, const char *name, struct error *err)
{
	cleanup_free struct guest_info *guests = NULL;
	size_t count = 0;
	char names[256] = "";
	char end[sizeof(err->hint)];
	size_t used = 0;

	fail_code(err, CODE_NO_SUCH_GUEST, ENOENT, "no guest '%s' is running", name);
	if (guest_end_read(root, name, end, sizeof(end)))
		return fail_hint(err, "%s", end);
	if (guest_list(root, &guests, &count, NULL) < 0 || !count)
		return fail_hint(err, "no guest is running at all; 'sluice run' starts one");
	for (size_t i = 0; i < count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", guests[i].name);
	return fail_hint(err, "running: %s", names);
}

int guest_read(const struct sysroot *root, const char *name, struct guest_info *ret_info, struct error *err)
{
	int ret = read_running(root, name, ret_info, err);

	if (ret < 0)
		return ret;
	return ret ? 0 : no_such_guest(root, name, err);
}

int guest_reachable(const struct sysroot *root, struct error *err)
{
	if (!root->captured)
		return 0;
	return fail_code(
		err, CODE_READ_ONLY, EROFS, "%s shows another machine: its guests cannot be reached", root->path);
}

static int connect_failed(const char *name, int type, int errnum, struct error *err)
{
	if (errnum == ENOENT && type == SOCK_STREAM) {
		fail_code(err, CODE_FAILED, ENOENT, "the console of guest '%s' is where it was started", name);
		return fail_hint(err, "guests started with --detach or --console socket can be attached to");
	}
	if (errnum == EACCES || errnum == EPERM) {
		fail_code(err, CODE_NOT_ROOT, errnum, "guest '%s' belongs to another user", name);
		return fail_hint(err, "run this as root, for example with sudo");
	}
	if (errnum == EAGAIN) {
		fail_code(err, CODE_GUEST_DEAF, EAGAIN, "guest '%s' takes no more connections", name);
		return fail_hint(err, "its process hangs; `sluice stop --force %s` ends it", name);
	}
	return fail(err, errnum, "reach guest '%s'", name);
}

/*
 * One that takes no connections fails at once (EAGAIN) instead of keeping us; afterwards the socket blocks like any
 * other.
 */
int guest_connect(
	const struct sysroot *root, const char *name, const char *socket_name, int type, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	cleanup_close int dir = -1;
	cleanup_close int fd = -1;

	if (guest_reachable(root, err) < 0)
		return -EROFS;
	if (guest_dir_open(root, name, &dir, NULL) < 0 || !guest_dir_is_locked(root, dir))
		return no_such_guest(root, name, err);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !guest_dir_socket(&address, dir, socket_name))
		return fail(err, errno, "make a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return connect_failed(name, type, errno, err);
	if (fcntl(fd, F_SETFL, 0) < 0)
		return fail(err, errno, "reach guest '%s'", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int guest_dir_write(const struct guest_dir *dir, const struct guest_info *info, struct error *err)
{
	cleanup_free char *text = guest_info_to_json(info);

	if (!text)
		return fail(err, ENOMEM, "describe guest '%s'", info->name);
	return run_dir_write(dir->dir_fd, "guest.json", text, err);
}
