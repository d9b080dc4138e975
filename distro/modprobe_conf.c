// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of modprobe.d, of lists of modules, and of the command line that speak of modules. Unknown words are passed
 * over.
 */
#include "distro/modprobe_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/conf_file.h"

enum {
	LINES_MAX = 4096,
	PCI_ANY = 0xffff,
};

struct reading {
	struct modprobe_conf conf;
	const struct sysroot *root;
	bool out_of_memory;
};

static const struct {
	const char *word;
	enum modprobe_kind kind;
} words[] = {
	{ "options", MODPROBE_OPTIONS },
	{ "blacklist", MODPROBE_BLACKLIST },
	{ "install", MODPROBE_INSTALL },
	{ "softdep", MODPROBE_SOFTDEP },
};

static const char *const modprobe_dirs[] = { "etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d",
	"usr/lib/modprobe.d", "lib/modprobe.d", NULL };

/* Where modules to load, or to put into the initramfs, are named as words of a line. */
static const char *const load_files[] = { "etc/modules", "etc/initramfs-tools/modules", "etc/mkinitcpio.conf",
	"etc/dracut.conf", "etc/booster.yaml" };
static const char *const load_dirs[][2] = { { "etc/modules-load.d", NULL }, { "etc/mkinitcpio.conf.d", NULL },
	{ "etc/dracut.conf.d", NULL } };

static void add(struct reading *reading, enum modprobe_kind kind, const char *module, const char *text,
	const struct conf_line *from)
{
	struct modprobe_conf *conf = &reading->conf;
	struct modprobe_line *grown, *line;

	if (conf->count == LINES_MAX || reading->out_of_memory)
		return;
	grown = reallocarray(conf->line, conf->count + 1, sizeof(*grown));
	if (!grown) {
		reading->out_of_memory = true;
		return;
	}
	conf->line = grown;
	line = &grown[conf->count++];
	*line = (struct modprobe_line){ .kind = kind, .by_admin = !strstr(from->file, "lib/modprobe.d") };
	text_copy(line->module, sizeof(line->module), module);
	for (char *at = line->module; (at = strchr(at, '-'));)
		*at = '_';
	text_copy(line->text, sizeof(line->text), text);
	if (from->number)
		snprintf(line->place, sizeof(line->place), "/%.120s:%u", from->file, from->number);
	else
		snprintf(line->place, sizeof(line->place), "/%.120s", from->file);
}

static bool take_modprobe_line(const struct conf_line *line, void *context)
{
	char *rest = line->text;
	char *word = strsep(&rest, " \t");
	char *module;

	for (; word && !*word && rest;)
		word = strsep(&rest, " \t");
	for (size_t i = 0; i < array_size(words) && word && rest; i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		rest += strspn(rest, " \t");
		module = strsep(&rest, " \t");
		if (*module)
			add(context, words[i].kind, module, rest ? rest + strspn(rest, " \t") : "", line);
	}
	return true;
}

/* Every word could be a module: what stands around it (MODULES=(...), add_drivers+=" ... ") is cut away. */
static bool take_load_line(const struct conf_line *line, void *context)
{
	char *rest = line->text;
	char *word;

	if (line->text[strspn(line->text, " \t")] == '#')
		return true;
	while ((word = strsep(&rest, " \t\"'()=,[]+")))
		if (*word)
			add(context, MODPROBE_LOAD, word, "", line);
	return true;
}

static void take_blacklist(struct reading *reading, char *list, const struct conf_line *from)
{
	char *module;

	while ((module = strsep(&list, ",")))
		if (*module)
			add(reading, MODPROBE_BLACKLIST, module, "", from);
}

/* MODULE.OPTION=VALUE, and the lists of modules to leave alone or to load first. */
static bool take_cmdline(const struct conf_line *line, void *context)
{
	static const char *const blacklists[] = { "modprobe.blacklist=", "module_blacklist=", "rd.driver.blacklist=" };
	static const char *const loads[] = { "rd.driver.pre=", "modules-load=", "rd.modules-load=" };
	struct conf_line from = { line->file, 0, NULL };
	char *rest = line->text;
	char *word;

	while ((word = strsep(&rest, " \t"))) {
		char *equals = strchr(word, '='), *dot = strchr(word, '.');

		for (size_t i = 0; i < array_size(blacklists); i++)
			if (text_starts_with(word, blacklists[i]))
				take_blacklist(context, word + strlen(blacklists[i]), &from);
		for (size_t i = 0; i < array_size(loads); i++)
			if (text_starts_with(word, loads[i]))
				for (char *list = word + strlen(loads[i]), *module; (module = strsep(&list, ","));)
					add(context, MODPROBE_LOAD, module, "", &from);
		if (!dot || !equals || dot > equals || text_starts_with(word, "modprobe.") ||
			text_starts_with(word, "rd."))
			continue;
		*dot = '\0';
		add(context, MODPROBE_OPTIONS, word, dot + 1, &from);
	}
	return true;
}

