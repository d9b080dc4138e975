/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's directory, /run/sluice/guests/NAME, as far as leases need it: whether the guest that a lease names is
 * alive. Its file "lock" is locked (OFD lock, fcntl(2)) by the sluice that runs the guest for as long as it lives.
 *
 * A directory whose lock is free is left over from a sluice that was killed: it counts as no guest, and the next `run`
 * of that name removes it. What else is in the directory is guest/guest.h's business.
 */
#ifndef ASSIGN_GUEST_DIR_H
#define ASSIGN_GUEST_DIR_H

#include <stdbool.h>
#include <sys/un.h>

#include "os/host_lock.h"
#include "os/sysroot.h"

enum {
	GUEST_NAME_SIZE = 32
};

/* A guest's directory, while this process runs the guest. */
struct guest_dir {
	int dir_fd, lock_fd; /* owned */
	uint64_t generation; /* tells it from other guests of its name, before and after: nanoseconds since boot */
	char name[GUEST_NAME_SIZE];
};

/* Does a living sluice run a guest of that name? */
bool guest_is_alive(const struct sysroot *root, const char *name);

/* Open the directory of a guest, alive or not; -ENOENT without err when there is none. */
int guest_dir_open(const struct sysroot *root, const char *name, int *ret_fd, struct error *err);
bool guest_dir_is_locked(const struct sysroot *root, int dir);

/* The address of a socket in the directory; false when it is too long. */
bool guest_dir_socket(struct sockaddr_un *address, int dir, const char *socket_name);

/*
 * Make the directory and lock it. name "" picks the first free of guest1, guest2, ….
 * CODE_GUEST_EXISTS when one of that name is running; what a dead one left behind is removed.
 */
int guest_dir_create(const struct host_lock *lock, const char *name, struct guest_dir *ret_dir, struct error *err);

/* Remove what a dead guest of that name left behind, or all of them. */
void guest_dir_remove_stale(const struct host_lock *lock, const char *name);
void guest_dir_remove_all_stale(const struct host_lock *lock);

/* A listening socket in the directory, for its owner only. */
int guest_dir_listen(const struct guest_dir *dir, const char *socket_name, int type, int *ret_fd, struct error *err);

/*
 * Remove the directory and let go of its lock. With NULL as lock the directory stays, as a dead guest's. Accepts a
 * directory that was never made (descriptors -1).
 */
void guest_dir_remove(const struct host_lock *lock, struct guest_dir *dir);

#endif
