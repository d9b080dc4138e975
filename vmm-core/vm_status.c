// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a running guest tells about itself (struct control_status): its own counters and KVM's statistics, read on
 * demand. Counting costs the guest nothing: exits are counted by KVM, accesses by the buses that answer them.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/kvm.h"
#include "vmm-core/vcpu.h"
#include "vmm-core/virtio/set.h"
#include "vmm-core/vm.h"
#include "wire/control.h"

static struct control_counter *counter(struct control_status *status, const char *name)
{
	for (uint32_t i = 0; i < status->counter_count; i++)
		if (!strcmp(status->counter[i].name, name))
			return &status->counter[i];
	if (status->counter_count == CONTROL_COUNTER_MAX)
		return NULL;
	text_copy(status->counter[status->counter_count].name, CONTROL_NAME_MAX, name);
	return &status->counter[status->counter_count++];
}

/* Ranges of one name are one counter, since to a reader they are one thing. */
static void add_bus(struct control_status *status, const struct bus *bus, const char *unclaimed)
{
	struct control_counter *sum;

	for (size_t i = 0; i < bus->count; i++) {
		sum = counter(status, bus->range[i].ops->name);
		if (!sum)
			continue;
		sum->reads += bus->range[i].reads;
		sum->writes += bus->range[i].writes;
	}
	sum = counter(status, unclaimed);
	if (sum)
		sum->reads += bus->unclaimed;
}

static void add_slots(struct control_status *status, const struct memslots *slots)
{
	for (size_t i = 0; i < MEMSLOT_MAX && status->slot_count < CONTROL_SLOT_MAX; i++) {
		const struct memslot *slot = &slots->slot[i];
		struct control_slot *shown = &status->slot[status->slot_count];

		if (slot->at.start == slot->at.end)
			continue;
		shown->gpa = slot->at.start;
		shown->bytes = range_size(slot->at);
		shown->hva = (uintptr_t)slot->host;
		text_copy(shown->what, sizeof(shown->what), slot->what);
		status->slot_count++;
	}
	status->slot_changes = slots->changes;
	status->generation += slots->changes;
	status->slot_changes_while_running = slots->changes_while_running;
}

static void add_vcpus(struct control_status *status, const struct vm *vm)
{
	for (uint32_t i = 0; i < vm->config->cpus; i++) {
		const struct vcpu *vcpu = &vm->vcpus[i];

		status->vcpu[i] = (struct control_vcpu){
			.exits = kvm_stat(vcpu->stats_fd, "exits"),
			.user_exits = vcpu->user_exits,
			.interrupts = vcpu->interrupts,
		};
	}
}

void vm_status(struct vm *vm, struct control_status *ret_status)
{
	struct control_status *status = ret_status;
	uint64_t now = vm_now_ns();

	memset(status, 0, sizeof(*status));
	status->state = !vm->first_run_ns ? GUEST_STARTING : vm->pausing ? GUEST_PAUSED : GUEST_RUNNING;
	status->cpus = vm->config->cpus;
	status->memory_bytes = vm->config->memory_bytes;
	status->page_bytes = vm->config->page_bytes;
	status->resets = vm->resets;
	status->generation = vm->earlier_slot_changes;
	if (vm->first_run_ns) {
		status->uptime_ms = (now - vm->first_run_ns) / 1000000;
		status->start_to_first_run_us = (vm->first_run_ns - vm->start_ns) / 1000;
	}
	status->pages_4k = kvm_stat(vm->stats_fd, "pages_4k");
	status->pages_2m = kvm_stat(vm->stats_fd, "pages_2m");
	status->pages_1g = kvm_stat(vm->stats_fd, "pages_1g");
	add_vcpus(status, vm);
	pthread_mutex_lock(&vm->lock);
	status->route_commits = vm->irqs.commits;
	add_bus(status, &vm->pio, "unclaimed-port");
	add_bus(status, &vm->mmio, "unclaimed-mmio");
	add_slots(status, &vm->slots);
	virtio_set_status(vm, status);
	if (vm->status_more)
		vm->status_more(vm->status_opaque, status);
	pthread_mutex_unlock(&vm->lock);
}