int modprobe_conf_read(const struct sysroot *root, struct modprobe_conf *ret_conf, struct error *err)
{
	struct reading reading = { .root = root };
	bool complete = conf_dirs_each(root, modprobe_dirs, ".conf", take_modprobe_line, &reading);

	for (size_t i = 0; i < array_size(load_files); i++)
		complete &= conf_file_each(root, load_files[i], take_load_line, &reading) != -EACCES;
	for (size_t i = 0; i < array_size(load_dirs); i++)
		complete &= conf_dirs_each(root, load_dirs[i], ".conf", take_load_line, &reading);
	complete &= conf_file_each(root, "proc/cmdline", take_cmdline, &reading) != -EACCES;
	if (reading.out_of_memory) {
		modprobe_conf_done(&reading.conf);
		return fail(err, ENOMEM, "read modprobe's configuration");
	}
	reading.conf.incomplete = !complete;
	*ret_conf = reading.conf;
	return 0;
}

void modprobe_conf_done(struct modprobe_conf *conf)
{
	if (!conf)
		return;
	free(conf->line);
	*conf = (struct modprobe_conf){ 0 };
}

bool modprobe_same_module(const char *one, const char *other)
{
	for (; *one && *other; one++, other++)
		if (*one != *other && !(strchr("-_", *one) && strchr("-_", *other)))
			return false;
	return *one == *other;
}

const struct modprobe_line *modprobe_next(const struct modprobe_conf *conf, const struct modprobe_line *previous,
	enum modprobe_kind kind, const char *module)
{
	for (size_t i = previous ? (size_t)(previous - conf->line) + 1 : 0; i < conf->count; i++)
		if (conf->line[i].kind == kind && (!module || modprobe_same_module(conf->line[i].module, module)))
			return &conf->line[i];
	return NULL;
}

bool modprobe_option(const struct modprobe_line *line, const char *option, char *buf, size_t size)
{
	size_t length = strlen(option);
	bool found = false;

	for (const char *at = line->text; *at; at += strspn(at, " \t\"")) {
		size_t here = strcspn(at, " \t\"");

		if (here > length && !strncmp(at, option, length) && at[length] == '=') {
			snprintf(buf, size, "%.*s", (int)(here - length - 1), at + length + 1);
			found = true;
		}
		at += here;
	}
	return found;
}

const struct modprobe_line *modprobe_setting(
	const struct modprobe_conf *conf, const char *module, const char *option, char *buf, size_t size)
{
	const struct modprobe_line *line = NULL, *found = NULL;

	while ((line = modprobe_next(conf, line, MODPROBE_OPTIONS, module)))
		if (modprobe_option(line, option, buf, size))
			found = line;
	return found;
}

const struct modprobe_line *modprobe_next_ids(
	const struct modprobe_conf *conf, const struct modprobe_line *previous, char *buf, size_t size)
{
	while ((previous = modprobe_next(conf, previous, MODPROBE_OPTIONS, "vfio-pci")))
		if (modprobe_option(previous, "ids", buf, size))
			return previous;
	return NULL;
}

/* vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], hexadecimal; what is left out is any. */
static bool id_matches(const char *id, const struct pci_device *device)
{
	unsigned int vendor = PCI_ANY, product = PCI_ANY, subvendor = UINT32_MAX, subdevice = UINT32_MAX, class = 0,
		     mask = 0;
	int fields = sscanf(id, "%x:%x:%x:%x:%x:%x", &vendor, &product, &subvendor, &subdevice, &class, &mask);

	if (fields < 2 || vendor != device->vendor_id || product != device->device_id)
		return false;
	return (subvendor == UINT32_MAX || subvendor == device->subsystem_vendor_id) &&
	       (subdevice == UINT32_MAX || subdevice == device->subsystem_id) && !((class ^ device->class) & mask);
}

bool modprobe_ids_match(const char *ids, const struct pci_device *device)
{
	for (const char *at = ids; *at; at += strspn(at, ",")) {
		size_t length = strcspn(at, ",");
		char id[64];

		snprintf(id, sizeof(id), "%.*s", (int)length, at);
		if (id_matches(id, device))
			return true;
		at += length;
	}
	return false;
}
