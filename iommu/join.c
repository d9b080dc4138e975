// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of a host joined with what its kernel shows: sys/class/iommu (registers, devices), bridges' bus numbers,
 * groups' reserved regions. Where the kernel lists a unit's devices, that is the answer; where it does not translate,
 * the table's scopes are followed as the kernel would.
 *
 * Kernel attributes: Documentation/ABI/testing/sysfs-class-iommu{,-intel-iommu,-amd-iommu}.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/dmar.h"
#include "iommu/ivrs.h"
#include "iommu/table.h"

enum {
	SECONDARY_BUS = 0x19, /* of a bridge's configuration space; the subordinate follows */
	CLASS_DISPLAY = 0x03,
	CLASS_USB = 0x0c03,
};

struct covers {
	struct iommu_cover *cover; /* owned */
	size_t count;
	bool out_of_memory;
};

static uint16_t id_of(struct pci_addr addr)
{
	return (uint16_t)(addr.bus << 8 | addr.device << 3 | addr.function);
}

static void cover_add(struct covers *covers, size_t owner, uint16_t segment, uint16_t first, uint16_t last)
{
	struct iommu_cover *grown = reallocarray(covers->cover, covers->count + 1, sizeof(*grown));

	if (!grown) {
		covers->out_of_memory = true;
		return;
	}
	covers->cover = grown;
	grown[covers->count++] = (struct iommu_cover){ owner, segment, first, last };
}

static bool read_buses(const struct sysroot *root, struct pci_addr bridge, uint8_t ret_buses[2])
{
	uint8_t config[SECONDARY_BUS + 2];
	char text[PCI_ADDR_TEXT_SIZE];

	if (sysroot_read_bytes(root, config, sizeof(config), "sys/bus/pci/devices/%s/config",
		    pci_addr_text(bridge, text)) != (ssize_t)sizeof(config))
		return false;
	memcpy(ret_buses, config + SECONDARY_BUS, 2);
	return true;
}

/* VT-d 8.3.1: each hop but the last is a bridge, and the next hop is on its secondary bus. */
static void cover_scope(struct covers *covers, const struct sysroot *root, const struct acpi_table *acpi,
	const struct acpi_item *scope, size_t owner, uint16_t segment)
{
	struct pci_addr addr = { .domain = segment, .bus = (uint8_t)acpi_number(acpi, scope, "start_bus") };
	uint8_t buses[2];

	if (scope->type != DMAR_SCOPE_ENDPOINT && scope->type != DMAR_SCOPE_BRIDGE)
		return;
	for (uint32_t at = 6; at + 2 <= scope->length; at += 2) {
		if (at > 6) {
			if (!read_buses(root, addr, buses))
				return;
			addr.bus = buses[0];
		}
		addr.device = acpi->data[scope->offset + at] & 0x1f;
		addr.function = acpi->data[scope->offset + at + 1] & 7;
	}
	if (scope->length < 8)
		return;
	cover_add(covers, owner, segment, id_of(addr), id_of(addr));
	if (scope->type == DMAR_SCOPE_BRIDGE && read_buses(root, addr, buses) && buses[0])
		cover_add(covers, owner, segment, (uint16_t)(buses[0] << 8), (uint16_t)(buses[1] << 8 | 0xff));
}

static void cover_scopes(struct covers *covers, const struct sysroot *root, const struct acpi_table *acpi,
	uint32_t structure, size_t owner, uint16_t segment)
{
	for (uint32_t i = structure + 1; i < acpi->item_count && acpi->item[i].parent == structure; i++)
		cover_scope(covers, root, acpi, &acpi->item[i], owner, segment);
}

/* An IVHD's entries: single functions, and ranges, whose end is an entry of its own. */
static void cover_entries(
	struct covers *covers, const struct acpi_table *acpi, uint32_t block, size_t owner, uint16_t segment)
{
	uint16_t first = 0;
	bool open = false;

