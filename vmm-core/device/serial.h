/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550A UART at the PC's first serial port, the guest's console. It knows nothing of where its bytes go: that is
 * what the three callbacks are for. All functions run under the machine's lock.
 */
#ifndef VMM_CORE_DEVICE_SERIAL_H
#define VMM_CORE_DEVICE_SERIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/bus.h"

#define SERIAL_PORT 0x3f8
enum {
	SERIAL_PORT_COUNT = 8,
	SERIAL_IRQ = 4,
	SERIAL_INPUT_MAX = 1024, /* bytes that wait for the guest */
};

struct serial;

struct serial_line {
	void (*transmit)(void *opaque, uint8_t byte);
	void (*interrupt)(void *opaque, int level);
	void (*drained)(void *opaque); /* the guest has read: there is space again */
	void *opaque;
};

int serial_new(struct serial **ret_serial, const struct serial_line *line, struct error *err);
void serial_free(struct serial *serial);

/* opaque is the struct serial. */
extern const struct bus_ops serial_bus_ops;

/* How many bytes serial_receive() would keep now; what is more it drops, as a real line does. */
size_t serial_space(const struct serial *serial);
void serial_receive(struct serial *serial, const uint8_t *bytes, size_t count);

#endif
