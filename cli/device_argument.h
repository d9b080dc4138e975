/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows --device: a device, and after commas how its guest is to see it: DEVICE[,rom=FILE|off]. */
#ifndef CLI_DEVICE_ARGUMENT_H
#define CLI_DEVICE_ARGUMENT_H

#include <stdbool.h>

#include "base/error.h"

struct device_argument {
	char device[128]; /* as pci_select() takes it */
	const char *rom;  /* a file's name, in the argument; NULL: none was named */
	bool rom_off;
};

/* text is borrowed. CODE_USAGE, with what there is in the hint. */
int device_argument_parse(const char *text, struct device_argument *ret_argument, struct error *err);

#endif
