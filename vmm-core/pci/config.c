// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration space of a function as tables; see config.h. Works byte by byte, so that an access of any
 * size and alignment, also one that spans registers, obeys the table of each byte it touches.
 */
#include "vmm-core/pci/config.h"

#include <assert.h>
#include <string.h>

void pci_config_init(struct pci_config *config)
{
	memset(config->value, 0, sizeof(config->value));
	memset(config->emulated, 0xff, sizeof(config->emulated));
	memset(config->writable, 0, sizeof(config->writable));
	memset(config->clears, 0, sizeof(config->clears));
}

void pci_config_set(
	struct pci_config *config, unsigned int offset, unsigned int size, uint32_t value, uint32_t writable)
{
	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++) {
		config->value[offset + i] = (uint8_t)(value >> (8 * i));
		config->emulated[offset + i] = 0xff;
		config->writable[offset + i] = (uint8_t)(writable >> (8 * i));
	}
}

void pci_config_set_fields(
	struct pci_config *config, unsigned int base, const struct pci_config_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pci_config_set(config, base + fields[i].offset, fields[i].size, fields[i].value, fields[i].writable);
}

void pci_config_set_clears(struct pci_config *config, unsigned int offset, unsigned int size, uint32_t bits)
{
	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++)
		config->clears[offset + i] = (uint8_t)(bits >> (8 * i));
}

void pci_config_put(struct pci_config *config, unsigned int offset, unsigned int size, uint32_t value)
{
	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++)
		config->value[offset + i] = (uint8_t)(value >> (8 * i));
}

void pci_config_pass(
	struct pci_config *config, unsigned int offset, unsigned int size, uint32_t bits, uint32_t writable)
{
	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++) {
		uint8_t passed = (uint8_t)(bits >> (8 * i));

		config->emulated[offset + i] &= (uint8_t)~passed;
		config->writable[offset + i] &= (uint8_t)~passed;
		config->writable[offset + i] |= (uint8_t)(writable >> (8 * i)) & passed;
	}
}

uint32_t pci_config_get(const struct pci_config *config, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++)
		value |= (uint32_t)config->value[offset + i] << (8 * i);
	return value;
}

uint32_t pci_config_passed(const struct pci_config *config, unsigned int offset, unsigned int size)
{
	uint32_t passed = 0;

	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++)
		passed |= (uint32_t)(uint8_t)~config->emulated[offset + i] << (8 * i);
	return passed;
}

uint32_t pci_config_guest_read(
	const struct pci_config *config, unsigned int offset, unsigned int size, uint32_t hardware)
{
	uint32_t passed = pci_config_passed(config, offset, size);

	return (pci_config_get(config, offset, size) & ~passed) | (hardware & passed);
}

void pci_config_guest_write(
	struct pci_config *config, unsigned int offset, unsigned int size, uint32_t value, uint32_t *ret_hardware_mask)
{
	uint32_t hardware_mask = 0;

	assert(offset + size <= PCI_CONFIG_SIZE);
	for (unsigned int i = 0; i < size; i++) {
		uint8_t written = (uint8_t)(value >> (8 * i));
		uint8_t ours = config->writable[offset + i] & config->emulated[offset + i];

		config->value[offset + i] = (uint8_t)((config->value[offset + i] & ~ours) | (written & ours));
		config->value[offset + i] &= (uint8_t) ~(written & config->clears[offset + i]);
		hardware_mask |= (uint32_t)(config->writable[offset + i] & (uint8_t)~config->emulated[offset + i])
				 << (8 * i);
	}
	*ret_hardware_mask = hardware_mask;
}
