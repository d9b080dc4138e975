// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose fault it was: from leases of running guests, their control sockets, and the holders of VFIO groups. See
 * fault_row.h.
 */
#include "view/fault_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "guest/control.h"
#include "iommu/fault_place.h"

enum {
	BOOT_SLACK_S = 2, /* the boot time is whole seconds, and so is a guest's start */
	FOLD_WITHIN = 64,
	STAT_SIZE = 65536,
};

/* "btime 1700000000" of /proc/stat. As dmesg -T, this is late by what the host has slept since. */
static int64_t read_boot_time(const struct sysroot *root)
{
	cleanup_free char *text = malloc(STAT_SIZE);
	const char *line;
	int64_t boot;

	if (!text || sysroot_read_text(root, text, STAT_SIZE, "proc/stat") < 0)
		return -1;
	line = strstr(text, "\nbtime ");
	return line && sscanf(line, "\nbtime %18" SCNd64, &boot) == 1 && boot >= 0 ? boot : -1;
}

int fault_view_open(struct fault_view *view, const struct host *host, struct error *err)
{
	cleanup_free struct guest_info *guests = NULL;
	struct fault_view opened = { .host = host, .boot = read_boot_time(&host->root) };
	int ret = guest_list(&host->root, &guests, &opened.guest_count, err);

	if (ret < 0)
		return ret;
	opened.guests = calloc(opened.guest_count + 1, sizeof(*opened.guests));
	opened.group = calloc(1, sizeof(*opened.group));
	if (!opened.guests || !opened.group) {
		fault_view_close(&opened);
		return fail(err, ENOMEM, "list guests");
	}
	/* Not readable by all, and no reason to show no faults. */
	if (iommu_table_read(&host->root, &host->pci, &opened.table, NULL) < 0)
		opened.table = (struct iommu_table){ 0 };
	opened.group->id = -1;
	for (size_t i = 0; i < opened.guest_count; i++)
		opened.guests[i].info = guests[i];
	*view = opened;
	return 0;
}

void fault_view_close(struct fault_view *view)
{
	for (size_t i = 0; view->guests && i < view->guest_count; i++)
		free(view->guests[i].status);
	free(view->guests);
	free(view->group);
	iommu_table_done(&view->table);
	*view = (struct fault_view){ 0 };
}

static bool was_running(int64_t boot, const struct guest_info *guest, uint64_t microseconds)
{
	return boot < 0 || boot + (int64_t)(microseconds / 1000000) + BOOT_SLACK_S >= guest->started;
}

/* Had the guest the device when it happened? */
static bool is_guests(int64_t boot, const struct guest_info *guest, const struct iommu_fault *fault)
{
	for (size_t i = 0; i < guest->device_count && fault->has_device; i++)
		if (!pci_addr_compare(guest->device[i], fault->device))
			return was_running(boot, guest, fault->microseconds);
	return false;
}

int64_t fault_count(const struct sysroot *root, const struct guest_info *guest, struct iommu_fault *ret_last)
{
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	int64_t boot = read_boot_time(root);
	struct iommu_fault fault;
	int64_t count = 0;

	if (!log || iommu_fault_log_open(root, IOMMU_FROM_KMSG, false, log, NULL) < 0)
		return -1;
	while (iommu_fault_log_next(log, &fault)) {
		if (!is_guests(boot, guest, &fault))
			continue;
		count += fault.held_back ? (int64_t)fault.held_back : 1;
		if (!fault.held_back)
			*ret_last = fault;
	}
	iommu_fault_log_close(log);
	return count;
}

static struct fault_guest *find_guest(struct fault_view *view, const struct iommu_fault *fault)
{
	for (size_t i = 0; i < view->guest_count; i++)
		if (is_guests(view->boot, &view->guests[i].info, fault))
			return &view->guests[i];
	return NULL;
}

static const struct control_status *ask(const struct fault_view *view, struct fault_guest *guest)
{
	cleanup_free struct control_answer *answer = NULL;

	if (guest->asked)
		return guest->status;
	guest->asked = true;
	answer = calloc(1, sizeof(*answer));
	if (!answer || guest_control(&view->host->root, guest->info.name, CONTROL_STATUS, answer, NULL) < 0)
		return NULL;
	guest->status = malloc(sizeof(*guest->status));
	if (guest->status)
		*guest->status = answer->status;
	return guest->status;
}

enum fault_ram fault_ram_of(const struct control_status *status, uint64_t address, uint64_t bytes)
{
	uint64_t end = address + bytes - 1;

	for (uint32_t i = 0; i < status->slot_count; i++) {
		const struct control_slot *slot = &status->slot[i];

		if (!strcmp(slot->what, "ram") && slot->bytes && end >= slot->gpa &&
			address <= slot->gpa + (slot->bytes - 1))
			return FAULT_RAM_INSIDE;
	}
	return FAULT_RAM_OUTSIDE;
}

