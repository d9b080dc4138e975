// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BARs straight into the guest (VFIO_DEVICE_GET_REGION_INFO's areas, KVM memory slots); see vfio_bar.h. The device's
 * BARs are mapped for the guest's CPUs only, never for another device's DMA.
 */
#include "passthrough/vfio_bar.h"

#include "base/cleanup.h"
#include "vmm-core/vm.h"

#define PAGE_BYTES 4096ull

static struct range place_range(const struct vfio_place *place)
{
	return (struct range){ place->offset, place->offset + place->size };
}

static struct range page_range(const struct vfio_place *place)
{
	return (struct range){ place->offset & ~(PAGE_BYTES - 1),
		(place->offset + place->size + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1) };
}

/* The bus counts from where a segment begins, the device from where its BAR does. */
static uint64_t register_read(void *opaque, uint64_t offset, unsigned int size)
{
	const struct vfio_segment *segment = opaque;

	return vfio_bar_read(segment->bar->device, segment->bar->index, segment->at.start + offset, size);
}

static void register_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	const struct vfio_segment *segment = opaque;

	vfio_bar_write(segment->bar->device, segment->bar->index, segment->at.start + offset, size, value);
}

/* Which of the two places holds the access wholly; *ret_torn: one of them only in part. */
static const struct vfio_place *msix_place(const struct vfio_bar *bar, struct range access, bool *ret_torn)
{
	const struct vfio_place *places[] = { &bar->caps->table, &bar->caps->pba };

	*ret_torn = false;
	for (size_t i = 0; i < array_size(places); i++) {
		if (places[i]->bar != bar->index)
			continue;
		if (range_contains(place_range(places[i]), access))
			return places[i];
		*ret_torn |= range_overlaps(place_range(places[i]), access);
	}
	return NULL;
}

static uint64_t msix_page_read(void *opaque, uint64_t offset, unsigned int size)
{
	const struct vfio_segment *segment = opaque;
	const struct vfio_bar *bar = segment->bar;
	uint64_t at = segment->at.start + offset;
	const struct vfio_place *place;
	bool torn;

	place = msix_place(bar, (struct range){ at, at + size }, &torn);
	if (torn)
		return UINT64_MAX;
	if (!place)
		return register_read(opaque, offset, size);
	if (place == &bar->caps->table)
		return vfio_msix_table_read(bar->msix, at - place->offset, size);
	return vfio_msix_pending_read(bar->msix, at - place->offset, size);
}

static void msix_page_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	const struct vfio_segment *segment = opaque;
	const struct vfio_bar *bar = segment->bar;
	uint64_t at = segment->at.start + offset;
	const struct vfio_place *place;
	bool torn;

	place = msix_place(bar, (struct range){ at, at + size }, &torn);
	if (place == &bar->caps->table)
		vfio_msix_table_write(bar->msix, at - place->offset, size, value);
	else if (!place && !torn)
		register_write(opaque, offset, size, value);
}

static const struct bus_ops msix_page_ops = { "msix-table", msix_page_read, msix_page_write };
static const struct bus_ops register_ops = { "bar-register", register_read, register_write };

static void add_segment(struct vfio_bar *bar, struct range at, void *host, bool msix)
{
	struct vfio_segment *last = bar->count ? &bar->segment[bar->count - 1] : NULL;

	if (at.start >= at.end)
		return;
	if (last && !host && !last->host && last->msix == msix) {
		last->at.end = at.end;
		return;
	}
	bar->segment[bar->count++] = (struct vfio_segment){ bar, at, host, msix, false };
}

/* The first of the MSI-X pages in [start, end); empty at end when there are none. */
static struct range next_msix_pages(const struct vfio_bar *bar, struct range within)
{
	const struct vfio_place *places[] = { &bar->caps->table, &bar->caps->pba };
	struct range found = { within.end, within.end };

	for (size_t i = 0; i < array_size(places); i++) {
		struct range pages = page_range(places[i]);

		if (places[i]->bar != bar->index || !range_overlaps(pages, within) || pages.start >= found.start)
			continue;
		found.start = pages.start > within.start ? pages.start : within.start;
		found.end = pages.end < within.end ? pages.end : within.end;
	}
	return found;
}

