// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest/channel.c and cli/terminal.c: bytes arrive whole and in order, escapes are taken out, nothing blocks on a slow
 * reader.
 */
#include "cli/terminal.h"
#include "guest/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

struct ends {
	int in[2], out[2];
};

static void open_ends(struct ends *ends)
{
	assert_int_equal(pipe2(ends->in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ends->out, O_CLOEXEC), 0);
}

static void close_ends(struct ends *ends)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&ends->in[i]);
		close_fd(&ends->out[i]);
	}
}

/* Until it would wait. */
static void turn(struct channel *channel)
{
	struct pollfd polled = channel_poll(channel);

	while (polled.fd >= 0 && poll(&polled, 1, 0) > 0) {
		channel_move(channel, polled.revents);
		polled = channel_poll(channel);
	}
}

static void carries(void **state)
{
	struct ends ends;
	struct channel channel;
	char text[32] = "";

	(void)state;
	open_ends(&ends);
	channel = (struct channel){ .from = ends.in[0], .to = ends.out[1] };
	turn(&channel);
	assert_false(channel_is_done(&channel));
	assert_int_equal(write(ends.in[1],
				 "a\x1d"
				 "b",
				 3),
		3);
	turn(&channel);
	assert_int_equal(read(ends.out[0], text, sizeof(text)), 3);
	assert_memory_equal(text,
		"a\x1d"
		"b",
		3);
	assert_int_equal(channel.escape_count, 0);
	close_fd(&ends.in[1]);
	turn(&channel);
	assert_true(channel_is_done(&channel));
	close_ends(&ends);
}

static void takes_escapes_out(void **state)
{
	struct ends ends;
	struct channel channel;
	char text[32] = "";

	(void)state;
	open_ends(&ends);
	channel = (struct channel){ .from = ends.in[0], .to = ends.out[1], .escapes = true };
	assert_int_equal(write(ends.in[1],
				 "\x1d"
				 "ab\x1d\x1d"
				 "c",
				 6),
		6);
	turn(&channel);
	assert_int_equal(read(ends.out[0], text, sizeof(text)), 3);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(channel.escape_count, 3);
	close_ends(&ends);
}

/* A reader that sleeps: what it has not taken waits, nothing is lost, nothing more is read than fits. */
static void waits_for_the_reader(void **state)
{
	struct ends ends;
	struct channel channel;
	char block[4096];
	size_t sent = 0, got = 0;

	(void)state;
	open_ends(&ends);
	assert_int_equal(fcntl(ends.in[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(ends.out[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(ends.out[0], F_SETFL, O_NONBLOCK), 0);
	channel = (struct channel){ .from = ends.in[0], .to = ends.out[1] };
	memset(block, 'x', sizeof(block));
	for (;;) {
		ssize_t written = write(ends.in[1], block, sizeof(block));

		if (written < 0)
			break;
		sent += (size_t)written;
		turn(&channel);
	}
	assert_true(sent > 64 << 10);
	close_fd(&ends.in[1]);
	while (!channel_is_done(&channel) || got < sent) {
		ssize_t count = read(ends.out[0], block, sizeof(block));

		assert_true(count > 0);
		got += (size_t)count;
		turn(&channel);
	}
	assert_int_equal(got, sent);
	close_ends(&ends);
}

/* With nobody there to read, the sender goes on. */
static void a_reader_that_is_gone(void **state)
{
	struct ends ends;
	struct channel channel;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	open_ends(&ends);
	channel = (struct channel){ .from = ends.in[0], .to = ends.out[1] };
	close_fd(&ends.out[0]);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(write(ends.in[1], "0123456789", 10), 10);
		turn(&channel);
	}
	assert_int_equal(channel.to, -1);
	close_fd(&ends.in[1]);
	turn(&channel);
	assert_true(channel_is_done(&channel));
	close_ends(&ends);
}

static void raw_mode_is_for_terminals(void **state)
{
	struct terminal terminal;
	struct termios before, raw, after;
	cleanup_close int pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cleanup_close int tty = -1;
	char name[64];

	(void)state;
	assert_true(pty >= 0 && !grantpt(pty) && !unlockpt(pty) && !ptsname_r(pty, name, sizeof(name)));
	tty = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(tcgetattr(tty, &before), 0);
	terminal_make_raw(&terminal, tty);
	assert_int_equal(tcgetattr(tty, &raw), 0);
	assert_true(before.c_lflag & ICANON && !(raw.c_lflag & (ICANON | ECHO | ISIG)));
	terminal_restore(&terminal);
	terminal_restore(&terminal);
	assert_int_equal(tcgetattr(tty, &after), 0);
	assert_int_equal(after.c_lflag, before.c_lflag);
	terminal_make_raw(&terminal, -1);
	assert_int_equal(terminal.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries),
		cmocka_unit_test(takes_escapes_out),
		cmocka_unit_test(waits_for_the_reader),
		cmocka_unit_test(a_reader_that_is_gone),
		cmocka_unit_test(raw_mode_is_for_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
