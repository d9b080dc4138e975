// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of /dev/kmsg, one per read(2) of the device or one a line of a captured file; lines of captured earlier boots. */
#include "host/kernel_log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/kernel_journal.h"

enum {
	RECORD_SIZE = 8192, /* the kernel's own limit */
	RECORDS_MAX = 200000,
	FACILITY_SHIFT = 3, /* of the first number of a record; facility 0 is the kernel */
	MICROSECONDS = 1000000,
};

/* "6,339,5140900,-;NET: Registered" */
static bool take_record(char *record, kernel_message_fn fn, void *context)
{
	struct kernel_message message = { .boot = 0 };
	unsigned long priority, microseconds;
	char *text = strchr(record, ';');

	/* Lines that begin with a space continue the record before: properties. */
	if (!text || sscanf(record, "%lu,%*u,%lu,", &priority, &microseconds) != 2 || priority >> FACILITY_SHIFT)
		return true;
	message.seconds = microseconds / MICROSECONDS;
	message.text = text + 1;
	text[1 + strcspn(text + 1, "\n")] = '\0';
	return fn(&message, context);
}

static void each_of_device(int fd, kernel_message_fn fn, void *context)
{
	for (int count = 0; count < RECORDS_MAX; count++) {
		char record[RECORD_SIZE + 1];
		ssize_t length = read(fd, record, RECORD_SIZE);

		/* EPIPE: records were overwritten before they were read; the next read goes on behind them. */
		if (length < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (length <= 0)
			return;
		record[length] = '\0';
		if (!take_record(record, fn, context))
			return;
	}
}

static bool take_previous(char *line, int boots, int *oldest, kernel_message_fn fn, void *context)
{
	struct kernel_message message = { .text = NULL };
	char *seconds, *text;
	long boot = strtol(line, &seconds, 10);

	if (*seconds != '\t' || boot >= 0 || boot < -boots)
		return true;
	message.boot = (int)boot;
	message.seconds = strtoull(seconds + 1, &text, 10);
	text += strcspn(text, "\t");
	if (*text != '\t')
		return true;
	message.text = text_chomp(text + 1);
	*oldest = message.boot < *oldest ? message.boot : *oldest;
	return fn(&message, context);
}

/* Lines of a file; taken whole when they fit, else cut. */
static int each_line(
	const struct sysroot *root, const char *path, int boots, int *oldest, kernel_message_fn fn, void *context)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK, "%s", path);
	cleanup_file FILE *file = NULL;
	struct stat info;
	char line[RECORD_SIZE];

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) || !S_ISREG(info.st_mode))
		return -ENOENT;
	file = fdopen(fd, "r");
	if (!file)
		return -errno;
	take_fd(&fd);
	for (int count = 0; count < RECORDS_MAX && fgets(line, sizeof(line), file); count++)
		if (!(oldest ? take_previous(line, boots, oldest, fn, context) : take_record(line, fn, context)))
			break;
	return 0;
}

int kernel_log_each(const struct sysroot *root, kernel_message_fn fn, void *context)
{
	cleanup_close int fd = -1;
	struct stat info;

	if (root->captured)
		return each_line(root, "dev/kmsg", 0, NULL, fn, context);
	fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK, "dev/kmsg");
	if (fd < 0)
		return fd;
	if (fstat(fd, &info) || !S_ISCHR(info.st_mode))
		return -ENOENT;
	each_of_device(fd, fn, context);
	return 0;
}

int kernel_log_each_previous(const struct sysroot *root, int boots, kernel_message_fn fn, void *context)
{
	int oldest = 0;
	int ret;

	if (!root->captured)
		return kernel_journal_each_previous(boots, fn, context);
	ret = each_line(root, "capture/previous_kernel_logs", boots, &oldest, fn, context);
	return ret < 0 ? ret : -oldest;
}

/* The run of characters of an address that begins here, as long as one can be. */
static size_t address_length(const char *text)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF:.");

	/* "0000:01:00.0: probe": punctuation behind it is none of it. */
	while (length && (text[length - 1] == ':' || text[length - 1] == '.'))
		length--;
	return length;
}

bool kernel_message_device(const char *text, struct pci_addr *ret_addr)
{
	for (const char *at = text; *at; at++) {
		char word[PCI_ADDR_TEXT_SIZE];
		size_t length = address_length(at);

		if (length >= sizeof("00:00.0") - 1 && length < sizeof(word)) {
			snprintf(word, sizeof(word), "%.*s", (int)length, at);
			if (!pci_addr_parse(word, ret_addr))
				return true;
		}
		/* No address begins in the middle of a word. */
		while (at[1] && (isalnum((unsigned char)at[0]) || at[0] == ':' || at[0] == '.') &&
			(isalnum((unsigned char)at[1]) || at[1] == ':' || at[1] == '.'))
			at++;
	}
	return false;
}
