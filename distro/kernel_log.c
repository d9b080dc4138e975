// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of this boot by os/kmsg.h, those of earlier ones by the journal or from a captured file. */
#include "distro/kernel_log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/kernel_journal.h"
#include "os/kmsg.h"

enum {
	RECORDS_MAX = 200000,
	MICROSECONDS = 1000000,
};

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

int kernel_log_each(const struct sysroot *root, kernel_message_fn fn, void *context)
{
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	struct kmsg_record record;
	int ret = kmsg_open(&kmsg, root, false);

	for (int count = 0; !ret && count < RECORDS_MAX && kmsg_next(&kmsg, &record); count++) {
		const struct kernel_message message = { 0, record.microseconds / MICROSECONDS, record.text };

		if (!fn(&message, context))
			break;
	}
	return ret;
}

/* On a captured host. */
static int each_captured(const struct sysroot *root, int boots, int *oldest, kernel_message_fn fn, void *context)
{
	cleanup(lines_close) struct lines lines = { .fd = -1 };
	int ret = lines_open(&lines, root, false, "capture/previous_kernel_logs");
	char *line;

	for (int count = 0; !ret && count < RECORDS_MAX && (line = lines_next(&lines)); count++)
		if (!take_previous(line, boots, oldest, fn, context))
			break;
	return ret;
}

int kernel_log_each_previous(const struct sysroot *root, int boots, kernel_message_fn fn, void *context)
{
	int oldest = 0;
	int ret;

	if (!root->captured)
		return kernel_journal_each_previous(boots, fn, context);
	ret = each_captured(root, boots, &oldest, fn, context);
	return ret < 0 ? ret : -oldest;
}

struct search {
	const char *needle;
	char *buf;
	size_t size;
	bool found;
};

static bool search_message(const struct kernel_message *message, void *context)
{
	struct search *search = context;

	search->found = strstr(message->text, search->needle) != NULL;
	if (search->found)
		text_copy(search->buf, search->size, message->text);
	return !search->found;
}

bool kernel_log_find(const struct sysroot *root, const char *needle, char *buf, size_t size)
{
	struct search search = { needle, buf, size, false };

	kernel_log_each(root, search_message, &search);
	return search.found;
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
