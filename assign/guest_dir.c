// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The directories of running guests; see guest_dir.h. Whether a guest lives is its lock, which the kernel frees with
 * the process: no pid is trusted, since pids are used again.
 */
#include "assign/guest_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"

int guest_dir_open(const struct sysroot *root, const char *name, int *ret_fd, struct error *err)
{
	char sub[64];

	if (!text_is_name(name))
		return -ENOENT;
	snprintf(sub, sizeof(sub), "guests/%s", name);
	return run_dir_open(root, sub, false, ret_fd, err);
}

/*
 * /proc/locks, for who may not open the file: is there an open-file-description lock for writing on it? A line is
 * "1: OFDLCK ADVISORY  WRITE -1 00:19:1234 0 EOF", the place being device and inode.
 */
static bool is_in_lock_table(const struct sysroot *root, const struct stat *file)
{
	int fd = sysroot_open_file(root, O_RDONLY, "proc/locks");
	cleanup_file FILE *locks = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256];

	while (locks && fgets(line, sizeof(line), locks)) {
		unsigned int major_number, minor_number;
		unsigned long long inode;

		if (sscanf(line, "%*u: OFDLCK %*s WRITE %*d %x:%x:%llu", &major_number, &minor_number, &inode) == 3 &&
			makedev(major_number, minor_number) == file->st_dev && inode == file->st_ino)
			return true;
	}
	return false;
}

/*
 * Asks without taking the lock, so that looking never gets in the way of a start. Only a lock for writing counts, which
 * takes a right to write the file: a lock for reading may be anybody's. On a captured host the file is there for a
 * guest that ran.
 */
bool guest_dir_is_locked(const struct sysroot *root, int dir)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	cleanup_close int fd = openat(dir, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat file;

	if (root->captured)
		return fd >= 0;
	if (fd >= 0)
		return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
	return errno == EACCES && !fstatat(dir, "lock", &file, AT_SYMLINK_NOFOLLOW) && is_in_lock_table(root, &file);
}

bool guest_is_alive(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;

	return !guest_dir_open(root, name, &dir, NULL) && guest_dir_is_locked(root, dir);
}

/* Paths through /proc/self/fd keep a socket's name short, wherever the directory is. */
bool guest_dir_socket(struct sockaddr_un *address, int dir, const char *socket_name)
{
	int length = snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", dir, socket_name);

	address->sun_family = AF_UNIX;
	return length > 0 && (size_t)length < sizeof(address->sun_path);
}

/* What is in a guest's directory is known, and nothing else is removed. */
static const char *const files[] = { "guest.json", ".guest.json.new", "control", "console", "supervisor", "log",
	"forced", ".forced.new", "stopped", ".stopped.new", "lock" };

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

/* Made inside the host's lock, so no two guests have the same. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Returns 1 when the name was taken by a running guest. */
static int create_named(
	const struct sysroot *root, int guests, const char *name, struct guest_dir *ret_dir, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	cleanup_close int old = openat(guests, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int dir = -1;
	cleanup_close int lock_fd = -1;

	if (old >= 0 && guest_dir_is_locked(root, old))
		return 1;
	if (old >= 0)
		remove_files(guests, name, old);
	if (mkdirat(guests, name, 0755))
		return fail(err, errno, "make /run/sluice/guests/%s", name);
	dir = openat(guests, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0)
		lock_fd = openat(dir, "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (lock_fd < 0 || fcntl(lock_fd, F_OFD_SETLK, &lock))
		return fail(err, errno, "lock /run/sluice/guests/%s", name);
	text_copy(ret_dir->name, sizeof(ret_dir->name), name);
	ret_dir->generation = now_ns();
	ret_dir->dir_fd = take_fd(&dir);
	ret_dir->lock_fd = take_fd(&lock_fd);
	return 0;
}

int guest_dir_create(const struct host_lock *lock, const char *name, struct guest_dir *ret_dir, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_close int guests = -1;
	char numbered[GUEST_NAME_SIZE];
	int ret = run_dir_open(root, "guests", true, &guests, err);

	if (ret < 0)
		return ret;
	if (*name) {
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

void guest_dir_remove_stale(const struct host_lock *lock, const char *name)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_close int guests = -1;
	cleanup_close int dir = -1;

	if (!text_is_name(name) || run_dir_open(root, "guests", false, &guests, NULL) < 0)
		return;
	dir = openat(guests, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0 && !guest_dir_is_locked(root, dir))
		remove_files(guests, name, dir);
}

void guest_dir_remove_all_stale(const struct host_lock *lock)
{
	cleanup_close int guests = -1;
	cleanup_dir DIR *list = NULL;
	struct dirent *entry;

	if (run_dir_open(host_lock_root(lock), "guests", false, &guests, NULL) < 0 || !(list = run_dir_list(guests)))
		return;
	while ((entry = readdir(list)))
		guest_dir_remove_stale(lock, entry->d_name);
}

int guest_dir_listen(const struct guest_dir *dir, const char *socket_name, int type, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	mode_t mask;
	int bound;

	if (fd < 0 || !guest_dir_socket(&address, dir->dir_fd, socket_name))
		return fail(err, errno, "make a socket");
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (bound || listen(fd, 8))
		return fail(err, errno, "make the %s socket of guest '%s'", socket_name, dir->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

void guest_dir_remove(const struct host_lock *lock, struct guest_dir *dir)
{
	cleanup_close int guests = -1;

	if (lock && dir->dir_fd >= 0 && !run_dir_open(host_lock_root(lock), "guests", true, &guests, NULL))
		remove_files(guests, dir->name, dir->dir_fd);
	close_fd(&dir->lock_fd);
	close_fd(&dir->dir_fd);
}
