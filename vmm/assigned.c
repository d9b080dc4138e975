// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's devices; see assigned.h. Order matters twice: RAM is mapped for DMA when it is populated and before the
 * first instruction, and devices are closed before their DMA space, the space before the groups.
 */
#include "vmm/assigned.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/pci/hotplug.h"

void assigned_prepare(struct assigned *assigned)
{
	*assigned = (struct assigned){ .last_group = LAUNCH_NO_GROUP };
	for (size_t i = 0; i < LIMIT_GROUPS; i++)
		assigned->group[i] = -1;
}

static int read_reachable(struct assigned *assigned, struct error *err)
{
	struct dma_range range[DMA_RANGE_MAX];
	int ret = dma_space_ranges(&assigned->dma, range, DMA_RANGE_MAX, &assigned->reachable_count, err);

	if (ret < 0)
		return ret;
	if (!assigned->reachable_count)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "the guest's devices can reach no memory at all");
	for (size_t i = 0; i < assigned->reachable_count; i++)
		assigned->reachable[i] = (struct range){ range[i].start, range[i].end };
	return 0;
}

int assigned_init(struct assigned *assigned, struct launch_message *message, struct error *err)
{
	_Static_assert((int)DMA_RANGE_MAX <= (int)LAYOUT_IOVA_MAX, "every range has a place");
	_Static_assert((int)LAYOUT_RAM_MAX <= (int)DMA_MAP_MAX, "every region of RAM has a DMA map");
	_Static_assert((int)LAUNCH_FD_MAX == (int)LIMIT_GROUPS + 1, "the container and every group fit one message");
	if (assigned->has_dma)
		return fail_code(err, CODE_FAILED, EALREADY, "the guest has a DMA space already");
	if (message->dma.kind == LAUNCH_DMA_IOMMUFD)
		dma_space_init_iommufd(&assigned->dma, take_fd(&message->fd[0]), message->dma.ioas, NULL);
	else
		dma_space_init_type1(&assigned->dma, take_fd(&message->fd[0]), NULL);
	assigned->has_dma = true;
	vfio_kvm_init(&assigned->kvm, NULL);
	for (uint32_t i = 1; i < message->fd_count; i++)
		assigned->group[i - 1] = take_fd(&message->fd[i]);
	return read_reachable(assigned, err);
}

/* sluice asks the same beforehand, but before Linux 5.15 nothing on the host says which devices can be reset. */
static int check_reset(const struct vfio_pci *device, const struct launch_device *launch, struct error *err)
{
	if (vfio_pci_can_reset(device) || launch->flags & LAUNCH_NO_RESET_OK)
		return 0;
	fail_code(err, CODE_NO_RESET, ENOTSUP, "%s cannot be reset: what one guest leaves in it, the next one finds",
		launch->address);
	return fail_hint(err, "--allow-no-reset %s takes the risk", launch->address);
}

/* Which place the device's group has: the one it is said to have, or a free one for its own. */
static int take_group(struct assigned *assigned, struct launch_message *message, uint32_t *ret_group, struct error *err)
{
	uint32_t group = message->device.group, place = 0;

	*ret_group = group;
	if (message->device.flags & LAUNCH_GROUP_BEFORE) {
		*ret_group = assigned->last_group;
		return 0;
	}
	if (!(message->device.flags & LAUNCH_OWN_GROUP)) {
		if (group == LAUNCH_NO_GROUP || assigned->group[group] >= 0)
			return 0;
		return fail_code(err, CODE_FAILED, EPROTO, "%s: there is no group %u", message->device.address, group);
	}
	while (place < LIMIT_GROUPS && assigned->group[place] >= 0)
		place++;
	if (place == LIMIT_GROUPS)
		return fail_code(err, CODE_FAILED, ENOSPC, "%s: a guest has at most %d IOMMU groups",
			message->device.address, LIMIT_GROUPS);
	assigned->group[place] = take_fd(&message->fd[message->fd_count - 1]);
	*ret_group = place;
	return 0;
}

/* The last device of a group takes the group along. */
static void drop_group(struct assigned *assigned, uint32_t group)
{
	for (size_t i = 0; i < assigned->count; i++)
		if (assigned->device[i].group == group)
			return;
	if (group != LAUNCH_NO_GROUP)
		close_fd(&assigned->group[group]);
}

static void free_last(struct assigned *assigned)
{
	struct assigned_device device = assigned->device[--assigned->count];

	assigned->changes++;
	vfio_pci_free(device.pci);
	drop_group(assigned, device.group);
}

static int set_up(struct assigned *assigned, const struct assigned_device *device, const struct launch_message *message,
	int device_fd, struct error *err)
{
	uint32_t flags = message->device.flags;
	int ret = 0;

	vfio_pci_set_on_error(device->pci, (enum on_error)message->device.on_error);
	/* With iommufd it is the device itself that KVM is told about. */
	vfio_pci_tell_kvm(device->pci, &assigned->kvm,
		device->group == LAUNCH_NO_GROUP ? device_fd : assigned->group[device->group]);
	if (flags & (LAUNCH_ROM_FILE | LAUNCH_ROM_OFF))
		ret = vfio_pci_set_rom(device->pci, flags & LAUNCH_ROM_FILE ? message->fd[1] : -1, err);
	return ret < 0 ? ret : check_reset(device->pci, &message->device, err);
}

