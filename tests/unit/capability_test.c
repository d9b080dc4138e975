// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci/capability.c and detail.c: lists that loop, lead out of their space or are half readable; fields; VPD that lies
 * about its lengths.
 */
#include "base/cleanup.h"
#include "pci/capability.h"
#include "pci/detail.h"
#include "tests/unit/temp_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct pci_config *config, unsigned int at, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		config->byte[at + i] = (uint8_t)(value >> (8 * i));
}

/* A root port: PM, MSI-X and Express; AER, ACS (missing RR), serial number. */
static void fill(struct pci_config *config)
{
	memset(config, 0, sizeof(*config));
	config->size = PCI_CONFIG_SIZE;
	put(config, 0x00, 0x10c98086, 4);
	put(config, 0x06, 0x0010, 2);
	put(config, 0x0e, 0x81, 1);
	put(config, 0x34, 0x40, 1);
	put(config, 0x40, 0x5001, 2);
	put(config, 0x50, 0x7011, 2);
	put(config, 0x52, 0x8009, 2);
	put(config, 0x54, 0x2003, 4);
	put(config, 0x70, 0x0010, 2);
	put(config, 0x72, 0x0042, 2);
	put(config, 0x100, 0x14010001, 4);
	put(config, 0x140, 0x1a01000d, 4);
	put(config, 0x144, 0x001f, 2);
	put(config, 0x146, 0x001b, 2);
	put(config, 0x1a0, 0x00010003, 4);
	put(config, 0x1a4, 0xff0a0b0c, 4);
	put(config, 0x1a8, 0x001b21ff, 4);
}

static uint32_t field(const struct pci_config *config, const struct pci_capabilities *list, bool extended,
	unsigned int id, const char *name)
{
	const struct pci_capability *capability = pci_capability_find(list, extended, id);
	const struct pci_field *row = NULL;
	uint32_t value;

	assert_non_null(capability);
	while ((row = pci_field_next(capability, row)))
		if (!strcmp(row->name, name)) {
			assert_true(pci_field_value(config, capability, row, &value));
			return value;
		}
	fail_msg("no field %s", name);
	return 0;
}

static void lists_and_decodes(void **state)
{
	struct pci_capabilities list;
	struct pci_config config;
	char serial[32];

	(void)state;
	fill(&config);
	pci_capabilities_list(&config, &list);
	assert_true(list.visible && list.extended_visible && !list.malformed);
	assert_int_equal(list.count, 6);
	assert_string_equal(pci_capability_name(&list.item[1]), "msix");
	assert_string_equal(pci_capability_name(&list.item[4]), "acs");
	assert_int_equal(pci_express_type_of(&config, &list), PCI_EXPRESS_ROOT_PORT);
	assert_true(pci_config_is_bridge(&config) && pci_config_is_multifunction(&config));
	assert_int_equal(field(&config, &list, false, PCI_CAP_MSIX, "vectors"), 10);
	assert_int_equal(field(&config, &list, false, PCI_CAP_MSIX, "enabled"), 1);
	assert_int_equal(field(&config, &list, false, PCI_CAP_MSIX, "table_bar"), 3);
	assert_int_equal(field(&config, &list, false, PCI_CAP_MSIX, "table_offset"), 0x2000);
	assert_int_equal(field(&config, &list, true, PCI_EXT_ACS, "supported"), 0x1f);
	assert_int_equal(field(&config, &list, true, PCI_EXT_ACS, "enabled"), 0x1b);
	assert_true(pci_serial_number(&config, &list, serial, sizeof(serial)));
	assert_string_equal(serial, "00-1b-21-ff-ff-0a-0b-0c");
	/* Never written: all such cards would be one. */
	put(&config, 0x1a4, 0xffffffff, 4);
	put(&config, 0x1a8, 0xffffffff, 4);
	assert_false(pci_serial_number(&config, &list, serial, sizeof(serial)));
	put(&config, 0x1a4, 0, 4);
	put(&config, 0x1a8, 0, 4);
	assert_false(pci_serial_number(&config, &list, serial, sizeof(serial)));
}

/* Each case breaks the good list in one place. */
static void survives_broken_lists(void **state)
{
	static const struct {
		unsigned int at, value, bytes;
		size_t size, count;
		bool visible, extended_visible, malformed;
	} cases[] = {
		{ 0x71, 0x40, 1, 4096, 6, true, true, true },         /* back to the first */
		{ 0x71, 0x70, 1, 4096, 6, true, true, true },         /* to itself */
		{ 0x41, 0x10, 1, 4096, 1, true, true, true },         /* into the header */
		{ 0x41, 0xff, 1, 4096, 2, true, true, false },        /* the low bits do not count; an empty one ends */
		{ 0x50, 0xff, 1, 4096, 1, true, true, true },         /* nothing answers there */
		{ 0x06, 0x0000, 2, 4096, 0, true, true, false },      /* no list */
		{ 0x140, 0x1001000d, 4, 4096, 5, true, true, true },  /* extended: back to the first */
		{ 0x140, 0x0401000d, 4, 4096, 5, true, true, true },  /* extended: into the standard space */
		{ 0x140, 0xffffffff, 4, 4096, 4, true, true, true },  /* extended: nothing answers */
		{ 0x100, 0xffffffff, 4, 4096, 3, true, true, false }, /* no extended list */
		{ 0x00, 0, 0, 64, 0, false, false, false },           /* what everybody may read */
		{ 0x00, 0, 0, 256, 3, true, false, false },           /* no access to the extended space */
		{ 0x00, 0, 0, 0x143, 4, true, true, true },           /* cut in the middle of one */
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct pci_capabilities list;
		struct pci_config config;

		fill(&config);
		put(&config, cases[i].at, cases[i].value, cases[i].bytes);
		config.size = cases[i].size;
		pci_capabilities_list(&config, &list);
		if (list.count != cases[i].count || list.visible != cases[i].visible ||
			list.extended_visible != cases[i].extended_visible || list.malformed != cases[i].malformed)
			fail_msg("case %zu: %zu capabilities, visible %d %d, malformed %d", i, list.count, list.visible,
				list.extended_visible, list.malformed);
	}
}

