// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The test guest's first process where its boot is measured (rdinit=/usr/bin/mark): writes to a port that nothing
 * answers, which whoever traces KVM sees as the moment at which user space begins, and goes on as /init.
 */
#include <sys/io.h>
#include <unistd.h>

enum {
	MARK_PORT = 0xf4
};

int main(int argc, char **argv)
{
	(void)argc;
	if (ioperm(MARK_PORT, 1, 1) == 0)
		outb(1, MARK_PORT);
	execv("/init", argv);
	return 1;
}
