// SPDX-License-Identifier: GPL-2.0-or-later
/* devlink's answers as text and back: all that was said, for the right device; what is damaged is left unsaid. */
#include "sriov/devlink_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

static const struct devlink_handle first = { .bus = "pci", .name = "0000:01:00.0" };
static const struct devlink_handle second = { .bus = "pci", .name = "0000:01:00.1" };

static struct devlink_port make_port(void)
{
	struct devlink_port port = {
		.handle = first,
		.index = 3,
		.type = DEVLINK_UNKNOWN,
		.flavour = DEVLINK_UNKNOWN,
		.controller = DEVLINK_UNKNOWN,
		.external = 0,
		.pf = 0,
		.vf = 1,
		.sf = DEVLINK_UNKNOWN,
		.number = DEVLINK_UNKNOWN,
		.ifindex = 7,
		.netdev = "enp1s0f0r1",
		.has_function = true,
	};

	devlink_function_init(&port.function);
	port.function.has_hw_addr = true;
	port.function.hw_addr = (struct mac_addr){ { 2, 0, 0, 0, 0, 0x10 } };
	port.function.max_io_eqs = 8;
	return port;
}

static struct devlink_rate make_rate(void)
{
	struct devlink_rate rate;

	devlink_rate_init(&rate);
	rate.handle = first;
	rate.port = 3;
	rate.tx_share = 12500000;
	rate.tx_max = (int64_t)1 << 40;
	snprintf(rate.parent, sizeof(rate.parent), "gold eswitch");
	return rate;
}

/* As a capture of two devices has it. */
static char *print_all(void)
{
	struct devlink_eswitch eswitch;
	struct devlink_port port = make_port();
	struct devlink_rate rate = make_rate();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	devlink_eswitch_init(&eswitch);
	eswitch.mode = ESWITCH_LEGACY;
	devlink_text_put_eswitch(&second, &eswitch, out);
	eswitch.mode = ESWITCH_SWITCHDEV;
	devlink_text_put_eswitch(&first, &eswitch, out);
	devlink_text_put_port(&port, out);
	devlink_text_put_rate(&rate, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void there_and_back(void **state)
{
	struct devlink_port wanted = make_port();
	cleanup_free char *text = print_all();
	cleanup_free struct devlink_handle *handles = NULL;
	cleanup_free struct devlink_port *ports = NULL, *others = NULL;
	cleanup_free struct devlink_rate *rates = NULL;
	struct devlink_eswitch eswitch;
	struct temp_tree tree;
	size_t count;

	(void)state;
	temp_tree_init(&tree);
	assert_false(devlink_text_is_there(&tree.root));
	temp_tree_file(&tree, DEVLINK_TEXT_FILE, text);
	assert_true(devlink_text_is_there(&tree.root));
	assert_int_equal(devlink_text_handles(&tree.root, &handles, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_true(devlink_handle_same(&handles[1], &first));
	assert_int_equal(devlink_text_eswitch(&tree.root, &first, &eswitch, NULL), 0);
	assert_int_equal(eswitch.mode, ESWITCH_SWITCHDEV);
	assert_int_equal(eswitch.encap_mode, DEVLINK_UNKNOWN);
	assert_int_equal(devlink_text_ports(&tree.root, &first, &ports, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(ports[0].index, wanted.index);
	assert_int_equal(ports[0].vf, wanted.vf);
	assert_int_equal(ports[0].external, 0);
	assert_int_equal(ports[0].sf, DEVLINK_UNKNOWN);
	assert_int_equal(ports[0].ifindex, wanted.ifindex);
	assert_string_equal(ports[0].netdev, wanted.netdev);
	assert_true(ports[0].has_function && ports[0].function.has_hw_addr);
	assert_memory_equal(&ports[0].function.hw_addr, &wanted.function.hw_addr, sizeof(struct mac_addr));
	assert_int_equal(ports[0].function.max_io_eqs, 8);
	assert_int_equal(ports[0].function.roce, DEVLINK_UNKNOWN);
	assert_int_equal(devlink_text_ports(&tree.root, &second, &others, &count, NULL), 0);
	assert_int_equal(count, 0);
	assert_int_equal(devlink_text_rates(&tree.root, &first, &rates, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(rates[0].tx_max, (int64_t)1 << 40);
	assert_string_equal(rates[0].parent, "gold_eswitch"); /* one word, or the rest would be others */
	temp_tree_done(&tree);
}

static void damaged(void **state)
{
	static const char text[] =
		"\nport\nport \nport pci\nport pci/\nport /x index=1\nport pci/0000:01:00.0\n"
		"port a-bus-with-a-name-that-is-far-too-long-for-any-handle-of-devlink/x index=1\n"
		"port pci/0000:01:00.0 index=99999999999 vf=-7 netdev=a-name-that-is-too-long-for-it "
		"hw_addr=zz nothing what=1 =\n";
	cleanup_free struct devlink_port *ports = NULL;
	struct devlink_eswitch eswitch;
	struct error err = { 0 };
	struct temp_tree tree;
	size_t count;

	(void)state;
	temp_tree_init(&tree);
	temp_tree_file(&tree, DEVLINK_TEXT_FILE, text);
	assert_int_equal(devlink_text_ports(&tree.root, NULL, &ports, &count, NULL), 0);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ports[i].index, 0);
		assert_int_equal(ports[i].vf, DEVLINK_UNKNOWN);
		assert_true(strlen(ports[i].netdev) < sizeof(ports[i].netdev));
		assert_true(mac_is_zero(&ports[i].function.hw_addr));
	}
	assert_true(devlink_text_eswitch(&tree.root, &first, &eswitch, &err) < 0);
	assert_int_equal(err.code, CODE_ESWITCH_NONE);
	temp_tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
