/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's side of interrupts and memory slots, in memory: a definition of ioctl() for the one test program that includes
 * this file. Requests on FAKE_KVM_FD are answered here, all others go to the kernel. As KVM does, connecting an eventfd
 * that is signalled already injects at once (virt/kvm/eventfd.c), and a signal without route is lost. Pins are levels
 * that the guest's EOI, here fake_kvm_eoi(), takes back.
 */
#ifndef FAKE_KVM_H
#define FAKE_KVM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	FAKE_KVM_FD = 1800,
	FAKE_KVM_GSI_MAX = 4096,
	FAKE_KVM_ROUTE_MAX = 4096, /* KVM_MAX_IRQ_ROUTES */
	FAKE_KVM_PINS = 24,
	FAKE_KVM_RESAMPLER_MAX = 8,
};

struct fake_resampler {
	bool used;
	uint32_t gsi;
	int fd, resample;
};

struct fake_kvm {
	struct kvm_irq_routing_entry route[FAKE_KVM_GSI_MAX];
	int irqfd[FAKE_KVM_GSI_MAX]; /* eventfd + 1; 0: none */
	unsigned int connects, disconnects, route_sets, slot_calls;
	struct kvm_userspace_memory_region slot; /* as it was asked for last */
	uint32_t injected_data[256];             /* messages that reached the guest, by arrival */
	size_t injected_count, lost_count;
	unsigned long fail_request; /* 0: none */
	struct fake_resampler resampler[FAKE_KVM_RESAMPLER_MAX];
	bool pin[FAKE_KVM_PINS];      /* asserted */
	bool line[FAKE_KVM_PINS];     /* and by KVM_IRQ_LINE */
	unsigned int asserts;         /* how often a pin was */
	uint32_t pic[16], ioapic[24]; /* the GSI that each pin of a controller was given last */
	unsigned int pic_use[16];     /* by how many */
	struct kvm_pic_state pic_state[2];
};

static struct fake_kvm the_kvm;

static void fake_kvm_inject(uint32_t gsi)
{
	const struct kvm_irq_routing_entry *route = &the_kvm.route[gsi];

	if (route->type != KVM_IRQ_ROUTING_MSI)
		the_kvm.lost_count++;
	else if (the_kvm.injected_count < array_size(the_kvm.injected_data))
		the_kvm.injected_data[the_kvm.injected_count++] = route->u.msi.data;
}

/* What KVM does as soon as an eventfd is signalled; here when the test says so. */
static void fake_kvm_poll(void)
{
	for (uint32_t gsi = 0; gsi < FAKE_KVM_GSI_MAX; gsi++) {
		struct pollfd polled = { the_kvm.irqfd[gsi] - 1, POLLIN, 0 };
		eventfd_t count;

		if (the_kvm.irqfd[gsi] && poll(&polled, 1, 0) == 1 && eventfd_read(polled.fd, &count) == 0)
			fake_kvm_inject(gsi);
	}
}

static void fake_kvm_poll_pins(void)
{
	for (size_t i = 0; i < FAKE_KVM_RESAMPLER_MAX; i++) {
		const struct fake_resampler *resampler = &the_kvm.resampler[i];
		eventfd_t count;

		if (!resampler->used || eventfd_read(resampler->fd, &count))
			continue;
		the_kvm.pin[resampler->gsi] = true;
		the_kvm.asserts++;
	}
}

/* Of a guest that has dealt with an interrupt of that pin. */
static inline void fake_kvm_eoi(uint32_t gsi)
{
	the_kvm.pin[gsi] = false;
	for (size_t i = 0; i < FAKE_KVM_RESAMPLER_MAX; i++)
		if (the_kvm.resampler[i].used && the_kvm.resampler[i].gsi == gsi)
			eventfd_write(the_kvm.resampler[i].resample, 1);
}

static int fake_kvm_add_resampler(const struct kvm_irqfd *irqfd)
{
	for (size_t i = 0; i < FAKE_KVM_RESAMPLER_MAX; i++) {
		if (the_kvm.resampler[i].used)
			continue;
		the_kvm.resampler[i] =
			(struct fake_resampler){ true, irqfd->gsi, (int)irqfd->fd, (int)irqfd->resamplefd };
		the_kvm.connects++;
		fake_kvm_poll_pins();
		return 0;
	}
	return errno = ENOMEM, -1;
}