/* One more in the list, not yet on the bus; on failure none. */
static int new_device(struct assigned *assigned, struct launch_message *message, struct error *err)
{
	struct assigned_device *device = &assigned->device[assigned->count];
	int fd = message->fd[0];
	int ret;

	if (assigned->count == CONTROL_DEVICE_MAX)
		return fail_code(err, CODE_FAILED, ENOSPC, "%s: a guest has at most %d devices",
			message->device.address, CONTROL_DEVICE_MAX);
	ret = take_group(assigned, message, &device->group, err);
	if (ret < 0)
		return ret;
	ret = vfio_pci_new_with_rules(&device->pci, take_fd(&message->fd[0]), message->device.address,
		message->device.rule, message->device.rule_count, NULL, err);
	if (ret < 0) {
		drop_group(assigned, device->group);
		return ret;
	}
	device->pending = false;
	assigned->last_group = device->group;
	assigned->changes++;
	assigned->count++;
	ret = set_up(assigned, device, message, fd, err);
	if (ret < 0)
		free_last(assigned);
	return ret;
}

int assigned_add(struct assigned *assigned, struct vm *vm, struct launch_message *message, struct error *err)
{
	int ret = new_device(assigned, message, err);

	if (ret < 0)
		return ret;
	ret = pci_bus_add(&vm->pci, vfio_pci_function(assigned->device[assigned->count - 1].pci), message->device.port,
		message->device.function, err);
	if (ret < 0)
		free_last(assigned);
	return ret;
}

