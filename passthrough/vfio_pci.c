// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A passed-through PCI function; see vfio_pci.h. Puts configuration space, BARs and interrupts of a VFIO device
 * together as one function of vmm-core's PCI bus.
 *
 * Decoding on the hardware is switched on at power-on and stays on, whatever the guest writes: with decoding off
 * the kernel takes the BAR mappings away, and whoever touches one then, the guest through a memory slot or we, is
 * answered with SIGBUS. For the same reason the device stays in D0. Bus mastering goes through to the hardware; it is
 * off at power-on and again at power-off, when the guest's memory may be about to be used for something else.
 */
#include "passthrough/vfio_pci.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "passthrough/vfio_bar.h"
#include "passthrough/vfio_config.h"
#include "passthrough/vfio_explain.h"
#include "passthrough/vfio_interrupts.h"
#include "passthrough/vfio_kvm.h"
#include "passthrough/vfio_rom.h"
#include "passthrough/vfio_scrub.h"
#include "passthrough/vfio_vpd.h"
#include "vmm-core/vm.h"
#include "wire/limits.h"

struct vfio_pci {
	struct pci_function fn; /* first: the bus hands it back */
	struct vfio_device device;
	struct vfio_capabilities caps;
	struct vfio_bar bar[VFIO_BAR_COUNT];
	struct vfio_rom rom;
	struct vfio_interrupts interrupts;
	struct pci_config reset_config; /* what a reset leaves */
	bool used;                      /* by a guest since its last reset */
	bool lost_power;                /* its slot's, in the guest */
	uint32_t reporting;             /* of COMMAND: what was on of SERR# and parity when it was opened */
	struct vfio_kvm *kvm;           /* borrowed; NULL: KVM is not told */
	int kvm_file_fd;                /* borrowed */
	int request_fd, error_fd;       /* vfio_pci_watch() */
	struct vm *watching;
	const struct vfio_pci_watcher *watcher;
	enum on_error on_error;
	uint64_t errors;
};

static struct vfio_pci *vfio_pci_of(struct pci_function *fn)
{
	return (struct vfio_pci *)fn;
}

static uint32_t hardware_read(struct pci_function *fn, unsigned int offset, unsigned int size)
{
	const struct vfio_pci *pci = vfio_pci_of(fn);

	return vfio_interrupts_read(
		&pci->interrupts, offset, size, vfio_device_read_config(&pci->device, offset, size));
}

/* Byte by byte: a wider write would carry a neighbour register along, and some clear their bits when written. */
static void hardware_write(
	struct pci_function *fn, unsigned int offset, unsigned int size, uint32_t value, uint32_t mask)
{
	const struct vfio_device *device = &vfio_pci_of(fn)->device;

	for (unsigned int i = 0; i < size; i++) {
		uint8_t bits = (uint8_t)(mask >> (8 * i)), old;

		if (!bits)
			continue;
		old = (uint8_t)vfio_device_read_config(device, offset + i, 1);
		vfio_device_write_config(
			device, offset + i, 1, (old & (uint8_t)~bits) | ((uint8_t)(value >> (8 * i)) & bits));
	}
}

/* No DMA, INTx held, registers reachable; errors are reported as the host has it. */
static void quiesce(struct vfio_pci *pci)
{
	uint32_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE | pci->reporting;

	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++)
		if (pci->fn.bar[i].kind == PCI_BAR_IO)
			command |= PCI_COMMAND_IO;
	vfio_device_write_config(&pci->device, PCI_COMMAND, 2, command);
}

static void device_failed(void *opaque, const struct error *why)
{
	struct vfio_pci *pci = opaque;

	if (pci->fn.vm)
		vm_end(pci->fn.vm, VM_END_CRASH, why);
}

/* The guest's registers are what a reset leaves, and so are its interrupts. The device was made quiet before. */
static int begin(struct vfio_pci *pci, struct vm *vm, struct error *err)
{
	uint32_t gsi = irq_pci_gsi(pci->fn.bus, pci->fn.device, pci->caps.pin);

	vfio_interrupts_reset(&pci->interrupts, &vm->irqs, gsi);
	quiesce(pci);
	pci->fn.config = pci->reset_config;
	return vfio_interrupts_begin(&pci->interrupts, &pci->fn.config, err);
}