/* No configuration space whatever makes the walk leave its buffer or run on; the sanitizers look. */
static void survives_noise(void **state)
{
	struct pci_config config;
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct pci_capabilities list;
		char serial[32];

		for (size_t i = 0; i < sizeof(config.byte); i++)
			config.byte[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		config.size = round % 3 ? PCI_CONFIG_SIZE : seed % PCI_CONFIG_SIZE;
		config.byte[0x06] |= 0x10;
		config.byte[0x34] = 0x40;
		config.byte[0x40] = 0x10;
		pci_capabilities_list(&config, &list);
		assert_true(list.count <= PCI_CAPABILITY_MAX);
		pci_serial_number(&config, &list, serial, sizeof(serial));
		for (size_t i = 0; i < list.count; i++) {
			const struct pci_field *row = NULL;
			uint32_t value;

			while ((row = pci_field_next(&list.item[i], row)))
				pci_field_value(&config, &list.item[i], row, &value);
		}
	}
}

static void parses_vpd(void **state)
{
	static const uint8_t good[] = "\x82\x05\x00"
				      "Card \x90\x12\x00PN\x04"
				      "E1-2SN\x02\x01"
				      "9RV\x02\xaa\x00\x78";
	struct pci_vpd vpd;

	(void)state;
	pci_vpd_parse(good, sizeof(good) - 1, &vpd);
	assert_string_equal(vpd.product, "Card");
	assert_int_equal(vpd.field_count, 2);
	assert_string_equal(vpd.field[0].keyword, "PN");
	assert_string_equal(vpd.field[0].value, "E1-2");
	assert_string_equal(vpd.field[1].value, ".9");
	/* Cut anywhere: less is read, nothing else happens. */
	for (size_t size = 0; size < sizeof(good); size++) {
		cleanup_free uint8_t *copy = malloc(size + 1);

		memcpy(copy, good, size);
		pci_vpd_parse(copy, size, &vpd);
		assert_true(vpd.field_count <= 2);
	}
}

static void reads_bars_and_link(void **state)
{
	const struct pci_addr addr = { .bus = 1 };
	struct pci_bar bar[PCI_BAR_MAX];
	struct temp_tree tree;
	struct pci_link link;

	(void)state;
	temp_tree_init(&tree);
	temp_tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/resource",
		"0x00000000fe000000 0x00000000fe01ffff 0x0000000000040200\n"
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"0x0000000000006000 0x000000000000601f 0x0000000000040101\n"
		"0x0000380000000000 0x00003800000fffff 0x000000000014220c\n"
		"nonsense\n"
		"0x0000000000000000 0xffffffffffffffff 0x0000000000040200\n");
	assert_int_equal(pci_bars_read(&tree.root, addr, bar), 3);
	assert_int_equal(bar[0].size, 0x20000);
	assert_true(bar[1].is_io && bar[1].index == 2);
	assert_true(bar[2].is_64bit && bar[2].prefetchable && bar[2].size == 0x100000);
	pci_link_read(&tree.root, addr, &link);
	assert_false(link.known || link.degraded);
	temp_tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/current_link_speed", "2.5 GT/s PCIe\n");
	temp_tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/max_link_speed", "16.0 GT/s PCIe\n");
	temp_tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/current_link_width", "8\n");
	temp_tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/max_link_width", "8\n");
	pci_link_read(&tree.root, addr, &link);
	assert_true(link.known && link.degraded);
	assert_int_equal(link.speed_mts, 2500);
	assert_int_equal(link.max_speed_mts, 16000);
	temp_tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/current_link_speed", "Unknown\n");
	pci_link_read(&tree.root, addr, &link);
	assert_false(link.known || link.degraded);
	temp_tree_done(&tree);
}

/* What reads as ones does not answer; what is shorter than a header is none. */
static void a_function_that_is_gone_has_no_space(void **state)
{
	const struct pci_addr addr = { .bus = 1 };
	const char *path = "sys/bus/pci/devices/0000:01:00.0/config";
	struct pci_config config;
	struct temp_tree tree;
	char text[65];

	(void)state;
	temp_tree_init(&tree);
	memset(text, 0xff, sizeof(text));
	text[64] = '\0';
	temp_tree_file(&tree, path, text);
	assert_int_equal(pci_config_read(&tree.root, addr, &config), -ENODEV);
	/* A VF has no vendor id of its own, but a status. */
	text[6] = text[7] = 0x10;
	temp_tree_file(&tree, path, text);
	assert_int_equal(pci_config_read(&tree.root, addr, &config), 0);
	text[63] = '\0';
	temp_tree_file(&tree, path, text);
	assert_int_equal(pci_config_read(&tree.root, addr, &config), -ENODEV);
	temp_tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_and_decodes),
		cmocka_unit_test(survives_broken_lists),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(a_function_that_is_gone_has_no_space),
		cmocka_unit_test(parses_vpd),
		cmocka_unit_test(reads_bars_and_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
