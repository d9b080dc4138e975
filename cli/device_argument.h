/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows --device: a device, and after commas how its guest is to have it:
 * DEVICE[,fd=N][,err=replug|unplug|stop][,mac=ADDRESS|stable|random|keep][,rom=FILE|off].
 */
#ifndef CLI_DEVICE_ARGUMENT_H
#define CLI_DEVICE_ARGUMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "sriov/sriov.h"
#include "wire/on_error.h"

struct device_argument {
	char device[128]; /* as pci_select() takes it */
	const char *rom;  /* a file's name, in the argument; NULL: none was named */
	bool rom_off;
	enum on_error on_error;
	bool has_vf;           /* something is said of the VF that it is */
	struct vf_settings vf; /* initialised in any case */
	int fd;                /* of its VFIO node, opened by whoever started this program; 0: none */
};

/* text is borrowed. CODE_USAGE, with what there is in the hint. */
int device_argument_parse(const char *text, struct device_argument *ret_argument, struct error *err);

#endif
