// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's end of the serial line; see console.h. Standard output may be a terminal that others share, so it is never
 * made non-blocking: it is written after poll(2) says that there is room, in pieces that a pipe takes whole.
 * Descriptors that epoll refuses (files, /dev/null) never block and are used without it.
 */
#include "vmm-core/device/console.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "vmm-core/device/serial.h"
#include "vmm-core/vm.h"

enum {
	PIECE = 512,
	READER_MAX = 1 + CONSOLE_CLIENT_MAX,
	FLUSH_STEP_MS = 20,
};

/* Somebody who reads what the guest writes, and types what it reads. Standard input and output are one of them. */
struct reader {
	int in, out;   /* the same descriptor for a client; -1: none */
	uint64_t next; /* absolute number of the next byte to write out */
	bool client, polled_in, polled_out, waits_for_room;
};

struct console {
	struct vm *vm;
	int wake_fd; /* the guest's side has something for the main thread */
	bool woken, input_stopped;
	int listen_fd;
	uint64_t written; /* absolute number of bytes that the guest has written */
	struct reader reader[READER_MAX];
	uint8_t history[CONSOLE_HISTORY];
};

static void on_ready(void *opaque, int fd, uint32_t events);

static bool reader_is_set(const struct reader *reader)
{
	return reader->in >= 0 || reader->out >= 0;
}

static void reader_watch(struct console *console, struct reader *reader)
{
	uint32_t in = console->input_stopped ? 0 : EPOLLIN;
	uint32_t out = reader->waits_for_room ? EPOLLOUT : 0;

	if (reader->client) {
		loop_events(&console->vm->loop, reader->out, (reader->polled_in ? in : 0) | out);
		return;
	}
	if (reader->polled_in)
		loop_events(&console->vm->loop, reader->in, in);
	if (reader->polled_out)
		loop_events(&console->vm->loop, reader->out, out);
}

static void reader_drop(struct console *console, struct reader *reader)
{
	loop_remove(&console->vm->loop, reader->in);
	loop_remove(&console->vm->loop, reader->out);
	if (reader->out != reader->in)
		close_fd(&reader->out);
	close_fd(&reader->in);
	*reader = (struct reader){ .in = -1, .out = -1 };
}

/* Up to size bytes for a reader; what has left the ring is skipped. */
static size_t reader_peek(struct console *console, struct reader *reader, uint8_t *buf, size_t size)
{
	size_t count;

	pthread_mutex_lock(&console->vm->lock);
	if (console->written - reader->next > CONSOLE_HISTORY)
		reader->next = console->written - CONSOLE_HISTORY;
	count = console->written - reader->next < size ? console->written - reader->next : size;
	for (size_t i = 0; i < count; i++)
		buf[i] = console->history[(reader->next + i) % CONSOLE_HISTORY];
	pthread_mutex_unlock(&console->vm->lock);
	return count;
}

