// SPDX-License-Identifier: GPL-2.0-or-later
/* Notes of how detached guests ended: seconds since the epoch on the first line, the reason on the second. */
#include "guest/end.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"

enum {
	NOTE_SIZE = sizeof(((struct error *)NULL)->msg) + 32
};

void guest_end_note(const struct sysroot *root, const char *name, const struct error *why)
{
	cleanup_close int dir = -1;
	char text[NOTE_SIZE];

	openlog("sluice", LOG_PID, LOG_DAEMON);
	syslog(LOG_ERR, "%s%s%s", why->msg, why->hint[0] ? "; " : "", why->hint);
	closelog();
	snprintf(text, sizeof(text), "%" PRId64 "\n%s\n", (int64_t)time(NULL), why->msg);
	if (!run_dir_open(root, "ended", true, &dir, NULL))
		run_dir_write(dir, name, text, NULL);
}

bool guest_end_read(const struct sysroot *root, const char *name, char *buf, size_t size)
{
	cleanup_close int dir = -1;
	char text[NOTE_SIZE];
	uint64_t when;
	int64_t ago;
	char *reason;

	if (!text_is_name(name) || run_dir_open(root, "ended", false, &dir, NULL) < 0 ||
		run_dir_read(dir, name, text, sizeof(text)) < 0)
		return false;
	reason = strchr(text, '\n');
	if (!reason)
		return false;
	*reason++ = '\0';
	if (text_to_u64(text, INT64_MAX, &when) < 0)
		return false;
	ago = (int64_t)time(NULL) - (int64_t)when;
	snprintf(buf, size, "it ended %" PRId64 " s ago: %s", ago < 0 ? 0 : ago, text_chomp(reason));
	return true;
}

void guest_end_forget(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;

	if (!run_dir_open(root, "ended", false, &dir, NULL))
		run_dir_remove(dir, name, NULL);
}
