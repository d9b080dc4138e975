/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files of other programs, read line by line: bounded whatever they hold, below a struct sysroot, looking
 * only. What a line means is the caller's business (modprobe_conf.c, rival_*.c).
 */
#ifndef DISTRO_CONF_FILE_H
#define DISTRO_CONF_FILE_H

#include "os/sysroot.h"

struct conf_line {
	const char *file;    /* "etc/modprobe.d/vfio.conf", without the leading slash */
	unsigned int number; /* from 1; of a continued line, the first one's */
	char *text;          /* without its line end; the callback may change it */
};

/* Return false to end the file. */
typedef bool (*conf_line_fn)(const struct conf_line *line, void *context);

/* Lines of one file; those that end with a backslash are joined. 0, or -errno when it cannot be read. */
int conf_file_each(const struct sysroot *root, const char *file, conf_line_fn fn, void *context);

/*
 * All files of some directories (ended by NULL) whose names end with suffix, by name; a name in an earlier directory
 * hides the same name in a later one, as systemd, udev and modprobe do it. False: something is there that this user may
 * not read.
 */
bool conf_dirs_each(
	const struct sysroot *root, const char *const *dirs, const char *suffix, conf_line_fn fn, void *context);

/*
 * "KEY = VALUE" or "KEY=VALUE", in place: the value without white space and quotes around it, or NULL for another key.
 */
char *conf_value(char *text, const char *key);

/*
 * What a line of a boot script writes to a file: the word behind "echo", or the last one. At most size - 1 bytes,
 * terminated.
 */
void conf_written(const char *text, char *buf, size_t size);

/* What a line echoes, without quotes and options of echo: "10de 1eb8"; "" when it echoes nothing. */
void conf_echoed(const char *text, char *buf, size_t size);

/* Does a line write to bind or new_id of a driver ("/sys/bus/pci/drivers/vfio-pci/new_id")? Its name in buf. */
bool conf_binds(const char *text, char *buf, size_t size);

/* The name of a section line "[NAME]", in place; NULL for another line. */
char *conf_section(char *text);

#endif
