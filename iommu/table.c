// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the items of a DMAR or IVRS table to units and reservations. Nothing of a host is read here: `sluice iommu
 * --acpi` ends with this.
 */
#include "iommu/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "iommu/dmar.h"
#include "iommu/ivrs.h"

struct iommu_unit *iommu_unit_add(struct iommu_table *table)
{
	struct iommu_unit *grown = reallocarray(table->unit, table->unit_count + 1, sizeof(*grown));
	struct iommu_unit *unit;

	if (!grown)
		return NULL;
	table->unit = grown;
	unit = &grown[table->unit_count++];
	*unit = (struct iommu_unit){ .segment = -1, .include_all = IOMMU_UNKNOWN };
	unit->can = (struct iommu_abilities){
		.dma_remapping = IOMMU_UNKNOWN,
		.interrupt_remapping = IOMMU_UNKNOWN,
		.x2apic = IOMMU_UNKNOWN,
		.posted_interrupts = IOMMU_UNKNOWN,
		.scalable_mode = IOMMU_UNKNOWN,
		.pasid = IOMMU_UNKNOWN,
	};
	return unit;
}

static bool add_reservation(struct iommu_table *table, const struct iommu_reservation *reservation)
{
	struct iommu_reservation *grown =
		reallocarray(table->reservation, table->reservation_count + 1, sizeof(*grown));

	if (!grown)
		return false;
	table->reservation = grown;
	grown[table->reservation_count++] = *reservation;
	return true;
}

static bool take_drhd(struct iommu_table *table, uint32_t index)
{
	const struct acpi_item *item = &table->acpi.item[index];
	struct iommu_unit *unit = iommu_unit_add(table);

	if (!unit)
		return false;
	snprintf(unit->name, sizeof(unit->name), "dmar%zu", table->unit_count - 1);
	unit->in_table = true;
	unit->item = index;
	unit->segment = (int)acpi_number(&table->acpi, item, "segment");
	unit->address = acpi_number(&table->acpi, item, "address");
	unit->address_known = true;
	unit->include_all = acpi_number(&table->acpi, item, "flags") & DMAR_DRHD_INCLUDE_ALL ? IOMMU_YES : IOMMU_NO;
	unit->can.dma_remapping = IOMMU_YES;
	unit->can.interrupt_remapping = table->flags & DMAR_FLAG_INTERRUPT_REMAPPING ? IOMMU_YES : IOMMU_NO;
	return true;
}

static bool take_rmrr(struct iommu_table *table, uint32_t index)
{
	const struct acpi_item *item = &table->acpi.item[index];

	return add_reservation(table, &(struct iommu_reservation){
					      .kind = IOMMU_RMRR,
					      .item = index,
					      .segment = (uint16_t)acpi_number(&table->acpi, item, "segment"),
					      .base = acpi_number(&table->acpi, item, "base"),
					      .end = acpi_number(&table->acpi, item, "end"),
				      });
}

/* A structure too short for its fields was written down as a flaw, and is no unit and no reservation. */
static bool is_whole(const struct acpi_table *acpi, uint32_t index)
{
	const struct acpi_item *item = &acpi->item[index];

	return item->parent == index && item->kind->name && item->length >= item->kind->fixed;
}

static bool take_dmar(struct iommu_table *table)
{
	bool done = true;

	table->flags = (uint32_t)acpi_number(&table->acpi, &table->acpi.item[0], "flags");
	table->host_address_width =
		(unsigned int)acpi_number(&table->acpi, &table->acpi.item[0], "host_address_width") + 1;
	for (uint32_t i = 1; done && i < table->acpi.item_count; i++) {
		if (!is_whole(&table->acpi, i))
			continue;
		if (table->acpi.item[i].type == DMAR_DRHD)
			done = take_drhd(table, i);
		else if (table->acpi.item[i].type == DMAR_RMRR)
			done = take_rmrr(table, i);
	}
	return done;
}

static void take_features(struct iommu_table *table, struct iommu_unit *unit)
{
	const struct acpi_item *item = &table->acpi.item[unit->item];

	if (item->type != IVRS_IVHD_10)
		iommu_abilities_amd(&unit->can, acpi_number(&table->acpi, item, "efr"));
	else if (table->flags & 1)
		iommu_abilities_amd_short(&unit->can, (uint32_t)acpi_number(&table->acpi, item, "features"));
}

/* Does an entry of the unit name all devices. */
static void take_entries(struct iommu_table *table, struct iommu_unit *unit)
{
	unit->include_all = IOMMU_NO;
	for (uint32_t i = unit->item + 1; i < table->acpi.item_count && table->acpi.item[i].parent == unit->item; i++)
		if (table->acpi.item[i].type == IVRS_ALL)
			unit->include_all = IOMMU_YES;
}

/* Blocks of different types with the same registers are one IOMMU; the highest type counts. */
static bool take_ivhd(struct iommu_table *table, uint32_t index)
{
	const struct acpi_item *item = &table->acpi.item[index];
	int segment = (int)acpi_number(&table->acpi, item, "segment");
	uint64_t address = acpi_number(&table->acpi, item, "address");
	struct iommu_unit *unit = NULL;

	for (size_t i = 0; i < table->unit_count && !unit; i++)
		if (table->unit[i].segment == segment && table->unit[i].address == address)
			unit = &table->unit[i];
	if (unit && table->acpi.item[unit->item].type >= item->type)
		return true;
	if (!unit) {
		unit = iommu_unit_add(table);
		if (!unit)
			return false;
		snprintf(unit->name, sizeof(unit->name), "ivhd%zu", table->unit_count - 1);
	}
	unit->in_table = true;
	unit->item = index;
	unit->segment = segment;
	unit->address = address;
	unit->address_known = true;
	return true;
}

static bool take_ivmd(struct iommu_table *table, uint32_t index)
{
	const struct acpi_item *item = &table->acpi.item[index];
	uint64_t base = acpi_number(&table->acpi, item, "base");
	uint64_t size = acpi_number(&table->acpi, item, "size");
	bool excluded = acpi_number(&table->acpi, item, "flags") & IVMD_EXCLUSION;

	if (!size) /* nothing is reserved; noted as a flaw */
		return true;
	return add_reservation(table, &(struct iommu_reservation){
					      .kind = excluded ? IOMMU_EXCLUSION : IOMMU_UNITY,
					      .item = index,
					      .segment = (uint16_t)acpi_number(&table->acpi, item, "segment"),
					      .base = base,
					      .end = size - 1 > UINT64_MAX - base ? UINT64_MAX : base + size - 1,
				      });
}

/*
 * Every AMD IOMMU remaps interrupts; the kernel can use that only when the table has the requester ids of IOAPICs.
 */
static bool has_ioapic(const struct acpi_table *acpi)
{
	for (size_t i = 0; i < acpi->item_count; i++)
		if (acpi->item[i].type == IVRS_SPECIAL && acpi->item[i].parent != i &&
			acpi_number(acpi, &acpi->item[i], "variety") == IVRS_VARIETY_IOAPIC)
			return true;
	return false;
}

static bool take_ivrs(struct iommu_table *table)
{
	enum iommu_answer remapped;
	bool done = true;

	table->flags = (uint32_t)acpi_number(&table->acpi, &table->acpi.item[0], "virtualization_info");
	table->host_address_width = table->flags >> 8 & 0x7f;
	for (uint32_t i = 1; done && i < table->acpi.item_count; i++) {
		if (!is_whole(&table->acpi, i))
			continue;
		if (ivrs_is_ivhd(table->acpi.item[i].type))
			done = take_ivhd(table, i);
		else if (ivrs_is_ivmd(table->acpi.item[i].type))
			done = take_ivmd(table, i);
	}
	remapped = has_ioapic(&table->acpi) ? IOMMU_YES : IOMMU_NO;
	for (size_t i = 0; i < table->unit_count; i++) {
		table->unit[i].can.dma_remapping = IOMMU_YES;
		table->unit[i].can.interrupt_remapping = remapped;
		take_features(table, &table->unit[i]);
		take_entries(table, &table->unit[i]);
	}
	return done;
}

static int parse(struct iommu_table *table, const void *bytes, size_t size, struct error *err)
{
	int ret = acpi_table_open(&table->acpi, bytes, size, table->amd ? &ivrs_header : &dmar_header, err);

	if (!ret)
		ret = table->amd ? ivrs_decode(&table->acpi, err) : dmar_decode(&table->acpi, err);
	if (ret < 0)
		return ret;
	if (!(table->amd ? take_ivrs(table) : take_dmar(table)))
		return fail(err, ENOMEM, "decode %s", table->acpi.signature);
	if (!table->unit_count)
		acpi_flaw_add(&table->acpi, 0, false, "the table has no IOMMU");
	return 0;
}

int iommu_table_parse(const void *bytes, size_t size, struct iommu_table *ret_table, struct error *err)
{
	struct iommu_table table = { 0 };
	int ret;

	if (size < 4 || (memcmp(bytes, "DMAR", 4) && memcmp(bytes, "IVRS", 4))) {
		fail_code(err, CODE_ACPI_MALFORMED, EBADMSG,
			"malformed table at offset 0x0: the signature is neither DMAR nor IVRS");
		return fail_hint(err, "these are the tables of IOMMUs, in /sys/firmware/acpi/tables");
	}
	table.amd = !memcmp(bytes, "IVRS", 4);
	ret = parse(&table, bytes, size, err);
	if (ret < 0) {
		iommu_table_done(&table);
		return ret;
	}
	*ret_table = table;
	return 0;
}

void iommu_table_done(struct iommu_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->unit_count; i++)
		free(table->unit[i].device);
	for (size_t i = 0; i < table->reservation_count; i++) {
		free(table->reservation[i].device);
		free(table->reservation[i].blocks);
	}
	free(table->unit);
	free(table->reservation);
	acpi_table_done(&table->acpi);
	*table = (struct iommu_table){ 0 };
}
