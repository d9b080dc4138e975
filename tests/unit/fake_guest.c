// SPDX-License-Identifier: GPL-2.0-or-later
/* A test program in sluice-vmm's place; see fake_guest.h. */
#include "tests/unit/fake_guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/launch.h"

bool fake_guest_is_wanted(int argc, char **argv)
{
	return argc > 0 && !strcmp(argv[0], "sluice-vmm");
}

static void end(int number)
{
	(void)number;
	_exit(1);
}

int fake_guest_main(void)
{
	struct launch_message message = { 0 }, running = { .type = LAUNCH_RUNNING }, ended = { .type = LAUNCH_ENDED };
	char cmdline[LAUNCH_CMDLINE_MAX] = "";

	/* The first process of a namespace hears only what it has asked for. */
	signal(SIGTERM, end);
	do {
		if (launch_receive(LAUNCH_SOCKET_FD, &message, NULL) <= 0)
			return 1;
		if (message.type == LAUNCH_MACHINE)
			snprintf(cmdline, sizeof(cmdline), "%s", message.machine.cmdline);
		launch_message_done(&message);
	} while (message.type != LAUNCH_START);
	if (launch_send(LAUNCH_SOCKET_FD, &running, NULL) < 0)
		return 1;
	if (!strcmp(cmdline, "run"))
		return launch_receive(LAUNCH_SOCKET_FD, &message, NULL) < 0;
	ended.ended.how = strcmp(cmdline, "poweroff") ? VM_END_CRASH : VM_END_POWEROFF;
	if (ended.ended.how == VM_END_CRASH)
		fail_code(&ended.ended.error, CODE_GUEST_CRASHED, EIO, "\xff\033[31m");
	return launch_send(LAUNCH_SOCKET_FD, &ended, NULL) < 0;
}

void fake_guest_host(const struct temp_tree *tree, char *path, size_t size)
{
	temp_tree_dir(tree, "run");
	temp_tree_dir(tree, "sys/bus/pci/devices");
	temp_tree_file(tree, "dev/kvm", "");
	temp_tree_file(tree, "kernel", "");
	snprintf(path, size, "%s/kernel", tree->path);
	setenv("SLUICE_VMM", "/proc/self/exe", 1);
}
