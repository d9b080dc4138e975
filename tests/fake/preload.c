// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into the program under test (LD_PRELOAD): a netlink socket that it asks for is a Unix socket to the fake
 * kernel, at FAKE_NETLINK. The program does not know, and has no switch for it. System calls stay system calls.
 *
 * if_nametoindex() and if_indextoname() answer from the fake's sysfs.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	FDS_MAX = 4096
};

static bool ours[FDS_MAX];

static bool is_ours(int fd)
{
	return fd >= 0 && fd < FDS_MAX && ours[fd];
}

__attribute__((visibility("default"))) int socket(int domain, int type, int protocol)
{
	const char *path = getenv("FAKE_NETLINK");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (domain != AF_NETLINK || protocol != NETLINK_ROUTE || !path)
		return (int)syscall(SYS_socket, domain, type, protocol);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0);
	if (fd < 0 || fd >= FDS_MAX || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (fd >= 0)
			close(fd);
		errno = ECONNREFUSED;
		return -1;
	}
	ours[fd] = true;
	return fd;
}

__attribute__((visibility("default"))) int close(int fd)
{
	if (is_ours(fd))
		ours[fd] = false;
	return (int)syscall(SYS_close, fd);
}

__attribute__((visibility("default"))) int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return is_ours(fd) ? 0 : (int)syscall(SYS_bind, fd, address, length);
}

__attribute__((visibility("default"))) int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
	const struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid() };

	if (!is_ours(fd))
		return (int)syscall(SYS_getsockname, fd, address, length);
	memcpy(address, &name, *length < sizeof(name) ? *length : sizeof(name));
	*length = sizeof(name);
	return 0;
}

__attribute__((visibility("default"))) int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (is_ours(fd) && level == SOL_NETLINK)
		return 0;
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr plain = *message;

	if (is_ours(fd)) {
		plain.msg_name = NULL;
		plain.msg_namelen = 0;
		plain.msg_control = NULL;
		plain.msg_controllen = 0;
	}
	return syscall(SYS_sendmsg, fd, &plain, flags | (is_ours(fd) ? MSG_NOSIGNAL : 0));
}

/* The kernel answers to a socket's port, whatever the request said; iproute2 looks for it, and says 0. */
static void put_port(const struct msghdr *message, size_t size)
{
	char *at = message->msg_iovlen ? message->msg_iov[0].iov_base : NULL;

	if (at && size > message->msg_iov[0].iov_len)
		size = message->msg_iov[0].iov_len;
	for (size_t left = at ? size : 0; NLMSG_OK((struct nlmsghdr *)(void *)at, left);) {
		struct nlmsghdr *header = (void *)at;
		size_t length = NLMSG_ALIGN(header->nlmsg_len);

		if (!header->nlmsg_pid)
			header->nlmsg_pid = (uint32_t)getpid();
		if (length >= left)
			break;
		at += length;
		left -= length;
	}
}

__attribute__((visibility("default"))) ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	void *name = message->msg_name;
	socklen_t length = message->msg_namelen;
	ssize_t got;

	if (!is_ours(fd))
		return syscall(SYS_recvmsg, fd, message, flags);
	message->msg_name = NULL;
	message->msg_namelen = 0;
	got = syscall(SYS_recvmsg, fd, message, flags);
	message->msg_name = name;
	message->msg_namelen = sizeof(kernel);
	if (name)
		memcpy(name, &kernel, length < sizeof(kernel) ? length : sizeof(kernel));
	if (got > 0)
		put_port(message, (size_t)got);
	return got;
}

__attribute__((visibility("default"))) unsigned int if_nametoindex(const char *name)
{
	char path[128];
	unsigned int index = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%.60s/ifindex", name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%u", &index) != 1)
		index = 0;
	if (file)
		fclose(file);
	if (!index)
		errno = ENODEV;
	return index;
}
