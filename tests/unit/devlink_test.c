// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sriov/devlink*.c against a scripted peer: what is read and written, every errno of every change with the kernel's own
 * words, drivers that accept and do nothing, and answers that are cut off or have another byte in any place.
 */
#include "sriov/devlink.h"

#include <errno.h>
#include <linux/devlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "tests/unit/fake_devlink.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

struct bed {
	struct fake_devlink fake;
	struct devlink devlink;
};

static unsigned int three(void *context)
{
	(void)context;
	return 3;
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct devlink_channel channel;

	fake_devlink_init(&bed->fake);
	bed->fake.vfs = three;
	channel = fake_devlink_channel(&bed->fake);
	assert_int_equal(devlink_open_on(&bed->devlink, &channel, NULL), 0);
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	devlink_close(&bed->devlink);
	fake_devlink_done(&bed->fake);
	free(bed);
	return 0;
}

static int write_mode(struct bed *bed, int mode, struct error *err)
{
	const struct devlink_eswitch to = { mode, DEVLINK_UNKNOWN, DEVLINK_UNKNOWN };

	return devlink_eswitch_write(&bed->devlink, &bed->fake.handle, &to, err);
}

static void reads_and_writes_an_eswitch(void **state)
{
	struct bed *bed = *state;
	struct devlink_eswitch eswitch, to;
	struct devlink_handle *handles = NULL;
	size_t count = 0;

	assert_int_equal(devlink_list_handles(&bed->devlink, &handles, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_true(devlink_handle_same(&handles[0], &bed->fake.handle));
	free(handles);
	devlink_eswitch_init(&to);
	assert_int_equal(devlink_eswitch_parse(&to, "mode=switchdev", NULL), 0);
	assert_int_equal(devlink_eswitch_parse(&to, "inline_mode=transport", NULL), 0);
	assert_int_equal(devlink_eswitch_parse(&to, "encap_mode=basic", NULL), 0);
	assert_int_equal(devlink_eswitch_write(&bed->devlink, &bed->fake.handle, &to, NULL), 0);
	assert_int_equal(devlink_eswitch_read(&bed->devlink, &bed->fake.handle, &eswitch, NULL), 0);
	assert_int_equal(eswitch.mode, ESWITCH_SWITCHDEV);
	assert_int_equal(eswitch.inline_mode, 3);
	assert_int_equal(eswitch.encap_mode, 1);
}

static void bad_words_are_usage(void **state)
{
	static const char *const eswitch[] = { "mode=fast", "mode", "mode=", "speed=1", "inline_mode=switchdev", "" };
	static const char *const function[] = { "hw_addr=02:00", "hw_addr=ff:ff:ff:ff:ff:ff",
		"hw_addr=00:00:00:00:00:00", "state=maybe", "roce=2", "max_io_eqs=-1", "max_io_eqs=4294967296",
		"trust=on", "opstate=attached" };
	static const char *const rate[] = { "tx_share=fast", "tx_max=100000001", "parent=12", "parent=a/b",
		"weight=1" };

	(void)state;
	for (size_t i = 0; i < array_size(eswitch); i++) {
		struct devlink_eswitch one;
		struct error err = { 0 };

		devlink_eswitch_init(&one);
		assert_int_equal(devlink_eswitch_parse(&one, eswitch[i], &err), -EINVAL);
		assert_int_equal(err.code, CODE_USAGE);
		assert_true(err.hint[0]);
		assert_int_equal(one.mode, DEVLINK_UNKNOWN);
	}
	for (size_t i = 0; i < array_size(function); i++) {
		struct devlink_function one;
		struct error err = { 0 };

		devlink_function_init(&one);
		assert_int_equal(devlink_function_parse(&one, function[i], &err), -EINVAL);
		assert_int_equal(err.code, CODE_USAGE);
		assert_true(err.hint[0]);
	}
	for (size_t i = 0; i < array_size(rate); i++) {
		struct devlink_rate one;
		struct error err = { 0 };

		devlink_rate_init(&one);
		assert_int_equal(devlink_rate_parse(&one, rate[i], &err), -EINVAL);
		assert_int_equal(err.code, CODE_USAGE);
		assert_true(err.hint[0]);
	}
}

static struct devlink_port read_port(struct bed *bed, unsigned int vf)
{
	struct devlink_port *ports = NULL, port;
	size_t count = 0;

	assert_int_equal(devlink_ports_read(&bed->devlink, &bed->fake.handle, &ports, &count, NULL), 0);
	assert_true(vf < count);
	port = ports[vf];
	free(ports);
	return port;
}

static void functions_are_set_and_read_back(void **state)
{
	struct bed *bed = *state;
	struct devlink_function function;
	struct devlink_port port;

	assert_int_equal(write_mode(bed, ESWITCH_SWITCHDEV, NULL), 0);
	port = read_port(bed, 1);
	assert_int_equal(port.flavour, DEVLINK_FLAVOUR_PCI_VF);
	assert_int_equal(port.vf, 1);
	assert_int_equal(port.function.migratable, DEVLINK_UNKNOWN);
	devlink_function_init(&function);
	assert_int_equal(devlink_function_parse(&function, "hw_addr=02:00:00:00:00:07", NULL), 0);
	assert_int_equal(devlink_function_parse(&function, "roce=off", NULL), 0);
	assert_int_equal(devlink_function_parse(&function, "max_io_eqs=8", NULL), 0);
	assert_int_equal(devlink_function_parse(&function, "state=inactive", NULL), 0);
	assert_int_equal(devlink_function_write(&bed->devlink, &port, &function, NULL), 0);
	port = read_port(bed, 1);
	assert_int_equal(port.function.hw_addr.octet[5], 7);
	assert_int_equal(port.function.roce, 0);
	assert_int_equal(port.function.max_io_eqs, 8);
	assert_int_equal(port.function.state, 0);
	/* and of its neighbour nothing */
	assert_int_equal(read_port(bed, 0).function.roce, 1);
}

static void rates_have_nodes_and_leafs(void **state)
{
	struct bed *bed = *state;
	struct devlink_rate node, leaf, *rates = NULL;
	struct error err = { 0 };
	size_t count = 0;

	assert_int_equal(write_mode(bed, ESWITCH_SWITCHDEV, NULL), 0);
	devlink_rate_init(&node);
	node.handle = bed->fake.handle;
	node.is_node = true;
	strcpy(node.node, "tenant");
	assert_int_equal(devlink_rate_parse(&node, "tx_max=500", NULL), 0);
	assert_int_equal(devlink_rate_add(&bed->devlink, &node, NULL), 0);
	assert_int_equal(devlink_rate_add(&bed->devlink, &node, &err), -EEXIST);
	assert_int_equal(err.code, CODE_ESWITCH_REFUSED);
	devlink_rate_init(&leaf);
	leaf.handle = bed->fake.handle;
	leaf.port = read_port(bed, 2).index;
	assert_int_equal(devlink_rate_parse(&leaf, "parent=tenant", NULL), 0);
	assert_int_equal(devlink_rate_parse(&leaf, "tx_share=100", NULL), 0);
	assert_int_equal(devlink_rate_write(&bed->devlink, &leaf, NULL), 0);
	assert_int_equal(devlink_rates_read(&bed->devlink, &bed->fake.handle, &rates, &count, NULL), 0);
	assert_int_equal(count, 4);
	assert_string_equal(rates[2].parent, "tenant");
	assert_int_equal(rates[2].tx_share, 100 * 125000);
	assert_string_equal(rates[3].node, "tenant");
	free(rates);
	assert_int_equal(devlink_rate_remove(&bed->devlink, &node, &err), -EBUSY);
	assert_int_equal(devlink_rate_parse(&leaf, "parent=", NULL), 0);
	assert_int_equal(devlink_rate_write(&bed->devlink, &leaf, NULL), 0);
	assert_int_equal(devlink_rate_remove(&bed->devlink, &node, NULL), 0);
	assert_int_equal(bed->fake.node_count, 0);
}

static void parameters_are_set_and_read_back(void **state)
{
	struct bed *bed = *state;
	struct devlink_param *params = NULL;
	struct error err = { 0 };
	size_t count = 0;

	assert_int_equal(devlink_param_write(&bed->devlink, &bed->fake.handle, "flow_steering_mode",
				 DEVLINK_PARAM_RUNTIME, "smfs", &err),
		-ENOENT);
	assert_int_equal(err.code, CODE_ESWITCH_NONE);
	strcpy(bed->fake.param, "dmfs");
	assert_int_equal(devlink_param_write(&bed->devlink, &bed->fake.handle, "flow_steering_mode",
				 DEVLINK_PARAM_RUNTIME, "smfs", NULL),
		0);
	assert_string_equal(bed->fake.param, "smfs");
	assert_int_equal(devlink_params_read(&bed->devlink, &bed->fake.handle, &params, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_true(params[0].has[DEVLINK_PARAM_RUNTIME] && !params[0].has[DEVLINK_PARAM_PERMANENT]);
	assert_string_equal(params[0].value[DEVLINK_PARAM_RUNTIME], "smfs");
	free(params);
}

/* One change of each command. */
static int change(struct bed *bed, int command, struct error *err)
{
	struct devlink_function function;
	struct devlink_rate rate;

	devlink_function_init(&function);
	function.roce = 0;
	devlink_rate_init(&rate);
	rate.handle = bed->fake.handle;
	rate.tx_max = 125000;
	rate.is_node = command != DEVLINK_CMD_RATE_SET;
	rate.port = read_port(bed, 0).index;
	strcpy(rate.node, "node");
	switch (command) {
	case DEVLINK_CMD_ESWITCH_SET:
		return write_mode(bed, ESWITCH_SWITCHDEV_INACTIVE, err);
	case DEVLINK_CMD_PORT_SET: {
		const struct devlink_port port = read_port(bed, 0);

		return devlink_function_write(&bed->devlink, &port, &function, err);
	}
	case DEVLINK_CMD_RATE_SET:
		return devlink_rate_write(&bed->devlink, &rate, err);
	case DEVLINK_CMD_RATE_NEW:
		return devlink_rate_add(&bed->devlink, &rate, err);
	default:
		return devlink_param_write(
			&bed->devlink, &bed->fake.handle, "flow_steering_mode", DEVLINK_PARAM_RUNTIME, "smfs", err);
	}
}

static const int commands[] = { DEVLINK_CMD_ESWITCH_SET, DEVLINK_CMD_PORT_SET, DEVLINK_CMD_RATE_SET,
	DEVLINK_CMD_RATE_NEW, DEVLINK_CMD_PARAM_SET };

static void prepare(struct bed *bed)
{
	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	strcpy(bed->fake.param, "dmfs");
}

/* Whatever errno the kernel has for it, with and without words: said, with a next step, and nothing is changed. */
static void every_errno_of_every_change_is_told(void **state)
{
	struct bed *bed = *state;

	prepare(bed);
	for (size_t i = 0; i < array_size(commands); i++)
		for (int errnum = 1; errnum < 134; errnum++)
			for (int words = 0; words < 2; words++) {
				struct error err = { 0 };

				bed->fake.fail_command = commands[i];
				bed->fake.fail_errno = errnum;
				bed->fake.fail_at = 0;
				bed->fake.fail_words = words ? "the card is full of eels" : NULL;
				assert_int_equal(change(bed, commands[i], &err), -errnum);
				assert_int_equal(err.errnum, errnum);
				assert_true(err.msg[0] && err.hint[0] && err.code != CODE_NONE);
				assert_true(err.code != CODE_HALF_DONE);
				assert_non_null(strstr(err.msg, "pci/0000:01:00.0"));
				assert_true(!words == !strstr(err.msg, "eels"));
			}
	assert_int_equal(bed->fake.eswitch.mode, ESWITCH_SWITCHDEV);
	assert_int_equal(bed->fake.function[0].roce, 1);
	assert_int_equal(bed->fake.node_count, 0);
	assert_string_equal(bed->fake.param, "dmfs");
}

/* A driver that says yes and does nothing is one that refuses. */
static void what_is_not_done_is_refused(void **state)
{
	struct bed *bed = *state;

	prepare(bed);
	for (size_t i = 0; i < array_size(commands); i++) {
		struct error err = { 0 };

		bed->fake.ignore_command = commands[i];
		if (commands[i] == DEVLINK_CMD_RATE_NEW)
			continue; /* that it is not there is the kernel's to say */
		assert_true(change(bed, commands[i], &err) < 0);
		assert_int_equal(err.code, CODE_ESWITCH_REFUSED);
		assert_non_null(strstr(err.msg, "accepted"));
	}
}

static void a_driver_that_hangs_is_told(void **state)
{
	struct bed *bed = *state;

	prepare(bed);
	for (size_t i = 0; i < array_size(commands); i++) {
		struct error err = { 0 };

		bed->fake.hang_command = commands[i];
		assert_int_equal(change(bed, commands[i], &err), -EINPROGRESS);
		assert_int_equal(err.code, CODE_DRIVER_STUCK);
	}
}

static void another_device_is_no_such_device(void **state)
{
	struct bed *bed = *state;
	const struct devlink_handle other = { "pci", "0000:02:00.0" };
	struct devlink_eswitch eswitch;
	struct error err = { 0 };

	assert_int_equal(devlink_eswitch_read(&bed->devlink, &other, &eswitch, &err), -ENODEV);
	assert_int_equal(err.code, CODE_NO_SUCH_DEVICE);
}

static void kernels_without_devlink(void **state)
{
	struct bed *bed = *state;
	struct devlink_channel channel = fake_devlink_channel(&bed->fake);
	struct devlink devlink;
	struct error err = { 0 };

	bed->fake.damage = FAKE_NO_FAMILY;
	assert_true(devlink_open_on(&devlink, &channel, &err) < 0);
	assert_int_equal(err.code, CODE_ESWITCH_NONE);
	bed->fake.damage = FAKE_SILENT;
	assert_int_equal(devlink_open_on(&devlink, &channel, &err), -ETIMEDOUT);
}

/* Everything that can be looked at; what comes of it is no matter here. */
static int look_at_all(struct bed *bed)
{
	cleanup_free struct devlink_port *ports = NULL;
	cleanup_free struct devlink_rate *rates = NULL;
	cleanup_free struct devlink_param *params = NULL;
	struct devlink_eswitch eswitch;
	size_t count = 0;
	int ret = devlink_eswitch_read(&bed->devlink, &bed->fake.handle, &eswitch, NULL);

	ret |= devlink_ports_read(&bed->devlink, &bed->fake.handle, &ports, &count, NULL);
	for (size_t i = 0; i < count; i++)
		assert_non_null(memchr(ports[i].netdev, '\0', sizeof(ports[i].netdev)));
	ret |= devlink_rates_read(&bed->devlink, &bed->fake.handle, &rates, &count, NULL);
	ret |= devlink_params_read(&bed->devlink, &bed->fake.handle, &params, &count, NULL);
	return ret;
}

/* Cut off after any byte, or with another byte anywhere: an answer or an error, and nothing is read beyond it. */
static void damaged_answers_are_survived(void **state)
{
	static const uint8_t others[] = { 0, 1, 3, 0x7f, 0x80, 0xff };
	struct bed *bed = *state;

	prepare(bed);
	bed->fake.damage = FAKE_CUT;
	for (bed->fake.damage_at = 0; bed->fake.damage_at < 300; bed->fake.damage_at++)
		look_at_all(bed);
	bed->fake.damage = FAKE_BYTE;
	for (bed->fake.damage_at = 0; bed->fake.damage_at < 300; bed->fake.damage_at++)
		for (size_t i = 0; i < array_size(others); i++) {
			bed->fake.damage_with = others[i];
			look_at_all(bed);
			fake_devlink_done(&bed->fake);
		}
	bed->fake.damage = FAKE_WHOLE;
	assert_int_equal(look_at_all(bed), 0);
}

static void answers_that_never_end_are_given_up(void **state)
{
	struct bed *bed = *state;
	struct devlink_port *ports = NULL;
	struct error err = { 0 };
	size_t count = 0;

	prepare(bed);
	bed->fake.damage = FAKE_ENDLESS;
	assert_int_equal(devlink_ports_read(&bed->devlink, &bed->fake.handle, &ports, &count, &err), -E2BIG);
	fake_devlink_done(&bed->fake);
	bed->fake.damage = FAKE_DISTURBED;
	assert_int_equal(devlink_ports_read(&bed->devlink, &bed->fake.handle, &ports, &count, &err), -EAGAIN);
	assert_null(ports);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads_and_writes_an_eswitch),
		TEST(bad_words_are_usage),
		TEST(functions_are_set_and_read_back),
		TEST(rates_have_nodes_and_leafs),
		TEST(parameters_are_set_and_read_back),
		TEST(every_errno_of_every_change_is_told),
		TEST(what_is_not_done_is_refused),
		TEST(a_driver_that_hangs_is_told),
		TEST(another_device_is_no_such_device),
		TEST(kernels_without_devlink),
		TEST(damaged_answers_are_survived),
		TEST(answers_that_never_end_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
