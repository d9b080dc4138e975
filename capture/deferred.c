// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes whose reading can wait: vital product data, which a device gives out a word at a time or never, and
 * driver_override, which waits for whoever binds the device. They are read by a process of their own, so that a device
 * that hangs costs a few seconds and one file: a process that waits in the kernel cannot be told to stop.
 *
 * VPD of a device that VFIO has are its guest's, and VFs have none: neither is read.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"

enum {
	VPD_MAX = 4096, /* as much as is read of it (pci/detail.c) */
	ONE_MS = 3000,
	ALL_MS = 20000,
};

static const struct capture_path deferred_rows[] = {
	{ "sys/bus/pci/devices/*/vpd", TAKE_VPD, 0, VPD_MAX },
	{ "sys/bus/pci/devices/*/driver_override", TAKE_WHOLE, 0, VPD_MAX },
};

struct deferred_file {
	const struct capture_path *row;
	char path[64];
	bool done;
};

struct deferred_answer {
	uint32_t index;
	int32_t size; /* or -errno */
	char data[VPD_MAX + 1];
};

struct reader {
	struct capture *capture;
	struct deferred_file *file;
	size_t count, next;
	int64_t end_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool write_all(int fd, const void *data, size_t size)
{
	for (const char *at = data; size;) {
		ssize_t written = write(fd, at, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		size -= (size_t)written;
	}
	return true;
}

/* In the child. */
__attribute__((noreturn)) static void read_files(const struct reader *reader, int fd)
{
	static struct deferred_answer answer;

	signal(SIGPIPE, SIG_DFL);
	for (size_t i = reader->next; i < reader->count; i++) {
		size_t size;

		answer.index = (uint32_t)i;
		answer.size = (int32_t)sysroot_read_bytes(
			reader->capture->root, answer.data, VPD_MAX, "%s", reader->file[i].path);
		size = offsetof(struct deferred_answer, data) + (answer.size > 0 ? (size_t)answer.size : 0);
		if (!write_all(fd, &answer, size))
			break;
	}
	_exit(0);
}

/* Exactly size bytes, before the deadline. */
static bool read_exactly(int fd, void *data, size_t size, int64_t deadline)
{
	for (char *at = data; size;) {
		struct pollfd watched = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		ssize_t got;

		if (left <= 0 || (poll(&watched, 1, (int)left) <= 0 && errno != EINTR))
			return false;
		if (!watched.revents)
			continue;
		got = read(fd, at, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= (size_t)got;
	}
	return true;
}

static void take_answer(struct reader *reader, struct deferred_answer *answer)
{
	struct deferred_file *file = &reader->file[answer->index];
	struct capture *capture = reader->capture;
	char directory[64], member[CAPTURE_PATH_MAX];
	char *slash;

	text_copy(directory, sizeof(directory), file->path);
	slash = strrchr(directory, '/');
	*slash = '\0';
	capture->row = file->row;
	if (!capture_resolve(capture, directory, member) ||
		snprintf(member + strlen(member), sizeof(member) - strlen(member), "/%s", slash + 1) >=
			(int)(sizeof(member) - strlen(directory)))
		return;
	if (answer->size >= 0)
		capture_reduced(capture, member, answer->data, (size_t)answer->size);
	else if (answer->size == -EACCES || answer->size == -EPERM)
		capture_denied(capture, member, file->row->path);
}

/* Takes what the child sends, up to the one that it waits for too long. */
static void take_answers(struct reader *reader, int fd, struct deferred_answer *answer)
{
	while (reader->next < reader->count && !reader->capture->ret) {
		int64_t deadline = now_ms() + ONE_MS;

		if (deadline > reader->end_ms)
			deadline = reader->end_ms;
		if (!read_exactly(fd, answer, offsetof(struct deferred_answer, data), deadline) ||
			answer->index != reader->next || answer->size > VPD_MAX ||
			!read_exactly(fd, answer->data, answer->size > 0 ? (size_t)answer->size : 0, deadline)) {
			capture_note(&reader->capture->report.left_out, reader->file[reader->next].row->path,
				"it could not be read in time");
			reader->next++;
			return;
		}
		take_answer(reader, answer);
		reader->next++;
	}
}

/* One child, until it hangs or is done. False: there is none to be had. */
static bool run_child(struct reader *reader, struct deferred_answer *answer)
{
	cleanup_close int out = -1;
	int in[2];
	pid_t pid;

	if (pipe(in))
		return false;
	out = in[0];
	pid = fork();
	if (!pid)
		read_files(reader, in[1]);
	close(in[1]);
	if (pid < 0)
		return false;
	take_answers(reader, out, answer);
	/* One that waits in the kernel dies when it wakes up: nobody waits for that. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, reader->next < reader->count ? WNOHANG : 0);
	return true;
}

static void add(struct reader *reader, size_t row, const char *name, const char *attribute)
{
	struct deferred_file *file = &reader->file[reader->count];

	file->row = &deferred_rows[row];
	snprintf(file->path, sizeof(file->path), "sys/bus/pci/devices/%s/%s", name, attribute);
	if (sysroot_exists(reader->capture->root, "%s", file->path))
		reader->count++;
}

void capture_deferred(struct capture *capture)
{
	const struct pci_inventory *all = &capture->host->pci;
	cleanup_free struct deferred_file *file = calloc(2 * all->count + 1, sizeof(*file));
	cleanup_free struct deferred_answer *answer = calloc(1, sizeof(*answer));
	struct reader reader = { .capture = capture, .file = file, .end_ms = now_ms() + ALL_MS };
	char name[PCI_ADDR_TEXT_SIZE];

	if (!file || !answer) {
		capture->ret = fail(capture->err, ENOMEM, "capture the host");
		return;
	}
	for (size_t i = 0; i < all->count; i++) {
		const struct pci_device *device = &all->devices[i];

		pci_addr_text(device->addr, name);
		if (!device->is_vf && !pci_driver_is_vfio(device->driver))
			add(&reader, 0, name, "vpd");
		add(&reader, 1, name, "driver_override");
	}
	while (reader.next < reader.count && !capture->ret && run_child(&reader, answer))
		;
	capture->row = NULL;
}
