/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of the guest's serial line: standard input and output, or a listening stream socket with its clients.
 *
 * Output goes through one ring of the last CONSOLE_HISTORY bytes. Each reader has its own place in it; a new client
 * starts at the oldest byte, one that falls behind by more than the ring loses what it missed. So a reader that does
 * not read never stops the guest. Bytes pass as they are, escape sequences included. The guest's side only ever appends
 * to the ring; reading and writing of descriptors is the main thread's work.
 */
#ifndef VMM_CORE_DEVICE_CONSOLE_H
#define VMM_CORE_DEVICE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	CONSOLE_HISTORY = 64 * 1024,
	CONSOLE_CLIENT_MAX = 4,
};

struct console;
struct vm;

struct console_ends {
	int in, out; /* standard input and output, or -1 */
	int listen;  /* listening stream socket, or -1 */
};

/* Takes over the descriptors (closed on failure too) and adds them to vm->loop. */
int console_new(struct console **ret_console, struct vm *vm, const struct console_ends *ends, struct error *err);
void console_free(struct console *console);

/* From the guest's side, under the machine's lock. */
void console_put(struct console *console, uint8_t byte);
void console_input_wanted(struct console *console);

/* Write out what readers have not got yet, waiting for them at most timeout_ms; for the end of the process. */
void console_flush(struct console *console, int timeout_ms);

#endif
