// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that people wrote; see text_file.h. */
#include "os/text_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

int text_file_read(int fd, const char *name, char **ret_text, struct error *err)
{
	cleanup_free char *text = calloc(1, TEXT_FILE_BYTES + 1);
	size_t used = 0;
	ssize_t got = 1;

	if (!text)
		return fail(err, ENOMEM, "read '%s'", name);
	while (got && used < TEXT_FILE_BYTES) {
		got = read(fd, text + used, TEXT_FILE_BYTES - used);
		if (got < 0 && errno != EINTR)
			return fail(err, errno, "read '%s'", name);
		used += got > 0 ? (size_t)got : 0;
	}
	if (used == TEXT_FILE_BYTES || strlen(text) != used)
		return fail_code(err, CODE_USAGE, EINVAL, "%s cannot be read as text: %s", name,
			used == TEXT_FILE_BYTES ? "it is too long" : "it has bytes that are no text");
	*ret_text = take_ptr(text);
	return 0;
}
