// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing the bundle of a host, from the first member to the last; see capture.h. */
#include "capture/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"
#include "pci/modalias.h"

static void capture_done(struct capture *capture)
{
	bundle_writer_free(capture->writer);
	redact_free(capture->redact);
	free(capture->seen);
	free(capture->modalias);
}

/* Words that name disks, drivers and modules stay: other files refer to them, and they are nobody's. */
static void keep_names(struct capture *capture, const char *path)
{
	cleanup_dir DIR *dir = sysroot_open_dir(capture->root, "%s", path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		for (char *rest = entry->d_name, *word; (word = strsep(&rest, "_-.!"));)
			redact_keep(capture->redact, word);
}

static int open_redact(struct capture *capture)
{
	static const char *const places[] = { "sys/class/block", "sys/module", "sys/bus/pci/drivers" };
	int ret;

	if (!capture->report.redacted || capture_is_redacted(capture->root))
		return 0;
	ret = redact_new(&capture->redact, capture->err);
	for (size_t i = 0; i < array_size(places) && !ret; i++)
		keep_names(capture, places[i]);
	return ret;
}

static int read_modaliases(struct capture *capture)
{
	const struct pci_inventory *all = &capture->host->pci;

	capture->modalias = calloc(all->count + 1, sizeof(*capture->modalias));
	if (!capture->modalias)
		return fail(capture->err, ENOMEM, "capture the host");
	for (size_t i = 0; i < all->count; i++) {
		char text[sizeof(*capture->modalias)];
		bool known = false;

		pci_modalias_text(&all->devices[i], text, sizeof(text));
		for (size_t k = capture->modalias_count; k > 0 && !known; k--)
			known = !strcmp(capture->modalias[k - 1], text);
		if (!known)
			memcpy(capture->modalias[capture->modalias_count++], text, sizeof(text));
	}
	return 0;
}

int capture_write(const struct host *host, int fd, const struct capture_options *options,
	struct capture_report *ret_report, struct error *err)
{
	static void (*const others[])(struct capture * capture) = { capture_guests, capture_processes, capture_deferred,
		capture_special, capture_logs, capture_about };
	cleanup(capture_done) struct capture capture = {
		.host = host, .root = &host->root, .version = options->version, .err = err
	};

	capture.report.redacted = options->redact || capture_is_redacted(&host->root);
	capture.report.privileged = !geteuid();
	capture.report.functions = host->pci.count;
	capture.ret = bundle_writer_open(&capture.writer, fd, err);
	if (!capture.ret)
		capture.ret = open_redact(&capture);
	if (!capture.ret)
		capture.ret = read_modaliases(&capture);
	if (!capture.ret)
		capture_walk(&capture, capture_paths, capture_path_count);
	capture.row = NULL;
	for (size_t i = 0; i < array_size(others) && !capture.ret; i++)
		others[i](&capture);
	if (!capture.ret && !redact_is_sound(capture.redact))
		capture.ret = fail(err, ENOMEM, "make pseudonyms");
	if (!capture.ret)
		capture.ret = bundle_writer_finish(capture.writer, err);
	if (!capture.ret)
		*ret_report = capture.report;
	return capture.ret;
}
