// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci=config_acs= for a card below a switch: the ports and bits in it, read back by the kernel's grammar; on which
 * kernels; and that nothing is said where it would change nothing.
 */
#include "iommu/acs_argument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

enum {
	ROOT,
	UP,
	DOWN_ONE,
	DOWN_TWO,
	CARD_ONE,
	CARD_TWO,
	FUNCTIONS,
};

static const struct topology_function plain[FUNCTIONS] = {
	[ROOT] = { .addr = { 0, 0, 2, 0 },
		.parent = -1,
		.express_type = PCI_EXPRESS_ROOT_PORT,
		.is_bridge = true,
		.vendor_id = 0x1b36,
		.has_acs = true,
		.acs_supported = 0x5f,
		.acs_enabled = 0x1d },
	[UP] = { .addr = { 0, 3, 0, 0 }, .parent = ROOT, .express_type = PCI_EXPRESS_UPSTREAM, .is_bridge = true },
	[DOWN_ONE] = { .addr = { 0, 4, 0, 0 },
		.parent = UP,
		.express_type = PCI_EXPRESS_DOWNSTREAM,
		.is_bridge = true,
		.has_acs = true,
		.acs_supported = 0x1f,
		.acs_enabled = 0x1f },
	[DOWN_TWO] = { .addr = { 0, 4, 1, 0 },
		.parent = UP,
		.express_type = PCI_EXPRESS_DOWNSTREAM,
		.is_bridge = true,
		.has_acs = true,
		.acs_supported = 0x1f,
		.acs_enabled = 0x1f },
	[CARD_ONE] = { .addr = { 0, 5, 0, 0 }, .parent = DOWN_ONE, .express_type = PCI_EXPRESS_ENDPOINT },
	[CARD_TWO] = { .addr = { 0, 6, 0, 0 }, .parent = DOWN_TWO, .express_type = PCI_EXPRESS_ENDPOINT },
};

static bool find(struct topology_function *function, const char *release, struct acs_argument *argument)
{
	struct topology topology = { .function = function, .count = FUNCTIONS };

	for (size_t i = 0; i < FUNCTIONS; i++) {
		function[i].known = true;
		function[i].dma_via = -1;
		function[i].kernel_group = 1;
	}
	snprintf(topology.release, sizeof(topology.release), "%s", release);
	return acs_argument_find(&topology, CARD_ONE, argument);
}

/*
 * The bits that the argument sets for a port and those that it leaves to the firmware, as __pci_config_acs() reads
 * them; false: not named.
 */
static bool read_back(const char *text, const char *address, unsigned int *ret_set, unsigned int *ret_left)
{
	const char *at = strstr(text, address), *from = at ? at - 1 : NULL;
	unsigned int shift = 0;

	if (!at || *from != '@')
		return false;
	*ret_set = *ret_left = 0;
	for (from--; *from == '0' || *from == '1' || *from == 'x'; from--, shift++) {
		*ret_set |= (unsigned int)(*from == '1') << shift;
		*ret_left |= (unsigned int)(*from == 'x') << shift;
	}
	return *from == '=' || *from == ';';
}

static void names_ports_and_bits(void **state)
{
	struct topology_function function[FUNCTIONS];
	struct acs_argument argument;
	unsigned int set, left;

	(void)state;
	memcpy(function, plain, sizeof(plain));
	assert_false(find(function, "6.12.41", &argument));
	/* Redirection is off at the port of this card; the other card's port is none of its business. */
	function[DOWN_ONE].acs_enabled = 0x13;
	function[DOWN_TWO].acs_enabled = 0x11;
	function[ROOT].acs_enabled = 0x10;
	assert_true(find(function, "6.12.41", &argument));
	assert_int_equal(argument.ports, 2);
	assert_int_equal(strncmp(argument.text, "pci=config_acs=", 15), 0);
	assert_null(strchr(argument.text, ','));
	assert_true(read_back(argument.text, "0000:00:02.0", &set, &left));
	assert_int_equal(set, 0x1d);
	assert_int_equal(left, 0x62);
	/* Translation blocking is on: x would take it back to the firmware's value. */
	assert_true(read_back(argument.text, "0000:04:00.0", &set, &left));
	assert_int_equal(set, 0x1f);
	assert_int_equal(left, 0x60);
	assert_false(read_back(argument.text, "0000:04:01.0", &set, &left));
}

static void says_nothing_in_vain(void **state)
{
	struct topology_function function[FUNCTIONS];
	struct acs_argument argument;

	(void)state;
	/* The root port has no capability at all: what is missing below it is not what makes the group. */
	memcpy(function, plain, sizeof(plain));
	function[ROOT].has_acs = false;
	function[ROOT].acs_supported = function[ROOT].acs_enabled = 0;
	function[DOWN_ONE].acs_enabled = 0x11;
	assert_false(find(function, "6.12.41", &argument));
	/* An Intel PCH port, whose isolation is a quirk: the kernel passes it over. */
	memcpy(function, plain, sizeof(plain));
	function[ROOT].vendor_id = 0x8086;
	function[ROOT].device_id = 0xa110;
	function[ROOT].acs_enabled = 0x11;
	assert_false(find(function, "6.12.41", &argument));
}

static void knows_kernels(void **state)
{
	static const struct {
		const char *release;
		bool known, lists;
	} cases[] = {
		{ "6.1.0-13-amd64", false, false },
		{ "6.10.9", false, false },
		{ "6.11.0", true, false },
		{ "6.12.22-amd64", true, false },
		{ "6.12.23", true, true },
		{ "6.13.10", true, false },
		{ "6.13.11", true, true },
		{ "6.14.1", true, false },
		{ "6.14.2", true, true },
		{ "6.15.0-rc1", true, true },
		{ "7.0.0", true, true },
		{ "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct topology_function function[FUNCTIONS];
		struct acs_argument argument;

		memcpy(function, plain, sizeof(plain));
		function[DOWN_ONE].acs_enabled = 0x11;
		function[ROOT].acs_enabled = 0x11;
		assert_true(find(function, cases[i].release, &argument));
		if (argument.known != cases[i].known || argument.lists_work != cases[i].lists)
			fail_msg("%s: known %d, lists %d", cases[i].release, argument.known, argument.lists_work);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_ports_and_bits),
		cmocka_unit_test(says_nothing_in_vain),
		cmocka_unit_test(knows_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
