// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The argument of --device and of attach; see device_argument.h. A file's name goes on to the end, since it may hold
 * commas: rom= is the last.
 */
#include "cli/device_argument.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The comma that ends the device; those of a range of VFs (eth0/0-3,7) have a number behind them. NULL: none does. */
static const char *after_device(const char *text)
{
	const char *comma = strchr(text, ',');

	while (comma && comma[1] >= '0' && comma[1] <= '9')
		comma = strchr(comma + 1, ',');
	return comma;
}

/* Each takes what follows its key; *value is what is left of the text afterwards, "" or ",…". */
static int take_rom(const char **value, struct device_argument *argument, struct error *err)
{
	if (!(*value)[0])
		return fail_code(err, CODE_USAGE, EINVAL, "rom= needs a file's name, or off");
	argument->rom_off = !strcmp(*value, "off");
	argument->rom = argument->rom_off ? NULL : *value;
	*value += strlen(*value);
	return 0;
}

static int take_err(const char **value, struct device_argument *argument, struct error *err)
{
	size_t length = strcspn(*value, ",");

	argument->on_error = on_error_by_name(*value, length);
	if (argument->on_error == ON_ERROR_COUNT) {
		fail_code(err, CODE_USAGE, EINVAL, "err= cannot be '%.*s'", (int)length, *value);
		return fail_hint(err, "err=replug, err=unplug or err=stop");
	}
	*value += length;
	return 0;
}

/* 0 to 2 are this program's own input and output. */
static int take_number(const char **value, struct device_argument *argument, struct error *err)
{
	size_t length = strcspn(*value, ",");
	char text[16] = "";
	uint64_t fd = 0;

	if (length < sizeof(text))
		memcpy(text, *value, length);
	if (text_to_u64(text, INT_MAX, &fd) < 0 || fd < 3) {
		fail_code(err, CODE_USAGE, EINVAL, "fd= cannot be '%.*s'", (int)length, *value);
		return fail_hint(err, "the number of an open descriptor, from 3 up");
	}
	argument->fd = (int)fd;
	*value += length;
	return 0;
}

/* A VF's address as its guest has it. */
static int take_mac(const char **value, struct device_argument *argument, struct error *err)
{
	size_t length = strcspn(*value, ",");
	char assignment[32] = "mac=";

	if (length < sizeof(assignment) - strlen(assignment))
		memcpy(assignment + strlen(assignment), *value, length);
	if (vf_settings_parse(&argument->vf, assignment, NULL) < 0) {
		fail_code(err, CODE_USAGE, EINVAL, "mac= cannot be '%.*s'", (int)length, *value);
		return fail_hint(err, "an address such as 02:00:00:00:00:01; or stable, random or keep");
	}
	argument->has_vf = true;
	*value += length;
	return 0;
}

static const struct {
	const char *key;
	int (*take)(const char **value, struct device_argument *argument, struct error *err);
} rows[] = {
	{ "err=", take_err },
	{ "fd=", take_number },
	{ "mac=", take_mac },
	{ "rom=", take_rom },
};

static int take_option(const char **text, struct device_argument *argument, struct error *err)
{
	for (size_t i = 0; i < array_size(rows); i++) {
		if (!text_starts_with(*text, rows[i].key))
			continue;
		*text += strlen(rows[i].key);
		return rows[i].take(text, argument, err);
	}
	fail_code(err, CODE_USAGE, EINVAL, "what is '%s'?", *text);
	return fail_hint(err,
		"after a device there may be err=replug|unplug|stop, fd=N, mac=ADDRESS|stable|random|keep, and at "
		"the end rom=FILE or rom=off");
}

int device_argument_parse(const char *text, struct device_argument *ret_argument, struct error *err)
{
	const char *comma = after_device(text);
	size_t length = comma ? (size_t)(comma - text) : strlen(text);
	const char *rest = text + length;
	struct device_argument argument = { .rom = NULL };

	if (length == 0 || length >= sizeof(argument.device))
		return fail_code(err, CODE_USAGE, EINVAL, "--device '%s': no device is named", text);
	vf_settings_init(&argument.vf);
	memcpy(argument.device, text, length);
	while (rest[0] == ',') {
		int ret;

		rest++;
		ret = take_option(&rest, &argument, err);
		if (ret < 0)
			return fail_in(err, "--device '%s'", text);
	}
	*ret_argument = argument;
	return 0;
}
