/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `sluice iommu`'s answer that are not its table of units, as JSON: new references, all of them. */
#ifndef VIEW_IOMMU_JSON_H
#define VIEW_IOMMU_JSON_H

#include "iommu/table.h"
#include "view/view.h"

/* What a unit or a reservation names: [{type, type_name, enumeration_id, start_bus, path, ...}]. */
json_t *iommu_scope_json(const struct iommu_table *table, uint32_t structure);

/* Every item of the table with every field, its offset and size: what a disassembler shows. */
json_t *iommu_structures_json(const struct iommu_table *table);

json_t *iommu_reserved_json(const struct iommu_table *table);

/* [{offset, malformed, text}]. */
json_t *iommu_warnings_json(const struct iommu_table *table);

/* Names of the flags that are set. */
json_t *iommu_flags_json(const struct iommu_table *table);

json_t *iommu_addresses_json(const struct pci_addr *addr, size_t count);

#endif
