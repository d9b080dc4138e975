// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of a configuration space: what each bit's class means, for accesses of every size and alignment. */
#include "vmm-core/pci/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const unsigned int sizes[] = { 1, 2, 4 };

static void zeroed_denies_everything(void **state)
{
	struct pci_config config;
	uint32_t mask;

	(void)state;
	pci_config_init(&config);
	for (unsigned int offset = 0; offset + 4 <= PCI_CONFIG_SIZE; offset++) {
		pci_config_guest_write(&config, offset, 4, 0xffffffff, &mask);
		assert_int_equal(mask, 0);
		assert_int_equal(pci_config_guest_read(&config, offset, 4, 0xffffffff), 0);
	}
}

/* A register of ours next to one of the device, read and written across their border. */
static void spanning_access_obeys_each_byte(void **state)
{
	struct pci_config config;
	uint32_t mask;

	(void)state;
	pci_config_init(&config);
	pci_config_set(&config, 0x10, 2, 0x1234, 0x00ff);
	pci_config_pass(&config, 0x12, 2, 0xf0f0, 0x3000);
	pci_config_guest_write(&config, 0x10, 4, 0xffffffff, &mask);
	assert_int_equal(mask, 0x30000000);
	assert_int_equal(pci_config_get(&config, 0x10, 4), 0x000012ff);
	assert_int_equal(pci_config_guest_read(&config, 0x10, 4, 0xffffffff), 0xf0f012ff);
	assert_int_equal(pci_config_guest_read(&config, 0x11, 2, 0xffff), 0xf012);
	pci_config_guest_write(&config, 0x11, 4, 0, &mask);
	assert_int_equal(mask, 0x00300000);
	assert_int_equal(pci_config_passed(&config, 0x0f, 4), 0xf0000000);
}

static void pass_cannot_write_more_than_it_shows(void **state)
{
	struct pci_config config;
	uint32_t mask;

	(void)state;
	pci_config_init(&config);
	pci_config_pass(&config, 4, 2, 0x0004, 0xffff);
	pci_config_guest_write(&config, 4, 2, 0xffff, &mask);
	assert_int_equal(mask, 0x0004);
}

/* Against a model that knows one bit at a time. */
static void every_offset_and_size_matches_the_bits(void **state)
{
	struct pci_config config;
	uint32_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < PCI_CONFIG_SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		config.value[i] = (uint8_t)(seed >> 16);
		config.emulated[i] = (uint8_t)(seed >> 24);
		config.writable[i] = (uint8_t)(seed >> 8);
		config.clears[i] = (uint8_t)(seed >> 12) & config.emulated[i] & (uint8_t)~config.writable[i];
	}
	for (unsigned int s = 0; s < 3; s++) {
		for (unsigned int offset = 0; offset + sizes[s] <= PCI_CONFIG_SIZE; offset++) {
			uint32_t written = seed ^ offset * 0x01010101u, hardware = ~written, mask, read;
			struct pci_config before = { 0 };

			memcpy(before.value + offset, config.value + offset, sizes[s]);
			pci_config_guest_write(&config, offset, sizes[s], written, &mask);
			read = pci_config_guest_read(&config, offset, sizes[s], hardware);
			for (unsigned int bit = 0; bit < 8 * sizes[s]; bit++) {
				unsigned int at = offset + bit / 8, in = bit % 8;
				unsigned int ours = config.emulated[at] >> in & 1;
				unsigned int can = config.writable[at] >> in & 1;
				unsigned int now = can && ours ? written >> bit & 1 : before.value[at] >> in & 1;

				if (config.clears[at] >> in & 1 && written >> bit & 1)
					now = 0;
				assert_int_equal(mask >> bit & 1, can && !ours);
				assert_int_equal(config.value[at] >> in & 1, now);
				assert_int_equal(read >> bit & 1, ours ? now : (hardware >> bit & 1));
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_denies_everything),
		cmocka_unit_test(spanning_access_obeys_each_byte),
		cmocka_unit_test(pass_cannot_write_more_than_it_shows),
		cmocka_unit_test(every_offset_and_size_matches_the_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
