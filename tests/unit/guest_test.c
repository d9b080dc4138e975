// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/guest.c and guest/guest_json.c: a guest lives as long as its lock; what is in its directory is checked. */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/force.h"
#include "guest/guest_json.h"
#include "os/run_dir.h"
#include "tests/unit/temp_tree.h"

struct fixture {
	struct temp_tree tree; /* the first, so that a test can take the fixture for its tree */
	struct host_lock *lock;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	temp_tree_dir(&f->tree, "run");
	assert_int_equal(host_lock_take(&f->tree.root, &f->lock, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	host_lock_drop(f->lock);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static const struct host_lock *tree_lock(const void *state)
{
	return ((const struct fixture *)state)->lock;
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
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	struct guest_dir second = { .dir_fd = -1, .lock_fd = -1 };
	cleanup_free struct guest_info *guests = NULL;
	struct guest_info info;
	size_t count = 0;
	struct error err;

	assert_false(guest_is_alive(&tree->root, "web1"));
	assert_int_equal(guest_dir_create(tree_lock(*state), "web1", &dir, &err), 0);
	assert_true(guest_is_alive(&tree->root, "web1"));
	assert_int_equal(guest_dir_write(&dir, &web1, &err), 0);
	assert_int_equal(guest_read(&tree->root, "web1", &info, &err), 0);
	assert_int_equal(info.memory_bytes, web1.memory_bytes);
	assert_int_equal(guest_list(&tree->root, &guests, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(guest_dir_create(tree_lock(*state), "web1", &second, &err), -EEXIST);
	assert_int_equal(err.code, CODE_GUEST_EXISTS);
	guest_dir_remove(tree_lock(*state), &dir);
	assert_false(guest_is_alive(&tree->root, "web1"));
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests/web1"));
	guest_dir_remove(tree_lock(*state), &dir);
}

/* kill -9: the lock goes with the process, the files stay; the next guest of that name starts afresh. */
static void the_dead_make_room(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	struct guest_info info;
	struct error err;
	int listening;

	assert_int_equal(guest_dir_create(tree_lock(*state), "web1", &dir, &err), 0);
	assert_int_equal(guest_dir_write(&dir, &web1, &err), 0);
	assert_int_equal(guest_dir_listen(&dir, "control", SOCK_SEQPACKET, &listening, &err), 0);
	close(listening);
	close_fd(&dir.lock_fd);
	close_fd(&dir.dir_fd);
	assert_false(guest_is_alive(&tree->root, "web1"));
	assert_int_equal(guest_read(&tree->root, "web1", &info, &err), -ENOENT);
	assert_int_equal(err.code, CODE_NO_SUCH_GUEST);
	assert_int_equal(guest_dir_create(tree_lock(*state), "web1", &dir, &err), 0);
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests/web1/guest.json"));
	assert_int_equal(guest_dir_listen(&dir, "control", SOCK_SEQPACKET, &listening, &err), 0);
	close(listening);
	/* The living are not cleaned away. */
	guest_dir_remove_stale(tree_lock(*state), "web1");
	assert_true(guest_is_alive(&tree->root, "web1"));
	guest_dir_remove_all_stale(tree_lock(*state));
	assert_true(guest_is_alive(&tree->root, "web1"));
	close_fd(&dir.lock_fd);
	guest_dir_remove_all_stale(tree_lock(*state));
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests/web1"));
	close_fd(&dir.dir_fd);
}

static void numbers_the_nameless(void **state)
{
	struct guest_dir dirs[3] = { { .dir_fd = -1, .lock_fd = -1 }, { .dir_fd = -1, .lock_fd = -1 },
		{ .dir_fd = -1, .lock_fd = -1 } };
	struct error err;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(guest_dir_create(tree_lock(*state), "", &dirs[i], &err), 0);
	assert_string_equal(dirs[0].name, "guest1");
	assert_string_equal(dirs[2].name, "guest3");
	guest_dir_remove(tree_lock(*state), &dirs[1]);
	assert_int_equal(guest_dir_create(tree_lock(*state), "", &dirs[1], &err), 0);
	assert_string_equal(dirs[1].name, "guest2");
	for (size_t i = 0; i < 3; i++)
		guest_dir_remove(tree_lock(*state), &dirs[i]);
}

static void sockets(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	cleanup_close int listening = -1;
	cleanup_close int client = -1;
	cleanup_close int server = -1;
	struct error err;
	char byte = 0;

	assert_int_equal(guest_connect(&tree->root, "web1", "control", SOCK_SEQPACKET, &client, &err), -ENOENT);
	assert_int_equal(err.code, CODE_NO_SUCH_GUEST);
	assert_int_equal(guest_dir_create(tree_lock(*state), "web1", &dir, &err), 0);
	assert_int_equal(guest_connect(&tree->root, "web1", "console", SOCK_STREAM, &client, &err), -ENOENT);
	assert_int_equal(err.code, CODE_FAILED);
	assert_non_null(strstr(err.hint, "--console socket"));
	assert_int_equal(guest_dir_listen(&dir, "console", SOCK_STREAM, &listening, &err), 0);
	assert_int_equal(guest_connect(&tree->root, "web1", "console", SOCK_STREAM, &client, &err), 0);
	server = accept(listening, NULL, NULL);
	assert_int_equal(write(client, "x", 1), 1);
	assert_int_equal(read(server, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	guest_dir_remove(tree_lock(*state), &dir);
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
		{ "{\"name\": \"a\", " NUMBERS ", \"devices\": "
		  "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31]}",
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

/* A lock for reading takes no right but to read: it keeps no dead guest alive, and only its owner may open the file. */
static void the_lock_is_its_owners(void **state)
{
	const struct temp_tree *tree = *state;
	struct flock reading = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	cleanup_close int other = -1;
	struct error err;
	struct stat st;

	assert_int_equal(guest_dir_create(tree_lock(tree), "web1", &dir, &err), 0);
	assert_int_equal(fstat(dir.lock_fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close_fd(&dir.lock_fd);
	other = openat(dir.dir_fd, "lock", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fcntl(other, F_OFD_SETLK, &reading), 0);
	assert_false(guest_is_alive(&tree->root, "web1"));
	guest_dir_remove(tree_lock(tree), &dir);
}

/* Who may not open the lock finds it in /proc/locks. */
static void others_see_guests_too(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	struct error err;
	pid_t pid;
	int status = 0;

	if (geteuid() != 0)
		skip();
	assert_int_equal(symlinkat("/proc", tree->root.fd, "proc"), 0);
	assert_int_equal(chmod(tree->path, 0755), 0);
	assert_int_equal(fchmodat(tree->root.fd, "run", 0755, 0), 0);
	assert_int_equal(guest_dir_create(tree_lock(tree), "web1", &dir, &err), 0);
	for (int alive = 1; alive >= 0; alive--) {
		pid = fork();
		if (!pid)
			_exit(setresuid(65534, 65534, 65534) ? 2 : guest_is_alive(&tree->root, "web1"));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), alive);
		close_fd(&dir.lock_fd);
	}
	unlinkat(tree->root.fd, "proc", 0);
	guest_dir_remove(tree_lock(tree), &dir);
}

/* A guest whose process takes no connections keeps nobody waiting. */
static void a_full_backlog_is_an_answer(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	cleanup_close int listening = -1;
	int client[32], ret = 0;
	size_t count = 0;
	struct error err;

	alarm(30);
	assert_int_equal(guest_dir_create(tree_lock(tree), "web1", &dir, &err), 0);
	assert_int_equal(guest_dir_listen(&dir, "control", SOCK_SEQPACKET, &listening, &err), 0);
	while (ret == 0 && count < array_size(client)) {
		ret = guest_connect(&tree->root, "web1", "control", SOCK_SEQPACKET, &client[count], &err);
		count += ret == 0;
	}
	assert_int_equal(ret, -EAGAIN);
	assert_int_equal(err.code, CODE_GUEST_DEAF);
	assert_true(count > 0);
	while (count > 0)
		close(client[--count]);
	guest_dir_remove(tree_lock(tree), &dir);
	alarm(0);
}

/* A sluice with its sluice-vmm: the one locks the guest's directory, the other sleeps. Returns the first. */
static pid_t start_pair(const struct temp_tree *tree, pid_t *ret_vmm)
{
	int report[2];
	pid_t pid;

	assert_int_equal(pipe(report), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
		struct guest_info info = web1;

		info.pid = getpid();
		info.vmm_pid = fork();
		if (!info.vmm_pid) {
			pause();
			_exit(0);
		}
		if (guest_dir_create(tree_lock(tree), "web1", &dir, NULL) < 0 ||
			guest_dir_write(&dir, &info, NULL) < 0 ||
			write(report[1], &info.vmm_pid, sizeof(info.vmm_pid)) < 0)
			_exit(2);
		waitpid(info.vmm_pid, NULL, 0);
		/* Waits to be asked whether the end was forced. */
		_exit(guest_was_forced(&dir) ? 1 : 0);
	}
	assert_int_equal(read(report[0], ret_vmm, sizeof(*ret_vmm)), sizeof(*ret_vmm));
	close(report[0]);
	close(report[1]);
	return pid;
}

/* There is no control socket at all: nothing is asked of the guest. */
static void force_asks_nobody(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_info info;
	struct error err;
	pid_t vmm = 0, pid = start_pair(tree, &vmm);
	int status = 0;

	assert_int_equal(symlinkat("/proc", tree->root.fd, "proc"), 0);
	assert_int_equal(guest_read(&tree->root, "web1", &info, &err), 0);
	assert_int_equal(info.vmm_pid, vmm);
	assert_int_equal(guest_force_end(&tree->root, &info, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_int_equal(guest_force_end(&tree->root, &info, &err), -ESRCH);
	unlinkat(tree->root.fd, "proc", 0);
}

/* The number of a sluice-vmm that has ended may be anybody's. */
static void force_kills_no_bystander(void **state)
{
	const struct temp_tree *tree = *state;
	struct guest_info info;
	struct error err;
	pid_t vmm = 0, pid = start_pair(tree, &vmm), bystander = fork();
	cleanup_close int dir = -1;
	cleanup_free char *text = NULL;

	if (!bystander) {
		pause();
		_exit(0);
	}
	assert_int_equal(symlinkat("/proc", tree->root.fd, "proc"), 0);
	assert_int_equal(guest_read(&tree->root, "web1", &info, &err), 0);
	info.vmm_pid = bystander;
	text = guest_info_to_json(&info);
	assert_int_equal(guest_dir_open(&tree->root, "web1", &dir, &err), 0);
	assert_int_equal(run_dir_write(dir, "guest.json", text, &err), 0);
	assert_int_equal(guest_force_end(&tree->root, &info, &err), -ESRCH);
	assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
	kill(bystander, SIGKILL);
	kill(vmm, SIGKILL);
	waitpid(bystander, NULL, 0);
	waitpid(pid, NULL, 0);
	unlinkat(tree->root.fd, "proc", 0);
}

/* On a captured host a folder that is a link leads to its own top, never to this machine's guests. */
static void captured_guests_stay_inside(void **state)
{
	struct temp_tree *tree = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	char outside[sizeof(tree->path) + 32];
	struct error err;
	int fd = -1;

	assert_int_equal(guest_dir_create(tree_lock(tree), "web1", &dir, &err), 0);
	snprintf(outside, sizeof(outside), "%s/run/sluice/guests", tree->path);
	temp_tree_dir(tree, "copy/run/sluice");
	assert_int_equal(symlinkat(outside, tree->root.fd, "copy/run/sluice/guests"), 0);
	{
		struct sysroot copy = { .captured = true,
			.fd = openat(tree->root.fd, "copy", O_PATH | O_DIRECTORY | O_CLOEXEC) };

		assert_int_equal(guest_dir_open(&copy, "web1", &fd, &err), -ENOENT);
		assert_false(guest_is_alive(&copy, "web1"));
		close(copy.fd);
	}
	unlinkat(tree->root.fd, "copy/run/sluice/guests", 0);
	guest_dir_remove(tree_lock(tree), &dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lives_as_long_as_its_lock),
		TEST(the_dead_make_room),
		TEST(numbers_the_nameless),
		TEST(sockets),
		TEST(the_lock_is_its_owners),
		TEST(others_see_guests_too),
		TEST(a_full_backlog_is_an_answer),
		TEST(force_asks_nobody),
		TEST(force_kills_no_bystander),
		TEST(captured_guests_stay_inside),
		cmocka_unit_test(json_round_trip),
		cmocka_unit_test(json_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
