// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw mode; see terminal.h. */
#include "cli/terminal.h"

#include <unistd.h>

void terminal_make_raw(struct terminal *terminal, int fd)
{
	struct termios raw;

	terminal->fd = -1;
	if (!isatty(fd) || tcgetattr(fd, &terminal->saved))
		return;
	raw = terminal->saved;
	cfmakeraw(&raw);
	if (!tcsetattr(fd, TCSADRAIN, &raw))
		terminal->fd = fd;
}

void terminal_restore(struct terminal *terminal)
{
	if (terminal->fd >= 0)
		tcsetattr(terminal->fd, TCSADRAIN, &terminal->saved);
	terminal->fd = -1;
}
