// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_rules.c: a user's rules change what a guest sees as they say, and open nothing else: whatever a
 * guest writes then, the device's bytes that no rule passes stay as they are.
 */
#include "passthrough/vfio_config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include "base/cleanup.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "tests/unit/vfio_bed.h"

enum {
	VENDOR = 0xe0, /* in place of VPD: a vendor's own capability of 12 bytes */
	VENDOR_SIZE = 12,
	VSEC = 0x200,
	VSEC_SIZE = 16,
	GAP = 0xf0, /* behind it: registers of the device's own */
};

static struct bed *describe(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	fake_set(&bed->fake, VENDOR, 4, PCI_CAP_ID_VNDR | VENDOR_SIZE << 16 | 0x77u << 24);
	fake_set(&bed->fake, VENDOR + 4, 4, 0x11223344);
	fake_set(&bed->fake, 0x150, 4, PCI_EXT_CAP_ID_ARI | 1 << 16 | (uint32_t)VSEC << 20);
	fake_set(&bed->fake, VSEC, 4, PCI_EXT_CAP_ID_VNDR | 1 << 16);
	fake_set(&bed->fake, VSEC + 4, 4, 0x1 | VSEC_SIZE << 20);
	fake_set(&bed->fake, VSEC + 8, 4, 0xcafef00d);
	fake_set(&bed->fake, GAP, 4, 0x55667788);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	return bed;
}

