// SPDX-License-Identifier: GPL-2.0-or-later
/* The answer to CONTROL_EXPLAIN_CONFIG for one device; see vfio_explain.h. */
#include "passthrough/vfio_explain.h"

#include <stdlib.h>

#include "base/text.h"

_Static_assert((int)VFIO_CONFIG_ROW_MAX <= (int)CONTROL_REGISTER_MAX, "every row has a place in the answer");

static uint32_t writable_bits(const struct pci_config *config, unsigned int offset, unsigned int size)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; i < size; i++)
		bits |= (uint32_t)config->writable[offset + i] << (8 * i);
	return bits;
}

static void explain_row(const struct vfio_device *device, const struct pci_config *config,
	const struct vfio_config_row *row, struct control_register *ret_register)
{
	uint32_t passed = pci_config_passed(config, row->offset, row->size);
	uint32_t writable = writable_bits(config, row->offset, row->size);
	uint32_t hardware = vfio_device_read_config(device, row->offset, row->size);

	*ret_register = (struct control_register){
		.offset = row->offset,
		.size = row->size,
		.hardware = hardware,
		.guest = pci_config_guest_read(config, row->offset, row->size, hardware),
		.passed = passed,
		.own = writable & ~passed,
		.through = writable & passed,
	};
	text_copy(ret_register->name, sizeof(ret_register->name), row->name);
	text_copy(ret_register->why, sizeof(ret_register->why), row->why);
}

static int by_offset(const void *a, const void *b)
{
	const struct control_register *one = a, *other = b;

	return (one->offset > other->offset) - (one->offset < other->offset);
}

void vfio_explain(const struct vfio_device *device, const struct pci_function *fn, const struct vfio_config_rows *rows,
	struct control_explanation *ret_explanation)
{
	for (size_t i = 0; i < rows->count; i++)
		explain_row(device, &fn->config, &rows->row[i], &ret_explanation->reg[i]);
	ret_explanation->register_count = (uint32_t)rows->count;
	qsort(ret_explanation->reg, rows->count, sizeof(ret_explanation->reg[0]), by_offset);
}