/* What lies outside all areas traps; an area is mapped but for its MSI-X pages. */
static int cut(struct vfio_bar *bar, struct range piece, bool mappable, struct error *err)
{
	while (piece.start < piece.end) {
		struct range pages = next_msix_pages(bar, piece);
		struct range plain = { piece.start, pages.start };
		void *host = NULL;
		int ret = 0;

		if (mappable && plain.start < plain.end)
			ret = vfio_bar_mmap(bar->device, bar->index, plain.start, range_size(plain), &host, err);
		if (ret)
			return ret;
		add_segment(bar, plain, host, false);
		add_segment(bar, pages, NULL, true);
		piece.start = pages.end;
	}
	return 0;
}

int vfio_bar_init(struct vfio_bar *bar, const struct vfio_device *device, unsigned int index,
	const struct pci_bar *shown, const struct vfio_capabilities *caps, struct vfio_msix *msix, struct error *err)
{
	const struct vfio_region *region = &device->bar[index];
	bool ports = shown->kind == PCI_BAR_IO;
	struct range rest = { 0, shown->size };

	*bar = (struct vfio_bar){
		.device = device, .msix = msix, .index = index, .size = shown->size, .ports = ports, .caps = caps
	};
	for (size_t i = 0; i < region->area_count && !ports; i++) {
		struct range area = { region->area[i].offset, region->area[i].offset + region->area[i].size };
		int ret = cut(bar, (struct range){ rest.start, area.start }, false, err);

		if (!ret)
			ret = cut(bar, area, region->mappable, err);
		if (ret) {
			vfio_bar_done(bar);
			return ret;
		}
		rest.start = area.end;
	}
	return cut(bar, rest, false, err);
}

void vfio_bar_done(struct vfio_bar *bar)
{
	for (size_t i = 0; i < bar->count; i++)
		if (bar->segment[i].host)
			vfio_bar_munmap(bar->device, bar->segment[i].host, range_size(bar->segment[i].at));
	*bar = (struct vfio_bar){ 0 };
}

static struct bus *trapping_bus(const struct vfio_bar *bar, struct vm *vm)
{
	return bar->ports ? &vm->pio : &vm->mmio;
}

/* A mapped segment that is a page of which the guest sees less traps where it lacks a page to itself. */
static int show_segment(struct vfio_segment *segment, struct vm *vm, struct range place, struct error *err)
{
	const struct vfio_bar *bar = segment->bar;
	struct range at = { place.start + segment->at.start, place.start + segment->at.end };

	segment->in_slot = segment->host && range_contains(place, at);
	if (segment->in_slot)
		return memslot_add(&vm->slots, at, segment->host, "bar", err);
	if (at.end > place.start + bar->size)
		at.end = place.start + bar->size;
	return bus_add(trapping_bus(bar, vm), at.start, range_size(at), segment->msix ? &msix_page_ops : &register_ops,
		segment, err);
}

/* A slot that KVM does not give back stays in the table of slots, which then refuses the place to others. */
static void hide_segments(struct vfio_bar *bar, size_t count, struct vm *vm, uint64_t address)
{
	while (count-- > 0) {
		const struct vfio_segment *segment = &bar->segment[count];

		if (segment->in_slot)
			memslot_remove(&vm->slots, address + segment->at.start, NULL);
		else
			bus_remove(trapping_bus(bar, vm), address + segment->at.start);
	}
}

int vfio_bar_show(struct vfio_bar *bar, struct vm *vm, struct range place, struct error *err)
{
	for (size_t i = 0; i < bar->count; i++) {
		int ret = show_segment(&bar->segment[i], vm, place, err);

		if (ret) {
			hide_segments(bar, i, vm, place.start);
			return ret;
		}
	}
	return 0;
}

void vfio_bar_hide(struct vfio_bar *bar, struct vm *vm, uint64_t address)
{
	hide_segments(bar, bar->count, vm, address);
}
