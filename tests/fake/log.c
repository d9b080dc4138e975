// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two logs that only grow: of what was written to the host (fake/log), and what this kernel says, in the records of
 * Documentation/ABI/testing/dev-kmsg (fake/kmsg, which is mounted where /dev/kmsg is).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/kernel.h"

static void append(struct node *node, const char *text)
{
	size_t length = strlen(text);
	char *grown = realloc(node->data, node->size + length + 1);

	if (!grown)
		abort();
	memcpy(grown + node->size, text, length + 1);
	node->data = grown;
	node->size += length;
}

void log_line(struct kernel *kernel, const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	strcat(line, "\n");
	append(kernel->log, line);
}

void kmsg_line(struct kernel *kernel, int priority, const char *fmt, ...)
{
	char text[400], line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(line, sizeof(line), "%d,%llu,%llu,-;%s\n", priority, (unsigned long long)kernel->records++,
		(unsigned long long)now_ms() * 1000, text);
	append(kernel->kmsg, line);
}
