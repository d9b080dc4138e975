// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/guest_dir.c: who may talk to a guest. Whoever reaches its sockets ends it, or reads its console. */
#include "assign/guest_dir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

static void sockets_are_the_owners_alone(void **state)
{
	static const struct {
		const char *name;
		int type;
	} sockets[] = { { "control", SOCK_SEQPACKET }, { "console", SOCK_STREAM } };
	struct guest_dir dir = { .name = "one", .dir_fd = -1, .lock_fd = -1 };
	struct temp_tree tree;
	mode_t before;

	(void)state;
	temp_tree_init(&tree);
	dir.dir_fd = openat(tree.root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir.dir_fd >= 0);
	/* Whatever the operator's shell has set. */
	before = umask(0);
	for (size_t i = 0; i < array_size(sockets); i++) {
		cleanup_close int fd = -1;
		struct stat info;

		assert_int_equal(guest_dir_listen(&dir, sockets[i].name, sockets[i].type, &fd, NULL), 0);
		assert_int_equal(fstatat(dir.dir_fd, sockets[i].name, &info, AT_SYMLINK_NOFOLLOW), 0);
		assert_true(S_ISSOCK(info.st_mode));
		assert_int_equal(info.st_mode & 07777, 0600);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	}
	/* And that setting is as it was. */
	assert_int_equal(umask(before), 0);
	close_fd(&dir.dir_fd);
	temp_tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_the_owners_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
