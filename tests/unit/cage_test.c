// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/cage*.c, landlock.c and guest/vmm_process.c from inside: this program takes sluice-vmm's place, enters the
 * cage and no filter, and tries what somebody would who had broken out: paths, networks, processes, other people's IPC,
 * becoming somebody else, the calls that administer a host. tests/cage/reach is the list of what he gets, for a guest of
 * root's and one of a user's. `cage_test --print` prints it.
 *
 * A machine that gives no such namespaces, or an older Landlock, says so instead.
 */
#include "vmm-core/cage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/guest_user.h"
#include "guest/vmm_process.h"
#include "wire/launch.h"

#define LIST "tests/cage/reach"
#define ABSTRACT "sluice-cage-test"

enum {
	NOBODY = 65534,
	TEXT_SIZE = 8192,
	SHM_KEY = 0x5106ce11,
	LANDLOCK_ABI_LEAST = 6, /* abstract sockets and signals, as the list has them */
};

/* What whoever starts the guest tells the one in the cage. */
struct orders {
	uint32_t user;  /* to become; 0: stay */
	uint32_t walls; /* that are put up, beside that of processes */
	pid_t outside;  /* a process of the host */
	uint16_t port;  /* where somebody listens on the host's loopback */
};

struct told {
	struct cage_report report;
	uid_t uid;
	gid_t gid;
	char text[TEXT_SIZE];
};

typedef int (*probe_fn)(const struct orders *orders, const char *text); /* not negative: it works; -1: errno */

