// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * capture/about.json: what the bundle is, and what is not in it. That of a host that is captured again stays, but for
 * what is new.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"

#define ABOUT "capture/about.json"

enum {
	ABOUT_MAX = 64 << 10
};

static void put_json(json_t **value)
{
	json_decref(*value);
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *notes_json(const struct capture_notes *notes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < notes->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "what", notes->note[i].what, "why",
						    notes->note[i].why, "count", (json_int_t)notes->note[i].count));
	if (notes->more)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "what", "other paths", "why", "", "count",
						    (json_int_t)notes->more));
	return list;
}

static json_t *new_about(const struct capture *capture)
{
	char kernel[128] = "", when[32] = "";
	time_t now = time(NULL);
	struct tm utc;

	sysroot_read_text(capture->root, kernel, sizeof(kernel), "proc/sys/kernel/osrelease");
	if (!capture->root->captured && gmtime_r(&now, &utc))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_pack("{s:s, s:s, s:o, s:o, s:b, s:b, s:o, s:o}", "format_version", "1.0", "sluice",
		capture->version, "time", text_or_null(when), "kernel", text_or_null(kernel), "privileged",
		capture->report.privileged, "redacted", capture->report.redacted, "unseen",
		notes_json(&capture->report.unseen), "left_out", notes_json(&capture->report.left_out));
}

/* NULL: there is none, or it makes no sense. */
static json_t *old_about(const struct sysroot *root)
{
	cleanup_free char *text = malloc(ABOUT_MAX);
	ssize_t size = text && root->captured ? sysroot_read_bytes(root, text, ABOUT_MAX, ABOUT) : -1;
	json_t *about = size > 0 ? json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (about && json_is_object(about))
		return about;
	json_decref(about);
	return NULL;
}

bool capture_is_redacted(const struct sysroot *root)
{
	cleanup(put_json) json_t *about = old_about(root);

	return json_is_true(json_object_get(about, "redacted"));
}

void capture_about(struct capture *capture)
{
	cleanup(put_json) json_t *about = old_about(capture->root);
	cleanup_free char *text = NULL;

	if (about && capture->report.redacted)
		json_object_set_new(about, "redacted", json_true());
	if (!about)
		about = new_about(capture);
	text = about ? json_dumps(about, JSON_INDENT(1)) : NULL;
	if (!text)
		capture->ret = fail(capture->err, ENOMEM, "capture %s", ABOUT);
	else
		capture_file(capture, ABOUT, text, strlen(text));
}
