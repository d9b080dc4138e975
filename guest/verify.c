// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparing a guest's maps; see verify.h. What sluice-vmm tells is bounded by what sluice has started. */
#include "guest/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "guest/control.h"
#include "guest/frames.h"
#include "pci/pci.h"

#define PAGE 4096ull

enum {
	TRIES = 8,
};

/* What one look found: maps of the guest by guest-physical (and device) address. */
struct maps {
	struct extent_list slots;  /* to sluice-vmm's memory */
	struct extent_list dma;    /* the same of the devices */
	struct extent_list frames; /* to machine addresses */
};

static void maps_done(struct maps *maps)
{
	extent_list_done(&maps->slots);
	extent_list_done(&maps->dma);
	extent_list_done(&maps->frames);
}

static int compare_extents(const void *a, const void *b)
{
	const struct extent *one = a, *other = b;

	return (one->from > other->from) - (one->from < other->from);
}

static int odd_answer(const struct guest_info *info, const char *what, struct error *err)
{
	return fail_code(err, CODE_GUEST_DEAF, EPROTO, "guest '%s' tells of %s that cannot be", info->name, what);
}

/* Pieces as they came, in order and merged. */
static int sort_into(struct extent *piece, size_t count, struct extent_list *list)
{
	qsort(piece, count, sizeof(*piece), compare_extents);
	for (size_t i = 0; i < count; i++) {
		int ret = (piece[i].from | piece[i].to | piece[i].bytes) % PAGE ? -EINVAL
										: extent_list_add(list, &piece[i]);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int take_slots(
	const struct guest_info *info, const struct control_status *status, struct maps *maps, struct error *err)
{
	struct extent piece[CONTROL_SLOT_MAX];
	size_t count = 0;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < status->slot_count; i++) {
		const struct control_slot *slot = &status->slot[i];

		if (strcmp(slot->what, "ram"))
			continue;
		piece[count++] =
			(struct extent){ .from = slot->gpa, .to = slot->hva, .bytes = slot->bytes, .writable = true };
		bytes = slot->bytes > info->memory_bytes - bytes ? info->memory_bytes + 1 : bytes + slot->bytes;
		if (bytes > info->memory_bytes)
			return odd_answer(info, "more memory than it was given", err);
	}
	return sort_into(piece, count, &maps->slots) < 0 ? odd_answer(info, "memory slots", err) : 0;
}

static int take_dma(
	const struct guest_info *info, const struct control_status *status, struct maps *maps, struct error *err)
{
	struct extent piece[CONTROL_MAP_MAX];

	for (uint32_t i = 0; i < status->map_count; i++)
		piece[i] = (struct extent){ .from = status->map[i].iova,
			.to = status->map[i].hva,
			.bytes = status->map[i].bytes,
			.writable = true };
	return sort_into(piece, status->map_count, &maps->dma) < 0 ? odd_answer(info, "DMA maps", err) : 0;
}

/* Machine addresses of all memory; -EPERM is no error: then the devices' tables have nothing beside them. */
static int take_frames(const struct sysroot *root, const struct guest_info *info, struct maps *maps, struct error *err)
{
	for (size_t i = 0; i < maps->slots.count; i++) {
		const struct extent *slot = &maps->slots.item[i];
		int ret = frames_add(root, info->vmm_pid, slot->to, slot->bytes, slot->from, &maps->frames);

		if (ret == -EPERM || ret == -EACCES)
			return -EPERM;
		if (ret < 0)
			return fail(err, -ret, "find the memory of guest '%s' in this machine", info->name);
	}
	return 0;
}

static int compare_device(
	const struct sysroot *root, const struct maps *maps, struct verify_device *device, struct error *err)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	int ret = real_table_read(root, device->address, &table, &device->why_not, err);

	if (ret <= 0)
		return ret;
	device->shown = true;
	memcpy(device->leaves, table.leaves, sizeof(device->leaves));
	if (device->untold)
		extents_beyond(&maps->frames, &table.extents, &device->differences);
	else
		extents_compare(&maps->frames, &table.extents, &device->differences);
	return 0;
}

