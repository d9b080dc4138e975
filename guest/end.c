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

int guest_end_judge(
	const char *name, const struct guest_spec *spec, const struct launch_ended *ended, struct error *err)
{
	switch (ended->how) {
	case VM_END_POWEROFF:
		return 0;
	case VM_END_KILLED:
		fail_code(err, CODE_FAILED, EINTR, "guest '%s' was ended by force", name);
		return fail_hint(err, "what it had not written to its disks is lost");
	case VM_END_FAILED:
		if (!ended->error.errnum)
			return fail_code(err, CODE_FAILED, EIO, "guest '%s' could not be started", name);
		*err = ended->error;
		/* sluice-vmm knows descriptors, no names. */
		if (err->code == CODE_BAD_IMAGE && !err->hint[0])
			fail_hint(err, "give it other images: --kernel was %s%s%s", spec->kernel,
				spec->initrd ? ", --initrd " : "", spec->initrd ? spec->initrd : "");
		return fail_in(err, "guest '%s'", name);
	default:
		fail_code(err, CODE_GUEST_CRASHED, EIO, "guest '%s' crashed: %s", name,
			ended->error.msg[0] ? ended->error.msg : "no reason was given");
		return fail_hint(err, "%s", ended->error.hint);
	}
}
