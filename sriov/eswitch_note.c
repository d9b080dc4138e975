// SPDX-License-Identifier: GPL-2.0-or-later
/* Small files in /run/sluice/eswitch (os/run_dir.h), one a device, named BUS@NAME; see eswitch_note.h. */
#include "sriov/eswitch_note.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "os/run_dir.h"

#define NOTES "eswitch"

static const char *file_name(const struct devlink_handle *handle, char buf[static DEVLINK_HANDLE_TEXT_SIZE])
{
	snprintf(buf, DEVLINK_HANDLE_TEXT_SIZE, "%s@%s", handle->bus, handle->name);
	return buf;
}

bool eswitch_note_read(const struct sysroot *root, const struct devlink_handle *handle, struct eswitch_note *ret_note)
{
	char name[DEVLINK_HANDLE_TEXT_SIZE], text[160];
	struct eswitch_note note = { 0 };
	cleanup_close int dir = -1;
	int changing;

	if (run_dir_open(root, NOTES, false, &dir, NULL) < 0 ||
		run_dir_read(dir, file_name(handle, name), text, sizeof(text)) <= 0 ||
		sscanf(text, "changing=%d was=%d,%d,%d vfs=%u mode=%d", &changing, &note.was.mode,
			&note.was.inline_mode, &note.was.encap_mode, &note.vfs, &note.mode) != 6 ||
		note.vfs > UINT16_MAX || note.mode < DEVLINK_UNKNOWN || note.mode >= ESWITCH_MODE_COUNT ||
		note.was.mode < DEVLINK_UNKNOWN || note.was.mode >= ESWITCH_MODE_COUNT)
		return false;
	note.changing = changing;
	*ret_note = note;
	return true;
}

int eswitch_note_write(const struct host_lock *lock, const struct devlink_handle *handle,
	const struct eswitch_note *note, struct error *err)
{
	char name[DEVLINK_HANDLE_TEXT_SIZE], text[160];
	cleanup_close int dir = -1;
	int ret = run_dir_open(host_lock_root(lock), NOTES, true, &dir, err);

	if (ret < 0)
		return ret;
	snprintf(text, sizeof(text), "changing=%d was=%d,%d,%d vfs=%u mode=%d\n", note->changing, note->was.mode,
		note->was.inline_mode, note->was.encap_mode, note->vfs, note->mode);
	return run_dir_write(dir, file_name(handle, name), text, err);
}

void eswitch_note_remove(const struct host_lock *lock, const struct devlink_handle *handle)
{
	char name[DEVLINK_HANDLE_TEXT_SIZE];
	cleanup_close int dir = -1;

	if (run_dir_open(host_lock_root(lock), NOTES, false, &dir, NULL) >= 0)
		run_dir_remove(dir, file_name(handle, name), NULL);
}
