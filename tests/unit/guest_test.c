// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/guest.c and guest/guest_json.c: a guest lives as long as its lock; what is in its directory is checked. */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/guest_json.h"
#include "tests/unit/temp_tree.h"

static int set_up(void **state)
{
	struct temp_tree *tree = calloc(1, sizeof(*tree));

	temp_tree_init(tree);
	temp_tree_dir(tree, "run");
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_done(*state);
	free(*state);
	return 0;
}

static const struct guest_info web1 = {
	.name = "web1",
	.pid = 100,
	.vmm_pid = 101,
	.cpus = 2,
	.memory_bytes = 6ull << 30,
	.page_bytes = 2 << 20,
	.started = 1800000000,
	.console_socket = true,
	.device = { { .bus = 1, .device = 0x10 }, { .domain = 0x10000, .bus = 0xff, .device = 31, .function = 7 } },
	.device_count = 2,
};

static void lives_as_long_as_its_lock(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { -1, -1, "" };
	struct guest_dir second = { -1, -1, "" };
	cleanup_free struct guest_info *guests = NULL;
	struct guest_info info;
	size_t count = 0;
	struct error err;

	assert_false(guest_is_alive(&tree->root, "web1"));
	assert_int_equal(guest_dir_create(&tree->root, "web1", &dir, &err), 0);
	assert_true(guest_is_alive(&tree->root, "web1"));
	assert_int_equal(guest_dir_write(&dir, &web1, &err), 0);
	assert_int_equal(guest_read(&tree->root, "web1", &info, &err), 0);
	assert_int_equal(info.memory_bytes, web1.memory_bytes);
	assert_int_equal(guest_list(&tree->root, &guests, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(guest_dir_create(&tree->root, "web1", &second, &err), -EEXIST);
	assert_int_equal(err.code, CODE_GUEST_EXISTS);
	guest_dir_remove(&tree->root, &dir);
	assert_false(guest_is_alive(&tree->root, "web1"));
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests/web1"));
	guest_dir_remove(&tree->root, &dir);
}

/* kill -9: the lock goes with the process, the files stay; the next guest of that name starts afresh. */
static void the_dead_make_room(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { -1, -1, "" };
	struct guest_info info;
	struct error err;
	int listening;

	assert_int_equal(guest_dir_create(&tree->root, "web1", &dir, &err), 0);
	assert_int_equal(guest_dir_write(&dir, &web1, &err), 0);
	assert_int_equal(guest_dir_listen(&dir, "control", SOCK_SEQPACKET, &listening, &err), 0);
	close(listening);
	close_fd(&dir.lock_fd);
	close_fd(&dir.dir_fd);
	assert_false(guest_is_alive(&tree->root, "web1"));
	assert_int_equal(guest_read(&tree->root, "web1", &info, &err), -ENOENT);
	assert_int_equal(err.code, CODE_NO_SUCH_GUEST);
	assert_int_equal(guest_dir_create(&tree->root, "web1", &dir, &err), 0);
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests/web1/guest.json"));
	assert_int_equal(guest_dir_listen(&dir, "control", SOCK_SEQPACKET, &listening, &err), 0);
	close(listening);
	/* The living are not cleaned away. */
	guest_dir_remove_stale(&tree->root, "web1");
	assert_true(guest_is_alive(&tree->root, "web1"));
	guest_dir_remove_all_stale(&tree->root);
	assert_true(guest_is_alive(&tree->root, "web1"));
	close_fd(&dir.lock_fd);
	guest_dir_remove_all_stale(&tree->root);
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests/web1"));
	close_fd(&dir.dir_fd);
}

static void numbers_the_nameless(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dirs[3] = { { -1, -1, "" }, { -1, -1, "" }, { -1, -1, "" } };
	struct error err;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(guest_dir_create(&tree->root, "", &dirs[i], &err), 0);
	assert_string_equal(dirs[0].name, "guest1");
	assert_string_equal(dirs[2].name, "guest3");
	guest_dir_remove(&tree->root, &dirs[1]);
	assert_int_equal(guest_dir_create(&tree->root, "", &dirs[1], &err), 0);
	assert_string_equal(dirs[1].name, "guest2");
	for (size_t i = 0; i < 3; i++)
		guest_dir_remove(&tree->root, &dirs[i]);
}

static void sockets(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { -1, -1, "" };
	cleanup_close int listening = -1;
	cleanup_close int client = -1;
	cleanup_close int server = -1;
	struct error err;
	char byte = 0;

	assert_int_equal(guest_connect(&tree->root, "web1", "control", SOCK_SEQPACKET, &client, &err), -ENOENT);
	assert_int_equal(err.code, CODE_NO_SUCH_GUEST);
	assert_int_equal(guest_dir_create(&tree->root, "web1", &dir, &err), 0);
	assert_int_equal(guest_connect(&tree->root, "web1", "console", SOCK_STREAM, &client, &err), -ENOENT);
	assert_int_equal(err.code, CODE_FAILED);
	assert_non_null(strstr(err.hint, "--console socket"));
	assert_int_equal(guest_dir_listen(&dir, "console", SOCK_STREAM, &listening, &err), 0);
	assert_int_equal(guest_connect(&tree->root, "web1", "console", SOCK_STREAM, &client, &err), 0);
	server = accept(listening, NULL, NULL);
	assert_int_equal(write(client, "x", 1), 1);
	assert_int_equal(read(server, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	guest_dir_remove(&tree->root, &dir);
}

static void json_round_trip(void **state)
{
	cleanup_free char *text = guest_info_to_json(&web1);
	struct guest_info info;
	struct error err;

	(void)state;
	assert_int_equal(guest_info_from_json(text, &info, &err), 0);
	assert_memory_equal(info.name, web1.name, sizeof("web1"));
	assert_int_equal(info.pid, 100);
	assert_int_equal(info.vmm_pid, 101);
	assert_int_equal(info.cpus, 2);
	assert_int_equal(info.page_bytes, 2 << 20);
	assert_int_equal(info.started, 1800000000);
	assert_true(info.console_socket);
	assert_int_equal(info.device_count, 2);
	assert_int_equal(pci_addr_compare(info.device[1], web1.device[1]), 0);
}

#define NUMBERS "\"pid\": 1, \"vmm_pid\": 2, \"cpus\": 1, \"memory\": 4096, \"page_size\": 4096, \"started\": 1"

static void json_is_checked(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "", "guest.json is not JSON" },
		{ "[]", "'name'" },
		{ "{\"name\": \"a/b\", " NUMBERS ", \"devices\": []}", "'name'" },
		{ "{\"name\": \"../x\", " NUMBERS ", \"devices\": []}", "'name'" },
		{ "{\"name\": \"a\", \"pid\": -1, \"devices\": []}", "'pid'" },
		{ "{\"name\": \"a\", \"pid\": \"1\", \"devices\": []}", "'pid'" },
		{ "{\"name\": \"a\", \"pid\": 99999999999, \"devices\": []}", "'pid'" },
		{ "{\"name\": \"a\", " NUMBERS "}", "'devices'" },
		{ "{\"name\": \"a\", " NUMBERS ", \"devices\": [\"x\"]}", "'devices'" },
		{ "{\"name\": \"a\", " NUMBERS ", \"devices\": [1]}", "'devices'" },
		{ "{\"name\": \"a\", " NUMBERS ", \"devices\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
			"'devices'" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct guest_info info = { .pid = 77 };
		struct error err;

		assert_int_equal(guest_info_from_json(cases[i].text, &info, &err), -EBADMSG);
		assert_non_null(strstr(err.msg, cases[i].msg));
		assert_int_equal(info.pid, 77);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lives_as_long_as_its_lock),
		TEST(the_dead_make_room),
		TEST(numbers_the_nameless),
		TEST(sockets),
		cmocka_unit_test(json_round_trip),
		cmocka_unit_test(json_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
