/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw mode of this terminal, while a guest's console is on it (guest/channel.h carries the bytes). */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <termios.h>

struct terminal {
	int fd; /* borrowed; -1: nothing to restore */
	struct termios saved;
};

/* Raw mode, when fd is a terminal; nothing otherwise. */
void terminal_make_raw(struct terminal *terminal, int fd);
/* As it was. Usable as a cleanup function; harmless when nothing was changed. */
void terminal_restore(struct terminal *terminal);

#endif
