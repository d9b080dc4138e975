// SPDX-License-Identifier: GPL-2.0-or-later
/* What somebody would try who had broken out of a guest; see cage_probes.h. */
#include "tests/unit/cage_probes.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
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

#include "base/cleanup.h"

typedef int (*probe_fn)(const struct cage_orders *orders, const char *text); /* not negative: it works; -1: errno */

static int open_it(const struct cage_orders *orders, const char *path)
{
	(void)orders;
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static int make_it(const struct cage_orders *orders, const char *path)
{
	(void)orders;
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int make_dir(const struct cage_orders *orders, const char *path)
{
	(void)orders;
	return mkdir(path, 0700);
}

static int make_node(const struct cage_orders *orders, const char *path)
{
	(void)orders;
	return mknod(path, S_IFCHR | 0600, makedev(1, 3));
}

/* Anything in there? */
static int list_it(const struct cage_orders *orders, const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	(void)orders;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return 0;
	return -1;
}

static int run_it(const struct cage_orders *orders, const char *path)
{
	char *const argv[] = { (char *)path, NULL };

	(void)orders;
	return execve(path, argv, argv + 1);
}

static int connect_tcp(const struct cage_orders *orders, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(orders->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)text;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static int bind_tcp(const struct cage_orders *orders, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)orders, (void)text;
	return fd < 0 ? fd : bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static int send_udp(const struct cage_orders *orders, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(orders->port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? fd : (int)sendto(fd, text, 1, 0, (struct sockaddr *)&address, sizeof(address));
}

static int raw_socket(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int connect_abstract(const struct cage_orders *orders, const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)orders;
	strcpy(address.sun_path + 1, text);
	return connect(fd, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text)));
}

static int signal_outside(const struct cage_orders *orders, const char *text)
{
	(void)text;
	return kill(orders->outside, 0);
}

static int trace_outside(const struct cage_orders *orders, const char *text)
{
	(void)text;
	return (int)ptrace(PTRACE_SEIZE, orders->outside, NULL, NULL);
}

static int pidfd_outside(const struct cage_orders *orders, const char *text)
{
	(void)text;
	return (int)syscall(SYS_pidfd_open, orders->outside, 0);
}

/* This probe's own process and the one that started it are all there is. */
static int signal_anybody(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return kill(-1, 0);
}

static int hosts_shm(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return shmget(CAGE_SHM_KEY, 0, 0);
}

static int become_root(const struct cage_orders *orders, const char *text)
{
	(void)text;
	return orders->user ? setresuid(0, 0, 0) : setresuid(CAGE_NOBODY - 1, CAGE_NOBODY - 1, CAGE_NOBODY - 1);
}

static int take_group(const struct cage_orders *orders, const char *text)
{
	const gid_t group = 0;

	(void)orders, (void)text;
	return setgroups(1, &group);
}

static int gain_capability(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21 /* CAP_SYS_ADMIN */, 0, 0);
}

static int mount_it(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return mount(text, "/", text, 0, NULL);
}

static int unmount_root(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return umount2(text, MNT_DETACH);
}

static int change_root(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return chroot(text);
}

static int new_mounts(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return unshare(CLONE_NEWNS);
}

static int name_host(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return sethostname(text, strlen(text));
}

static int set_clock(const struct cage_orders *orders, const char *text)
{
	const struct timeval now = { 0 };

	(void)orders, (void)text;
	return settimeofday(&now, NULL);
}

/* CAD_OFF: harmless where it works. */
static int reboot_it(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return reboot(RB_DISABLE_CAD);
}

static int load_module(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return (int)syscall(SYS_init_module, text, 0, text);
}

static int all_ports(const struct cage_orders *orders, const char *text)
{
	(void)orders, (void)text;
	return (int)syscall(SYS_iopl, 3);
}

static int more_files(const struct cage_orders *orders, const char *text)
{
	struct rlimit limit;

	(void)orders, (void)text;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

static int dump_core(const struct cage_orders *orders, const char *text)
{
	const struct rlimit limit = { 4096, 4096 };

	(void)orders, (void)text;
	return setrlimit(RLIMIT_CORE, &limit);
}

static int queue(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return (int)mq_open(text, O_RDWR | O_CREAT, 0600, NULL);
}

static int anonymous_file(const struct cage_orders *orders, const char *text)
{
	(void)orders;
	return memfd_create(text, MFD_CLOEXEC);
}

/* In its own PID namespace: it can, since nobody filters here. */
static int new_process(const struct cage_orders *orders, const char *text)
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
	{ "connect to an abstract socket", connect_abstract, CAGE_ABSTRACT },
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
static bool works(const struct probe *probe, const struct cage_orders *orders)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(probe->try(orders, probe->text) < 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

void cage_try_all(const struct cage_orders *orders, char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < array_size(probes) && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s %s\n",
			works(&probes[i], orders) ? "works" : "refused", probes[i].what);
}
