// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running guests: what is in their directories in /run/sluice, and what their sluice-vmm answers when it is asked how
 * it is, as it came over its socket (wire/control.h). A guest of a captured host is one whose "lock" is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"
#include "guest/guest.h"
#include "guest/guest_json.h"
#include "guest/status.h"
#include "wire/control.h"

enum {
	ANSWER_TIMEOUT_MS = 5000
};

static void write_member(
	struct capture *capture, const char *directory, const char *name, const void *data, size_t size)
{
	char member[CAPTURE_PATH_MAX];

	snprintf(member, sizeof(member), "%s/%s", directory, name);
	capture_file(capture, member, data, size);
}

/* Where its memory lies in its process is of no use to anybody else. */
static void forget_places(struct control_status *status)
{
	for (uint32_t i = 0; i < status->slot_count; i++)
		status->slot[i].hva = 0;
	for (uint32_t i = 0; i < status->map_count; i++)
		status->map[i].hva = 0;
}

static void take_answer(struct capture *capture, const char *name, const char *directory)
{
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));

	struct error why = { 0 };
	int ret;

	if (!answer)
		return;
	ret = guest_status_read(capture->root, name, ANSWER_TIMEOUT_MS, answer, &why);
	if (ret == -EACCES || ret == -EPERM) {
		char member[CAPTURE_PATH_MAX];

		snprintf(member, sizeof(member), "%s/status", directory);
		capture_denied(capture, member, "run/sluice/guests/*/control");
	}
	if (ret < 0)
		return;
	forget_places(&answer->status);
	write_member(capture, directory, "status", answer, sizeof(*answer));
}

struct told_guest {
	struct guest_info guest;
	char name[GUEST_NAME_SIZE]; /* in the bundle */
};

static int compare_told(const void *a, const void *b)
{
	return strcmp(((const struct told_guest *)a)->name, ((const struct told_guest *)b)->name);
}

static void take_guest(struct capture *capture, const struct told_guest *told)
{
	struct guest_info guest = told->guest;
	cleanup_free char *text = NULL;
	char directory[128];

	text_copy(guest.name, sizeof(guest.name), told->name);
	text = guest_info_to_json(&guest);
	if (!text)
		return;
	snprintf(directory, sizeof(directory), "run/sluice/guests/%s", told->name);
	write_member(capture, directory, "guest.json", text, strlen(text));
	write_member(capture, directory, "lock", "", 0);
	take_answer(capture, told->guest.name, directory);
}

void capture_guests(struct capture *capture)
{
	cleanup_free struct guest_info *guests = NULL;
	cleanup_free struct told_guest *told = NULL;
	size_t count = 0;

	if (guest_list(capture->root, &guests, &count, NULL) < 0)
		capture_denied(capture, "run/sluice/guests", "run/sluice/guests");
	told = calloc(count + 1, sizeof(*told));
	for (size_t i = 0; told && i < count; i++) {
		told[i].guest = guests[i];
		redact_put(capture->redact, REDACT_NAMES, guests[i].name, told[i].name, sizeof(told[i].name));
	}
	if (told && count)
		qsort(told, count, sizeof(*told), compare_told);
	for (size_t i = 0; told && i < count && !capture->ret; i++)
		take_guest(capture, &told[i]);
}
