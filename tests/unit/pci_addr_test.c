// SPDX-License-Identifier: GPL-2.0-or-later
/* pci/addr.c: addresses parsed, printed, ordered, found in sysfs paths. */
#include "base/cleanup.h"
#include "pci/pci.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parses_and_prints(void **state)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
	} cases[] = {
		{ "0000:01:10.2", "0000:01:10.2" },
		{ "01:10.2", "0000:01:10.2" },
		{ "1:2.3", "0000:01:02.3" },
		{ "ABCD:eF:1f.7", "abcd:ef:1f.7" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
		{ "", NULL },
		{ ":", NULL },
		{ "0000:01:10", NULL },
		{ "0000:01:10.", NULL },
		{ "0000:01:10.8", NULL },
		{ "0000:01:20.0", NULL },
		{ "0000:100:00.0", NULL },
		{ "100000000:00:00.0", NULL },
		{ "0000:01:10.2 ", NULL },
		{ " 01:10.2", NULL },
		{ "01:10.2/3", NULL },
		{ "0:0000:01:10.2", NULL },
		{ "0x01:10.2", NULL },
		{ "+1:10.2", NULL },
		{ "8086:10ca", NULL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct pci_addr addr = { .domain = 77 };
		char text[PCI_ADDR_TEXT_SIZE];
		int ret = pci_addr_parse(cases[i].text, &addr);

		assert_int_equal(ret, cases[i].printed ? 0 : -EINVAL);
		if (ret)
			assert_int_equal(addr.domain, 77);
		else
			assert_string_equal(pci_addr_text(addr, text), cases[i].printed);
	}
}

static void orders(void **state)
{
	static const char *const sorted[] = { "0000:00:00.0", "0000:00:00.1", "0000:00:01.0", "0000:01:00.0",
		"0001:00:00.0", "10000:00:00.0" };

	(void)state;
	for (size_t i = 0; i < array_size(sorted); i++)
		for (size_t j = 0; j < array_size(sorted); j++) {
			struct pci_addr a;
			struct pci_addr b;

			assert_int_equal(pci_addr_parse(sorted[i], &a), 0);
			assert_int_equal(pci_addr_parse(sorted[j], &b), 0);
			assert_int_equal(pci_addr_compare(a, b), i < j ? -1 : i > j);
		}
}

static void finds_the_last_in_a_path(void **state)
{
	static const struct {
		const char *path, *found;
	} cases[] = {
		{ "../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/net/eth0", "0000:02:00.0" },
		{ "../devices/pci0000:00/0000:00:14.0/usb1/1-1/host0/target0:0:0/0:0:0:0/block/sda", "0000:00:14.0" },
		{ "0000:02:00.0", "0000:02:00.0" },
		{ "../../devices/virtual/net/br0", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct pci_addr addr;
		char text[PCI_ADDR_TEXT_SIZE];

		assert_int_equal(pci_addr_in_path(cases[i].path, &addr), cases[i].found ? 0 : -ENOENT);
		if (cases[i].found)
			assert_string_equal(pci_addr_text(addr, text), cases[i].found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_prints),
		cmocka_unit_test(orders),
		cmocka_unit_test(finds_the_last_in_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