/* What the guest asked for in DEVCTL: afterwards its registers are as after power-on, BARs included. */
static void reset_by_guest(struct vfio_pci *pci)
{
	struct error err;
	int ret = 0;

	vfio_interrupts_reset(&pci->interrupts, NULL, 0);
	quiesce(pci);
	if (pci->device.can_reset)
		ret = vfio_device_reset(&pci->device, &err);
	if (!ret)
		ret = begin(pci, pci->fn.vm, &err);
	pci_bar_registers_init(&pci->fn);
	if (ret)
		device_failed(pci, &err);
}

static bool touches(unsigned int offset, unsigned int size, unsigned int reg, unsigned int reg_size)
{
	return offset < reg + reg_size && reg < offset + size;
}

/* Either register that asks for a function level reset; they can be set where the device can be reset, only. */
static bool asks_for_reset(const struct vfio_pci *pci, unsigned int offset, unsigned int size)
{
	const struct pci_config *config = &pci->fn.config;
	unsigned int devctl = pci->caps.express + PCI_EXP_DEVCTL, af = pci->caps.af + PCI_AF_CTRL;

	if (pci->caps.express && touches(offset, size, devctl, 2) &&
		(pci_config_get(config, devctl, 2) & PCI_EXP_DEVCTL_BCR_FLR))
		return true;
	return pci->caps.af && touches(offset, size, af, 1) && (pci_config_get(config, af, 1) & PCI_AF_CTRL_FLR);
}

static void config_written(struct pci_function *fn, unsigned int offset, unsigned int size)
{
	struct vfio_pci *pci = vfio_pci_of(fn);

	if (asks_for_reset(pci, offset, size))
		reset_by_guest(pci);
	else
		vfio_interrupts_written(&pci->interrupts, &fn->config, offset, size);
	vfio_vpd_written(&pci->device, &pci->caps, &fn->config, offset, size);
}

static int bar_map(struct pci_function *fn, unsigned int index, struct range place, struct error *err)
{
	if (index == PCI_ROM)
		return vfio_rom_show(&vfio_pci_of(fn)->rom, fn->vm, place, err);
	return vfio_bar_show(&vfio_pci_of(fn)->bar[index], fn->vm, place, err);
}

static void bar_unmap(struct pci_function *fn, unsigned int index)
{
	if (index == PCI_ROM)
		vfio_rom_hide(fn->vm, fn->bar[index].address);
	else
		vfio_bar_hide(&vfio_pci_of(fn)->bar[index], fn->vm, fn->bar[index].address);
}

static int power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	struct vfio_pci *pci = vfio_pci_of(fn);
	int ret = 0;

	/*
	 * Opening the device has reset it: a second reset would cost the start another 100 ms. One that cannot be
	 * reset, which was accepted before the guest was started, keeps what the guest's last boot left in it; its DMA
	 * has been off since power_off().
	 */
	if (pci->used && pci->device.can_reset)
		ret = vfio_device_reset(&pci->device, err);
	/* What the kernel that was there before had its card write to is the next one's memory now. */
	if (!ret && pci->used)
		vfio_scrub(&pci->device);
	if (!ret && pci->kvm)
		ret = vfio_kvm_join(pci->kvm, vm->vm_fd, pci->kvm_file_fd, err);
	if (ret)
		return ret;
	pci->used = true;
	ret = begin(pci, vm, err);
	if (ret && pci->kvm)
		vfio_kvm_leave(pci->kvm, pci->kvm_file_fd);
	return ret;
}

static void power_off(struct pci_function *fn)
{
	struct vfio_pci *pci = vfio_pci_of(fn);

	quiesce(pci);
	vfio_interrupts_reset(&pci->interrupts, NULL, 0);
	if (pci->kvm)
		vfio_kvm_leave(pci->kvm, pci->kvm_file_fd);
}

static void lose_power(struct pci_function *fn)
{
	struct vfio_pci *pci = vfio_pci_of(fn);

	vfio_interrupts_reset(&pci->interrupts, NULL, 0);
	quiesce(pci);
	pci->lost_power = true;
}

/* One that has just come has been reset by its opening. */
static void regain_power(struct pci_function *fn)
{
	struct vfio_pci *pci = vfio_pci_of(fn);

	if (pci->lost_power)
		reset_by_guest(pci);
	pci->lost_power = false;
}