static void judge_by_guest(const struct fault_view *view, struct fault_guest *guest, struct fault_row *row)
{
	const struct control_status *status = ask(view, guest);
	char name[PCI_ADDR_TEXT_SIZE];

	text_copy(row->guest, sizeof(row->guest), guest->info.name);
	pci_addr_text(row->fault.device, name);
	for (uint32_t i = 0; status && i < status->device_count; i++)
		if (!strcmp(status->device[i].host_address, name))
			text_copy(row->guest_device, sizeof(row->guest_device), status->device[i].guest_address);
	if (status && row->fault.has_address && row->fault.kind == IOMMU_FAULT_DMA)
		row->ram = fault_ram_of(status, row->fault.address, row->fault.address_bytes);
}

static void find_holder(struct fault_view *view, int group, struct fault_row *row)
{
	if (!view->holder_known || view->holder_group != group) {
		view->holder[0] = '\0';
		pci_vfio_holder(&view->host->root, group, view->holder, sizeof(view->holder));
		view->holder_group = group;
		view->holder_known = true;
	}
	text_copy(row->holder, sizeof(row->holder), view->holder);
}

static void describe_device(struct fault_view *view, const struct pci_device *device, struct fault_row *row)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (device->is_vf)
		snprintf(row->vf, sizeof(row->vf), "%s/%d", pci_addr_text(device->pf, name), device->vf_index);
	if (!row->unit[0])
		sysroot_read_link_name(&view->host->root, row->unit, sizeof(row->unit), "sys/bus/pci/devices/%s/iommu",
			pci_addr_text(device->addr, name));
	if (!row->guest[0] && device->iommu_group >= 0 && pci_driver_is_vfio(device->driver))
		find_holder(view, device->iommu_group, row);
}

static void judge_place(struct fault_view *view, const struct pci_device *device, struct fault_row *row)
{
	struct iommu_group *group = view->group;
	struct iommu_fault_place place;

	if (group && device && group->id != device->iommu_group) {
		*group = (struct iommu_group){ .id = device->iommu_group };
		if (group->id >= 0)
			iommu_group_read_reserved(&view->host->root, group, NULL);
	}
	iommu_fault_place(&view->table, device ? group : NULL, &row->fault, &place);
	iommu_fault_place_text(&place, row->place, sizeof(row->place));
}

void fault_row_fill(struct fault_view *view, const struct iommu_fault *fault, struct fault_row *ret_row)
{
	struct fault_row row = {
		.fault = *fault,
		.last_microseconds = fault->microseconds,
		.boot = view->boot,
		.held_back = fault->held_back,
		.total = fault->held_back ? fault->held_back : 1,
	};
	const struct pci_device *device = NULL;
	struct fault_guest *guest = NULL;

	text_copy(row.unit, sizeof(row.unit), fault->unit);
	if (fault->has_device) {
		guest = find_guest(view, fault);
		device = pci_inventory_find(&view->host->pci, fault->device);
	}
	if (guest)
		judge_by_guest(view, guest, &row);
	text_copy(row.driver, sizeof(row.driver), device && device->driver[0] ? device->driver : fault->driver);
	if (device)
		describe_device(view, device, &row);
	judge_place(view, device, &row);
	*ret_row = row;
}

/* The same, but for when. */
static bool is_repeated(const struct fault_row *a, const struct fault_row *b)
{
	return a->fault.kind == b->fault.kind && a->fault.access == b->fault.access &&
	       a->fault.reason_code == b->fault.reason_code && a->fault.has_device == b->fault.has_device &&
	       !pci_addr_compare(a->fault.device, b->fault.device) && a->fault.has_address == b->fault.has_address &&
	       a->fault.address == b->fault.address && a->fault.pasid == b->fault.pasid &&
	       !strcmp(a->fault.event, b->fault.event) && !strcmp(a->fault.reason, b->fault.reason) &&
	       !strcmp(a->guest, b->guest);
}

/*
 * What the rate limit held back goes to the device's latest fault; a row of its own where there is none, or nobody
 * knows whose.
 */
static bool add_held_back(struct fault_list *list, const struct fault_row *row)
{
	for (size_t i = list->count; row->fault.has_device && i > 0; i--) {
		struct fault_row *earlier = &list->rows[i - 1];

		if (!earlier->fault.has_device || pci_addr_compare(earlier->fault.device, row->fault.device))
			continue;
		earlier->held_back += row->held_back;
		earlier->total += row->held_back;
		earlier->last_microseconds = row->fault.microseconds;
		return true;
	}
	return false;
}

int fault_list_add(struct fault_list *list, const struct fault_row *row, struct error *err)
{
	if (row->held_back && add_held_back(list, row))
		return 0;
	for (size_t i = list->count; i > 0 && list->count - i < FOLD_WITHIN; i--) {
		struct fault_row *earlier = &list->rows[i - 1];

		if (!is_repeated(earlier, row))
			continue;
		if (row->held_back)
			earlier->held_back += row->held_back;
		else
			earlier->repeated++;
		earlier->total += row->total;
		earlier->last_microseconds = row->fault.microseconds;
		return 0;
	}
	if (list->count == list->space) {
		size_t wanted = list->space ? list->space * 2 : 16;
		struct fault_row *grown = reallocarray(list->rows, wanted, sizeof(*grown));

		if (!grown)
			return fail(err, ENOMEM, "list faults");
		list->rows = grown;
		list->space = wanted;
	}
	list->rows[list->count++] = *row;
	return 0;
}

void fault_list_done(struct fault_list *list)
{
	free(list->rows);
	*list = (struct fault_list){ 0 };
}
