/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that people wrote, read whole within a limit. */
#ifndef OS_TEXT_FILE_H
#define OS_TEXT_FILE_H

#include "base/error.h"

enum {
	TEXT_FILE_BYTES = 64 * 1024, /* and no more */
};

/*
 * All of fd, which stays the caller's, as terminated text in *ret_text, which the caller frees. name is for messages.
 * CODE_USAGE for a file that is too long, or has a zero byte.
 */
int text_file_read(int fd, const char *name, char **ret_text, struct error *err);

#endif