/* One that a driver of this host has again reaches what that driver mapped for it, and is no matter of the guest's. */
static bool is_with_vfio(const struct sysroot *root, const char *address)
{
	char driver[64];

	return sysroot_read_link_name(root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver", address) == 0 &&
	       pci_driver_is_vfio(driver);
}

static bool is_told(const struct verify_report *report, const char *address)
{
	for (size_t i = 0; i < report->device_count; i++)
		if (!strcmp(report->device[i].address, address))
			return true;
	return false;
}

/*
 * By sluice's own record it has them, and does not say so: a device that comes or goes, or a sluice-vmm that lies to
 * keep its tables from being looked at.
 */
static int compare_untold(const struct sysroot *root, const struct guest_info *info, const struct maps *maps,
	bool may_look, struct verify_report *report, struct error *err)
{
	for (size_t i = 0; i < info->device_count; i++) {
		struct verify_device *device = &report->device[report->device_count];
		char name[PCI_ADDR_TEXT_SIZE];
		int ret = 0;

		pci_addr_text(info->device[i], name);
		if (is_told(report, name))
			continue;
		/* It told of so many others that there is no room. */
		if (report->device_count == GUEST_DEVICE_MAX)
			return odd_answer(info, "more devices than it was given", err);
		report->device_count++;
		*device = (struct verify_device){ .untold = true, .why_not = "the guest does not have it now" };
		text_copy(device->address, sizeof(device->address), name);
		if (may_look && is_with_vfio(root, name))
			ret = compare_device(root, maps, device, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int compare_devices(const struct sysroot *root, const struct guest_info *info,
	const struct control_status *status, struct maps *maps, struct verify_report *report, struct error *err)
{
	int told = take_frames(root, info, maps, err), ret = 0;

	if (told < 0 && told != -EPERM)
		return told;
	for (size_t i = 0; i < maps->frames.count; i++)
		report->present_bytes += maps->frames.item[i].bytes;
	for (uint32_t i = 0; i < status->device_count && ret == 0; i++) {
		struct verify_device *device = &report->device[report->device_count];
		char name[PCI_ADDR_TEXT_SIZE];
		struct pci_addr addr;

		/* It becomes a part of a path. */
		if (pci_addr_parse(status->device[i].host_address, &addr) < 0)
			return odd_answer(info, "a device", err);
		if (is_told(report, pci_addr_text(addr, name)))
			return odd_answer(info, "devices", err);
		report->device_count++;
		text_copy(device->address, sizeof(device->address), name);
		device->why_not = "only root may look";
		if (told == 0)
			ret = compare_device(root, maps, device, err);
	}
	return ret == 0 ? compare_untold(root, info, maps, told == 0, report, err) : ret;
}

static bool is_as_it_should(const struct verify_report *report)
{
	for (size_t i = 0; i < report->device_count; i++)
		if (report->device[i].differences.range_count)
			return false;
	return !report->maps.range_count;
}

static int look(const struct sysroot *root, const struct guest_info *info, const struct control_status *status,
	struct verify_report *report, struct error *err)
{
	cleanup(maps_done) struct maps maps = { .slots = { .item = NULL } };
	int ret = take_slots(info, status, &maps, err);

	memset(report, 0, sizeof(*report));
	report->generation = status->generation;
	report->map_count = status->map_count;
	if (ret == 0)
		ret = take_dma(info, status, &maps, err);
	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < status->slot_count; i++)
		if (!strcmp(status->slot[i].what, "ram")) {
			struct range at = { status->slot[i].gpa, status->slot[i].gpa + status->slot[i].bytes };

			report->ram[report->ram_count++] = at;
			report->ram_bytes += range_size(at);
		}
	report->maps_compared = status->device_count || status->map_count;
	if (report->maps_compared)
		extents_compare(&maps.slots, &maps.dma, &report->maps);
	if (report->maps_compared || info->device_count)
		ret = compare_devices(root, info, status, &maps, report, err);
	report->agree = is_as_it_should(report);
	return ret;
}

static bool is_the_same(const struct control_status *one, const struct control_status *other)
{
	return one->generation == other->generation && one->resets == other->resets;
}

int guest_verify_with(const struct sysroot *root, const struct guest_info *info, verify_ask_fn ask, void *opaque,
	struct verify_report *ret_report, struct error *err)
{
	cleanup_free struct control_status *status = calloc(2, sizeof(*status));
	struct control_status *before = status, *after = status + 1;
	bool seen = false; /* a difference, in what the guest still is */
	int ret = status ? ask(opaque, before, err) : fail(err, ENOMEM, "compare the maps of guest '%s'", info->name);

	for (unsigned int try = 1; ret == 0 && try <= TRIES; try++) {
		struct error why = { 0 };
		int looked = look(root, info, before, ret_report, &why);

		ret = ask(opaque, after, err);
		if (ret < 0)
			break;
		ret_report->tries = try;
		if (!is_the_same(before, after)) {
			seen = false;
		} else if (looked < 0) {
			if (err)
				*err = why;
			return looked;
		} else if (ret_report->agree || seen) {
			return 0;
		} else {
			seen = true;
		}
		*before = *after;
	}
	if (ret < 0)
		return ret;
	fail_code(err, CODE_FAILED, EBUSY, "memory or devices of guest '%s' change faster than they can be compared",
		info->name);
	return fail_hint(err, "try again when no device comes or goes");
}

struct asked {
	const struct sysroot *root;
	const char *name;
};

static int ask_guest(void *opaque, struct control_status *ret_status, struct error *err)
{
	const struct asked *asked = opaque;
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	int ret = answer ? guest_control(asked->root, asked->name, CONTROL_STATUS, answer, err)
			 : fail(err, ENOMEM, "ask guest '%s'", asked->name);

	if (ret == 0)
		*ret_status = answer->status;
	return ret;
}

int guest_verify(
	const struct sysroot *root, const struct guest_info *info, struct verify_report *ret_report, struct error *err)
{
	struct asked asked = { .root = root, .name = info->name };

	return guest_verify_with(root, info, ask_guest, &asked, ret_report, err);
}

static bool is_in_ram(const struct verify_report *report, uint64_t address)
{
	for (size_t i = 0; i < report->ram_count; i++)
		if (address >= report->ram[i].start && address < report->ram[i].end)
			return true;
	return false;
}

/* Of the kinds of extents_compare(), and of an extra one inside of the guest's memory. */
static const struct {
	const char *name, *of_device, *of_maps;
} kinds[] = {
	[DIFFERENCE_MISSING] = { "missing", "the guest has memory here that the device cannot reach: its accesses fail",
		"the guest has memory here that was not mapped for its devices" },
	[DIFFERENCE_ELSEWHERE] = { "elsewhere",
		"the device reads and writes other memory than the guest's processors have at this address",
		"what was mapped for the devices is other memory than the guest's processors have at this address" },
	[DIFFERENCE_EXTRA] = { "extra", "the device reaches memory here, where the guest has none",
		"memory was mapped for the devices here, where the guest has none" },
	[DIFFERENCE_READ_ONLY] = { "read-only", "the device may read the guest's memory here, and not write it",
		"the devices may read the guest's memory here, and not write it" },
	[DIFFERENCE_KIND_COUNT] = { "stale",
		"the device reaches memory here that the guest's processors do not have any more: it was taken from "
		"the guest and not from the device",
		"memory is mapped for the devices here that the guest's processors do not have" },
};

static size_t kind_index(const struct verify_report *report, const struct difference *difference)
{
	bool stale = difference->kind == DIFFERENCE_EXTRA && is_in_ram(report, difference->from);

	return stale ? DIFFERENCE_KIND_COUNT : difference->kind;
}

const char *verify_kind(const struct verify_report *report, const struct difference *difference)
{
	return kinds[kind_index(report, difference)].name;
}

const char *verify_meaning(const struct verify_report *report, const struct difference *difference, bool of_device)
{
	size_t i = kind_index(report, difference);

	return of_device ? kinds[i].of_device : kinds[i].of_maps;
}