	for (uint32_t i = block + 1; i < acpi->item_count && acpi->item[i].parent == block; i++) {
		const struct acpi_item *entry = &acpi->item[i];
		uint16_t id = (uint16_t)acpi_number(acpi, entry, "device_id");

		if (entry->type == IVRS_ALL)
			cover_add(covers, owner, segment, 0, UINT16_MAX);
		else if (entry->type == IVRS_SELECT || entry->type == IVRS_ALIAS_SELECT ||
			 entry->type == IVRS_EXT_SELECT)
			cover_add(covers, owner, segment, id, id);
		else if (entry->type == IVRS_RANGE_END && open)
			cover_add(covers, owner, segment, first, id);
		open = entry->type == IVRS_RANGE_START || entry->type == IVRS_ALIAS_RANGE ||
		       entry->type == IVRS_EXT_RANGE;
		first = id;
	}
}

static bool cover_has(const struct iommu_cover *cover, struct pci_addr addr)
{
	return cover->segment == addr.domain && id_of(addr) >= cover->first && id_of(addr) <= cover->last;
}

static bool device_push(struct pci_addr **list, size_t *count, struct pci_addr addr)
{
	struct pci_addr *grown = reallocarray(*list, *count + 1, sizeof(*grown));

	if (!grown)
		return false;
	*list = grown;
	grown[(*count)++] = addr;
	return true;
}

/* Which unit the table gives a function to: by name, else the one that includes all others. SIZE_MAX: none. */
static size_t owner_of(const struct iommu_table *table, const struct covers *covers, const struct pci_device *device)
{
	struct pci_addr addr = device->is_vf ? device->pf : device->addr;

	for (size_t i = 0; i < covers->count; i++)
		if (cover_has(&covers->cover[i], device->addr) || cover_has(&covers->cover[i], addr))
			return covers->cover[i].owner;
	for (size_t i = 0; i < table->unit_count; i++)
		if (!table->amd && table->unit[i].include_all == IOMMU_YES &&
			table->unit[i].segment == (int)addr.domain)
			return i;
	return SIZE_MAX;
}

static int cover_units(
	const struct sysroot *root, const struct pci_inventory *inventory, struct iommu_table *table, struct error *err)
{
	struct covers covers = { 0 };

	for (size_t i = 0; i < table->unit_count; i++) {
		const struct iommu_unit *unit = &table->unit[i];

		if (unit->in_table && table->amd)
			cover_entries(&covers, &table->acpi, unit->item, i, (uint16_t)unit->segment);
		else if (unit->in_table)
			cover_scopes(&covers, root, &table->acpi, unit->item, i, (uint16_t)unit->segment);
	}
	for (size_t i = 0; !covers.out_of_memory && i < inventory->count; i++) {
		size_t owner = owner_of(table, &covers, &inventory->devices[i]);

		if (owner != SIZE_MAX && !device_push(&table->unit[owner].device, &table->unit[owner].device_count,
						 inventory->devices[i].addr))
			covers.out_of_memory = true;
	}
	free(covers.cover);
	return covers.out_of_memory ? fail(err, ENOMEM, "find the devices of the IOMMUs") : 0;
}

/* The kernel's own word where it has one: "direct" blocks, "direct-relaxable" does not. -1: it has none. */
static int group_blocks(
	const struct sysroot *root, const struct pci_device *device, const struct iommu_reservation *reservation)
{
	struct iommu_group group;

	if (device->iommu_group < 0 || iommu_group_read(root, device->iommu_group, &group, NULL) < 0)
		return -1;
	for (size_t i = 0; i < group.reserved_count; i++)
		if (group.reserved[i].start <= reservation->end && group.reserved[i].end >= reservation->base &&
			text_starts_with(group.reserved[i].kind, "direct"))
			return !strcmp(group.reserved[i].kind, "direct");
	return -1;
}

/*
 * Memory that a device must reach one to one cannot be kept in a guest. Linux trusts displays and USB controllers,
 * whose reservations are for the firmware's own drivers, to do without once their driver runs.
 */
