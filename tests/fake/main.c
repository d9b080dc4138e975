// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake TREE DESCRIPTION DIR: the fake kernel of the host whose files are in TREE (made by tests/tools/compose of the
 * same description, or captured), with its file system at DIR/files and its netlink socket at DIR/netlink. Ends at
 * SIGTERM. tests/fake/run calls it, and puts its files where the host's are.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/fake/fuse.h"
#include "tests/fake/kernel.h"
#include "tests/fake/netlink.h"

enum {
	CLIENTS_MAX = 64,
	ANSWER_SIZE = 1 << 19,
	FIXED = 3, /* descriptors before the clients' */
};

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void timer_add(struct kernel *kernel, unsigned int ms, void (*run)(struct kernel *kernel, void *object), void *object)
{
	struct timer *timer = calloc(1, sizeof(*timer));
	struct timer **at = &kernel->timers;

	if (!timer)
		abort();
	*timer = (struct timer){ .at = now_ms() + ms, .run = run, .object = object };
	while (*at && (*at)->at <= timer->at)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
}

static void run_timers(struct kernel *kernel)
{
	while (kernel->timers && kernel->timers->at <= now_ms()) {
		struct timer *timer = kernel->timers;

		kernel->timers = timer->next;
		timer->run(kernel, timer->object);
		free(timer);
	}
}

static int until_timer(const struct kernel *kernel)
{
	uint64_t now = now_ms();

	if (!kernel->timers)
		return -1;
	return kernel->timers->at > now ? (int)(kernel->timers->at - now) : 0;
}

static void mark_lasting(struct node *node)
{
	const struct function *function = node->role == ROLE_FUNCTION ? node->owner : NULL;

	node->lasting = node->kind == NODE_DIR && (!function || function->lasting) && strcmp(node->name, "net") != 0;
	for (struct node *child = node->child; child; child = child->next)
		mark_lasting(child);
	for (struct node *child = node->child; child && node->parent && !strcmp(node->parent->name, "net");
		child = child->next)
		child->lasting = false;
}

/* Groups come and go by their numbers. */
static void mark_groups(struct kernel *kernel)
{
	const struct node *groups = tree_at(kernel->tree, "sys/kernel/iommu_groups");

	for (struct node *group = groups ? groups->child : NULL; group; group = group->next)
		group->lasting = false;
}

static int begin(struct kernel *kernel, const char *tree, const char *description)
{
	int ret;

	kernel->tree = tree_new();
	kernel->next_index = 2;
	ret = tree_load(kernel->tree, tree);
	if (ret < 0) {
		fprintf(stderr, "fake: read %s: %s\n", tree, strerror(-ret));
		return ret;
	}
	tree_dir(kernel->tree, "fake")->role = ROLE_TOOL;
	tree_dir(kernel->tree, "sys/bus/pci")->role = ROLE_BUS;
	attribute_add_files(kernel, tree_dir(kernel->tree, "sys/bus/pci"));
	kernel->log = tree_file(kernel->tree, "", "fake/log");
	kernel->kmsg = tree_file(kernel->tree, "", "fake/kmsg");
	tree_file(kernel->tree, "", "fake/control");
	node_set_text(node_add(kernel->tree, tree_dir(kernel->tree, "dev/vfio"), "vfio", NODE_CHAR), "");
	function_take_over(kernel);
	mark_lasting(tree_top(kernel->tree));
	mark_groups(kernel);
	ret = describe_file(kernel, description);
	if (!ret)
		kernel_remember(kernel);
	return ret;
}

static int listen_at(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/netlink", dir);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, CLIENTS_MAX) < 0) {
		fprintf(stderr, "fake: listen at %s: %s\n", address.sun_path, strerror(errno));
		return -1;
	}
	return fd;
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* False when the client is gone. */
static bool serve_client(struct kernel *kernel, int fd, char *answer)
{
	_Alignas(8) char message[8192];
	ssize_t got = recv(fd, message, sizeof(message), 0);
	size_t length;

	if (got <= 0)
		return false;
	length = netlink_answer(kernel, message, (size_t)got, answer, ANSWER_SIZE);
	return length && send(fd, answer, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static void serve(struct kernel *kernel, struct fake_mount *mount, int listener, int signal_fd)
{
	struct pollfd fds[FIXED + CLIENTS_MAX] = { { fake_mount_descriptor(mount), POLLIN, 0 }, { listener, POLLIN, 0 },
		{ signal_fd, POLLIN, 0 } };
	nfds_t count = FIXED;
	char *answer = malloc(ANSWER_SIZE);

	while (answer && poll(fds, count, until_timer(kernel)) >= 0 && !fds[2].revents) {
		run_timers(kernel);
		if (fds[0].revents && !fake_mount_serve(mount))
			break;
		for (nfds_t i = FIXED; i < count; i++)
			if (fds[i].revents && !serve_client(kernel, fds[i].fd, answer)) {
				close(fds[i].fd);
				fds[i--] = fds[--count];
			}
		if (fds[1].revents && count < FIXED + CLIENTS_MAX)
			fds[count++] = (struct pollfd){ accept4(listener, NULL, NULL, SOCK_CLOEXEC), POLLIN, 0 };
	}
	free(answer);
}

int main(int argc, char **argv)
{
	struct kernel kernel = { 0 };
	char files[256];
	struct fake_mount *mount;
	int listener;

	if (argc != 4) {
		fprintf(stderr, "usage: fake TREE DESCRIPTION DIR\n");
		return 2;
	}
	snprintf(files, sizeof(files), "%s/files", argv[3]);
	if (begin(&kernel, argv[1], argv[2]) < 0)
		return 1;
	listener = listen_at(argv[3]);
	mount = listener < 0 ? NULL : fake_mount_new(&kernel, files);
	if (!mount)
		return 1;
	serve(&kernel, mount, listener, signals());
	fake_mount_free(mount);
	tree_free(kernel.tree);
	return 0;
}
