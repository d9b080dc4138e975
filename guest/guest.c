// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The directories of running guests; see guest.h. Whether a guest lives is its lock, which the kernel frees with the
 * process: no pid is trusted, since pids are used again.
 */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/end.h"
#include "guest/guest_json.h"
#include "os/run_dir.h"

enum {
	GUEST_JSON_SIZE = 8192
};

static int open_guest(const struct sysroot *root, const char *name, int *ret_fd, struct error *err)
{
	char sub[64];

	if (!text_is_name(name))
		return -ENOENT;
	snprintf(sub, sizeof(sub), "guests/%s", name);
	return run_dir_open(root, sub, false, ret_fd, err);
}

/* Asks without taking the lock, so that looking never gets in the way of a start. On a captured host it is there for a guest that ran. */
static bool is_locked(const struct sysroot *root, int dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	cleanup_close int fd = openat(dir, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && (root->captured || (!fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK));
}

bool guest_is_alive(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;

	return !open_guest(root, name, &dir, NULL) && is_locked(root, dir);
}

/* 1 when the guest runs, 0 when there is none, -errno. */
static int read_running(const struct sysroot *root, const char *name, struct guest_info *ret_info, struct error *err)
{
	char text[GUEST_JSON_SIZE];
	cleanup_close int dir = -1;
	ssize_t length;
	int ret = open_guest(root, name, &dir, err);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	if (!is_locked(root, dir))
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

/* Paths through /proc/self/fd keep a socket's name short, wherever the directory is. */
static bool socket_path(struct sockaddr_un *address, int dir, const char *socket_name)
{
	int length = snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", dir, socket_name);

	address->sun_family = AF_UNIX;
	return length > 0 && (size_t)length < sizeof(address->sun_path);
}

int guest_reachable(const struct sysroot *root, struct error *err)
{
	if (!root->captured)
		return 0;
	return fail_code(
		err, CODE_READ_ONLY, EROFS, "%s shows another machine: its guests cannot be reached", root->path);
}

int guest_connect(
	const struct sysroot *root, const char *name, const char *socket_name, int type, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	cleanup_close int dir = -1;
	cleanup_close int fd = -1;

	if (guest_reachable(root, err) < 0)
		return -EROFS;
	if (open_guest(root, name, &dir, NULL) < 0 || !is_locked(root, dir))
		return no_such_guest(root, name, err);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || !socket_path(&address, dir, socket_name))
		return fail(err, errno, "make a socket");
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		*ret_fd = take_fd(&fd);
		return 0;
	}
	if (errno == ENOENT && type == SOCK_STREAM) {
		fail_code(err, CODE_FAILED, ENOENT, "the console of guest '%s' is where it was started", name);
		return fail_hint(err, "guests started with --detach or --console socket can be attached to");
	}
	if (errno == EACCES || errno == EPERM) {
		fail_code(err, CODE_NOT_ROOT, errno, "guest '%s' belongs to another user", name);
		return fail_hint(err, "run this as root, for example with sudo");
	}
	return fail(err, errno, "reach guest '%s'", name);
}

static int open_guests_for_change(const struct sysroot *root, int *ret_fd, struct error *err)
{
	return run_dir_open(root, "guests", true, ret_fd, err);
}

/* What is in a guest's directory is known, and nothing else is removed. */
static const char *const files[] = { "guest.json", ".guest.json.new", "control", "console", "log", "lock" };

static void remove_files(int guests, const char *name, int dir)
{
	for (size_t i = 0; i < array_size(files); i++)
		unlinkat(dir, files[i], 0);
	unlinkat(guests, name, AT_REMOVEDIR);
}

static int guest_exists(const char *name, struct error *err)
{
	fail_code(err, CODE_GUEST_EXISTS, EEXIST, "a guest '%s' is running already", name);
	return fail_hint(err, "choose another --name, or end it with 'sluice stop %s'", name);
}

/* Returns 1 when the name was taken by a running guest. */
static int create_named(
	const struct sysroot *root, int guests, const char *name, struct guest_dir *ret_dir, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	cleanup_close int old = openat(guests, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int dir = -1;
	cleanup_close int lock_fd = -1;

	if (old >= 0 && is_locked(root, old))
		return 1;
	if (old >= 0)
		remove_files(guests, name, old);
	if (mkdirat(guests, name, 0755))
		return fail(err, errno, "make /run/sluice/guests/%s", name);
	dir = openat(guests, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0)
		lock_fd = openat(dir, "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (lock_fd < 0 || fcntl(lock_fd, F_OFD_SETLK, &lock))
		return fail(err, errno, "lock /run/sluice/guests/%s", name);
	text_copy(ret_dir->name, sizeof(ret_dir->name), name);
	ret_dir->dir_fd = take_fd(&dir);
	ret_dir->lock_fd = take_fd(&lock_fd);
	return 0;
}

int guest_dir_create(const struct sysroot *root, const char *name, struct guest_dir *ret_dir, struct error *err)
{
	cleanup_close int guests = -1;
	char numbered[GUEST_NAME_SIZE];
	int ret = open_guests_for_change(root, &guests, err);

	if (ret < 0)
		return ret;
	if (*name) {
		guest_end_forget(root, name);
		ret = create_named(root, guests, name, ret_dir, err);
		return ret > 0 ? guest_exists(name, err) : ret;
	}
	for (unsigned int i = 1; i < 10000; i++) {
		snprintf(numbered, sizeof(numbered), "guest%u", i);
		ret = create_named(root, guests, numbered, ret_dir, err);
		if (ret <= 0)
			return ret;
	}
	return guest_exists(numbered, err);
}

void guest_dir_remove_stale(const struct sysroot *root, const char *name)
{
	cleanup_close int guests = -1;
	cleanup_close int dir = -1;

	if (!text_is_name(name) || run_dir_open(root, "guests", false, &guests, NULL) < 0)
		return;
	dir = openat(guests, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0 && !is_locked(root, dir))
		remove_files(guests, name, dir);
}

void guest_dir_remove_all_stale(const struct sysroot *root)
{
	cleanup_close int guests = -1;
	cleanup_dir DIR *list = NULL;
	struct dirent *entry;

	if (run_dir_open(root, "guests", false, &guests, NULL) < 0 || !(list = run_dir_list(guests)))
		return;
	while ((entry = readdir(list)))
		guest_dir_remove_stale(root, entry->d_name);
}

int guest_dir_listen(const struct guest_dir *dir, const char *socket_name, int type, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	mode_t mask;
	int bound;

	if (fd < 0 || !socket_path(&address, dir->dir_fd, socket_name))
		return fail(err, errno, "make a socket");
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (bound || listen(fd, 8))
		return fail(err, errno, "make the %s socket of guest '%s'", socket_name, dir->name);
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

void guest_dir_remove(const struct sysroot *root, struct guest_dir *dir)
{
	cleanup_close int guests = -1;

	if (dir->dir_fd >= 0 && !open_guests_for_change(root, &guests, NULL))
		remove_files(guests, dir->name, dir->dir_fd);
	close_fd(&dir->lock_fd);
	close_fd(&dir->dir_fd);
}
