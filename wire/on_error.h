/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a guest whose device reports a PCI Express error that is not corrected (AER): chosen for each device,
 * by whoever starts the guest. In all cases the guest, and whoever looks after it, is told.
 */
#ifndef WIRE_ON_ERROR_H
#define WIRE_ON_ERROR_H

#include <stddef.h>
#include <string.h>

enum on_error {
	ON_ERROR_REPLUG, /* its link goes down; the guest takes it out and puts it in again, which resets it */
	ON_ERROR_UNPLUG, /* it is pulled from the guest, and goes back to the host */
	ON_ERROR_STOP,   /* the guest ends */
	ON_ERROR_COUNT
};

/* As the command line and JSON have it; NULL beyond the last. */
static inline const char *on_error_name(enum on_error on_error)
{
	static const char *const names[ON_ERROR_COUNT] = {
		[ON_ERROR_REPLUG] = "replug",
		[ON_ERROR_UNPLUG] = "unplug",
		[ON_ERROR_STOP] = "stop",
	};

	return (size_t)on_error < ON_ERROR_COUNT ? names[on_error] : NULL;
}

/* ON_ERROR_COUNT for any other name. */
static inline enum on_error on_error_by_name(const char *name, size_t length)
{
	unsigned int on_error = 0;

	while (on_error < ON_ERROR_COUNT && (strlen(on_error_name((enum on_error)on_error)) != length ||
						    strncmp(on_error_name((enum on_error)on_error), name, length) != 0))
		on_error++;
	return (enum on_error)on_error;
}

#endif
