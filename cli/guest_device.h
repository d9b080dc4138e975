/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DEVICE argument that has to be one of a guest's. */
#ifndef CLI_GUEST_DEVICE_H
#define CLI_GUEST_DEVICE_H

#include "guest/guest.h"

/* Its address on the host. CODE_NO_SUCH_DEVICE names those that the guest has. */
int guest_device_find(const struct sysroot *root, const struct guest_info *info, const char *text,
	char ret_address[static PCI_ADDR_TEXT_SIZE], struct error *err);

#endif
