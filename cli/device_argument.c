// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The argument of --device; see device_argument.h. A file's name goes on to the end, since it may hold commas: rom= is
 * the last.
 */
#include "cli/device_argument.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* The comma that ends the device; those of a range of VFs (eth0/0-3,7) have a number behind them. NULL: none does. */
static const char *after_device(const char *text)
{
	const char *comma = strchr(text, ',');

	while (comma && comma[1] >= '0' && comma[1] <= '9')
		comma = strchr(comma + 1, ',');
	return comma;
}

int device_argument_parse(const char *text, struct device_argument *ret_argument, struct error *err)
{
	static const char rom_key[] = ",rom=";
	const char *comma = after_device(text);
	size_t length = comma ? (size_t)(comma - text) : strlen(text);
	struct device_argument argument = { .rom = NULL };

	if (length == 0 || length >= sizeof(argument.device))
		return fail_code(err, CODE_USAGE, EINVAL, "--device '%s': no device is named", text);
	memcpy(argument.device, text, length);
	if (comma && strncmp(comma, rom_key, strlen(rom_key))) {
		fail_code(err, CODE_USAGE, EINVAL, "--device '%s': what is '%s'?", text, comma + 1);
		return fail_hint(err, "after a device there may be rom=FILE or rom=off");
	}
	argument.rom = comma ? comma + strlen(rom_key) : NULL;
	if (argument.rom && !argument.rom[0])
		return fail_code(err, CODE_USAGE, EINVAL, "--device '%s': rom= needs a file's name, or off", text);
	argument.rom_off = argument.rom && !strcmp(argument.rom, "off");
	if (argument.rom_off)
		argument.rom = NULL;
	*ret_argument = argument;
	return 0;
}