static int open_it(const struct orders *orders, const char *path)
{
	(void)orders;
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static int make_it(const struct orders *orders, const char *path)
{
	(void)orders;
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int make_dir(const struct orders *orders, const char *path)
{
	(void)orders;
	return mkdir(path, 0700);
}

static int make_node(const struct orders *orders, const char *path)
{
	(void)orders;
	return mknod(path, S_IFCHR | 0600, makedev(1, 3));
}

/* Anything in there? */
static int list_it(const struct orders *orders, const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	(void)orders;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return 0;
	return -1;
}

static int run_it(const struct orders *orders, const char *path)
{
	char *const argv[] = { (char *)path, NULL };

	(void)orders;
	return execve(path, argv, argv + 1);
}

static int connect_tcp(const struct orders *orders, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(orders->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)text;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static int bind_tcp(const struct orders *orders, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)orders, (void)text;
	return fd < 0 ? fd : bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static int send_udp(const struct orders *orders, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(orders->port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? fd : (int)sendto(fd, text, 1, 0, (struct sockaddr *)&address, sizeof(address));
}

static int raw_socket(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int connect_abstract(const struct orders *orders, const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)orders;
	strcpy(address.sun_path + 1, text);
	return connect(fd, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text)));
}

static int signal_outside(const struct orders *orders, const char *text)
{
	(void)text;
	return kill(orders->outside, 0);
}

static int trace_outside(const struct orders *orders, const char *text)
{
	(void)text;
	return (int)ptrace(PTRACE_SEIZE, orders->outside, NULL, NULL);
}

static int pidfd_outside(const struct orders *orders, const char *text)
{
	(void)text;
	return (int)syscall(SYS_pidfd_open, orders->outside, 0);
}

/* This probe's own process and the one that started it are all there is. */
static int signal_anybody(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return kill(-1, 0);
}

static int hosts_shm(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return shmget(SHM_KEY, 0, 0);
}

static int become_root(const struct orders *orders, const char *text)
{
	(void)text;
	return orders->user ? setresuid(0, 0, 0) : setresuid(NOBODY - 1, NOBODY - 1, NOBODY - 1);
}

static int take_group(const struct orders *orders, const char *text)
{
	const gid_t group = 0;

	(void)orders, (void)text;
	return setgroups(1, &group);
}

static int gain_capability(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21 /* CAP_SYS_ADMIN */, 0, 0);
}

static int mount_it(const struct orders *orders, const char *text)
{
	(void)orders;
	return mount(text, "/", text, 0, NULL);
}

static int unmount_root(const struct orders *orders, const char *text)
{
	(void)orders;
	return umount2(text, MNT_DETACH);
}

static int change_root(const struct orders *orders, const char *text)
{
	(void)orders;
	return chroot(text);
}

static int new_mounts(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return unshare(CLONE_NEWNS);
}

static int name_host(const struct orders *orders, const char *text)
{
	(void)orders;
	return sethostname(text, strlen(text));
}

static int set_clock(const struct orders *orders, const char *text)
{
	const struct timeval now = { 0 };

	(void)orders, (void)text;
	return settimeofday(&now, NULL);
}

/* CAD_OFF: harmless where it works. */
static int reboot_it(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return reboot(RB_DISABLE_CAD);
}

static int load_module(const struct orders *orders, const char *text)
{
	(void)orders;
	return (int)syscall(SYS_init_module, text, 0, text);
}

static int all_ports(const struct orders *orders, const char *text)
{
	(void)orders, (void)text;
	return (int)syscall(SYS_iopl, 3);
}

static int more_files(const struct orders *orders, const char *text)
{
	struct rlimit limit;

	(void)orders, (void)text;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

static int dump_core(const struct orders *orders, const char *text)
{
	const struct rlimit limit = { 4096, 4096 };

	(void)orders, (void)text;
	return setrlimit(RLIMIT_CORE, &limit);
}

static int queue(const struct orders *orders, const char *text)
{
	(void)orders;
	return (int)mq_open(text, O_RDWR | O_CREAT, 0600, NULL);
}

static int anonymous_file(const struct orders *orders, const char *text)
{
	(void)orders;
	return memfd_create(text, MFD_CLOEXEC);
}

/* In its own PID namespace: it can, since nobody filters here. */
static int new_process(const struct orders *orders, const char *text)
{
	pid_t pid = fork();

	(void)orders, (void)text;
	if (!pid)
		_exit(0);
	return pid;
}

static const struct probe {
	const char *what;
	probe_fn try;
	const char *text;
} probes[] = {
	{ "open /", open_it, "/" },
	{ "find something in /", list_it, "/" },
	{ "find something in /..", list_it, "/.." },
	{ "find something in .", list_it, "." },
	{ "find something in ../../..", list_it, "../../.." },
	{ "open /etc/passwd", open_it, "/etc/passwd" },
	{ "open /proc/self/status", open_it, "/proc/self/status" },
	{ "open /proc/1/root", open_it, "/proc/1/root" },
	{ "open /sys", open_it, "/sys" },
	{ "open /dev/null", open_it, "/dev/null" },
	{ "open /dev/kvm", open_it, "/dev/kvm" },
	{ "open /run", open_it, "/run" },
	{ "run /bin/sh", run_it, "/bin/sh" },
	{ "make a file", make_it, "/file" },
	{ "make a directory", make_dir, "/directory" },
	{ "make a device node", make_node, "/node" },
	{ "connect by TCP", connect_tcp, "" },
	{ "bind a TCP port", bind_tcp, "" },
	{ "send by UDP", send_udp, "x" },
	{ "open a raw socket", raw_socket, "" },
	{ "connect to an abstract socket", connect_abstract, ABSTRACT },
	{ "signal a process of the host", signal_outside, "" },
	{ "trace a process of the host", trace_outside, "" },
	{ "hold a process of the host", pidfd_outside, "" },
	{ "signal any other process", signal_anybody, "" },
	{ "open the host's shared memory", hosts_shm, "" },
	{ "make a message queue", queue, "/queue" },
	{ "become somebody else", become_root, "" },
	{ "join a group", take_group, "" },
	{ "gain a capability", gain_capability, "" },
	{ "mount a tmpfs", mount_it, "tmpfs" },
	{ "unmount /", unmount_root, "/" },
	{ "change the root", change_root, "/" },
	{ "make a mount namespace", new_mounts, "" },
	{ "name the host", name_host, "cage" },
	{ "set the clock", set_clock, "" },
	{ "reboot", reboot_it, "" },
	{ "load a module", load_module, "" },
	{ "reach all I/O ports", all_ports, "" },
	{ "raise the limit on files", more_files, "" },
	{ "dump core", dump_core, "" },
	{ "make an anonymous file", anonymous_file, "file" },
	{ "start a process", new_process, "" },
};

/* Each in a process of its own: one that works must not change what the next finds. */
static bool works(const struct probe *probe, const struct orders *orders)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(probe->try(orders, probe->text) < 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* sluice-vmm's place: orders come over the socket, and go back answered. */
static int be_the_vmm(void)
{
	static struct told told;
	struct cage_plan plan = { .launcher = LAUNCH_SOCKET_FD };
	struct orders orders;
	struct error err = { 0 };
	size_t used = 0;

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
	for (size_t i = 0; i < array_size(probes) && used < sizeof(told.text); i++)
		used += (size_t)snprintf(told.text + used, sizeof(told.text) - used, "%s %s\n",
			works(&probes[i], &orders) ? "works" : "refused", probes[i].what);
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

	strcpy(address.sun_path + 1, ABSTRACT);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ABSTRACT))),
		0);
	assert_int_equal(listen(fd, 1), 0);
}

static void enter_and_try(const struct orders *orders, bool own_user, struct told *ret_told)
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
static void as_nobody(const struct orders *orders, struct told *ret_told)
{
	int ends[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
					  setresuid(NOBODY, NOBODY, NOBODY) || prctl(PR_SET_DUMPABLE, 1)))
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
	const struct orders orders = {
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
		if (!inmate->root && !geteuid() && (setresuid(NOBODY, NOBODY, NOBODY) || prctl(PR_SET_DUMPABLE, 1)))
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

	if (argc == 1 && !strcmp(argv[0], "sluice-vmm"))
		return be_the_vmm();
	listen_abstract();
	shared = shmget(SHM_KEY, 4096, IPC_CREAT | 0666);
	ret = argc == 2 && !strcmp(argv[1], "--print") ? print() : cmocka_run_group_tests(tests, NULL, NULL);
	shmctl(shared, IPC_RMID, NULL);
	return ret;
}
