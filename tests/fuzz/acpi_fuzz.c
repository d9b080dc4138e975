// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing the decoders of DMAR and IVRS, coverage-guided: tests/fuzz/run builds and starts it with clang's libFuzzer,
 * ASan and UBSan. Whatever the bytes are, decoding ends, stays inside them, and what it found can be shown.
 */
#include <string.h>

#include "base/cleanup.h"
#include "iommu/table.h"
#include "view/iommu_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	cleanup_iommu_table struct iommu_table table = { 0 };

	if (iommu_table_parse(bytes, size, &table, NULL) < 0)
		return 0;
	json_decref(iommu_structures_json(&table));
	json_decref(iommu_reserved_json(&table));
	json_decref(iommu_warnings_json(&table));
	json_decref(iommu_flags_json(&table));
	for (size_t i = 0; i < table.unit_count; i++)
		json_decref(iommu_scope_json(&table, table.unit[i].item));
	return 0;
}
