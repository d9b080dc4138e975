// SPDX-License-Identifier: GPL-2.0-or-later
/* By whom a device has its driver; see bound_by.h. Each rule below is asked in turn, the strongest first. */
#include "assign/bound_by.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "distro/boot_loader.h"

enum {
	MODULES_MAX = 8,
};

/* One question under way. */
struct question {
	const struct bound_by_lookup *lookup;
	const struct pci_device *device;
	char name[PCI_ADDR_TEXT_SIZE];
	char override[64];                    /* "" for none */
	char module[64];                      /* of the driver; its own name when that is not known */
	struct pci_name modules[MODULES_MAX]; /* those that say they drive it */
	size_t module_count;
	struct bound_by *answer;
};

__attribute__((format(printf, 4, 5))) static void say(
	const struct question *question, const char *by, const char *file, const char *fmt, ...)
{
	struct bound_by *answer = question->answer;
	va_list args;

	text_copy(answer->by, sizeof(answer->by), by);
	text_copy(answer->file, sizeof(answer->file), file);
	va_start(args, fmt);
	vsnprintf(answer->what, sizeof(answer->what), fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void add(const struct question *question, const char *fmt, ...)
{
	struct bound_by *answer = question->answer;
	size_t used = strlen(answer->what);
	va_list args;

	va_start(args, fmt);
	vsnprintf(answer->what + used, sizeof(answer->what) - used, fmt, args);
	va_end(args);
}

static const char *modprobe_name(const char *place)
{
	return text_starts_with(place, "/proc/cmdline") ? "kernel argument" : "modprobe";
}

/* modprobe runs in the initramfs first, with the copies of files that were made with it. */
static void add_initramfs(const struct question *question, const char *place)
{
	const struct sysroot *root = &question->lookup->host->root;
	char release[128], initramfs[160], file[176];
	int64_t made, written;

	if (!text_starts_with(place, "/etc/modprobe.d/") ||
		sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") <= 0 ||
		!boot_loader_initramfs(root, release, initramfs, sizeof(initramfs), &made))
		return;
	text_copy(file, sizeof(file), place + 1);
	*strrchr(file, ':') = '\0';
	if (boot_loader_file_time(root, file, &written) && written > made && made >= 0)
		add(question, "; /%s is older, so at boot its own copy of that file decides", initramfs);
}

/*
 * What makes a module come before those that would take its devices: softdep lines, and lists of what is loaded first.
 */
static void add_early(const struct question *question)
{
	const struct modprobe_conf *conf = question->lookup->conf;
	const struct modprobe_line *line = NULL;

	while ((line = modprobe_next(conf, line, MODPROBE_SOFTDEP, NULL)))
		for (size_t i = 0; i < question->module_count; i++)
			if (modprobe_same_module(line->module, question->modules[i].text) &&
				(strstr(line->text, question->device->driver) ||
					strstr(line->text, question->module))) {
				add(question, "; loaded before %s by %s", question->modules[i].text, line->place);
				return;
			}
	line = modprobe_next(conf, NULL, MODPROBE_LOAD, question->module);
	if (line)
		add(question, "; loaded early by %s", line->place);
}

/* Who else could have had it, and why not. */
static void add_blacklisted(const struct question *question)
{
	for (size_t i = 0; i < question->module_count; i++) {
		const char *module = question->modules[i].text;
		const struct modprobe_line *line =
			modprobe_next(question->lookup->conf, NULL, MODPROBE_BLACKLIST, module);

		if (line && !modprobe_same_module(module, question->module))
			add(question, "; %s is kept away by %s", module, line->place);
	}
}

static bool by_sluice(const struct question *question)
{
	struct lease lease;

	if (lease_read(&question->lookup->host->root, question->device->addr, &lease, NULL) <= 0)
		return false;
	say(question, "sluice", "",
		lease.guest[0] ? "'sluice run' for guest %s; before, %s had it" : "'sluice bind'%s; before, %s had it",
		lease.guest, lease.before.driver[0] ? lease.before.driver : "no driver");
	snprintf(question->answer->file, sizeof(question->answer->file), "/run/sluice/devices/%s", question->name);
	return true;
}

/* The last one at boot that wants the driver which is there; from a stage on. */
static const struct rival *find_rival(const struct question *question, enum rival_stage first, const char *driver)
{
	const struct rival *found = NULL;

	for (const struct rival *at = NULL; (at = rival_next(question->lookup->rivals, at, question->device->addr));)
		if (at->aim == RIVAL_DRIVER && at->stage >= first && !strcmp(at->driver, driver))
			found = at;
	return found;
}

static const struct rival *find_guest_rival(const struct question *question)
{
	for (const struct rival *at = NULL; (at = rival_next(question->lookup->rivals, at, question->device->addr));)
		if (at->aim == RIVAL_GUEST)
			return at;
	return NULL;
}

static void say_rival(const struct question *question, const struct rival *rival)
{
	bool at_load = rival->stage == RIVAL_AT_LOAD;

	say(question, at_load ? modprobe_name(rival->file) : rival->name, rival->file, "%s", rival->what);
	if (!at_load)
		return;
	add_early(question);
	add_initramfs(question, rival->file);
}

static bool by_guest_manager(const struct question *question)
{
	const struct rival *rival = find_guest_rival(question);

	if (!rival || !pci_driver_is_vfio(question->device->driver))
		return false;
	say(question, rival->name, rival->file, "%s", rival->what);
	return true;
}

static bool by_override(const struct question *question)
{
	const char *driver = question->device->driver;
	const struct rival *rival;
	char file[128];

	if (!question->override[0] || strcmp(question->override, driver) != 0)
		return false;
	rival = find_rival(question, RIVAL_BY_UDEV, driver);
	if (rival) {
		say_rival(question, rival);
		return true;
	}
	if (by_guest_manager(question))
		return true;
	snprintf(file, sizeof(file), "/sys/bus/pci/devices/%s/driver_override", question->name);
	say(question, "override", file, "somebody wrote %s there; no file of this host does at boot", driver);
	return true;
}

static bool by_rival(const struct question *question)
{
	const struct rival *rival = find_rival(question, RIVAL_AT_LOAD, question->device->driver);

	if (rival)
		say_rival(question, rival);
	return rival != NULL;
}

static bool by_kernel(const struct question *question)
{
	const struct sysroot *root = &question->lookup->host->root;
	const char *module = question->module;
	unsigned int line;
	char release[128] = "", file[176];

	for (size_t i = 0; i < question->module_count; i++) {
		if (!modprobe_same_module(module, question->modules[i].text))
			continue;
		line = pci_modaliases_line(question->lookup->aliases, question->device, question->modules[i].text);
		sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease");
		snprintf(file, sizeof(file), "/lib/modules/%.100s/modules.alias:%u", release, line);
		say(question, "kernel", file, "its module %s says that it drives this device",
			question->modules[i].text);
		add_blacklisted(question);
		return true;
	}
	/* Only a module that was loaded has this file; what is built in has no lines in modules.alias. */
	if (sysroot_exists(root, "sys/module/%s/initstate", module))
		return false;
	say(question, "kernel", "", "%s is built into the kernel and says that it drives this device",
		question->device->driver);
	return !pci_driver_is_vfio(question->device->driver) && !strstr(question->device->driver, "stub");
}

static void by_hand(const struct question *question)
{
	say(question, "hand", "",
		"no file says so: somebody wrote new_id or bind of %s, or a file that has changed since did",
		question->device->driver);
}

/* Without a driver: who keeps it so. */
static void by_nobody(const struct question *question)
{
	const struct pci_device *device = question->device;
	const struct modprobe_line *line = NULL;
	char pf[PCI_ADDR_TEXT_SIZE], file[128];
	uint64_t autoprobe;

	if (question->override[0]) {
		const struct rival *rival = find_rival(question, RIVAL_BY_UDEV, question->override);

		snprintf(file, sizeof(file), "/sys/bus/pci/devices/%s/driver_override", question->name);
		say(question, rival ? rival->name : "override", rival ? rival->file : file,
			"only %s may have it, which has not taken it", question->override);
		return;
	}
	pci_addr_text(device->pf, pf);
	if (device->is_vf &&
		!sysroot_read_u64(&question->lookup->host->root, &autoprobe,
			"sys/bus/pci/devices/%s/sriov_drivers_autoprobe", pf) &&
		!autoprobe) {
		snprintf(file, sizeof(file), "/sys/bus/pci/devices/%s/sriov_drivers_autoprobe", pf);
		say(question, "autoprobe", file, "the kernel binds no driver to new VFs of %s", pf);
		return;
	}
	for (size_t i = 0; i < question->module_count && !line; i++) {
		line = modprobe_next(question->lookup->conf, NULL, MODPROBE_BLACKLIST, question->modules[i].text);
		line = line ? line
			    : modprobe_next(question->lookup->conf, NULL, MODPROBE_INSTALL, question->modules[i].text);
		if (line)
			say(question, modprobe_name(line->place), line->place, "its module %s is not loaded by itself",
				question->modules[i].text);
	}
	if (!line && question->module_count)
		say(question, "hand", "", "%s says that it drives it: not loaded, refused, or unbound by somebody",
			question->modules[0].text);
	else if (!line)
		say(question, "nobody", "", "no module of this kernel says that it drives it");
}

static void ask(struct question *question)
{
	const struct sysroot *root = &question->lookup->host->root;
	const char *driver = question->device->driver;
	struct binding binding = { .driver = "" };
	int count = pci_modaliases_find(question->lookup->aliases, question->device, question->modules, MODULES_MAX);

	question->module_count = count > 0 ? (size_t)count : 0;
	pci_addr_text(question->device->addr, question->name);
	if (!binding_read(root, question->device->addr, &binding, NULL))
		text_copy(question->override, sizeof(question->override), binding.override);
	if (!driver[0] || sysroot_read_link_name(root, question->module, sizeof(question->module),
				  "sys/bus/pci/drivers/%s/module", driver) < 0)
		text_copy(question->module, sizeof(question->module), driver);
}

void bound_by_find(const struct bound_by_lookup *lookup, const struct pci_device *device, struct bound_by *ret_bound)
{
	static bool (*const rules[])(
		const struct question *question) = { by_override, by_rival, by_kernel, by_guest_manager };
	struct question question = { .lookup = lookup, .device = device, .answer = ret_bound };

	*ret_bound = (struct bound_by){ .by = "" };
	ask(&question);
	if (by_sluice(&question))
		return;
	if (!device->driver[0]) {
		by_nobody(&question);
		return;
	}
	for (size_t i = 0; i < array_size(rules); i++)
		if (rules[i](&question))
			return;
	by_hand(&question);
}
