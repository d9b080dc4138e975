// SPDX-License-Identifier: GPL-2.0-or-later
/* os/timed_write.c: writes that hang end in time, and the writes after one that failed. */
#include "base/cleanup.h"
#include "os/timed_write.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The root as the kernel has it: writes go to files. */
static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);

	fake->root.write = NULL;
	fake_file(fake, "", "one");
	fake_file(fake, "", "two");
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static void expect_text(const struct fake_sysfs *fake, const char *path, const char *wanted)
{
	char text[64];

	assert_true(sysroot_read_text(&fake->root, text, sizeof(text), "%s", path) >= 0);
	assert_string_equal(text, wanted);
}

static void writes_and_reports(void **state)
{
	struct fake_sysfs *fake = *state;

	assert_int_equal(sysroot_write_timed(&fake->root, "hello", 10, "on%s", "e"), 0);
	expect_text(fake, "one", "hello");
	assert_int_equal(sysroot_write_timed(&fake->root, "x", 10, "missing"), -ENOENT);
	assert_int_equal(sysroot_write_timed(&fake->root, "x", 10, "sys/bus"), -EISDIR);
	/* Every write to it fails. */
	fake_link(fake, "/dev/full", "full");
	assert_int_equal(sysroot_write_timed(&fake->root, "x", 10, "full"), -ENOSPC);
	fake->root.captured = true;
	assert_int_equal(sysroot_write_timed(&fake->root, "x", 10, "one"), -EROFS);
}

static void a_hanging_write_ends_in_time(void **state)
{
	struct fake_sysfs *fake = *state;
	time_t before = time(NULL);

	/* Opened by no reader, it makes the writer wait for ever. */
	assert_int_equal(mkfifoat(fake->root.fd, "fifo", 0600), 0);
	assert_int_equal(sysroot_write_timed(&fake->root, "x", 1, "fifo"), -ETIMEDOUT);
	assert_true(time(NULL) - before <= 5);
}

/*
 * A driver may hold the writer for ever, and with it all that the writer has open: so it has no lock and no pipe of its
 * command. The pipe's other end is told of its end while the writer still waits.
 */
static void a_hanging_writer_holds_nothing_of_its_command(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pollfd pipe_end = { .events = POLLIN };
	int ends[2];
	pid_t command;

	assert_int_equal(mkfifoat(fake->root.fd, "fifo", 0600), 0);
	assert_int_equal(pipe(ends), 0);
	command = fork();
	if (!command) {
		sysroot_write_timed(&fake->root, "x", 5, "fifo");
		_exit(0);
	}
	close(ends[1]);
	/* The command itself goes, as by kill -9; its writer stays. */
	usleep(300 * 1000);
	assert_int_equal(kill(command, SIGKILL), 0);
	assert_int_equal(waitpid(command, NULL, 0), command);
	pipe_end.fd = ends[0];
	assert_int_equal(poll(&pipe_end, 1, 2000), 1);
	close(ends[0]);
	/* Somebody reads: the writer ends. */
	ends[0] = openat(fake->root.fd, "fifo", O_RDONLY | O_NONBLOCK);
	assert_true(ends[0] >= 0);
	close(ends[0]);
}

static void puts_switches_back_after_a_failure(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct timed_write writes[] = {
		{ .path = "one", .text = "0" },
		{ .path = "missing", .text = "5" },
		{ .path = "two", .text = "never" },
		{ .path = "one", .text = "1", .always = true },
	};

	assert_int_equal(sysroot_write_timed_all(&fake->root, writes, array_size(writes), 10), -ENOENT);
	expect_text(fake, "one", "1");
	expect_text(fake, "two", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_and_reports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hanging_write_ends_in_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hanging_writer_holds_nothing_of_its_command, set_up, tear_down),
		cmocka_unit_test_setup_teardown(puts_switches_back_after_a_failure, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
