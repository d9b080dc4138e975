// SPDX-License-Identifier: GPL-2.0-or-later
/* cli/device_argument.c: what follows --device. */
#include "cli/device_argument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

#include <cmocka.h>

static void what_there_is(void **state)
{
	static const struct {
		const char *text, *device, *rom;
		bool off;
		enum on_error on_error;
		int fd;
	} rows[] = {
		{ "0000:01:10.0", "0000:01:10.0", NULL, false, ON_ERROR_REPLUG, 0 },
		{ "eth0/3,rom=off", "eth0/3", NULL, true, ON_ERROR_REPLUG, 0 },
		{ "8086:10ca,rom=/root/card.rom", "8086:10ca", "/root/card.rom", false, ON_ERROR_REPLUG, 0 },
		{ "serial:12,rom=./off", "serial:12", "./off", false, ON_ERROR_REPLUG, 0 },
		{ "eth0,err=stop", "eth0", NULL, false, ON_ERROR_STOP, 0 },
		{ "eth0,err=unplug,rom=off", "eth0", NULL, true, ON_ERROR_UNPLUG, 0 },
		{ "eth0,err=replug,rom=a,err=stop", "eth0", "a,err=stop", false, ON_ERROR_REPLUG, 0 },
		{ "eth0,fd=3,err=unplug", "eth0", NULL, false, ON_ERROR_UNPLUG, 3 },
		{ "nvme0,rom=a,b=c", "nvme0", "a,b=c", false, ON_ERROR_REPLUG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct device_argument argument;

		assert_int_equal(device_argument_parse(rows[i].text, &argument, NULL), 0);
		assert_string_equal(argument.device, rows[i].device);
		assert_int_equal(argument.rom_off, rows[i].off);
		assert_int_equal(argument.fd, rows[i].fd);
		assert_int_equal(argument.on_error, rows[i].on_error);
		assert_false(argument.has_vf);
		if (rows[i].rom)
			assert_string_equal(argument.rom, rows[i].rom);
		else
			assert_null(argument.rom);
	}
}

static void what_a_vf_has(void **state)
{
	static const struct {
		const char *text;
		enum vf_mac_from from;
		bool has_mac;
	} rows[] = {
		{ "eth0/0,mac=02:00:00:00:00:07", VF_MAC_SAID, true },
		{ "eth0/0,mac=stable,err=stop", VF_MAC_STABLE, false },
		{ "eth0/0-3,mac=random", VF_MAC_RANDOM, false },
		{ "eth0/0,mac=keep,rom=off", VF_MAC_KEEP, false },
		{ "eth0/0,mac=02:00:00:00:00:07,mac=keep", VF_MAC_KEEP, false },
		{ "eth0/0,mac=stable,mac=02:00:00:00:00:07", VF_MAC_SAID, true },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct device_argument argument;

		assert_int_equal(device_argument_parse(rows[i].text, &argument, NULL), 0);
		assert_true(argument.has_vf);
		assert_int_equal(argument.vf.mac_from, rows[i].from);
		assert_int_equal(argument.vf.has_mac, rows[i].has_mac);
		assert_int_equal(argument.vf.vlan, VF_UNSET);
	}
}

static void what_is_refused(void **state)
{
	static const char *const texts[] = { "", ",rom=off", "eth0,", "eth0,rom", "eth0,rom=", "eth0,ram=off",
		"eth0, rom=x", "eth0,err=", "eth0,err=stops", "eth0,err=sto", "eth0,err=ignore", "eth0,err=stop,",
		"eth0,fd=", "eth0,fd=2", "eth0,fd=-1", "eth0,fd=3x", "eth0,fd=99999999999",
		"eth0/0,mac=", "eth0/0,mac=fixed", "eth0/0,mac=02:00:00:00:00", "eth0/0,mac=02:00:00:00:00:01:02",
		"eth0/0,mac=02:00:00:00:00:01-----------------" };
	char long_text[200];

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct device_argument argument;
		struct error err = { 0 };

		assert_true(device_argument_parse(texts[i], &argument, &err) < 0);
		assert_int_equal(err.code, CODE_USAGE);
	}
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = 0;
	assert_true(device_argument_parse(long_text, &(struct device_argument){ .rom = NULL }, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_there_is),
		cmocka_unit_test(what_a_vf_has),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
