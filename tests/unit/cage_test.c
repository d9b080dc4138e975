// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/cage*.c, landlock.c and guest/vmm_process.c from inside: this program takes sluice-vmm's place, enters the
 * cage and no filter, and tries what somebody would who had broken out (cage_probes.h). tests/cage/reach is the list of
 * what he gets, for a guest of root's and one of a user's. `cage_test --print` prints it.
 *
 * A machine that gives no such namespaces, or an older Landlock, says so instead.
 */
#include "vmm-core/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/guest_user.h"
#include "guest/vmm_process.h"
#include "tests/unit/cage_probes.h"
#include "wire/launch.h"

#define LIST "tests/cage/reach"

enum {
	TEXT_SIZE = 8192,
	LANDLOCK_ABI_LEAST = 6, /* abstract sockets and signals, as the list has them */
};

struct told {
	struct cage_report report;
	uid_t uid;
	gid_t gid;
	char text[TEXT_SIZE];
};

/* sluice-vmm's place: orders come over the socket, and go back answered. */
static int be_the_vmm(void)
{
	static struct told told;
	struct cage_plan plan = { .launcher = LAUNCH_SOCKET_FD };
	struct cage_orders orders;
	struct error err = { 0 };

	if (read(LAUNCH_SOCKET_FD, &orders, sizeof(orders)) != sizeof(orders))
		return 1;
	plan.uid = plan.gid = orders.user;
	plan.walls = orders.walls;
	if (cage_enter(&plan, &told.report, &err) < 0) {
		snprintf(told.text, sizeof(told.text), "! %s\n", err.msg);
		return write(LAUNCH_SOCKET_FD, &told, sizeof(told)) < 0;
	}
	told.uid = getuid();
	told.gid = getgid();
	cage_try_all(&orders, told.text, sizeof(told.text));
	return write(LAUNCH_SOCKET_FD, &told, sizeof(told)) < 0;
}

/* What is there to be reached: a listener on the loopback, an abstract socket, shared memory. */
static uint16_t listen_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1) ||
		getsockname(fd, (struct sockaddr *)&address, &size))
		return 0;
	return ntohs(address.sin_port);
}

static void listen_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path + 1, CAGE_ABSTRACT);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(CAGE_ABSTRACT))),
		0);
	assert_int_equal(listen(fd, 1), 0);
}

static void enter_and_try(const struct cage_orders *orders, bool own_user, struct told *ret_told)
{
	struct vmm_process process = { .own_user = own_user };
	cleanup_close int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct error err = { 0 };
	int pair[2], missing;
	char how[96];
	pid_t pid;

	setenv("SLUICE_VMM", "/proc/self/exe", 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	process.socket = pair[1];
	process.log = log;
	assert_int_equal(vmm_process_start(&process, &pid, &missing, &err), 0);
	close(pair[1]);
	assert_int_equal(write(pair[0], orders, sizeof(*orders)), sizeof(*orders));
	assert_int_equal(read(pair[0], ret_told, sizeof(*ret_told)), sizeof(*ret_told));
	vmm_process_end(pid, 10000, how, sizeof(how));
	assert_string_equal(how, "");
	close(pair[0]);
}

/* By a user: root becomes one first, as whom it has a cage of its own. *ret_told comes through a pipe. */
static void as_nobody(const struct cage_orders *orders, struct told *ret_told)
{
	int ends[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		if (!geteuid() &&
			(setgroups(0, NULL) || setresgid(CAGE_NOBODY, CAGE_NOBODY, CAGE_NOBODY) ||
				setresuid(CAGE_NOBODY, CAGE_NOBODY, CAGE_NOBODY) || prctl(PR_SET_DUMPABLE, 1)))
			_exit(1);
		enter_and_try(orders, false, ret_told);
		_exit(write(ends[1], ret_told, sizeof(*ret_told)) != sizeof(*ret_told));
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], ret_told, sizeof(*ret_told)), sizeof(*ret_told));
	waitpid(pid, &status, 0);
	close(ends[0]);
}

/* Those who are put to the test: whose guest, behind which walls; a section of the list each. */
static const struct inmate {
	const char *section;
	bool root;
	uint32_t walls;
} inmates[] = {
	{ "root", true, CAGE_ALL_WALLS },
	{ "user", false, CAGE_ALL_WALLS },
	/* Where the host has no Landlock, and where it gives no namespaces: each has to do without the other. */
	{ "root, namespaces alone", true, CAGE_ALL_WALLS & ~(1 << CAGE_LANDLOCK) },
	{ "user, namespaces alone", false, CAGE_ALL_WALLS & ~(1 << CAGE_LANDLOCK) },
	{ "root, Landlock alone", true, 1 << CAGE_LANDLOCK },
	{ "user, Landlock alone", false, 1 << CAGE_LANDLOCK },
};

