// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's small devices; see devices.h. Here they are wired to the machine: interrupt lines, console, ends of the
 * run. The models themselves know nothing of struct vm. Interrupt controllers, timer and port 0x61 are KVM's.
 */
#include "vmm-core/device/devices.h"

#include "base/cleanup.h"
#include "vmm-core/device/acpi_power.h"
#include "vmm-core/device/cmos.h"
#include "vmm-core/device/console.h"
#include "vmm-core/device/serial.h"
#include "vmm-core/vm.h"

enum {
	KEYBOARD_PORT = 0x64,
	KEYBOARD_PULSE_RESET = 0xfe, /* pulses the reset line, which hangs on the controller's output port since 1984 */
	POST_PORT = 0x80,            /* power-on self test codes; a write to it is the customary short delay */
	DELAY_PORT = 0xed,           /* where 0x80 is taken */
};

static void serial_transmit(void *opaque, uint8_t byte)
{
	struct vm *vm = opaque;

	if (vm->console)
		console_put(vm->console, byte);
}

static void serial_interrupt(void *opaque, int level)
{
	struct vm *vm = opaque;

	irq_line(&vm->irqs, SERIAL_IRQ, level);
}

static void serial_drained(void *opaque)
{
	struct vm *vm = opaque;

	if (vm->console)
		console_input_wanted(vm->console);
}

static int serial_on(struct vm *vm, struct error *err)
{
	const struct serial_line line = { serial_transmit, serial_interrupt, serial_drained, vm };
	int ret = serial_new(&vm->serial, &line, err);

	if (ret < 0)
		return ret;
	/* Input that came while there was no serial port waits for it. */
	serial_drained(vm);
	return bus_add(&vm->pio, SERIAL_PORT, SERIAL_PORT_COUNT, &serial_bus_ops, vm->serial, err);
}

static void serial_off(struct vm *vm)
{
	bus_remove(&vm->pio, SERIAL_PORT);
	serial_free(take_ptr(vm->serial));
}

static void power_interrupt(void *opaque, int level)
{
	struct vm *vm = opaque;

	irq_line(&vm->irqs, ACPI_POWER_IRQ, level);
}

static void end_by_power_off(void *opaque)
{
	vm_end(opaque, VM_END_POWEROFF, NULL);
}

static void end_by_reset(void *opaque)
{
	vm_end(opaque, VM_END_RESET, NULL);
}

static int acpi_power_on(struct vm *vm, struct error *err)
{
	const struct acpi_power_wires wires = { power_interrupt, end_by_power_off, end_by_reset, vm };
	int ret = acpi_power_new(&vm->power, &wires, err);

	return ret < 0 ? ret
		       : bus_add(&vm->pio, ACPI_POWER_BASE, ACPI_POWER_BYTES, &acpi_power_bus_ops, vm->power, err);
}

static void acpi_power_off(struct vm *vm)
{
	bus_remove(&vm->pio, ACPI_POWER_BASE);
	acpi_power_free(take_ptr(vm->power));
}

static int cmos_on(struct vm *vm, struct error *err)
{
	int ret = cmos_new(&vm->cmos, time, err);

	return ret < 0 ? ret : bus_add(&vm->pio, CMOS_PORT, CMOS_PORT_COUNT, &cmos_bus_ops, vm->cmos, err);
}

static void cmos_off(struct vm *vm)
{
	bus_remove(&vm->pio, CMOS_PORT);
	cmos_free(take_ptr(vm->cmos));
}

/* The status register reads as "input buffer empty", which is what a guest waits for before it asks for a reset. */
static uint64_t keyboard_read(void *opaque, uint64_t offset, unsigned int size)
{
	(void)opaque, (void)offset, (void)size;
	return 0;
}

static void keyboard_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	(void)offset, (void)size;
	if ((uint8_t)value == KEYBOARD_PULSE_RESET)
		end_by_reset(opaque);
}

static const struct bus_ops keyboard_ops = { .name = "keyboard", .read = keyboard_read, .write = keyboard_write };

static int keyboard_on(struct vm *vm, struct error *err)
{
	return bus_add(&vm->pio, KEYBOARD_PORT, 1, &keyboard_ops, vm, err);
}

static void keyboard_off(struct vm *vm)
{
	bus_remove(&vm->pio, KEYBOARD_PORT);
}

/* No handlers: reads as ones, writes are counted and nothing else. */
static const struct bus_ops delay_ops = { .name = "delay" };

static int delay_on(struct vm *vm, struct error *err)
{
	int ret = bus_add(&vm->pio, POST_PORT, 1, &delay_ops, vm, err);

	return ret < 0 ? ret : bus_add(&vm->pio, DELAY_PORT, 1, &delay_ops, vm, err);
}

static void delay_off(struct vm *vm)
{
	bus_remove(&vm->pio, DELAY_PORT);
	bus_remove(&vm->pio, POST_PORT);
}

/* power_off also takes back what a failed power_on left half done. */
static const struct device_model {
	const char *name;
	int (*power_on)(struct vm *vm, struct error *err);
	void (*power_off)(struct vm *vm);
} device_models[] = {
	{ "serial port", serial_on, serial_off },
	{ "ACPI registers", acpi_power_on, acpi_power_off },
	{ "real-time clock", cmos_on, cmos_off },
	{ "keyboard controller", keyboard_on, keyboard_off },
	{ "delay port", delay_on, delay_off },
};

int devices_power_on(struct vm *vm, struct error *err)
{
	for (size_t i = 0; i < array_size(device_models); i++) {
		if (device_models[i].power_on(vm, err) == 0)
			continue;
		devices_power_off(vm);
		return fail_in(err, "%s", device_models[i].name);
	}
	return 0;
}

void devices_power_off(struct vm *vm)
{
	for (size_t i = array_size(device_models); i-- > 0;)
		device_models[i].power_off(vm);
}
