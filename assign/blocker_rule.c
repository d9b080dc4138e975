// SPDX-License-Identifier: GPL-2.0-or-later
/* Blockers that are found by a look at the device itself: its configuration space and its group's reserved memory. */
#include "assign/blocker_rule.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assign/denylist.h"
#include "assign/virtio.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "pci/detail.h"
#include "sriov/nvme_vf.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	HEADER_SIZE = 64,
	HEADER_COMMAND = 0x04,
	HEADER_TYPE = 0x0e,
	HEADER_TYPE_MASK = 0x7f,
};

/* A device that is with vfio-pci already has got past its list. */
bool blocker_denylist(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const char *reason = denylist_reason(verdict->device);

	if (!reason || pci_driver_is_vfio(verdict->device->driver))
		return false;
	if (judge->denylist < 0)
		judge->denylist = denylist_is_on(&judge->host->root);
	if (!judge->denylist)
		return false;
	snprintf(blocker->text, sizeof(blocker->text),
		"is on vfio-pci's own list of devices that it refuses (denylist): %s", reason);
	return true;
}

/* vfio_pci_validate_vf_token(): another VMM can pass the token that the PF's user has set. */
bool blocker_token(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct pci_device *device = verdict->device;
	const struct pci_device *pf = device->is_vf ? pci_inventory_find(&judge->host->pci, device->pf) : NULL;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!pf || !pci_driver_is_vfio(pf->driver))
		return false;
	blocker->doubts = VERDICT_VMM;
	snprintf(blocker->text, sizeof(blocker->text),
		"opens only with the VF token of whoever has its PF %s, which is with %s: 'sluice run --vf-token UUID'",
		pci_addr_text(pf->addr, name), pf->driver);
	return true;
}

/*
 * One that the host's driver does not have is asked when it is opened for a guest (virtio_check_opened()); another VMM
 * does not ask.
 */
bool blocker_bypass(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	enum virtio_dma dma = virtio_dma_read(&judge->host->root, verdict->device);

	if (dma == VIRTIO_DMA_CONFINED)
		return false;
	if (dma == VIRTIO_DMA_UNKNOWN) {
		blocker->doubts = VERDICT_GUESTS;
		blocker->stops = 0;
		text_copy(blocker->text, sizeof(blocker->text),
			"is a virtio device, whose DMA may go past the IOMMU: 'sluice run' asks it");
		return true;
	}
	text_copy(blocker->text, sizeof(blocker->text), VIRTIO_UNCONFINED_TEXT);
	return true;
}

static bool read_header(struct judge *judge, const struct pci_device *device, uint8_t header[static HEADER_SIZE])
{
	char name[PCI_ADDR_TEXT_SIZE];

	return sysroot_read_bytes(&judge->host->root, header, HEADER_SIZE, DEVICES "/%s/config",
		       pci_addr_text(device->addr, name)) == HEADER_SIZE;
}

/* A VF's vendor id is ones too (SR-IOV 1.1, 3.4.1.1); its command and status registers are not. */
bool blocker_lost(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0xff };
	char name[PCI_ADDR_TEXT_SIZE], state[16] = "";
	uint8_t header[HEADER_SIZE];

	if (!read_header(judge, verdict->device, header) || memcmp(header + HEADER_COMMAND, ones, sizeof(ones)) != 0)
		return false;
	sysroot_read_text(&judge->host->root, state, sizeof(state), DEVICES "/%s/power_state",
		pci_addr_text(verdict->device->addr, name));
	snprintf(blocker->text, sizeof(blocker->text), "does not answer: its registers read as ones%s%s",
		text_starts_with(state, "D3") ? ", and its power state is " : "",
		text_starts_with(state, "D3") ? state : "");
	return true;
}

/* vfio_pci_core_register_device() and the drivers' probe take header type 0 only. */
bool blocker_header(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	uint8_t header[HEADER_SIZE];

	if (verdict->device->is_vf || !read_header(judge, verdict->device, header) ||
		!(header[HEADER_TYPE] & HEADER_TYPE_MASK) || header[HEADER_TYPE] == 0xff)
		return false;
	snprintf(blocker->text, sizeof(blocker->text),
		"is a bridge by its header (type %u), and vfio-pci takes none, whatever its class says",
		header[HEADER_TYPE] & HEADER_TYPE_MASK);
	return true;
}

/* VFs have no power state of their own. */
bool blocker_power(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct sysroot *root = &judge->host->root;
	char name[PCI_ADDR_TEXT_SIZE], state[16] = "", runtime[16] = "";

	if (verdict->device->is_vf)
		return false;
	pci_addr_text(verdict->device->addr, name);
	sysroot_read_text(root, state, sizeof(state), DEVICES "/%s/power_state", name);
	sysroot_read_text(root, runtime, sizeof(runtime), DEVICES "/%s/power/runtime_status", name);
	if (strcmp(state, "error") != 0 && strcmp(runtime, "error") != 0)
		return false;
	snprintf(blocker->text, sizeof(blocker->text), "does not change its power state (%s)",
		strcmp(runtime, "error") ? "power_state: error" : "power/runtime_status: error");
	return true;
}

