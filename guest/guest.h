/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests of this host: a directory each, /run/sluice/guests/NAME.
 *
 *	lock		locked (OFD lock, fcntl(2)) by the sluice that runs the guest for as long as it lives
 *	guest.json	what the guest is: struct guest_info
 *	control		socket of sluice-vmm, control.h
 *	console		socket of the serial console, with --console socket
 *	log		what sluice-vmm wrote to its standard output and error
 *
 * A directory whose lock is free is left over from a sluice that was killed: it counts as no guest, and the next `run` of
 * that name removes it. What a guest is doing is not kept here but asked on its control socket.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdint.h>
#include <sys/types.h>

#include "assign/lease.h"
#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	GUEST_DEVICE_MAX = 16
};

struct guest_info {
	char name[GUEST_NAME_SIZE];
	pid_t pid;     /* of the sluice that runs it */
	pid_t vmm_pid; /* of sluice-vmm; 0 before it was started */
	uint32_t cpus;
	uint64_t memory_bytes, page_bytes;
	int64_t started; /* seconds since the epoch */
	bool console_socket;
	struct pci_addr device[GUEST_DEVICE_MAX];
	size_t device_count;
};

/* A guest's directory, while this process runs the guest. */
struct guest_dir {
	int dir_fd, lock_fd; /* owned */
	char name[GUEST_NAME_SIZE];
};

/* Does a living sluice run a guest of that name? */
bool guest_is_alive(const struct sysroot *root, const char *name);

/* CODE_NO_SUCH_GUEST, with the names that there are in the hint. */
int guest_read(const struct sysroot *root, const char *name, struct guest_info *ret_info, struct error *err);

/* Running guests, by name. The caller frees *ret_guests. */
int guest_list(const struct sysroot *root, struct guest_info **ret_guests, size_t *ret_count, struct error *err);

/* 0, or CODE_READ_ONLY: the guests of a captured host run elsewhere, if they still do. */
int guest_reachable(const struct sysroot *root, struct error *err);

/* Connect to "control" (SOCK_SEQPACKET) or "console" (SOCK_STREAM) of a guest. */
int guest_connect(const struct sysroot *root, const char *name, const char *socket_name, int type, int *ret_fd,
	struct error *err);

/*
 * Make the directory and lock it; the caller holds host_lock(). name "" picks the first free of guest1, guest2, ….
 * CODE_GUEST_EXISTS when one of that name is running; what a dead one left behind is removed.
 */
int guest_dir_create(const struct sysroot *root, const char *name, struct guest_dir *ret_dir, struct error *err);

/* Remove what a dead guest of that name left behind; the caller holds host_lock(). */
void guest_dir_remove_stale(const struct sysroot *root, const char *name);
void guest_dir_remove_all_stale(const struct sysroot *root);

/* A listening socket in the directory, for its owner only. */
int guest_dir_listen(const struct guest_dir *dir, const char *socket_name, int type, int *ret_fd, struct error *err);

int guest_dir_write(const struct guest_dir *dir, const struct guest_info *info, struct error *err);

/* Remove the directory and let go of the lock. Accepts a directory that was never made (descriptors -1). */
void guest_dir_remove(const struct sysroot *root, struct guest_dir *dir);

#endif
