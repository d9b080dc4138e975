/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small devices of a guest's PC: serial port, real-time clock, ACPI registers, keyboard controller's reset line,
 * delay port. One table of models, in devices.c: the order on the page is the order of power-on.
 *
 *	serial.h	a 16550A UART
 *	console.h	what the UART's bytes go to and come from: standard input and output, or clients of a socket
 *	acpi_power.h	ACPI's registers: power button, sleep, reset
 *	cmos.h		real-time clock and its memory
 */
#ifndef VMM_CORE_DEVICE_DEVICES_H
#define VMM_CORE_DEVICE_DEVICES_H

#include "base/error.h"

struct vm;

/* Create them and put them on vm->pio. On failure nothing is left. */
int devices_power_on(struct vm *vm, struct error *err);
void devices_power_off(struct vm *vm);

#endif
