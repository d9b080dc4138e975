/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's side of interrupts and memory slots, in memory: a definition of ioctl() for the one test program that includes
 * this file. Requests on FAKE_KVM_FD are answered here, all others go to the kernel. As KVM does, connecting an eventfd
 * that is signalled already injects at once (virt/kvm/eventfd.c), and a signal without route is lost.
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
};

struct fake_kvm {
	struct kvm_irq_routing_entry route[FAKE_KVM_GSI_MAX];
	int irqfd[FAKE_KVM_GSI_MAX]; /* eventfd + 1; 0: none */
	unsigned int connects, disconnects, route_sets, slot_calls;
	struct kvm_userspace_memory_region slot; /* as it was asked for last */
	uint32_t injected_data[256];             /* messages that reached the guest, by arrival */
	size_t injected_count, lost_count;
	unsigned long fail_request; /* 0: none */
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

static int fake_kvm_irqfd(const struct kvm_irqfd *irqfd)
{
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

static int fake_kvm_ioctl(unsigned long request, void *argument)
{
	if (request == the_kvm.fail_request)
		return errno = EIO, -1;
	if (request == KVM_IRQFD)
		return fake_kvm_irqfd(argument);
	if (request == KVM_SET_GSI_ROUTING) {
		const struct kvm_irq_routing *table = argument;

		the_kvm.route_sets++;
		memset(the_kvm.route, 0, sizeof(the_kvm.route));
		for (uint32_t i = 0; i < table->nr; i++)
			the_kvm.route[table->entries[i].gsi] = table->entries[i];
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