int assigned_map(struct assigned *assigned, struct vm *vm, struct error *err)
{
	assigned->changes++;
	/* What is pinned is not taken from the guest: first of all, so that nothing goes while it is mapped. */
	if (!assigned->holds)
		reclaim_hold(&vm->reclaim);
	assigned->holds = true;
	for (size_t i = 0; i < vm->layout.ram_count; i++) {
		const struct ram_region *region = &vm->layout.ram[i];
		const struct dma_map map = {
			.iova = gpa_to_iova(gpa(region->at.start)).value,
			.bytes = range_size(region->at),
			.host = guest_ram_region(&vm->ram, i),
			.file = vm->ram.memfd,
			.file_offset = region->file_offset,
		};
		int ret = dma_space_map(&assigned->dma, &map, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static bool is_reachable(const struct assigned *assigned, struct range at)
{
	for (size_t i = 0; i < assigned->reachable_count; i++)
		if (range_contains(assigned->reachable[i], at))
			return true;
	return false;
}

/* Memory that was laid out without knowing the device cannot be moved any more. */
static int map_late(struct assigned *assigned, struct vm *vm, const char *name, struct error *err)
{
	if (assigned->dma.map_count > 0)
		return 0;
	for (size_t i = 0; i < vm->layout.ram_count; i++) {
		struct range at = vm->layout.ram[i].at;

		if (is_reachable(assigned, at))
			continue;
		fail_code(err, CODE_LAYOUT, ENOSPC, "%s cannot reach all of the guest's memory at 0x%llx to 0x%llx",
			name, (unsigned long long)at.start, (unsigned long long)at.end);
		return fail_hint(err, "start the guest with the device: its memory is then laid out for it");
	}
	return assigned_map(assigned, vm, err);
}

/* Nothing is mapped for nobody, and no memory stays pinned. */
static void close_space(struct assigned *assigned, struct vm *vm)
{
	assigned->changes++;
	if (assigned->has_dma)
		dma_space_done(&assigned->dma);
	assigned->has_dma = false;
	if (assigned->holds)
		reclaim_let_go(&vm->reclaim);
	assigned->holds = false;
	for (size_t i = 0; i < LIMIT_GROUPS; i++)
		close_fd(&assigned->group[i]);
}

static int watch(const struct assigned *assigned, struct vfio_pci *device, struct vm *vm, struct error *err)
{
	return vfio_pci_watch(device, vm, &assigned->watcher, err);
}

/* All that wait are functions of one card. */
static int card_of(const struct assigned *assigned, struct pci_card *ret_card, struct error *err)
{
	for (size_t i = 0; i < assigned->count; i++) {
		const struct assigned_device *device = &assigned->device[i];

		if (!device->pending)
			continue;
		if (ret_card->function[device->function])
			return fail_code(err, CODE_FAILED, EPROTO, "a card has two functions %u", device->function);
		ret_card->function[device->function] = vfio_pci_function(device->pci);
	}
	return 0;
}

static int watch_pending(const struct assigned *assigned, struct vm *vm, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < assigned->count && ret == 0; i++)
		if (assigned->device[i].pending)
			ret = watch(assigned, assigned->device[i].pci, vm, err);
	return ret;
}

static int plug(struct assigned *assigned, struct vm *vm, const char *name, struct error *err)
{
	struct pci_card card = { { NULL } };
	int ret = card_of(assigned, &card, err);

	if (ret == 0)
		ret = map_late(assigned, vm, name, err);
	if (ret == 0)
		ret = watch_pending(assigned, vm, err);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&vm->lock);
	ret = pci_bus_plug(&vm->pci, &card, vm, err);
	pthread_mutex_unlock(&vm->lock);
	assigned->changes++;
	for (size_t i = 0; i < assigned->count && ret == 0; i++)
		assigned->device[i].pending = false;
	return ret;
}

/* The list's order is nobody's; those behind it move up. */
static void drop(struct assigned *assigned, size_t at)
{
	struct assigned_device device = assigned->device[at];

	assigned->device[at] = assigned->device[assigned->count - 1];
	assigned->device[assigned->count - 1] = device;
	free_last(assigned);
}

static void drop_pending(struct assigned *assigned, struct vm *vm)
{
	for (size_t i = assigned->count; i-- > 0;)
		if (assigned->device[i].pending)
			drop(assigned, i);
	if (!assigned->count)
		close_space(assigned, vm);
}

int assigned_plug(struct assigned *assigned, struct vm *vm, struct launch_message *message,
	const struct pci_function **ret_function, struct error *err)
{
	int ret = assigned->has_dma ? new_device(assigned, message, err)
				    : fail_code(err, CODE_FAILED, EPROTO, "%s: the guest has no DMA space",
					      message->device.address);

	*ret_function = NULL;
	if (ret == 0) {
		struct assigned_device *device = &assigned->device[assigned->count - 1];

		device->pending = true;
		device->function = message->device.function;
		if (message->device.flags & LAUNCH_MORE)
			return 0;
		*ret_function = vfio_pci_function(device->pci);
		ret = plug(assigned, vm, message->device.address, err);
	}
	if (ret < 0)
		drop_pending(assigned, vm);
	return ret;
}

size_t assigned_unplug(
	struct assigned *assigned, struct vm *vm, unsigned int port, char ret_names[static LAUNCH_FUNCTION_MAX][16])
{
	size_t count = 0;

	pthread_mutex_lock(&vm->lock);
	pci_bus_unplug(&vm->pci, port);
	pthread_mutex_unlock(&vm->lock);
	for (size_t i = assigned->count; i-- > 0;) {
		const struct pci_function *fn = vfio_pci_function(assigned->device[i].pci);

		if (assigned->device[i].pending || fn->bus != port + 1)
			continue;
		text_copy(ret_names[count++], sizeof(ret_names[0]), fn->name);
		drop(assigned, i);
	}
	if (!assigned->count)
		close_space(assigned, vm);
	return count;
}

const struct pci_function *assigned_find(const struct assigned *assigned, const char *name)
{
	for (size_t i = 0; i < assigned->count; i++) {
		const struct pci_function *fn = vfio_pci_function(assigned->device[i].pci);

		if (!strcmp(fn->name, name))
			return fn;
	}
	return NULL;
}

void assigned_status(const struct assigned *assigned, struct control_status *status)
{
	status->generation += assigned->changes;
	if (!assigned->has_dma)
		return;
	text_copy(status->dma_backend, sizeof(status->dma_backend), assigned->dma.ops->name);
	status->dma_map_calls = assigned->dma.map_calls;
	status->dma_unmap_calls = assigned->dma.unmap_calls;
	for (size_t i = 0; i < assigned->dma.map_count && i < CONTROL_MAP_MAX; i++)
		status->map[status->map_count++] = (struct control_map){
			.iova = assigned->dma.map[i].iova,
			.bytes = assigned->dma.map[i].bytes,
			.hva = (uintptr_t)assigned->dma.map[i].host,
		};
	for (size_t i = 0; i < assigned->count; i++)
		if (!assigned->device[i].pending)
			vfio_pci_status(assigned->device[i].pci, &status->device[status->device_count++]);
}

static int explain_config(
	void *opaque, const char *name, struct control_explanation *ret_explanation, struct error *err)
{
	const struct assigned *assigned = opaque;

	for (size_t i = 0; i < assigned->count; i++) {
		if (strcmp(vfio_pci_name(assigned->device[i].pci), name))
			continue;
		vfio_pci_explain(assigned->device[i].pci, ret_explanation);
		return 0;
	}
	return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "the guest does not have %s", name);
}

int assigned_watch(struct assigned *assigned, struct vm *vm, struct error *err)
{
	for (size_t i = 0; i < assigned->count; i++) {
		int ret = watch(assigned, assigned->device[i].pci, vm, err);

		if (ret < 0)
			return ret;
	}
	vm->explain_config = explain_config;
	vm->explain_opaque = assigned;
	return 0;
}

void assigned_done(struct assigned *assigned, struct vm *vm)
{
	vm->status_more = NULL;
	vm->explain_config = NULL;
	while (assigned->count > 0)
		vfio_pci_free(assigned->device[--assigned->count].pci);
	close_space(assigned, vm);
	assigned_prepare(assigned);
}