static const struct pci_function_ops vfio_pci_ops = {
	.kind = "vfio",
	.lose_power = lose_power,
	.regain_power = regain_power,
	.hardware_read = hardware_read,
	.hardware_write = hardware_write,
	.config_written = config_written,
	.bar_map = bar_map,
	.bar_unmap = bar_unmap,
	.power_on = power_on,
	.power_off = power_off,
};

/* Each piece is a memory slot or a trapped range, and so many are kept for every device of the guest. */
static int check_pieces(const struct vfio_pci *pci, struct error *err)
{
	size_t count = 1; /* the ROM */

	for (unsigned int i = 0; i < VFIO_BAR_COUNT; i++)
		count += pci->bar[i].count;
	if (count <= LIMIT_DEVICE_PIECES)
		return 0;
	return fail_code(err, CODE_LAYOUT, E2BIG, "%s: its BARs can be mapped in %zu pieces only, %d is the limit",
		pci->device.name, count, LIMIT_DEVICE_PIECES);
}

static int build(struct vfio_pci *pci, const struct vfio_rules *rules, struct error *err)
{
	int ret = vfio_config_read(&pci->device, rules, &pci->fn, &pci->caps, err);

	if (!ret)
		ret = vfio_interrupts_init(&pci->interrupts, &pci->device, &pci->caps, device_failed, pci, err);
	if (ret)
		return ret;
	pci->reporting =
		vfio_device_read_config(&pci->device, PCI_COMMAND, 2) & (PCI_COMMAND_SERR | PCI_COMMAND_PARITY);
	/* Mapping registers that do not decode would only work until the first touch. */
	quiesce(pci);
	vfio_scrub(&pci->device);
	for (unsigned int i = 0; i < VFIO_BAR_COUNT && !ret; i++)
		if (pci->fn.bar[i].kind != PCI_BAR_NONE)
			ret = vfio_bar_init(
				&pci->bar[i], &pci->device, i, &pci->fn.bar[i], &pci->caps, &pci->interrupts.msix, err);
	pci->reset_config = pci->fn.config;
	if (!ret)
		ret = vfio_rom_init(&pci->rom, &pci->device, err);
	pci->fn.bar[PCI_ROM] = vfio_rom_bar(&pci->rom);
	return ret ? ret : check_pieces(pci, err);
}

int vfio_pci_new(struct vfio_pci **ret_device, int fd, const char *name, const struct vfio_sys *sys, struct error *err)
{
	return vfio_pci_new_with_rules(ret_device, fd, name, NULL, 0, sys, err);
}

int vfio_pci_new_with_rules(struct vfio_pci **ret_device, int fd, const char *name, const struct config_rule *rule,
	size_t rule_count, const struct vfio_sys *sys, struct error *err)
{
	const struct vfio_rules rules = { rule, rule_count };
	struct vfio_pci *pci = calloc(1, sizeof(*pci));
	int ret;

	if (!pci) {
		close_fd(&fd);
		return fail(err, ENOMEM, "%s: create the guest's device", name);
	}
	pci->fn.ops = &vfio_pci_ops;
	pci->kvm_file_fd = pci->request_fd = pci->error_fd = -1;
	text_copy(pci->fn.name, sizeof(pci->fn.name), name);
	ret = vfio_device_init(&pci->device, fd, name, sys, err);
	if (!ret)
		ret = build(pci, &rules, err);
	if (ret) {
		vfio_pci_free(pci);
		return ret;
	}
	*ret_device = pci;
	return 0;
}

void vfio_pci_free(struct vfio_pci *device)
{
	if (!device)
		return;
	if (device->watching && device->request_fd >= 0)
		loop_remove(&device->watching->loop, device->request_fd);
	if (device->watching && device->error_fd >= 0)
		loop_remove(&device->watching->loop, device->error_fd);
	vfio_interrupts_done(&device->interrupts);
	for (unsigned int i = 0; i < VFIO_BAR_COUNT; i++)
		vfio_bar_done(&device->bar[i]);
	vfio_rom_done(&device->rom);
	vfio_device_done(&device->device);
	close_fd(&device->request_fd);
	close_fd(&device->error_fd);
	free(device);
}

void vfio_pci_tell_kvm(struct vfio_pci *device, struct vfio_kvm *kvm, int file_fd)
{
	device->kvm = kvm;
	device->kvm_file_fd = file_fd;
}

bool vfio_pci_can_reset(const struct vfio_pci *device)
{
	return device->device.can_reset;
}

