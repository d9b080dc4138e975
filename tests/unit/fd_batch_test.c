// SPDX-License-Identifier: GPL-2.0-or-later
/* os/fd_batch.c: what was given is closed, what lies in between is not. */
#include "os/fd_batch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_something(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

enum {
	COUNT = 40
};

/* A number that was closed may be taken again by what is kept. */
static bool is_kept(const int *kept, int fd)
{
	for (int i = 0; i < COUNT; i++)
		if (kept[i] == fd)
			return true;
	return false;
}

static void leaves_others_alone(void **state)
{
	struct fd_batch batch = { 0 };
	int given[COUNT], kept[COUNT];

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		given[i] = open_something();
		kept[i] = i % 3 ? -1 : open_something();
		fd_batch_add(&batch, given[i]);
	}
	fd_batch_close(&batch);
	for (int i = 0; i < COUNT; i++) {
		assert_true(is_kept(kept, given[i]) || !is_open(given[i]));
		assert_true(kept[i] < 0 || is_open(kept[i]));
	}
	for (int i = 0; i < COUNT; i++)
		if (kept[i] >= 0)
			close(kept[i]);
}

static void never_holds_too_many(void **state)
{
	struct fd_batch batch = { 0 };
	int highest = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		int fd = open_something();

		highest = fd > highest ? fd : highest;
		fd_batch_add(&batch, fd);
	}
	fd_batch_close(&batch);
	assert_true(highest < FD_BATCH_MAX + 32);
	assert_false(is_open(highest));
	fd_batch_close(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_others_alone),
		cmocka_unit_test(never_holds_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