static void try_inmate(const struct inmate *inmate, struct told *ret_told)
{
	const struct cage_orders orders = {
		.user = inmate->root ? GUEST_USER_FIRST : 0,
		.walls = inmate->walls,
		.outside = getpid(),
		.port = listen_tcp(),
	};

	if (inmate->root)
		enter_and_try(&orders, true, ret_told);
	else
		as_nobody(&orders, ret_told);
}

/* The lines of a section. */
static void read_section(const char *name, char *buf, size_t size)
{
	cleanup_file FILE *file = fopen(LIST, "r");
	char line[256];
	bool in = false;
	size_t used = 0;

	if (!file)
		fail_msg("%s is read from the top of the tree", LIST);
	buf[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '[')
			in = !strncmp(line + 1, name, strlen(name)) && line[1 + strlen(name)] == ']';
		else if (in && line[0] != '#' && line[0] != '\n')
			used += (size_t)snprintf(buf + used, size - used, "%s", line);
	}
}

/* Asked of the kernel without the code that is tested: a wall that it would give must stand. */
static bool machine_has(const struct inmate *inmate)
{
	const int all = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (!inmate->root && !geteuid() &&
			(setresuid(CAGE_NOBODY, CAGE_NOBODY, CAGE_NOBODY) || prctl(PR_SET_DUMPABLE, 1)))
			_exit(1);
		_exit(unshare(inmate->root ? all : all | CLONE_NEWUSER) ||
			syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) < LANDLOCK_ABI_LEAST);
	}
	waitpid(pid, &status, 0);
	return !status && (!inmate->root || !geteuid());
}

static void expect_walls(const struct inmate *inmate, const struct told *told)
{
	for (int wall = 0; wall < CAGE_WALL_COUNT; wall++) {
		bool wanted = wall == CAGE_PROCESSES || inmate->walls >> wall & 1;

		if (wall == CAGE_CALLS || wall == CAGE_USER) /* the filter's; as sluice sees it */
			continue;
		if (wanted != !told->report.missing[wall])
			fail_msg("%s: the wall \"%s\": %s", inmate->section, cage_wall_name((enum cage_wall)wall),
				strerror(told->report.missing[wall]));
	}
	assert_int_equal(told->report.root, inmate->walls >> CAGE_ROOT & 1 ? CAGE_ROOT_EMPTY : CAGE_ROOT_HOST);
	assert_int_equal(told->uid, inmate->root ? GUEST_USER_FIRST : 0);
	assert_int_equal(told->gid, inmate->root ? GUEST_USER_FIRST : 0);
}

static void what_is_within_reach(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(inmates); i++) {
		struct told told = { 0 };
		char wanted[TEXT_SIZE];

		if (!machine_has(&inmates[i])) {
			print_message("not tried: this machine has not all it takes for \"%s\"\n", inmates[i].section);
			continue;
		}
		try_inmate(&inmates[i], &told);
		expect_walls(&inmates[i], &told);
		read_section(inmates[i].section, wanted, sizeof(wanted));
		assert_string_equal(told.text, wanted);
	}
}

/* Without any wall, as on a kernel that has none: each is told, and the privileges are gone all the same. */
static void a_host_without_walls(void **state)
{
	const struct cage_plan plan = { .launcher = -1 };
	struct cage_report report = { 0 };
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		bool told = cage_enter(&plan, &report, NULL) == 0 && report.root == CAGE_ROOT_HOST;

		for (size_t i = 0; i < CAGE_WALL_COUNT; i++)
			told = told && (report.missing[i] || i == CAGE_USER);
		_exit(!told || sethostname("x", 1) == 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Its parent died between its start and its cage: nobody would end it. */
static void nobody_is_left(void **state)
{
	pid_t pid;
	int pair[2], status;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	close(pair[0]);
	pid = fork();
	if (!pid) {
		const struct cage_plan plan = { .launcher = pair[1] };
		struct cage_report report;
		int signal = 0;
		int ret = cage_enter(&plan, &report, NULL);

		prctl(PR_GET_PDEATHSIG, &signal);
		_exit(ret != -EPIPE || signal != SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(pair[1]);
}

static int print(void)
{
	for (size_t i = 0; i < array_size(inmates); i++) {
		struct told told = { 0 };

		try_inmate(&inmates[i], &told);
		printf("\n[%s]\n%s", inmates[i].section, told.text);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_within_reach),
		cmocka_unit_test(a_host_without_walls),
		cmocka_unit_test(nobody_is_left),
	};

	int shared, ret;

	/* Not exit(): what a sanitizer looks for at the end is not within reach. */
	if (argc == 1 && !strcmp(argv[0], "sluice-vmm"))
		_exit(be_the_vmm());
	listen_abstract();
	shared = shmget(CAGE_SHM_KEY, 4096, IPC_CREAT | 0666);
	ret = argc == 2 && !strcmp(argv[1], "--print") ? print() : cmocka_run_group_tests(tests, NULL, NULL);
	shmctl(shared, IPC_RMID, NULL);
	return ret;
}
