/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What modprobe is told (modprobe.d(5)), with the file and line of each word: options, blacklist, install, softdep; the
 * same from the kernel's command line (MODULE.OPTION=, modprobe.blacklist=, module_blacklist=); and the lists of
 * modules that are to be loaded at boot or go into the initramfs.
 *
 * The command line is handled as one more file, "proc/cmdline", line 0. Looks only.
 */
#ifndef DISTRO_MODPROBE_CONF_H
#define DISTRO_MODPROBE_CONF_H

#include "pci/pci.h"

enum modprobe_kind {
	MODPROBE_OPTIONS,
	MODPROBE_BLACKLIST,
	MODPROBE_INSTALL,
	MODPROBE_SOFTDEP,
	MODPROBE_LOAD, /* a list of modules to load names it */
};

struct modprobe_line {
	enum modprobe_kind kind;
	char module[64]; /* with '_' for '-' */
	char text[400];  /* what follows the module: "ids=8086:10ca disable_idle_d3=1", "pre: vfio-pci" */
	char place[144]; /* "/etc/modprobe.d/vfio.conf:3", "/proc/cmdline" */
	bool by_admin;   /* not the distribution's own, in usr/lib */
};

struct modprobe_conf {
	struct modprobe_line *line; /* owned */
	size_t count;
	bool incomplete; /* something could not be read */
};

int modprobe_conf_read(const struct sysroot *root, struct modprobe_conf *ret_conf, struct error *err);
void modprobe_conf_done(struct modprobe_conf *conf);

/* The next line of that kind for a module (NULL: any), behind previous (NULL: the first); NULL at the end. */
const struct modprobe_line *modprobe_next(const struct modprobe_conf *conf, const struct modprobe_line *previous,
	enum modprobe_kind kind, const char *module);

/* The value of "option=VALUE" in an options line; false when it does not set that. The last one counts. */
bool modprobe_option(const struct modprobe_line *line, const char *option, char *buf, size_t size);

/* The options line that sets a module's option last, its value in buf; NULL when none does. */
const struct modprobe_line *modprobe_setting(
	const struct modprobe_conf *conf, const char *module, const char *option, char *buf, size_t size);

/* Is a driver's name ("vfio-pci") this module ("vfio_pci"): '-' and '_' are the same to modprobe. */
bool modprobe_same_module(const char *one, const char *other);

/* The next line that has vfio-pci take devices by their ids (ids= of vfio-pci), behind previous; its ids in buf. */
const struct modprobe_line *modprobe_next_ids(
	const struct modprobe_conf *conf, const struct modprobe_line *previous, char *buf, size_t size);

/*
 * Does a list of ids= ("8086:10ca,10de:1eb8:ffffffff:ffffffff:030000:ff0000") take the device: pci_match_id() of the
 * kernel.
 */
bool modprobe_ids_match(const char *ids, const struct pci_device *device);

#endif