static ssize_t reader_write(const struct reader *reader, const uint8_t *buf, size_t count)
{
	struct pollfd room = { .fd = reader->out, .events = POLLOUT };

	if (reader->client)
		return send(reader->out, buf, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (reader->polled_out && poll(&room, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(reader->out, buf, count);
}

/* Write what the reader has room for. A reader that is gone is dropped. */
static void reader_flush(struct console *console, struct reader *reader)
{
	uint8_t piece[PIECE];
	size_t count;

	reader->waits_for_room = false;
	while (reader->out >= 0 && (count = reader_peek(console, reader, piece, sizeof(piece))) > 0) {
		ssize_t done = reader_write(reader, piece, count);

		if (done > 0) {
			reader->next += (uint64_t)done;
		} else if (done < 0 && errno == EINTR) {
			continue;
		} else if (done < 0 && errno == EAGAIN) {
			reader->waits_for_room = true;
			break;
		} else {
			reader_drop(console, reader);
			return;
		}
	}
	reader_watch(console, reader);
}

static void reader_end_of_input(struct console *console, struct reader *reader)
{
	reader->polled_in = false;
	if (reader->client) {
		/* It may still read; a client that has closed both ways shows as a hang-up. */
		reader_watch(console, reader);
		return;
	}
	loop_remove(&console->vm->loop, reader->in);
	close_fd(&reader->in);
}

/* Hand over what the serial port has room for, and stop listening when it has none. */
static void reader_input(struct console *console, struct reader *reader)
{
	struct vm *vm = console->vm;
	uint8_t buf[PIECE];
	size_t space;
	ssize_t got;

	pthread_mutex_lock(&vm->lock);
	space = vm->serial ? serial_space(vm->serial) : 0;
	console->input_stopped = space == 0;
	pthread_mutex_unlock(&vm->lock);
	if (!space) {
		reader_watch(console, reader);
		return;
	}
	got = read(reader->in, buf, space < sizeof(buf) ? space : sizeof(buf));
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		reader_end_of_input(console, reader);
		return;
	}
	pthread_mutex_lock(&vm->lock);
	serial_receive(vm->serial, buf, (size_t)got);
	pthread_mutex_unlock(&vm->lock);
}

static void accept_client(struct console *console)
{
	cleanup_close int fd = accept4(console->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct reader *reader = &console->reader[1];

	while (reader < console->reader + READER_MAX && reader_is_set(reader))
		reader++;
	/* More clients than places: the new one is turned away, those who are there stay. */
	if (fd < 0 || reader == console->reader + READER_MAX)
		return;
	if (loop_add(&console->vm->loop, fd, EPOLLIN, on_ready, console, NULL) < 0)
		return;
	*reader = (struct reader){ .in = fd, .out = fd, .client = true, .polled_in = true };
	take_fd(&fd);
	reader_flush(console, reader);
}

static void on_wake(struct console *console)
{
	uint64_t count;

	if (read(console->wake_fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&console->vm->lock);
	console->woken = false;
	console->input_stopped = console->vm->serial && !serial_space(console->vm->serial);
	pthread_mutex_unlock(&console->vm->lock);
	for (size_t i = 0; i < READER_MAX; i++) {
		struct reader *reader = &console->reader[i];

		if (reader_is_set(reader))
			reader_flush(console, reader);
		/* A file as standard input: there is nobody to report that it can be read. */
		if (!reader->client && reader->in >= 0 && !reader->polled_in && !console->input_stopped)
			reader_input(console, reader);
	}
}

static void on_ready(void *opaque, int fd, uint32_t events)
{
	struct console *console = opaque;

	if (fd == console->wake_fd) {
		on_wake(console);
		return;
	}
	if (fd == console->listen_fd) {
		accept_client(console);
		return;
	}
	for (size_t i = 0; i < READER_MAX; i++) {
		struct reader *reader = &console->reader[i];

		if (fd == reader->in && events & EPOLLIN)
			reader_input(console, reader);
		if (fd == reader->out && events & EPOLLOUT)
			reader_flush(console, reader);
		if (fd != reader->in && fd != reader->out)
			continue;
		if (reader->client && events & (EPOLLHUP | EPOLLERR))
			reader_drop(console, reader);
		else if (fd == reader->in && events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN))
			reader_end_of_input(console, reader);
		else if (fd == reader->out && events & EPOLLERR)
			reader_drop(console, reader);
	}
}

/* False when epoll has no use for the descriptor, which then never blocks. */
static bool try_watch(struct console *console, int fd, uint32_t events)
{
	return fd >= 0 && loop_add(&console->vm->loop, fd, events, on_ready, console, NULL) == 0;
}

int console_new(struct console **ret_console, struct vm *vm, const struct console_ends *ends, struct error *err)
{
	struct console *console = calloc(1, sizeof(*console));
	int ret = 0;

	if (!console) {
		int in = ends->in, out = ends->out, listener = ends->listen;

		close_fd(&in);
		close_fd(&out);
		close_fd(&listener);
		return fail(err, ENOMEM, "create the console");
	}
	console->vm = vm;
	console->listen_fd = ends->listen;
	for (size_t i = 0; i < READER_MAX; i++)
		console->reader[i] = (struct reader){ .in = -1, .out = -1 };
	console->reader[0].in = ends->in;
	console->reader[0].out = ends->out;
	console->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (console->wake_fd < 0)
		ret = fail(err, errno, "create the console");
	if (ret == 0)
		ret = loop_add(&vm->loop, console->wake_fd, EPOLLIN, on_ready, console, err);
	if (ret == 0 && console->listen_fd >= 0)
		ret = loop_add(&vm->loop, console->listen_fd, EPOLLIN, on_ready, console, err);
	if (ret < 0) {
		console_free(console);
		return fail_in(err, "console");
	}
	console->reader[0].polled_in = try_watch(console, ends->in, EPOLLIN);
	console->reader[0].polled_out = try_watch(console, ends->out, 0);
	*ret_console = console;
	return 0;
}

void console_free(struct console *console)
{
	if (!console)
		return;
	for (size_t i = 0; i < READER_MAX; i++)
		reader_drop(console, &console->reader[i]);
	loop_remove(&console->vm->loop, console->listen_fd);
	loop_remove(&console->vm->loop, console->wake_fd);
	close_fd(&console->listen_fd);
	close_fd(&console->wake_fd);
	free(console);
}

static void wake(struct console *console)
{
	uint64_t one = 1;

	if (console->woken)
		return;
	/* An eventfd takes a one until it holds 2^64 - 2 of them. */
	console->woken = write(console->wake_fd, &one, sizeof(one)) == sizeof(one);
}

void console_put(struct console *console, uint8_t byte)
{
	console->history[console->written % CONSOLE_HISTORY] = byte;
	console->written++;
	wake(console);
}

void console_input_wanted(struct console *console)
{
	if (console->input_stopped || (console->reader[0].in >= 0 && !console->reader[0].polled_in))
		wake(console);
}

void console_flush(struct console *console, int timeout_ms)
{
	for (int waited = 0; waited <= timeout_ms; waited += FLUSH_STEP_MS) {
		bool behind = false;

		for (size_t i = 0; i < READER_MAX; i++) {
			struct reader *reader = &console->reader[i];

			if (reader->out < 0)
				continue;
			reader_flush(console, reader);
			behind |= reader->waits_for_room;
		}
		if (!behind)
			return;
		poll(NULL, 0, FLUSH_STEP_MS);
	}
}
