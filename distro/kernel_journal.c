// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal through libsystemd (sd-journal(3)), which is loaded while it is used: hosts without systemd have no
 * earlier boots to show, and need no library for that. The fields that are relied on (_TRANSPORT=kernel) are journald's
 * own: no program can write them.
 */
#include "distro/kernel_journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	JOURNAL_LOCAL_SYSTEM = 1 << 0 | 1 << 2, /* SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM */
	ENTRIES_MAX = 100000,
	MESSAGE_SIZE = 2048,
	MICROSECONDS = 1000000,
};

struct sd_journal;

struct boot_id {
	uint8_t byte[16];
};

struct journal {
	void *library;
	struct sd_journal *journal;
	int (*open)(struct sd_journal **, int);
	void (*close)(struct sd_journal *);
	int (*add_match)(struct sd_journal *, const void *, size_t);
	int (*seek_tail)(struct sd_journal *);
	int (*previous)(struct sd_journal *);
	int (*get_data)(struct sd_journal *, const char *, const void **, size_t *);
	int (*get_monotonic)(struct sd_journal *, uint64_t *, struct boot_id *);
	int (*get_boot)(struct boot_id *);
};

static bool load(struct journal *journal)
{
	const struct {
		const char *name;
		void *place; /* of a pointer to function, which dlsym(3) wants written through void ** */
	} symbols[] = {
		{ "sd_journal_open", &journal->open },
		{ "sd_journal_close", &journal->close },
		{ "sd_journal_add_match", &journal->add_match },
		{ "sd_journal_seek_tail", &journal->seek_tail },
		{ "sd_journal_previous", &journal->previous },
		{ "sd_journal_get_data", &journal->get_data },
		{ "sd_journal_get_monotonic_usec", &journal->get_monotonic },
		{ "sd_id128_get_boot", &journal->get_boot },
	};

	journal->library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!journal->library)
		return false;
	for (size_t i = 0; i < array_size(symbols); i++) {
		void *symbol = dlsym(journal->library, symbols[i].name);

		if (!symbol)
			return false;
		memcpy(symbols[i].place, &symbol, sizeof(symbol));
	}
	return true;
}

static void journal_done(struct journal *journal)
{
	if (journal->journal)
		journal->close(journal->journal);
	if (journal->library)
		dlclose(journal->library);
}

static bool say_entry(
	const struct journal *journal, int boot, uint64_t microseconds, kernel_message_fn fn, void *context)
{
	static const char field[] = "MESSAGE=";
	struct kernel_message message = { .boot = boot, .seconds = microseconds / MICROSECONDS };
	char text[MESSAGE_SIZE];
	const void *data;
	size_t size;

	if (journal->get_data(journal->journal, "MESSAGE", &data, &size) < 0 || size < strlen(field))
		return true;
	snprintf(text, sizeof(text), "%.*s",
		(int)(size - strlen(field) < sizeof(text) ? size - strlen(field) : sizeof(text)),
		(const char *)data + strlen(field));
	message.text = text;
	return fn(&message, context);
}

/* From the newest entry backwards: where the boot's id changes, an earlier boot begins. Returns the number of boots. */
static int walk(const struct journal *journal, int boots, kernel_message_fn fn, void *context)
{
	struct boot_id current, id, last;
	int boot = 0;

	if (journal->get_boot(&current) < 0)
		return -ENOENT;
	last = current;
	for (int count = 0; count < ENTRIES_MAX && journal->previous(journal->journal) > 0; count++) {
		uint64_t microseconds;

		if (journal->get_monotonic(journal->journal, &microseconds, &id) < 0)
			continue;
		if (memcmp(&id, &last, sizeof(id)) != 0) {
			last = id;
			boot--;
		}
		if (boot < -boots)
			return boots;
		if (boot && !say_entry(journal, boot, microseconds, fn, context))
			break;
	}
	return -boot;
}

int kernel_journal_each_previous(int boots, kernel_message_fn fn, void *context)
{
	static const char kernel[] = "_TRANSPORT=kernel";
	cleanup(journal_done) struct journal journal = { .library = NULL };
	int ret;

	if (!load(&journal))
		return -ENOSYS;
	ret = journal.open(&journal.journal, JOURNAL_LOCAL_SYSTEM);
	if (ret < 0)
		return ret;
	if (journal.add_match(journal.journal, kernel, strlen(kernel)) < 0 || journal.seek_tail(journal.journal) < 0)
		return -ENOENT;
	return walk(&journal, boots, fn, context);
}
