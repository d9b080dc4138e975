// SPDX-License-Identifier: GPL-2.0-or-later
/* pci/range.c and cli/device_list.c: ranges of VFs in lists of devices. */
#include "pci/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/device_list.h"

static const struct {
	const char *text;
	int ret;           /* of pci_range_parse(): 0 no range, 1, -1 refused */
	const char *names; /* with blanks between them */
} cases[] = {
	{ "eth0", 0, NULL },
	{ "eth0/3", 0, NULL },
	{ "0000:01:00.0", 0, NULL },
	{ "/dev/nvme0", 0, NULL },
	{ "0000:01:00.0/0-1", 1, "0000:01:00.0/0 0000:01:00.0/1" },
	{ "eth0/0-3,7", 1, "eth0/0 eth0/1 eth0/2 eth0/3 eth0/7" },
	{ "eth0/7,0", 1, "eth0/7 eth0/0" },
	{ "eth0/5-5", 1, "eth0/5" },
	{ "serial:00-1b-21/1,2", 1, "serial:00-1b-21/1 serial:00-1b-21/2" },
	{ "eth0/3-1", -1, NULL },
	{ "eth0/0-3,2", -1, NULL },
	{ "eth0/0,", -1, NULL },
	{ "eth0/-1", -1, NULL },
	{ "eth0/1-", -1, NULL },
	{ "eth0/0--1", -1, NULL },
	{ "eth0/0-256", -1, NULL },
	{ "eth0/0-99999999999999999999", -1, NULL },
	{ "eth0/65535,1", -1, NULL },
	{ "/0-1", 0, NULL },
};

static void ranges_are_written_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct pci_range range;
		struct error err = { 0 };
		int ret = pci_range_parse(cases[i].text, &range, &err);

		if ((ret > 0) - (ret < 0) != cases[i].ret)
			fail_msg("%s: %d", cases[i].text, ret);
		if (ret < 0)
			assert_int_equal(err.code, CODE_USAGE);
	}
}

static void lists_are_joined(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		char first[] = "first", last[] = "last/0", text[64], all[512] = "";
		char *const args[] = { first, text, last };
		struct device_list list = { NULL, 0 };
		struct error err = { 0 };
		char wanted[512];
		int ret;

		snprintf(text, sizeof(text), "%s", cases[i].text);
		ret = device_list_expand(args, array_size(args), &list, &err);
		assert_int_equal(ret < 0, cases[i].ret < 0);
		for (size_t n = 0; n < list.count; n++)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", n ? " " : "", list.name[n]);
		snprintf(wanted, sizeof(wanted), "first %s last/0", cases[i].names ? cases[i].names : cases[i].text);
		if (!ret)
			assert_string_equal(all, wanted);
		device_list_done(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_written_out),
		cmocka_unit_test(lists_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