static int create(struct bed *bed, const struct config_rule *rules, size_t count, struct error *err)
{
	return vfio_pci_new_with_rules(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", rules, count, &fake_vfio_sys, err);
}

static struct bed *start_with(void **state, const struct config_rule *rules, size_t count)
{
	struct bed *bed = describe(state);

	assert_int_equal(create(bed, rules, count, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	return bed;
}

static void hidden_by_rule(void **state)
{
	static const struct config_rule rules[] = {
		{ 1, RULE_CAPABILITY, RULE_HIDE, PCI_CAP_ID_MSIX, 0 },
		{ 2, RULE_EXTENDED, RULE_HIDE, PCI_EXT_CAP_ID_DSN, 0 },
		{ 3, RULE_CAPABILITY, RULE_HIDE, PCI_CAP_ID_VNDR, 0 },
	};
	struct bed *bed = start_with(state, rules, array_size(rules));

	assert_int_equal(get(bed, FAKE_PM, 2), PCI_CAP_ID_PM | FAKE_EXPRESS << 8);
	assert_int_equal(get(bed, FAKE_EXPRESS, 2), PCI_CAP_ID_EXP);
	assert_int_equal(get(bed, FAKE_MSIX, 4), 0);
	assert_int_equal(get(bed, VENDOR, 4), 0);
	assert_int_equal(get(bed, 0x100, 4), 0);
	set(bed, FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE);
	assert_false(bed->fake.enabled);
	/* its table is registers like others now, and mapped */
	assert_non_null(slot_at(bed, bar_address(bed, 3)));
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

static void shown_by_rule(void **state)
{
	static const struct config_rule rules[] = {
		{ 1, RULE_EXTENDED, RULE_SHOW, PCI_EXT_CAP_ID_ERR, 0 },
		{ 2, RULE_CAPABILITY, RULE_SHOW, PCI_CAP_ID_VNDR, 0 },
		{ 3, RULE_REGISTER, RULE_SHOW, GAP, 2 },
	};
	struct bed *bed = start_with(state, rules, array_size(rules));

	fake_set(&bed->fake, 0x104, 4, 0x00100000);
	assert_int_equal(get(bed, 0x100, 4), PCI_EXT_CAP_ID_ERR | 2 << 16 | 0x140u << 20);
	assert_int_equal(get(bed, 0x104, 4), 0x00100000);
	fake_set(&bed->fake, VENDOR + 4, 4, 0x99);
	assert_int_equal(get(bed, VENDOR + 4, 4), 0x99);
	assert_int_equal(get(bed, GAP, 4), 0x7788);
	bed->fake.write_count = 0;
	for (unsigned int at = 0x40; at < PCI_CONFIG_SIZE; at += 4)
		if (at < FAKE_MSIX || at > FAKE_MSIX + 0x10)
			set(bed, at, 4, 0x7f007fff);
	assert_int_equal(bed->fake.write_count, 0);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* The bytes that these rules pass; and COMMAND, which the tables do. */
static bool is_passed(unsigned int at)
{
	return (at >= VENDOR + 2 && at < VENDOR + VENDOR_SIZE) || (at >= VSEC + 4 && at < VSEC + VSEC_SIZE) ||
	       (at >= GAP + 4 && at < GAP + 6) || at == PCI_COMMAND || at == PCI_COMMAND + 1;
}

static void passed_by_rule_and_nothing_else(void **state)
{
	static const struct config_rule rules[] = {
		{ 1, RULE_CAPABILITY, RULE_PASS, PCI_CAP_ID_VNDR, 0 },
		{ 2, RULE_EXTENDED, RULE_PASS, PCI_EXT_CAP_ID_VNDR, 0 },
		{ 3, RULE_REGISTER, RULE_PASS, GAP + 4, 2 },
	};
	static const unsigned int sizes[] = { 1, 2, 4 };
	static const uint32_t values[] = { 0, 0xffffffff, 0x5a5a5a5a };
	struct bed *bed = start_with(state, rules, array_size(rules));
	uint8_t before[FAKE_CONFIG_SIZE];
	unsigned int changed = 0;

	memcpy(before, bed->fake.config, sizeof(before));
	for (size_t v = 0; v < array_size(values); v++)
		for (size_t s = 0; s < array_size(sizes); s++)
			for (unsigned int at = 0; at < PCI_CONFIG_SIZE; at++)
				set(bed, at, sizes[s], values[v]);
	for (unsigned int at = 0; at < FAKE_CONFIG_SIZE; at++) {
		if (!is_passed(at))
			assert_int_equal(bed->fake.config[at], before[at]);
		else
			changed += bed->fake.config[at] == 0x5a;
	}
	assert_int_equal(changed, VENDOR_SIZE - 2 + VSEC_SIZE - 4 + 2);
	/* the heads that make the chains are ours */
	assert_int_equal(get(bed, VENDOR, 2), PCI_CAP_ID_VNDR);
	assert_int_equal(get(bed, VSEC, 4), PCI_EXT_CAP_ID_VNDR | 1 << 16);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* Each lies in a capability of this device, or beyond it: refused with the rule's line. */
static void registers_of_capabilities_are_refused(void **state)
{
	static const uint16_t offsets[] = { FAKE_PM + 4, FAKE_MSI + 4, FAKE_MSIX + 2, FAKE_EXPRESS + 8, 0x100, 0x104,
		0x140, VENDOR, VSEC };
	const struct config_rule beyond = { 1, RULE_REGISTER, RULE_SHOW, 0x800, 4 };
	struct bed *bed = describe(state);
	struct error err = { 0 };

	for (size_t i = 0; i < array_size(offsets); i++) {
		struct config_rule rule = { 77, RULE_REGISTER, RULE_PASS, offsets[i], 2 };

		fake_vfio_add_msi(&bed->fake, PCI_MSI_FLAGS_64BIT);
		if (create(bed, &rule, 1, &err) != -EPERM)
			print_error("0x%x: %s\n", rule.where, err.msg);
		assert_int_equal(err.errnum, EPERM);
		assert_int_equal(err.code, CODE_USAGE);
		assert_non_null(strstr(err.msg, "line 77"));
		assert_non_null(strstr(err.msg, "0000:01:10.0"));
		assert_int_equal(bed->fake.mapped_bytes, 0);
	}
	bed->fake.config_region.size = 256;
	assert_int_equal(create(bed, &beyond, 1, &err), -EPERM);
	pci_bus_done(&bed->vm.pci);
	free(bed);
	*state = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hidden_by_rule),
		cmocka_unit_test(shown_by_rule),
		cmocka_unit_test(passed_by_rule_and_nothing_else),
		cmocka_unit_test(registers_of_capabilities_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
