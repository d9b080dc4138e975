/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A distribution's own programs, run where only they know how a file of theirs is made. */
#ifndef DISTRO_TOOL_H
#define DISTRO_TOOL_H

#include "base/error.h"

/*
 * Run the program that arguments[0] names by its absolute path, with the rest (ended by NULL), a plain environment and
 * no terminal, and wait for its end. What it says is not ours to print. CODE_FAILED, with purpose ("which makes the
 * boot loader's configuration").
 */
int tool_run(const char *const *arguments, const char *purpose, struct error *err);

#endif
