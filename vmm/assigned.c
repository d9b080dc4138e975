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

int assigned_init(struct assigned *assigned, struct launch_message *message, struct error *err)
{
	struct dma_range range[DMA_RANGE_MAX];
	int ret;

	_Static_assert((int)DMA_RANGE_MAX <= (int)LAYOUT_IOVA_MAX, "every range has a place");
	_Static_assert((int)LAYOUT_RAM_MAX <= (int)DMA_MAP_MAX, "every region of RAM has a DMA map");
	_Static_assert((int)LAUNCH_FD_MAX > (int)LIMIT_GROUPS, "the container and every group fit one message");
	if (message->dma.kind == LAUNCH_DMA_IOMMUFD)
		dma_space_init_iommufd(&assigned->dma, take_fd(&message->fd[0]), message->dma.ioas, NULL);
	else
		dma_space_init_type1(&assigned->dma, take_fd(&message->fd[0]), NULL);
	assigned->has_dma = true;
	vfio_kvm_init(&assigned->kvm, NULL);
	for (uint32_t i = 1; i < message->fd_count; i++)
		assigned->group[assigned->group_count++] = take_fd(&message->fd[i]);
	ret = dma_space_ranges(&assigned->dma, range, DMA_RANGE_MAX, &assigned->reachable_count, err);
	if (ret < 0)
		return ret;
	if (!assigned->reachable_count)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "the guest's devices can reach no memory at all");
	for (size_t i = 0; i < assigned->reachable_count; i++)
		assigned->reachable[i] = (struct range){ range[i].start, range[i].end };
	return 0;
}

/*
 * What KVM is told about: groups, each once and all of them, in no order, since devices of one group share its
 * descriptor; or with iommufd the device itself.
 */
static int kvm_file_for(const struct assigned *assigned, size_t index, int device_fd)
{
	if (!assigned->group_count)
		return device_fd;
	return assigned->group[index < assigned->group_count ? index : assigned->group_count - 1];
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

int assigned_add(struct assigned *assigned, struct vm *vm, struct launch_message *message, struct error *err)
{
	struct vfio_pci **device = &assigned->device[assigned->count];
	int fd = message->fd[0];
	int ret;

	if (assigned->count == CONTROL_DEVICE_MAX)
		return fail_code(err, CODE_FAILED, ENOSPC, "%s: a guest has at most %d devices",
			message->device.address, CONTROL_DEVICE_MAX);
	ret = vfio_pci_new_with_rules(device, take_fd(&message->fd[0]), message->device.address, message->device.rule,
		message->device.rule_count, NULL, err);
	if (ret < 0)
		return ret;
	vfio_pci_tell_kvm(*device, &assigned->kvm, kvm_file_for(assigned, assigned->count, fd));
	assigned->count++;
	if (message->device.flags & (LAUNCH_ROM_FILE | LAUNCH_ROM_OFF))
		ret = vfio_pci_set_rom(*device, message->device.flags & LAUNCH_ROM_FILE ? message->fd[1] : -1, err);
	if (ret == 0)
		ret = check_reset(*device, &message->device, err);
	return ret < 0 ? ret
		       : pci_bus_add(&vm->pci, vfio_pci_function(*device), message->device.port,
				 message->device.function, err);
}

int assigned_map(struct assigned *assigned, struct vm *vm, struct error *err)
{
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

void assigned_status(const struct assigned *assigned, struct control_status *status)
{
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
		vfio_pci_status(assigned->device[i], &status->device[status->device_count++]);
}

static int explain_config(
	void *opaque, const char *name, struct control_explanation *ret_explanation, struct error *err)
{
	const struct assigned *assigned = opaque;

	for (size_t i = 0; i < assigned->count; i++) {
		if (strcmp(vfio_pci_name(assigned->device[i]), name))
			continue;
		vfio_pci_explain(assigned->device[i], ret_explanation);
		return 0;
	}
	return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "the guest does not have %s", name);
}

int assigned_watch(struct assigned *assigned, struct vm *vm, struct error *err)
{
	for (size_t i = 0; i < assigned->count; i++) {
		int ret = vfio_pci_watch(assigned->device[i], vm, err);

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
		vfio_pci_free(take_ptr(assigned->device[--assigned->count]));
	if (assigned->has_dma)
		dma_space_done(&assigned->dma);
	while (assigned->group_count > 0)
		close_fd(&assigned->group[--assigned->group_count]);
	memset(assigned, 0, sizeof(*assigned));
}
