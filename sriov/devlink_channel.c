// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A socket of NETLINK_GENERIC; see devlink_channel.h. The answers to a request are queued on the socket before send(2)
 * returns, whichever process sent it: a request that may hang is sent by a child, as a write that may hang is
 * (os/timed_write.h), and this process reads the answers.
 */
#include "sriov/devlink_channel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	CHANGE_SECONDS = 180, /* a card that makes its eswitch anew, with many VFs, takes a minute and more */
	ANSWER_SECONDS = 10,
	RECEIVE_BUFFER = 1 << 20,
	SOCKET_FD = 0, /* in the child, where nothing else is open */
};

/* Async-signal-safe calls only. The exit status carries errno, which is below 256. */
__attribute__((noreturn)) static void send_and_exit(int fd, const void *bytes, size_t size)
{
	if (dup2(fd, SOCKET_FD) < 0)
		_exit(errno);
	close_range(SOCKET_FD + 1, ~0u, 0);
	_exit(send(SOCKET_FD, bytes, size, 0) < 0 ? errno : 0);
}

/* ^C goes to the whole process group; a change is not to be cut in half by it. */
static pid_t start_sender(int fd, const void *bytes, size_t size)
{
	sigset_t all;
	sigset_t before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid)
		send_and_exit(fd, bytes, size);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int wait_sender(pid_t pid)
{
	cleanup_close int pidfd = pidfd_open(pid, 0);
	struct pollfd watched = { .fd = pidfd, .events = POLLIN };
	int status;
	int ready;

	/* Without a pidfd (kernels before 5.3) there is no deadline. */
	do
		ready = pidfd < 0 ? 1 : poll(&watched, 1, CHANGE_SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		kill(pid, SIGKILL);
		return -ETIMEDOUT;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int channel_send(struct devlink_channel *channel, const void *bytes, size_t size, bool may_hang)
{
	pid_t pid;

	if (!may_hang)
		return send(channel->fd, bytes, size, 0) < 0 ? -errno : 0;
	pid = start_sender(channel->fd, bytes, size);
	return pid < 0 ? -errno : wait_sender(pid);
}

static ssize_t channel_receive(struct devlink_channel *channel, void *buf, size_t size)
{
	struct pollfd watched = { .fd = channel->fd, .events = POLLIN };
	struct sockaddr_nl sender = { 0 };
	socklen_t sender_size = sizeof(sender);
	ssize_t length;
	int ready;

	do
		ready = poll(&watched, 1, ANSWER_SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT;
	do
		length = recvfrom(channel->fd, buf, size, MSG_TRUNC, (struct sockaddr *)&sender, &sender_size);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	return sender.nl_pid ? 0 : length; /* only the kernel is at 0; what a process sends is no answer */
}

static void channel_close(struct devlink_channel *channel)
{
	close_fd(&channel->fd);
}

int devlink_channel_open(struct devlink_channel *ret_channel)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	const int on = 1, buffer = RECEIVE_BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	/* What follows makes errors say more, and answers fit: none of it is needed. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	*ret_channel = (struct devlink_channel){
		.send = channel_send,
		.receive = channel_receive,
		.close = channel_close,
		.fd = take_fd(&fd),
	};
	return 0;
}