static bool blocks(
	const struct sysroot *root, const struct pci_device *device, const struct iommu_reservation *reservation)
{
	int word = group_blocks(root, device, reservation);

	if (word >= 0)
		return word;
	if (reservation->kind == IOMMU_RMRR)
		return device->class >> 16 != CLASS_DISPLAY && device->class >> 8 != CLASS_USB;
	return reservation->kind == IOMMU_UNITY;
}

static bool reserve(const struct sysroot *root, struct iommu_reservation *reservation, const struct pci_device *device)
{
	bool *grown = realloc(reservation->blocks, (reservation->device_count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	reservation->blocks = grown;
	grown[reservation->device_count] = blocks(root, device, reservation);
	return device_push(&reservation->device, &reservation->device_count, device->addr);
}

static void cover_reservation(
	struct covers *covers, const struct sysroot *root, const struct iommu_table *table, size_t index)
{
	const struct iommu_reservation *reservation = &table->reservation[index];
	const struct acpi_item *item = &table->acpi.item[reservation->item];
	uint16_t id = (uint16_t)acpi_number(&table->acpi, item, "device_id");

	if (!table->amd)
		cover_scopes(covers, root, &table->acpi, reservation->item, index, reservation->segment);
	else if (item->type == IVRS_IVMD_ALL)
		cover_add(covers, index, reservation->segment, 0, UINT16_MAX);
	else if (item->type == IVRS_IVMD_SELECT)
		cover_add(covers, index, reservation->segment, id, id);
	else
		cover_add(covers, index, reservation->segment, id,
			(uint16_t)acpi_number(&table->acpi, item, "end_device_id"));
}

static int cover_reservations(
	const struct sysroot *root, const struct pci_inventory *inventory, struct iommu_table *table, struct error *err)
{
	struct covers covers = { 0 };

	for (size_t i = 0; i < table->reservation_count; i++)
		cover_reservation(&covers, root, table, i);
	for (size_t i = 0; i < covers.count; i++)
		for (size_t k = 0; !covers.out_of_memory && k < inventory->count; k++)
			if (cover_has(&covers.cover[i], inventory->devices[k].addr) &&
				!reserve(root, &table->reservation[covers.cover[i].owner], &inventory->devices[k]))
				covers.out_of_memory = true;
	free(covers.cover);
	return covers.out_of_memory ? fail(err, ENOMEM, "find the devices of reserved memory") : 0;
}

/* Hexadecimal, with or without 0x, and behind the last colon: AMD's features have EFR2 in front since Linux 6.2. */
static bool read_register(const struct sysroot *root, const char *unit, const char *attribute, uint64_t *ret_value)
{
	char text[64];
	const char *colon;
	char *end;

	if (sysroot_read_text(root, text, sizeof(text), "sys/class/iommu/%s/%s", unit, attribute) <= 0)
		return false;
	colon = strrchr(text, ':');
	errno = 0;
	*ret_value = strtoull(colon ? colon + 1 : text, &end, 16);
	return !errno && !*end && end != text;
}

/* The unit of the table that a kernel's unit is: by its registers' address, or by the IOMMU's own PCI function. */
static struct iommu_unit *find_unit(const struct sysroot *root, struct iommu_table *table, const char *name)
{
	struct pci_addr addr;
	char link[512];
	uint64_t address;
	bool known = read_register(root, name, "intel-iommu/address", &address);
	bool is_pci = !known && sysroot_read_link(root, link, sizeof(link), "sys/class/iommu/%s", name) > 0 &&
		      !pci_addr_in_path(link, &addr);

	for (size_t i = 0; i < table->unit_count; i++) {
		struct iommu_unit *unit = &table->unit[i];

		if (!unit->in_table)
			continue;
		if (known && !table->amd && unit->address == address)
			return unit;
		if (is_pci && table->amd && unit->segment == (int)addr.domain &&
			acpi_number(&table->acpi, &table->acpi.item[unit->item], "device_id") == id_of(addr))
			return unit;
	}
	return NULL;
}

static int compare_addr(const void *a, const void *b)
{
	return pci_addr_compare(*(const struct pci_addr *)a, *(const struct pci_addr *)b);
}

static bool read_devices(const struct sysroot *root, struct iommu_unit *unit)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/class/iommu/%s/devices", unit->name);
	struct dirent *entry;
	struct pci_addr addr;

	if (!dir)
		return true;
	free(unit->device);
	unit->device = NULL;
	unit->device_count = 0;
	while ((entry = readdir(dir)))
		if (!pci_addr_parse(entry->d_name, &addr) && !device_push(&unit->device, &unit->device_count, addr))
			return false;
	if (unit->device_count)
		qsort(unit->device, unit->device_count, sizeof(*unit->device), compare_addr);
	return true;
}

static bool join_unit(const struct sysroot *root, struct iommu_table *table, const char *name)
{
	struct iommu_unit *unit = find_unit(root, table, name);

	if (!unit)
		unit = iommu_unit_add(table);
	if (!unit)
		return false;
	unit->in_kernel = true;
	text_copy(unit->name, sizeof(unit->name), name);
	if (text_starts_with(name, "dmar")) {
		unit->cap_known = read_register(root, name, "intel-iommu/cap", &unit->cap);
		unit->ecap_known = read_register(root, name, "intel-iommu/ecap", &unit->ecap);
		unit->address_known |= read_register(root, name, "intel-iommu/address", &unit->address);
		sysroot_read_text(
			root, unit->version, sizeof(unit->version), "sys/class/iommu/%s/intel-iommu/version", name);
		iommu_abilities_intel(&unit->can, unit);
		if (unit->in_table && !(table->flags & DMAR_FLAG_INTERRUPT_REMAPPING))
			unit->can.interrupt_remapping = IOMMU_NO;
	} else {
		table->amd = true;
		unit->cap_known = read_register(root, name, "amd-iommu/cap", &unit->cap);
		unit->features_known = read_register(root, name, "amd-iommu/features", &unit->features);
		unit->can.dma_remapping = IOMMU_YES;
		if (unit->features_known && unit->features)
			iommu_abilities_amd(&unit->can, unit->features);
	}
	return read_devices(root, unit);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int join_units(const struct sysroot *root, struct iommu_table *table, struct error *err)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY | O_DIRECTORY, "sys/class/iommu");
	struct dirent **entries = NULL;
	int count = fd < 0 ? 0 : scandirat(fd, ".", &entries, NULL, compare_names);
	bool done = true;

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (done && (text_starts_with(name, "dmar") || text_starts_with(name, "ivhd")))
			done = join_unit(root, table, name);
		free(entries[i]);
	}
	free(entries);
	return done ? 0 : fail(err, ENOMEM, "read the IOMMUs of the kernel");
}

