// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_config.c: which registers of a device a guest sees, that no write but those in the tables reaches
 * the device, and that a configuration space which contradicts itself is refused.
 */
#include "passthrough/vfio_config.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "passthrough/vfio_pci.h"
#include "tests/unit/fake_vfio.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

struct bed {
	struct fake_vfio fake;
	struct vfio_device device;
	struct pci_function fn;
	struct vfio_capabilities caps;
};

static int start(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	fake_vfio_init(&bed->fake);
	*state = bed;
	return 0;
}

static int stop(void **state)
{
	free(*state);
	return 0;
}

static int read_face(struct bed *bed, struct error *err)
{
	int ret = vfio_device_init(&bed->device, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, err);

	return ret ? ret : vfio_config_read(&bed->device, NULL, &bed->fn, &bed->caps, err);
}

static uint32_t guest_read(const struct bed *bed, unsigned int offset, unsigned int size)
{
	return pci_config_guest_read(&bed->fn.config, offset, size, fake_get(&bed->fake, offset, size));
}

static void header_is_an_endpoint_without_legacy(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(guest_read(bed, PCI_VENDOR_ID, 4), 0x10ca8086);
	assert_int_equal(guest_read(bed, PCI_CLASS_REVISION, 4), 0x02000001);
	assert_int_equal(guest_read(bed, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	assert_int_equal(guest_read(bed, PCI_HEADER_TYPE, 1), 0);
	assert_int_equal(guest_read(bed, PCI_ROM_ADDRESS, 4), 0);
	assert_int_equal(guest_read(bed, PCI_INTERRUPT_PIN, 1), 0);
	assert_int_equal(guest_read(bed, PCI_SUBSYSTEM_VENDOR_ID, 4), 0xa03c8086);
	assert_int_equal(bed->fn.bar[0].kind, PCI_BAR_MEM64);
	assert_int_equal(bed->fn.bar[3].kind, PCI_BAR_MEM64_PREFETCHABLE);
	assert_int_equal(bed->fn.bar[1].kind, PCI_BAR_NONE);
	assert_int_equal(bed->caps.msix_vectors, FAKE_VECTORS);
	assert_int_equal(bed->caps.table.bar, 3);
	assert_int_equal(bed->caps.pba.offset, 0x2000);
}

/* PM, MSI (hidden), MSI-X, PCI Express, Enhanced Allocation (hidden). */
static void chain_skips_what_is_hidden(void **state)
{
	struct bed *bed = *state;

	fake_set(&bed->fake, 0xe0, 4, PCI_CAP_ID_EA | 0x12340000);
	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(guest_read(bed, PCI_CAPABILITY_LIST, 1), FAKE_PM);
	assert_int_equal(guest_read(bed, FAKE_PM, 2), PCI_CAP_ID_PM | FAKE_MSIX << 8);
	assert_int_equal(guest_read(bed, FAKE_MSIX, 2), PCI_CAP_ID_MSIX | FAKE_EXPRESS << 8);
	assert_int_equal(guest_read(bed, FAKE_EXPRESS, 2), PCI_CAP_ID_EXP);
	assert_int_equal(guest_read(bed, 0x50, 4), 0);
	assert_int_equal(guest_read(bed, 0xe0, 4), 0);
	assert_int_equal(guest_read(bed, FAKE_PM + PCI_PM_PMC, 2), 3);
	assert_int_equal(guest_read(bed, FAKE_EXPRESS + PCI_EXP_LNKCAP, 4), 0x3ff);
	/* phantom functions, slot power limit and attention button are not the guest's */
	assert_int_equal(guest_read(bed, FAKE_EXPRESS + PCI_EXP_DEVCAP, 4),
		PCI_EXP_DEVCAP_PAYLOAD | PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_L0S | PCI_EXP_DEVCAP_L1 |
			PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
}

/* What of MSI is shown, and can be written, in each of its four shapes. */
static void msi_has_four_shapes(void **state)
{
	static const struct {
		uint32_t flags;
		uint16_t data, mask, size; /* offsets; mask 0: none */
		uint32_t masks;            /* bits of it that can be written */
	} shapes[] = {
		{ 0, 8, 0, 10, 0 },
		{ 3 << 1 | PCI_MSI_FLAGS_64BIT, 12, 0, 14, 0 },
		{ 2 << 1 | PCI_MSI_FLAGS_MASKBIT, 8, 12, 20, 0xf },
		{ 5 << 1 | PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT, 12, 16, 24, 0xffffffff },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(shapes); i++) {
		uint32_t hardware;

		fake_vfio_init(&bed->fake);
		memset(&bed->fake.config[FAKE_MSI + PCI_MSI_FLAGS], 0xff, 24 - PCI_MSI_FLAGS);
		fake_vfio_add_msi(&bed->fake, shapes[i].flags | PCI_MSI_FLAGS_ENABLE | 0xfe00);
		assert_int_equal(read_face(bed, NULL), 0);
		assert_int_equal(bed->caps.msi, FAKE_MSI);
		assert_int_equal(bed->caps.msi_size, shapes[i].size);
		assert_int_equal(bed->caps.msi_vectors, 1u << (shapes[i].flags >> 1 & 7));
		assert_int_equal(guest_read(bed, FAKE_MSI, 4), PCI_CAP_ID_MSI | FAKE_MSIX << 8 | shapes[i].flags << 16);
		for (unsigned int at = FAKE_MSI + 2; at < FAKE_MSI + 24; at += 2)
			pci_config_guest_write(&bed->fn.config, at, 2, 0xffff, &hardware);
		assert_int_equal(guest_read(bed, FAKE_MSI + PCI_MSI_FLAGS, 2),
			shapes[i].flags | PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
		assert_int_equal(guest_read(bed, FAKE_MSI + PCI_MSI_ADDRESS_LO, 4), 0xfffffffc);
		assert_int_equal(guest_read(bed, FAKE_MSI + shapes[i].data, 4), 0xffff);
		if (shapes[i].data == PCI_MSI_DATA_64)
			assert_int_equal(guest_read(bed, FAKE_MSI + PCI_MSI_ADDRESS_HI, 4), 0xffffffff);
		if (shapes[i].mask)
			assert_int_equal(guest_read(bed, FAKE_MSI + shapes[i].mask, 4), shapes[i].masks);
		assert_int_equal(bed->caps.msi_pending, shapes[i].mask ? FAKE_MSI + shapes[i].mask + 4 : 0);
		for (unsigned int at = FAKE_MSI + shapes[i].size; at < FAKE_MSI + 24; at += 2)
			assert_int_equal(guest_read(bed, at, 2), 0);
	}
}

/* No kind of interrupt has to be there; one that the kernel does not offer is not shown. */
static void kinds_that_are_not_offered_are_not_there(void **state)
{
	struct bed *bed = *state;

	fake_vfio_add_msi(&bed->fake, 0);
	fake_vfio_add_intx(&bed->fake);
	bed->fake.vectors = 0;
	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(bed->caps.msix, 0);
	assert_int_equal(bed->caps.msi, FAKE_MSI);
	assert_int_equal(bed->caps.pin, 1);
	assert_int_equal(guest_read(bed, FAKE_MSI, 2), PCI_CAP_ID_MSI | FAKE_EXPRESS << 8);
	bed->fake.intx_lines = bed->fake.msi_vectors = 0;
	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(bed->caps.pin, 0);
	assert_int_equal(guest_read(bed, FAKE_PM, 2), PCI_CAP_ID_PM | FAKE_EXPRESS << 8);
	fake_set(&bed->fake, PCI_STATUS, 2, 0);
	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(bed->caps.express, 0);
}

/* AER at 0x100 and ARI are hidden: the chain begins with a capability of no type. */
static void extended_chain_shows_the_serial_number_only(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(guest_read(bed, 0x100, 4), 0x140u << 20);
	assert_int_equal(guest_read(bed, 0x140, 4), PCI_EXT_CAP_ID_DSN | 1 << 16);
	assert_int_equal(guest_read(bed, 0x144, 4), 0x11223344);
	assert_int_equal(guest_read(bed, 0x150, 4), 0);
}

static void extended_chain_is_empty_without_a_serial_number(void **state)
{
	struct bed *bed = *state;

	fake_set(&bed->fake, 0x140, 2, PCI_EXT_CAP_ID_SRIOV);
	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(guest_read(bed, 0x100, 4), 0);
	assert_int_equal(guest_read(bed, 0x140, 4), 0);
}

static void conventional_space_is_256_bytes(void **state)
{
	struct bed *bed = *state;

	bed->fake.config_region.size = 256;
	assert_int_equal(read_face(bed, NULL), 0);
	assert_int_equal(guest_read(bed, 0x100, 4), 0);
}

/* A second answer of the device is not believed: only passed bits are read again. */
static void later_answers_do_not_matter(void **state)
{
	struct bed *bed = *state;
	uint32_t before[PCI_CONFIG_SIZE / 4];

	assert_int_equal(read_face(bed, NULL), 0);
	for (unsigned int at = 0; at < PCI_CONFIG_SIZE; at += 4)
		before[at / 4] = guest_read(bed, at, 4);
	memset(bed->fake.config, 0xff, sizeof(bed->fake.config));
	for (unsigned int at = 0; at < PCI_CONFIG_SIZE; at += 4) {
		uint32_t passed = pci_config_passed(&bed->fn.config, at, 4);

		assert_int_equal(guest_read(bed, at, 4), before[at / 4] | passed);
	}
}

static void reset_is_offered_where_vfio_can(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(read_face(bed, NULL), 0);
	assert_true(guest_read(bed, FAKE_EXPRESS + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	assert_int_equal(bed->fn.config.writable[FAKE_EXPRESS + PCI_EXP_DEVCTL + 1], 0xff);
	bed->fake.flags = VFIO_DEVICE_FLAGS_PCI;
	assert_int_equal(read_face(bed, NULL), 0);
	assert_false(guest_read(bed, FAKE_EXPRESS + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	assert_int_equal(bed->fn.config.writable[FAKE_EXPRESS + PCI_EXP_DEVCTL + 1], 0x7f);
}

/*
 * Every offset, every size, several values, through the function's own write path: what the device's registers hold
 * afterwards may differ from before in the bus master bit alone.
 */
static void no_write_reaches_anything_but_bus_mastering(void **state)
{
	static const uint32_t values[] = { 0, 0xffffffff, 0x55555555, 0xaaaaaaaa, 0x00000004, 0xfee00000, 0x7fff7fff };
	static const unsigned int sizes[] = { 1, 2, 4 };
	struct bed *bed = *state;
	struct vfio_pci *pci = NULL;
	struct pci_function *fn;
	uint8_t before[FAKE_CONFIG_SIZE];
	unsigned int reached = 0;

	assert_int_equal(vfio_pci_new(&pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	fn = vfio_pci_function(pci);
	memcpy(before, bed->fake.config, sizeof(before));
	before[PCI_COMMAND] &= (uint8_t)~PCI_COMMAND_MASTER;
	for (size_t v = 0; v < array_size(values); v++) {
		for (size_t s = 0; s < array_size(sizes); s++) {
			for (unsigned int at = 0; at + sizes[s] <= PCI_CONFIG_SIZE; at++) {
				uint32_t mask;

				bed->fake.write_count = 0;
				pci_config_guest_write(&fn->config, at, sizes[s], values[v], &mask);
				if (mask)
					fn->ops->hardware_write(fn, at, sizes[s], values[v], mask);
				for (size_t w = 0; w < bed->fake.write_count; w++) {
					assert_int_equal(bed->fake.write[w].region, VFIO_PCI_CONFIG_REGION_INDEX);
					assert_int_equal(bed->fake.write[w].offset, PCI_COMMAND);
					assert_int_equal(bed->fake.write[w].size, 1);
					reached++;
				}
				bed->fake.config[PCI_COMMAND] &= (uint8_t)~PCI_COMMAND_MASTER;
				if (mask)
					assert_memory_equal(bed->fake.config, before, sizeof(before));
			}
		}
	}
	assert_memory_equal(bed->fake.config, before, sizeof(before));
	/* per value: 1 offset of size 1, 2 of size 2, 4 of size 4 */
	assert_int_equal(reached, 7 * array_size(values));
	vfio_pci_free(pci);
}

struct twist {
	const char *what;
	enum code code;
	unsigned int offset, size;
	uint32_t value;
};

static const struct twist twists[] = {
	{ "all ones", CODE_DEV_LOST, PCI_VENDOR_ID, 4, 0xffffffff },
	{ "a bridge", CODE_DEV_MALFORMED, PCI_HEADER_TYPE, 1, 1 },
	{ "chain into the header", CODE_DEV_MALFORMED, PCI_CAPABILITY_LIST, 1, 0x10 },
	{ "chain onto itself", CODE_DEV_MALFORMED, FAKE_PM + 1, 1, FAKE_PM },
	{ "chain back", CODE_DEV_MALFORMED, FAKE_EXPRESS + 1, 1, 0x50 },
	{ "MSI-X twice", CODE_DEV_MALFORMED, 0xe0, 1, PCI_CAP_ID_MSIX },
	{ "PCI Express twice", CODE_DEV_MALFORMED, 0x50, 1, PCI_CAP_ID_EXP },
	{ "a capability that runs past the end", CODE_DEV_MALFORMED, FAKE_EXPRESS + 1, 1, 0xfc },
	{ "MSI twice", CODE_DEV_MALFORMED, FAKE_MSIX, 1, PCI_CAP_ID_MSI },
	{ "INTE", CODE_DEV_MALFORMED, PCI_INTERRUPT_PIN, 1, 5 },
	{ "more vectors than VFIO counts", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_FLAGS, 2, FAKE_VECTORS },
	{ "2048 vectors", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_FLAGS, 2, 0x7ff },
	{ "table in BAR 6", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_TABLE, 4, 6 },
	{ "table in BAR 7", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_TABLE, 4, 7 },
	{ "table in no BAR", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_TABLE, 4, 5 },
	{ "table in a BAR's upper half", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_TABLE, 4, 1 },
	{ "table past the end", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_TABLE, 4, 0x3fc0 | 3 },
	{ "table far past the end", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_TABLE, 4, 0xfffffff8 | 3 },
	{ "pending bits past the end", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x4000 | 3 },
	{ "table over pending bits", CODE_DEV_MALFORMED, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x48 | 3 },
	{ "64-bit BAR without an upper half", CODE_DEV_MALFORMED, PCI_BASE_ADDRESS_0 + 4, 4, 4 },
	{ "extended chain into the header", CODE_DEV_MALFORMED, 0x100, 4, 1 | 0x40u << 20 },
	{ "extended chain onto itself", CODE_DEV_MALFORMED, 0x100, 4, 1 | 0x100u << 20 },
	{ "extended chain back", CODE_DEV_MALFORMED, 0x150, 4, 0xe | 0x140u << 20 },
	{ "no pin, but VFIO has INTx", CODE_DEV_MALFORMED, PCI_INTERRUPT_PIN, 1, 0 },
	{ "more MSI vectors than VFIO counts", CODE_DEV_MALFORMED, FAKE_MSI + PCI_MSI_FLAGS, 2, 5 << 1 },
	{ "as many MSI vectors as there never are", CODE_DEV_MALFORMED, FAKE_MSI + PCI_MSI_FLAGS, 2, 7 << 1 },
};

static void contradictions_are_refused(void **state)
{
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(twists); i++) {
		struct error err = { 0 };

		fake_vfio_init(&bed->fake);
		fake_vfio_add_intx(&bed->fake);
		fake_vfio_add_msi(&bed->fake, 4 << 1);
		if (i == 20)
			bed->fake.bar[1].size = 0x1000;
		fake_set(&bed->fake, twists[i].offset, twists[i].size, twists[i].value);
		if (read_face(bed, &err) == 0 || err.code != twists[i].code)
			print_error("%s: \"%s\"\n", twists[i].what, err.msg);
		assert_int_equal(err.code, twists[i].code);
		assert_non_null(strstr(err.msg, "0000:01:10.0"));
	}
}

/* Whatever the bytes are, the walk ends and the result is an answer or an error. */
static void random_spaces_end(void **state)
{
	struct bed *bed = *state;
	unsigned int seed = 5, good = 0;

	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int flips = 1 + (unsigned int)rand_r(&seed) % 12;

		fake_vfio_init(&bed->fake);
		fake_vfio_add_intx(&bed->fake);
		fake_vfio_add_msi(&bed->fake, 4 << 1);
		for (unsigned int i = 0; i < flips; i++)
			bed->fake.config[rand_r(&seed) % (i % 2 ? 0x100 : 0x160)] = (uint8_t)rand_r(&seed);
		if (read_face(bed, NULL) == 0) {
			good++;
			assert_true(bed->caps.msix_vectors <= FAKE_VECTORS);
			assert_true(bed->caps.msi_vectors <= 16 && bed->caps.pin <= 4);
			assert_true(bed->caps.msi + bed->caps.msi_size <= 0x100);
			assert_true(bed->caps.table.offset + bed->caps.table.size <= 0x4000);
		}
	}
	assert_true(good > 100 && good < 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(header_is_an_endpoint_without_legacy, start, stop),
		cmocka_unit_test_setup_teardown(chain_skips_what_is_hidden, start, stop),
		cmocka_unit_test_setup_teardown(msi_has_four_shapes, start, stop),
		cmocka_unit_test_setup_teardown(kinds_that_are_not_offered_are_not_there, start, stop),
		cmocka_unit_test_setup_teardown(extended_chain_shows_the_serial_number_only, start, stop),
		cmocka_unit_test_setup_teardown(extended_chain_is_empty_without_a_serial_number, start, stop),
		cmocka_unit_test_setup_teardown(conventional_space_is_256_bytes, start, stop),
		cmocka_unit_test_setup_teardown(later_answers_do_not_matter, start, stop),
		cmocka_unit_test_setup_teardown(reset_is_offered_where_vfio_can, start, stop),
		cmocka_unit_test_setup_teardown(no_write_reaches_anything_but_bus_mastering, start, stop),
		cmocka_unit_test_setup_teardown(contradictions_are_refused, start, stop),
		cmocka_unit_test_setup_teardown(random_spaces_end, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