/* The last one of a pin takes its level along. */
static bool fake_kvm_remove_resampler(const struct kvm_irqfd *irqfd)
{
	bool removed = false, others = false;

	for (size_t i = 0; i < FAKE_KVM_RESAMPLER_MAX; i++) {
		struct fake_resampler *resampler = &the_kvm.resampler[i];

		if (!resampler->used || resampler->gsi != irqfd->gsi)
			continue;
		if (resampler->fd == (int)irqfd->fd)
			removed = true, resampler->used = false;
		else
			others = true;
	}
	if (removed && !others)
		the_kvm.pin[irqfd->gsi] = false;
	the_kvm.disconnects += removed;
	return removed;
}

static int fake_kvm_irqfd(const struct kvm_irqfd *irqfd)
{
	if (irqfd->flags & KVM_IRQFD_FLAG_RESAMPLE)
		return fake_kvm_add_resampler(irqfd);
	if (irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN && fake_kvm_remove_resampler(irqfd))
		return 0;
	if (irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN) {
		if (the_kvm.irqfd[irqfd->gsi] != (int)irqfd->fd + 1)
			return errno = EINVAL, -1;
		the_kvm.irqfd[irqfd->gsi] = 0;
		the_kvm.disconnects++;
		return 0;
	}
	if (the_kvm.irqfd[irqfd->gsi])
		return errno = EBUSY, -1;
	the_kvm.irqfd[irqfd->gsi] = (int)irqfd->fd + 1;
	the_kvm.connects++;
	fake_kvm_poll();
	return 0;
}

static void fake_kvm_routes(const struct kvm_irq_routing *table)
{
	memset(the_kvm.route, 0, sizeof(the_kvm.route));
	memset(the_kvm.pic_use, 0, sizeof(the_kvm.pic_use));
	for (uint32_t i = 0; i < table->nr; i++) {
		const struct kvm_irq_routing_entry *entry = &table->entries[i];
		uint32_t pin = entry->u.irqchip.pin + (entry->u.irqchip.irqchip == KVM_IRQCHIP_PIC_SLAVE ? 8 : 0);

		the_kvm.route[entry->gsi] = *entry;
		if (entry->type != KVM_IRQ_ROUTING_IRQCHIP)
			continue;
		if (entry->u.irqchip.irqchip == KVM_IRQCHIP_IOAPIC) {
			the_kvm.ioapic[pin] = entry->gsi;
		} else {
			the_kvm.pic[pin] = entry->gsi;
			the_kvm.pic_use[pin]++;
		}
	}
}

static int fake_kvm_ioctl(unsigned long request, void *argument)
{
	if (request == the_kvm.fail_request)
		return errno = EIO, -1;
	if (request == KVM_IRQFD)
		return fake_kvm_irqfd(argument);
	if (request == KVM_SET_GSI_ROUTING) {
		const struct kvm_irq_routing *table = argument;

		if (table->nr > FAKE_KVM_ROUTE_MAX)
			return errno = EINVAL, -1;
		the_kvm.route_sets++;
		fake_kvm_routes(table);
		return 0;
	}
	if (request == KVM_IRQ_LINE) {
		const struct kvm_irq_level *line = argument;

		the_kvm.line[line->irq % FAKE_KVM_PINS] = line->level;
		return 0;
	}
	if (request == KVM_SET_IRQCHIP) {
		const struct kvm_irqchip *chip = argument;

		if (chip->chip_id > KVM_IRQCHIP_PIC_SLAVE)
			return errno = EINVAL, -1;
		the_kvm.pic_state[chip->chip_id] = chip->chip.pic;
		return 0;
	}
	if (request == KVM_SIGNAL_MSI) {
		if (the_kvm.injected_count < array_size(the_kvm.injected_data))
			the_kvm.injected_data[the_kvm.injected_count++] = ((const struct kvm_msi *)argument)->data;
		return 1;
	}
	if (request == KVM_SET_USER_MEMORY_REGION) {
		the_kvm.slot_calls++;
		the_kvm.slot = *(const struct kvm_userspace_memory_region *)argument;
		return 0;
	}
	return errno = ENOTTY, -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (fd == FAKE_KVM_FD)
		return fake_kvm_ioctl(request, argument);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

#endif
