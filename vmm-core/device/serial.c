// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A 16550A UART; see serial.h. Registers as in the PC16550D data sheet (National Semiconductor, 1995). The line is
 * infinitely fast: the transmitter is always empty, the divisor is kept and means nothing. The receive FIFO is as deep
 * as the input buffer behind it, so that no byte that was accepted is ever lost.
 */
#include "vmm-core/device/serial.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum reg {
	REG_DATA, /* RBR, THR; DLL with DLAB */
	REG_IER,  /* DLM with DLAB */
	REG_IIR_FCR,
	REG_LCR,
	REG_MCR,
	REG_LSR,
	REG_MSR,
	REG_SCRATCH,
};

enum {
	IER_RECEIVE = 1 << 0,
	IER_TRANSMIT = 1 << 1,
	IER_WRITABLE = 0x0f,
	IIR_NONE = 0x01,
	IIR_TRANSMIT = 0x02,
	IIR_RECEIVE = 0x04,
	IIR_FIFOS = 0xc0,
	FCR_ENABLE = 1 << 0,
	FCR_CLEAR_RECEIVE = 1 << 1,
	LCR_DLAB = 1 << 7,
	MCR_DTR = 1 << 0,
	MCR_RTS = 1 << 1,
	MCR_OUT1 = 1 << 2,
	MCR_OUT2 = 1 << 3, /* on a PC the gate of the interrupt line */
	MCR_LOOP = 1 << 4,
	MCR_WRITABLE = 0x1f,
	LSR_DATA_READY = 1 << 0,
	LSR_TRANSMITTER_EMPTY = 1 << 5 | 1 << 6,
	MSR_CTS = 1 << 4,
	MSR_DSR = 1 << 5,
	MSR_RI = 1 << 6,
	MSR_DCD = 1 << 7,
	DIVISOR_9600 = 12,
};

struct serial {
	struct serial_line line;
	uint8_t ier, lcr, mcr, scratch, dll, dlm;
	bool fifos;
	bool transmit_pending; /* the transmitter ran empty since the guest was last told */
	int level;             /* of the interrupt line */
	size_t first, count;   /* of input */
	uint8_t input[SERIAL_INPUT_MAX];
};

int serial_new(struct serial **ret_serial, const struct serial_line *line, struct error *err)
{
	struct serial *serial = calloc(1, sizeof(*serial));

	if (!serial)
		return fail(err, ENOMEM, "create the serial port");
	serial->line = *line;
	serial->dll = DIVISOR_9600;
	*ret_serial = serial;
	return 0;
}

void serial_free(struct serial *serial)
{
	free(serial);
}

static uint8_t interrupt_cause(const struct serial *serial)
{
	if (serial->ier & IER_RECEIVE && serial->count)
		return IIR_RECEIVE;
	if (serial->ier & IER_TRANSMIT && serial->transmit_pending)
		return IIR_TRANSMIT;
	return IIR_NONE;
}

/* The line is driven on changes only: each one is a system call. */
static void update_interrupt(struct serial *serial)
{
	int level = interrupt_cause(serial) != IIR_NONE;

	if (level == serial->level)
		return;
	serial->level = level;
	serial->line.interrupt(serial->line.opaque, level);
}

size_t serial_space(const struct serial *serial)
{
	return SERIAL_INPUT_MAX - serial->count;
}

void serial_receive(struct serial *serial, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count && serial->count < SERIAL_INPUT_MAX; i++) {
		serial->input[(serial->first + serial->count) % SERIAL_INPUT_MAX] = bytes[i];
		serial->count++;
	}
	update_interrupt(serial);
}

static uint8_t read_data(struct serial *serial)
{
	uint8_t byte = 0;

	if (serial->lcr & LCR_DLAB)
		return serial->dll;
	if (serial->count) {
		byte = serial->input[serial->first];
		serial->first = (serial->first + 1) % SERIAL_INPUT_MAX;
		serial->count--;
		serial->line.drained(serial->line.opaque);
	}
	return byte;
}

static uint8_t read_identification(struct serial *serial)
{
	uint8_t cause = interrupt_cause(serial);

	if (cause == IIR_TRANSMIT)
		serial->transmit_pending = false;
	return cause | (serial->fifos ? IIR_FIFOS : 0);
}

/* In loop-back the modem outputs appear as the modem inputs, which is how drivers recognise a UART. */
static uint8_t modem_status(const struct serial *serial)
{
	if (!(serial->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	return (uint8_t)((serial->mcr & MCR_RTS ? MSR_CTS : 0) | (serial->mcr & MCR_DTR ? MSR_DSR : 0) |
			 (serial->mcr & MCR_OUT1 ? MSR_RI : 0) | (serial->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static uint8_t read_register(struct serial *serial, enum reg reg)
{
	switch (reg) {
	case REG_DATA:
		return read_data(serial);
	case REG_IER:
		return serial->lcr & LCR_DLAB ? serial->dlm : serial->ier;
	case REG_IIR_FCR:
		return read_identification(serial);
	case REG_LCR:
		return serial->lcr;
	case REG_MCR:
		return serial->mcr;
	case REG_LSR:
		return LSR_TRANSMITTER_EMPTY | (serial->count ? LSR_DATA_READY : 0);
	case REG_MSR:
		return modem_status(serial);
	case REG_SCRATCH:
		return serial->scratch;
	}
	return 0xff;
}

static void write_data(struct serial *serial, uint8_t value)
{
	if (serial->lcr & LCR_DLAB) {
		serial->dll = value;
	} else if (serial->mcr & MCR_LOOP) {
		serial_receive(serial, &value, 1);
	} else {
		serial->line.transmit(serial->line.opaque, value);
		serial->transmit_pending = true;
	}
}

static void write_interrupt_enable(struct serial *serial, uint8_t value)
{
	if (serial->lcr & LCR_DLAB) {
		serial->dlm = value;
		return;
	}
	/* Asking for this interrupt while the transmitter is empty raises it at once. */
	if (!(serial->ier & IER_TRANSMIT) && value & IER_TRANSMIT)
		serial->transmit_pending = true;
	serial->ier = value & IER_WRITABLE;
}

static void write_register(struct serial *serial, enum reg reg, uint8_t value)
{
	switch (reg) {
	case REG_DATA:
		write_data(serial, value);
		break;
	case REG_IER:
		write_interrupt_enable(serial, value);
		break;
	case REG_IIR_FCR:
		serial->fifos = value & FCR_ENABLE;
		if (value & FCR_CLEAR_RECEIVE) {
			serial->count = 0;
			serial->line.drained(serial->line.opaque);
		}
		break;
	case REG_LCR:
		serial->lcr = value;
		break;
	case REG_MCR:
		serial->mcr = value & MCR_WRITABLE;
		break;
	case REG_SCRATCH:
		serial->scratch = value;
		break;
	case REG_LSR:
	case REG_MSR:
		break;
	}
}

/* Registers are bytes: a wider access is one to each of them, as on the ISA bus. */
static uint64_t bus_read_serial(void *opaque, uint64_t offset, unsigned int size)
{
	struct serial *serial = opaque;
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)read_register(serial, (enum reg)(offset + i)) << (8 * i);
	update_interrupt(serial);
	return value;
}

static void bus_write_serial(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct serial *serial = opaque;

	for (unsigned int i = 0; i < size; i++)
		write_register(serial, (enum reg)(offset + i), (uint8_t)(value >> (8 * i)));
	update_interrupt(serial);
}

const struct bus_ops serial_bus_ops = {
	.name = "serial",
	.read = bus_read_serial,
	.write = bus_write_serial,
};
