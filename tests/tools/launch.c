// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * launch VMM KERNEL INITRD|- CMDLINE MEMORY_MIB CPUS [PAGE_KIB [CONTROL]]: start sluice-vmm with a guest that has no
 * devices, console on standard input and output, by the launch protocol alone (wire/launch.h). For tests of sluice-vmm
 * that are to work without the manager. CONTROL is a path for the control socket. Prints how the guest ended on
 * standard error; exit status 0 for a power-off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "wire/launch.h"

static const char *const end_names[] = {
	[VM_END_NONE] = "none",
	[VM_END_POWEROFF] = "power-off",
	[VM_END_RESET] = "reset",
	[VM_END_CRASH] = "crash",
	[VM_END_KILLED] = "killed",
	[VM_END_FAILED] = "failed",
};

static int control_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (!path) {
		/* Bound to an abstract name that the kernel picks: it listens, and nobody knows it. */
		bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t));
	} else {
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
		unlink(path);
		bind(fd, (struct sockaddr *)&address, sizeof(address));
	}
	listen(fd, 4);
	return fd;
}

static pid_t start_vmm(const char *program, int socket)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (dup2(socket, LAUNCH_SOCKET_FD) == LAUNCH_SOCKET_FD) {
		fcntl(LAUNCH_SOCKET_FD, F_SETFD, 0);
		execl(program, "sluice-vmm", (char *)NULL);
	}
	perror(program);
	_exit(127);
}

static int send_machine(int socket, char **argv, int argc, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_MACHINE };
	struct launch_machine *machine = &message.machine;

	machine->version = LAUNCH_VERSION;
	machine->flags = LAUNCH_CONSOLE_STDIO;
	snprintf(machine->name, sizeof(machine->name), "test");
	snprintf(machine->cmdline, sizeof(machine->cmdline), "%s", argv[4]);
	machine->memory_bytes = strtoull(argv[5], NULL, 10) << 20;
	machine->cpus = (uint32_t)atoi(argv[6]);
	machine->page_bytes = argc > 7 ? strtoull(argv[7], NULL, 10) << 10 : 4096;
	message.fd[message.fd_count++] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	message.fd[message.fd_count++] = open(argv[2], O_RDONLY | O_CLOEXEC);
	message.fd[message.fd_count++] = control_socket(argc > 8 ? argv[8] : NULL);
	message.fd[message.fd_count++] = dup(0);
	message.fd[message.fd_count++] = dup(1);
	if (strcmp(argv[3], "-") != 0) {
		machine->flags |= LAUNCH_INITRD;
		message.fd[message.fd_count++] = open(argv[3], O_RDONLY | O_CLOEXEC);
	}
	return launch_send(socket, &message, err);
}

int main(int argc, char **argv)
{
	const struct launch_message start = { .type = LAUNCH_START };
	struct launch_message message;
	struct error err = { 0 };
	int pair[2], ret;
	pid_t pid;

	if (argc < 7 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fprintf(stderr, "usage: launch VMM KERNEL INITRD|- CMDLINE MEMORY_MIB CPUS [PAGE_KIB [CONTROL]]\n");
		return 2;
	}
	pid = start_vmm(argv[1], pair[1]);
	close(pair[1]);
	if (send_machine(pair[0], argv, argc, &err) < 0 || launch_send(pair[0], &start, &err) < 0) {
		fprintf(stderr, "launch: %s\n", err.msg);
		return 1;
	}
	while ((ret = launch_receive(pair[0], &message, &err)) > 0) {
		if (message.type == LAUNCH_RUNNING)
			fprintf(stderr, "launch: running\n");
		if (message.type == LAUNCH_ENDED)
			break;
	}
	waitpid(pid, &ret, 0);
	if (message.type != LAUNCH_ENDED) {
		fprintf(stderr, "launch: sluice-vmm went away, status 0x%x\n", ret);
		return 1;
	}
	fprintf(stderr, "launch: ended: %s, %u resets; %s; %s\n", end_names[message.ended.how], message.ended.resets,
		message.ended.error.msg, message.ended.error.hint);
	return message.ended.how == VM_END_POWEROFF ? 0 : 1;
}
