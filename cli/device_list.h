/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DEVICE... of a command line, with ranges of VFs (eth0/0-3,7: pci/range.h) written out. */
#ifndef CLI_DEVICE_LIST_H
#define CLI_DEVICE_LIST_H

#include <stddef.h>

#include "base/error.h"

struct device_list {
	char **name; /* owned, as are the texts */
	size_t count;
};

/* CODE_USAGE for a range that makes no sense. The caller ends it with device_list_done(). */
int device_list_expand(char *const *args, size_t count, struct device_list *ret_list, struct error *err);
void device_list_done(struct device_list *list);

#endif
