/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest sees of a passed-through device's configuration space, as tables: a row for each register, with its
 * name and the reason, which `sluice guest NAME --explain-config DEVICE` prints. Default is deny: what has no row here
 * is not shown and cannot be written. vfio_config.c applies them. Pure data and look-ups.
 */
#ifndef PASSTHROUGH_VFIO_CONFIG_ROWS_H
#define PASSTHROUGH_VFIO_CONFIG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One register. Bits of the device in `shown` are copied, `fixed` bits are set; both are emulated from then on. */
struct shown_field {
	uint8_t offset, size;
	const char *name;
	uint32_t shown, fixed;
	uint32_t writable; /* by the guest, of its own copy */
	uint32_t passed;   /* read from the device each time */
	uint32_t through;  /* of those, written to the device */
	const char *why;
};

struct shown_fields {
	const struct shown_field *field;
	size_t count;
};

/* A capability that is shown; min_size bytes of it must lie inside the space. */
struct shown_cap {
	uint16_t id, min_size;
	const char *name;
	struct shown_fields fields;
	bool own_length; /* the third byte says how long it is, and all of it is shown */
	const char *why;
};

/* What a capability has where some bits of its 16-bit register at offset 2 are from least to most. */
struct shown_part {
	uint16_t id, mask, least, most;
	uint16_t min_size; /* of the capability, with this in it */
	struct shown_fields fields;
};

/* A capability that is not shown. */
struct hidden_cap {
	uint16_t id;
	const char *name, *why;
};

extern const struct shown_fields vfio_header_rows;

const struct shown_cap *vfio_shown_cap(uint16_t id);
const struct shown_cap *vfio_shown_ext_cap(uint16_t id);

/* The parts of a capability; *ret_count of them. */
const struct shown_part *vfio_shown_parts(size_t *ret_count);

/* Never NULL: one of no known kind is hidden because it is. */
const struct hidden_cap *vfio_hidden_cap(uint16_t id);
const struct hidden_cap *vfio_hidden_ext_cap(uint16_t id);

#endif
