// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's devices; see passed.h. Order matters twice: RAM is mapped for DMA when it is populated and before the first
 * instruction, and devices are closed before their DMA space, the space before the groups.
 */
#include "vmm/passed.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

int passed_init(struct passed *passed, struct launch_message *message, struct error *err)
{
	struct dma_range range[DMA_RANGE_MAX];
	int ret;

	_Static_assert((int)DMA_RANGE_MAX <= (int)LAYOUT_IOVA_MAX, "every range has a place");
	if (message->dma.kind != LAUNCH_DMA_TYPE1)
		return fail_code(err, CODE_FAILED, ENOTSUP, "this sluice-vmm maps DMA through VFIO containers only");
	dma_space_init_type1(&passed->dma, take_fd(&message->fd[0]), NULL);
	passed->has_dma = true;
	for (uint32_t i = 1; i < message->fd_count; i++)
		passed->group[passed->group_count++] = take_fd(&message->fd[i]);
	ret = dma_space_ranges(&passed->dma, range, DMA_RANGE_MAX, &passed->reachable_count, err);
	if (ret < 0)
		return ret;
	if (!passed->reachable_count)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "the guest's devices can reach no memory at all");
	for (size_t i = 0; i < passed->reachable_count; i++)
		passed->reachable[i] = (struct range){ range[i].start, range[i].end };
	return 0;
}

/* Devices of one group share its descriptor; KVM takes a group once and needs all of them, in no order. */
static int group_for(const struct passed *passed, size_t index)
{
	if (!passed->group_count)
		return -1;
	return passed->group[index < passed->group_count ? index : passed->group_count - 1];
}

int passed_add(struct passed *passed, struct vm *vm, const char *address, int fd, struct error *err)
{
	cleanup_close int held = fd;
	struct vfio_pci **device = &passed->device[passed->count];
	int ret;

	if (passed->count == CONTROL_DEVICE_MAX)
		return fail_code(
			err, CODE_FAILED, ENOSPC, "%s: a guest has at most %d devices", address, CONTROL_DEVICE_MAX);
	ret = vfio_pci_new(device, take_fd(&held), group_for(passed, passed->count), address, NULL, err);
	if (ret < 0)
		return ret;
	passed->count++;
	return pci_bus_add_behind_port(&vm->pci, vfio_pci_function(*device), err);
}

int passed_map(struct passed *passed, struct vm *vm, struct error *err)
{
	for (size_t i = 0; i < vm->layout.ram_count; i++) {
		struct range at = vm->layout.ram[i].at;
		int ret = dma_space_map(&passed->dma, gpa_to_iova(gpa(at.start)).value, guest_ram_region(&vm->ram, i),
			range_size(at), err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void add_status(void *opaque, struct control_status *status)
{
	const struct passed *passed = opaque;

	status->dma_map_calls = passed->dma.map_calls;
	status->dma_unmap_calls = passed->dma.unmap_calls;
	for (size_t i = 0; i < passed->dma.map_count && i < CONTROL_MAP_MAX; i++)
		status->map[status->map_count++] = (struct control_map){
			.iova = passed->dma.map[i].iova,
			.bytes = passed->dma.map[i].bytes,
			.hva = (uintptr_t)passed->dma.map[i].host,
		};
	for (size_t i = 0; i < passed->count; i++)
		vfio_pci_status(passed->device[i], &status->device[status->device_count++]);
}

int passed_watch(struct passed *passed, struct vm *vm, struct error *err)
{
	for (size_t i = 0; i < passed->count; i++) {
		int ret = vfio_pci_watch(passed->device[i], vm, err);

		if (ret < 0)
			return ret;
	}
	vm->status_more = add_status;
	vm->status_opaque = passed;
	return 0;
}

void passed_done(struct passed *passed, struct vm *vm)
{
	vm->status_more = NULL;
	while (passed->count > 0)
		vfio_pci_free(take_ptr(passed->device[--passed->count]));
	if (passed->has_dma)
		dma_space_done(&passed->dma);
	while (passed->group_count > 0)
		close_fd(&passed->group[--passed->group_count]);
	memset(passed, 0, sizeof(*passed));
}
