// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments for the next boot; see boot_argument.h. */
#include "distro/boot_argument.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/tool.h"
#include "os/run_dir.h"

enum {
	CMDLINE_SIZE = 4096,
	TOOL_ARGUMENTS = 5,
};

/* The first whose file is there. %r in an argument is the running kernel's release. */
static const struct {
	const char *file;
	enum boot_argument_place place;
	const char *arguments[TOOL_ARGUMENTS]; /* by absolute path */
} tools[] = {
	{ "usr/sbin/proxmox-boot-tool", BOOT_ARGUMENT_CMDLINE, { "/usr/sbin/proxmox-boot-tool", "refresh" } },
	{ "usr/sbin/update-grub", BOOT_ARGUMENT_GRUB, { "/usr/sbin/update-grub" } },
	{ "usr/bin/mkinitcpio", BOOT_ARGUMENT_CMDLINE, { "/usr/bin/mkinitcpio", "-P" } },
	{ "usr/bin/kernel-install", BOOT_ARGUMENT_CMDLINE,
		{ "/usr/bin/kernel-install", "add", "%r", "/lib/modules/%r/vmlinuz" } },
};

static size_t find_tool(const struct sysroot *root)
{
	for (size_t i = 0; i < array_size(tools); i++)
		if (sysroot_exists(root, "%s", tools[i].file) &&
			(tools[i].place == BOOT_ARGUMENT_GRUB || sysroot_exists(root, "etc/kernel/cmdline")))
			return i;
	return array_size(tools);
}

enum boot_argument_place boot_argument_place(const struct sysroot *root)
{
	size_t i = find_tool(root);

	return i < array_size(tools) ? tools[i].place : BOOT_ARGUMENT_NOWHERE;
}

/* Is word one of text's, which are separated by blanks? */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

static bool add_words(char *line, size_t size, const char *words, const char *but)
{
	char copy[CMDLINE_SIZE];
	char *rest = copy, *word;
	bool fits = text_copy(copy, sizeof(copy), words);

	while (fits && (word = strsep(&rest, " \t\n"))) {
		size_t used = strlen(line);

		if (!*word || (but && has_word(but, word)) || (!but && has_word(line, word)))
			continue;
		fits = snprintf(line + used, size - used, "%s%s", used ? " " : "", word) < (int)(size - used);
	}
	return fits;
}

int boot_argument_replace(const struct host_lock *lock, const char *before, const char *now, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	char text[CMDLINE_SIZE], line[CMDLINE_SIZE] = "";
	cleanup_close int dir = -1;
	ssize_t size = sysroot_read_text(root, text, sizeof(text), "etc/kernel/cmdline");

	if (size < 0)
		return fail(err, (int)-size, "read /etc/kernel/cmdline");
	if ((size_t)size + 1 >= sizeof(text) || !add_words(line, sizeof(line) - 1, text, before) ||
		!add_words(line, sizeof(line) - 1, now, NULL))
		return fail_code(err, CODE_FAILED, E2BIG, "/etc/kernel/cmdline would be longer than a kernel reads");
	if (!strcmp(line, text))
		return 0;
	strcat(line, "\n");
	dir = sysroot_open_file(root, O_RDONLY | O_DIRECTORY, "etc/kernel");
	if (dir < 0)
		return fail(err, -dir, "open /etc/kernel");
	return run_dir_write(dir, "cmdline", line, err) < 0 ? fail_in(err, "/etc/kernel/cmdline") : 0;
}

static void fill(const char *form, const char *release, char *buf, size_t size)
{
	const char *at = strstr(form, "%r");

	snprintf(buf, size, "%.*s%s%s", at ? (int)(at - form) : (int)strlen(form), form, at ? release : "",
		at ? at + 2 : "");
}

int boot_argument_refresh(const struct sysroot *root, struct error *err)
{
	char filled[TOOL_ARGUMENTS][256];
	const char *arguments[TOOL_ARGUMENTS + 1] = { NULL };
	char release[96] = "";
	size_t tool = find_tool(root);

	if (root->path[0] || tool == array_size(tools))
		return 0;
	sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease");
	for (size_t i = 0; i < TOOL_ARGUMENTS && tools[tool].arguments[i]; i++) {
		fill(tools[tool].arguments[i], release, filled[i], sizeof(filled[i]));
		arguments[i] = filled[i];
	}
	return tool_run(arguments, "which makes the boot loader's configuration", err);
}