static int read_table(const struct sysroot *root, struct iommu_table *table, struct error *err)
{
	static const char *const names[] = { "DMAR", "IVRS" };

	for (size_t i = 0; i < array_size(names); i++) {
		cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "sys/firmware/acpi/tables/%s", names[i]);
		cleanup_free void *bytes = NULL;
		size_t size;
		int ret;

		if (fd == -ENOENT || fd == -ENOTDIR)
			continue;
		if (fd < 0) {
			table->table_errno = -fd;
			table->amd = i == 1;
			return 0;
		}
		ret = acpi_file_read(fd, names[i], &bytes, &size, err);
		return ret < 0 ? ret : iommu_table_parse(bytes, size, table, err);
	}
	table->table_errno = ENOENT;
	return 0;
}

int iommu_table_read(const struct sysroot *root, const struct pci_inventory *inventory, struct iommu_table *ret_table,
	struct error *err)
{
	struct iommu_table table = { 0 };
	int ret = read_table(root, &table, err);

	if (!ret)
		ret = cover_units(root, inventory, &table, err);
	if (!ret)
		ret = join_units(root, &table, err);
	if (!ret)
		ret = cover_reservations(root, inventory, &table, err);
	if (ret < 0) {
		iommu_table_done(&table);
		return ret;
	}
	*ret_table = table;
	return 0;
}