int vfio_pci_set_rom(struct vfio_pci *device, int fd, struct error *err)
{
	int ret = 0;

	if (fd >= 0)
		ret = vfio_rom_from_file(&device->rom, fd, err);
	else
		vfio_rom_done(&device->rom);
	device->fn.bar[PCI_ROM] = vfio_rom_bar(&device->rom);
	return ret ? fail_in(err, "%s", device->device.name) : 0;
}

struct pci_function *vfio_pci_function(struct vfio_pci *device)
{
	return &device->fn;
}

static void host_wants_it(void *opaque, int fd, uint32_t events)
{
	struct vfio_pci *pci = opaque;
	struct error why;
	eventfd_t count;

	(void)events;
	eventfd_read(fd, &count);
	fail_code(&why, CODE_DEV_LOST, ECANCELED, "the host wants %s back%s", pci->device.name,
		pci->watcher->wanted ? "" : ", so its guest was switched off");
	fail_hint(
		&why, "it was removed or unbound from vfio-pci; stop the guest first where that is not what you meant");
	if (pci->watcher->wanted)
		pci->watcher->wanted(pci->watcher->opaque, &pci->fn, &why);
	else
		vm_end(pci->watching, VM_END_KILLED, &why);
}

static void device_reports_error(void *opaque, int fd, uint32_t events)
{
	struct vfio_pci *pci = opaque;
	struct error why;
	eventfd_t count;

	(void)events;
	if (eventfd_read(fd, &count) < 0)
		return;
	pci->errors += count;
	fail_code(&why, CODE_DEV_LOST, EIO, "%s reports a PCI Express error that was not corrected", pci->device.name);
	fail_hint(&why, "`dmesg | grep %s` says which (AER); the device is reset when it is used again",
		pci->device.name);
	if (pci->on_error != ON_ERROR_STOP && pci->watcher->failed)
		pci->watcher->failed(pci->watcher->opaque, &pci->fn, pci->on_error, &why);
	else
		vm_end(pci->watching, VM_END_CRASH, &why);
}

static int watch(struct vfio_pci *pci, uint32_t irq_index, int *fd,
	void (*ready)(void *opaque, int fd, uint32_t events), struct error *err)
{
	int ret;

	*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (*fd < 0)
		return fail(err, errno, "%s: create an eventfd", pci->device.name);
	ret = loop_add(&pci->watching->loop, *fd, EPOLLIN, ready, pci, err);
	if (ret) {
		close_fd(fd);
		return ret;
	}
	return vfio_device_notify(&pci->device, irq_index, *fd, err);
}

void vfio_pci_set_on_error(struct vfio_pci *device, enum on_error on_error)
{
	device->on_error = on_error;
}

int vfio_pci_watch(struct vfio_pci *device, struct vm *vm, const struct vfio_pci_watcher *watcher, struct error *err)
{
	int ret;

	device->watching = vm;
	device->watcher = watcher;
	ret = watch(device, VFIO_PCI_REQ_IRQ_INDEX, &device->request_fd, host_wants_it, err);
	if (!ret)
		ret = watch(device, VFIO_PCI_ERR_IRQ_INDEX, &device->error_fd, device_reports_error, err);
	return ret;
}

void vfio_pci_explain(const struct vfio_pci *device, struct control_explanation *ret_explanation)
{
	vfio_explain(&device->device, &device->fn, &device->caps.rows, ret_explanation);
}

const char *vfio_pci_name(const struct vfio_pci *device)
{
	return device->device.name;
}

void vfio_pci_status(const struct vfio_pci *device, struct control_device *ret_status)
{
	*ret_status = (struct control_device){
		.vectors = vfio_interrupts_count(&device->interrupts),
		.vectors_enabled = vfio_interrupts_live_count(&device->interrupts),
		.errors = device->errors,
		.resets = device->device.resets,
		.irq_changes = device->device.irq_calls,
	};
	text_copy(ret_status->interrupts, sizeof(ret_status->interrupts), vfio_interrupts_name(&device->interrupts));
	text_copy(ret_status->on_error, sizeof(ret_status->on_error), on_error_name(device->on_error));
	text_copy(ret_status->host_address, sizeof(ret_status->host_address), device->device.name);
	snprintf(ret_status->guest_address, sizeof(ret_status->guest_address), "%02x:%02x.%x", device->fn.bus,
		device->fn.device, device->fn.function);
}