/*
 * pci_enable_resources() fails on a BAR without a place, so vfio-pci cannot open the device. VFs' BARs are their PF's.
 */
bool blocker_no_place(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	struct pci_bar bar[PCI_BAR_MAX];
	size_t count = verdict->device->is_vf ? 0 : pci_bars_read(&judge->host->root, verdict->device->addr, bar);
	char size[32];

	for (size_t i = 0; i < count && bar[i].index < PCI_BAR_ROM; i++) {
		if (!bar[i].is_unset)
			continue;
		snprintf(blocker->text, sizeof(blocker->text),
			"cannot be opened: the kernel found no place for its BAR %u of %s", bar[i].index,
			size_to_text(bar[i].size, size, sizeof(size)));
		return true;
	}
	return false;
}

static const struct device_event *find_event(
	struct judge *judge, const struct pci_device *device, enum device_trouble trouble)
{
	if (!judge->log_read)
		device_log_read(&judge->host->root, &judge->log);
	judge->log_read = true;
	return device_log_find(&judge->log, device->addr, trouble);
}

bool blocker_failed_reset(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct device_event *event = find_event(judge, verdict->device, TROUBLE_RESET);

	if (!event)
		return false;
	snprintf(blocker->text, sizeof(blocker->text), "did not come back from a reset: \"%.150s\"", event->message);
	return true;
}

/* Online is what has a disk for its driver, or what the PF says is; nobody knows of others. */
bool blocker_offline(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	const struct pci_device *device = verdict->device;
	const struct device_event *event;
	struct nvme_vf state;

	if (!device->is_vf || device->class != CLASS_NVME || device->block_count)
		return false;
	if (!nvme_vf_read(&judge->host->root, device, &state)) {
		snprintf(blocker->text, sizeof(blocker->text),
			"is offline: its PF has given it %u queues and %u interrupts and not switched it on "
			"(controller %u)",
			state.queues, state.interrupts, state.controller);
		return !state.online;
	}
	event = find_event(judge, device, TROUBLE_NOT_READY);
	if (event) {
		snprintf(blocker->text, sizeof(blocker->text), "is offline, it seems: \"%.150s\"", event->message);
		return true;
	}
	blocker->doubts = blocker->stops;
	blocker->stops = 0;
	text_copy(blocker->text, sizeof(blocker->text),
		"may be offline: new VFs of NVMe controllers are, and its PF cannot be asked from here");
	return true;
}

/* Firmware reserves memory for functions that are there when the machine starts, and VFs are not. */
bool blocker_reserved_memory(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	struct iommu_group group = { .id = verdict->device->iommu_group };

	if (!judge->host->iommu.translating || group.id < 0 ||
		(verdict->device->is_vf && !(judge->how & JUDGE_THOROUGHLY)) ||
		iommu_group_read_reserved(&judge->host->root, &group, NULL) < 0)
		return false;
	for (size_t i = 0; i < group.reserved_count; i++) {
		if (strcmp(group.reserved[i].kind, "direct") != 0)
			continue;
		snprintf(blocker->text, sizeof(blocker->text),
			"must always reach memory that the firmware reserves for it: 0x%" PRIx64 "-0x%" PRIx64,
			group.reserved[i].start, group.reserved[i].end);
		return true;
	}
	return false;
}

int blocker_errno(enum code code)
{
	static const struct {
		enum code code;
		int errnum;
	} numbers[] = {
		{ CODE_DEV_BRIDGE, EINVAL },
		{ CODE_DEV_IN_USE, EBUSY },
		{ CODE_DEV_MOVED, ESTALE },
		{ CODE_DEV_LOST, ENODEV },
		{ CODE_IOMMU_OFF, ENODEV },
		{ CODE_NO_GROUP, ENODEV },
		{ CODE_NO_RESET, ENOTSUP },
		{ CODE_DEV_NOT_CLEAN, EUCLEAN },
		{ CODE_VFIO_DENYLIST, EINVAL },
		{ CODE_VF_TOKEN, EACCES },
		{ CODE_VF_OFFLINE, ENODEV },
		{ CODE_RESET_FAILED, EIO },
		{ CODE_DEV_POWER, EIO },
		{ CODE_BAR_CONFLICT, EINVAL },
	};

	for (size_t i = 0; i < array_size(numbers); i++)
		if (numbers[i].code == code)
			return numbers[i].errnum;
	return EPERM;
}
