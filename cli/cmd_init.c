// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice init`: a commented configuration file made from this host as it is, and from other programs' files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "plan/config_source.h"
#include "plan/init.h"

struct init_options {
	const char *from, *output;
	bool force;
};

static const struct option_row options[] = {
	{ "from", 0, "auto|NAME,...",
		"read what other programs' files say of the devices too, and replace those: auto is all of driverctl, "
		"modprobe, udev, boot, networkmanager, networkd, netplan, nmstate, proxmox, libvirt",
		OPTION_TEXT, offsetof(struct init_options, from), 0, 0, NULL },
	{ "output", 'o', "FILE", "write this file (default: /" CONFIG_MAIN_FILE "); '-' is standard output",
		OPTION_TEXT, offsetof(struct init_options, output), 0, 0, NULL },
	{ "force", 0, NULL, "replace the file if it is there", OPTION_FLAG, offsetof(struct init_options, force), 0, 0,
		NULL },
	{ NULL },
};

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int refuse_replacing(const char *name, struct error *err)
{
	fail_code(err, CODE_FAILED, EEXIST, "%s is there already", name);
	return fail_hint(err, "'sluice init -o -' shows what would be written; --force replaces the file");
}

/* Whole, or not at all: under another name beside it, synced, then renamed. */
static int write_file(const char *name, const char *text, bool force, struct error *err)
{
	cleanup_close int fd = -1;
	char temporary[600];
	int ret;

	if (!force && access(name, F_OK) == 0)
		return refuse_replacing(name, err);
	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", name) >= sizeof(temporary))
		return fail(err, ENAMETOOLONG, "%s", name);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail(err, errno, "write %s", name);
	ret = write_all(fd, text, strlen(text));
	if (!ret && fchmod(fd, 0644) < 0)
		ret = -errno;
	if (!ret && !force && link(temporary, name) < 0)
		ret = -errno;
	if (!ret && force && rename(temporary, name) < 0)
		ret = -errno;
	if (ret || !force)
		unlink(temporary);
	if (ret == -EEXIST)
		return refuse_replacing(name, err);
	return ret ? fail(err, -ret, "write %s", name) : 0;
}

static int write_to(const struct cli *cli, const struct init_options *given, const char *text, struct error *err)
{
	const char *name = given->output ? given->output : cli->sysroot ? "-" : "/" CONFIG_MAIN_FILE;
	int ret;

	if (!strcmp(name, "-")) {
		fputs(text, cli->out);
		return 0;
	}
	if (!given->output && mkdir("/etc/sluice", 0755) < 0 && errno != EEXIST)
		return fail(err, errno, "make /etc/sluice");
	ret = write_file(name, text, given->force, err);
	if (!ret)
		cli_say(cli, "%s is written: change it, then 'sluice plan'", name);
	return ret;
}

static void tell(const struct import_note *note, size_t count, const char *kind)
{
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "%s: %s%s%s\n", kind, note[i].place, note[i].place[0] ? ": " : "", note[i].text);
}

/* Also where the file goes to standard output, these go beside it. */
static void tell_import(const struct cli *cli, const struct import *import)
{
	if (cli->quiet)
		return;
	fprintf(stderr, "read:");
	for (size_t i = 0; i < import->used_count; i++)
		fprintf(stderr, "%s %s", i ? "," : "", import->used[i]);
	fprintf(stderr, "%s\n", import->used_count ? "" : " nothing that is about this host's devices");
	tell(import->conflict, import->conflict_count, "conflict");
	tell(import->left, import->left_count, "not carried over");
	if (import->incomplete)
		fprintf(stderr, "note: some files could not be read, for want of privilege\n");
}

static int run_init(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct init_options *given = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(draft_done) struct draft draft = { 0 };
	cleanup(import_done) struct import import = { 0 };
	cleanup_free char *text = NULL;
	int ret = host_open(&host, cli->sysroot, PCI_LOOK_NAMES, err);

	(void)args;
	(void)arg_count;
	if (!ret)
		ret = draft_host(&host, &draft, err);
	if (!ret && given->from)
		ret = import_read(&host, given->from, &import, err);
	if (!ret && given->from)
		ret = draft_import(&draft, &host, &import, err);
	if (ret < 0)
		return ret;
	text = draft_write(&draft, given->from ? &import : NULL);
	if (!text)
		return fail(err, ENOMEM, "write the file");
	ret = write_to(cli, given, text, err);
	if (!ret && given->from)
		tell_import(cli, &import);
	return ret;
}

static const char *const details[] = {
	"The file says of this host's devices what they are: which cards there are, by what they keep when they are "
	"moved; how "
	"many VFs they have and how those are set; which are with VFIO. Applied unchanged it changes nothing. What "
	"could be "
	"said besides stands in it as comments.",
	"With --from the files of other programs that act on these devices at boot are read as well, and what they "
	"would do is "
	"in the new file: it replaces them. Where two of them contradict each other, what acts last at boot is taken, "
	"and both "
	"are named; what cannot be said in sluice's file is named too. Those files stay as they are: take them away "
	"when the "
	"new one is applied.",
	NULL,
};

static const char *const examples[] = {
	"sluice init",
	"sluice init -o - | less",
	"sluice init --from auto",
	"sluice --sysroot host.tar.zst init --from driverctl,modprobe",
	NULL,
};

const struct command cmd_init = {
	.name = "init",
	.summary = "write a configuration file from this host as it is",
	.options = options,
	.options_size = sizeof(struct init_options),
	.details = details,
	.examples = examples,
	.run = run_init,
};
