// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/reset.c, reset_set.c: which reset a device gets, is it back, bus mastering off, a bus that is reset. */
#include "assign/reset.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#define PATH "sys/bus/pci/devices/0000:01:00.0/config"

static const struct pci_addr first = { 0, 1, 0, 0 };
static const struct pci_addr second = { 0, 1, 0, 1 };
static const struct pci_addr root_addr = { 0, 0, 3, 0 };

static int set_up(void **state)
{
	*state = fake_sysfs_new(false);
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

/* A function behind a port, or on the root bus, with the reset methods that the kernel lists. */
static void function(struct fake_sysfs *fake, const char *address, const char *below, const char *methods)
{
	char target[128];

	fake_pci(fake, &(struct fake_device){ address, 0x8086, 0x10d3, 0x020000, NULL, -1, 0 });
	fake_file(fake, methods, "sys/devices/pci0000:00/%s/reset_method", address);
	fake_file(fake, "", "sys/devices/pci0000:00/%s/config", address);
	if (!below[0])
		return;
	snprintf(target, sizeof(target), "../%s", address);
	fake_link(fake, target, "sys/devices/pci0000:00/%s%s", below, address);
	snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s%s", below, address);
	fake_link(fake, target, "sys/bus/pci/devices/%s", address);
}

static struct reset_plan plan_of(
	const struct fake_sysfs *fake, struct pci_addr addr, const struct pci_addr *given, size_t count)
{
	struct pci_inventory inventory = fake_inventory(fake);
	struct reset_plan plan;

	reset_plan_read(&fake->root, &inventory, pci_inventory_find(&inventory, addr), given, count, &plan);
	pci_inventory_done(&inventory);
	return plan;
}

static void expect_plan(struct reset_plan plan, enum reset_kind kind, const char *text)
{
	char buf[RESET_TEXT_SIZE];

	assert_int_equal(plan.kind, kind);
	assert_string_equal(reset_plan_text(&plan, buf, sizeof(buf)), text);
}

static void the_first_method_that_works_alone(void **state)
{
	struct fake_sysfs *fake = *state;

	function(fake, "0000:01:00.0", "0000:00:01.0/", "flr bus\n");
	function(fake, "0000:01:00.1", "0000:00:01.0/", "\n");
	function(fake, "0000:00:03.0", "", "\n");
	function(fake, "0000:00:03.1", "", "\n");
	expect_plan(plan_of(fake, first, NULL, 0), RESET_FUNCTION, "flr");
	expect_plan(plan_of(fake, second, NULL, 0), RESET_NONE,
		"none for it alone: its bus would be reset, with 0000:01:00.0");
	expect_plan(plan_of(fake, second, &second, 1), RESET_NONE,
		"none for it alone: its bus would be reset, with 0000:01:00.0");
	expect_plan(plan_of(fake, second, (struct pci_addr[]){ second, first }, 2), RESET_SET,
		"its bus, with 0000:01:00.0");
	/* Nothing resets a root bus, whoever has all of it. */
	expect_plan(plan_of(fake, root_addr, (struct pci_addr[]){ root_addr, { 0, 0, 3, 1 } }, 2), RESET_NONE, "none");
}

/* The kernel has found it before the other, when it was alone on its bus, and says "bus" ever since. */
static void a_bus_is_reset_for_one_that_is_alone_on_it(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct pci_addr both[] = { first, second };

	function(fake, "0000:01:00.0", "0000:00:01.0/", "bus\n");
	expect_plan(plan_of(fake, first, NULL, 0), RESET_FUNCTION, "bus");
	function(fake, "0000:01:00.1", "0000:00:01.0/", "\n");
	expect_plan(plan_of(fake, first, NULL, 0), RESET_NONE,
		"none for it alone: its bus would be reset, with 0000:01:00.1");
	expect_plan(plan_of(fake, first, both, 2), RESET_SET, "its bus, with 0000:01:00.1");
	function(fake, "0000:01:00.0", "0000:00:01.0/", "bus pm\n");
	expect_plan(plan_of(fake, first, NULL, 0), RESET_FUNCTION, "pm");
}

static void a_bridge_is_nobody_s_to_reset(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct pci_addr both[] = { first, second };

	function(fake, "0000:01:00.0", "0000:00:01.0/", "\n");
	function(fake, "0000:01:00.1", "0000:00:01.0/", "\n");
	fake_file(fake, "PCI_CLASS=60400\nPCI_ID=8086:10D3", "sys/devices/pci0000:00/0000:01:00.1/uevent");
	assert_int_equal(plan_of(fake, first, both, 2).kind, RESET_NONE);
	assert_int_equal(pci_addr_compare(plan_of(fake, first, both, 2).missing, second), 0);
}

/* Configuration space of 256 bytes with a PCI Express capability at 0x40. */
static void config(const struct fake_sysfs *fake, const char *what, unsigned int at, uint8_t value)
{
	uint8_t bytes[256] = { 0x86, 0x80, 0xd3, 0x10, [0x06] = 0x10, [0x34] = 0x40, [0x40] = 0x10 };
	int fd = openat(fake->root.fd, PATH, O_RDWR);

	assert_true(fd >= 0);
	if (!strcmp(what, "ones"))
		memset(bytes, 0xff, sizeof(bytes));
	else
		bytes[at] = value;
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	close(fd);
}

static void who_is_not_back_is_told(void **state)
{
	static const struct {
		const char *what;
		unsigned int at;
		uint8_t value;
		const char *told; /* NULL: it is back */
	} cases[] = {
		{ "as it was", 0x05, 0, NULL },
		{ "ones", 0, 0, "read as ones" },
		{ "another vendor", 0x00, 0x87, "it says 8087:10d3, and was 8086:10d3" },
		{ "another device", 0x02, 0xd4, "it says 8086:10d4" },
		{ "a bridge", 0x0e, 0x01, "header" },
		{ "several functions", 0x0e, 0x80, NULL },
		{ "pending", 0x4a, 0x20, "pending" },
		{ "other status", 0x4a, 0xdf, NULL },
	};
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory;

	function(fake, "0000:01:00.0", "0000:00:01.0/", "flr\n");
	inventory = fake_inventory(fake);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { 0 };
		int ret;

		config(fake, cases[i].what, cases[i].at, cases[i].value);
		ret = reset_verify(&fake->root, pci_inventory_find(&inventory, first), &err);
		assert_int_equal(ret < 0, cases[i].told != NULL);
		if (!cases[i].told)
			continue;
		assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
		assert_non_null(strstr(err.msg, cases[i].told));
		assert_non_null(strstr(err.hint, "--allow-unclean 0000:01:00.0"));
	}
	pci_inventory_done(&inventory);
}

static void bus_mastering_is_switched_off(void **state)
{
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };
	uint8_t command = 0;
	int fd;

	function(fake, "0000:01:00.0", "0000:00:01.0/", "flr\n");
	config(fake, "on", 0x04, 0x07);
	assert_int_equal(reset_quiesce(fake_lock(fake), first, &err), 1);
	fd = openat(fake->root.fd, PATH, O_RDONLY);
	assert_int_equal(pread(fd, &command, 1, 4), 1);
	close(fd);
	assert_int_equal(command, 0x03);
	assert_int_equal(reset_quiesce(fake_lock(fake), first, &err), 0);
	config(fake, "ones", 0, 0);
	assert_int_equal(reset_quiesce(fake_lock(fake), first, &err), 0);
}

/* A kernel that tells which groups a bus has, and what it was asked. */
static struct {
	uint32_t group[3];
	uint32_t count, fds;
	int fd[4];
	int info_errno, reset_errno;
} kernel;

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	struct vfio_pci_hot_reset_info *info = argument;
	const struct vfio_pci_hot_reset *reset = argument;

	assert_int_equal(fd, 77);
	if (request == VFIO_DEVICE_GET_PCI_HOT_RESET_INFO) {
		for (uint32_t i = 0; i < kernel.count; i++)
			info->devices[i].group_id = kernel.group[i];
		info->count = kernel.count;
		errno = kernel.info_errno;
		return kernel.info_errno ? -1 : 0;
	}
	assert_int_equal(request, VFIO_DEVICE_PCI_HOT_RESET);
	assert_int_equal(reset->argsz, sizeof(*reset) + reset->count * sizeof(int32_t));
	kernel.fds = reset->count;
	for (uint32_t i = 0; i < reset->count; i++)
		kernel.fd[i] = reset->group_fds[i];
	errno = kernel.reset_errno;
	return kernel.reset_errno ? -1 : 0;
}

static void a_bus_is_reset_by_who_has_its_groups(void **state)
{
	struct vfio_host vfio = { 0 };
	struct error err = { 0 };

	(void)state;
	vfio_host_init(&vfio);
	vfio.ioctl = kernel_ioctl;
	vfio.group_count = 3;
	for (int i = 0; i < 3; i++) {
		vfio.group_id[i] = (uint32_t)(10 + i);
		vfio.group_fd[i] = 100 + i;
	}
	kernel.count = 3;
	memcpy(kernel.group, (uint32_t[]){ 12, 10, 12 }, sizeof(kernel.group));
	assert_int_equal(reset_set(&vfio, 77, "0000:01:00.0", &err), 0);
	/* Each group once, and none that the bus has not. */
	assert_int_equal(kernel.fds, 2);
	assert_int_equal(kernel.fd[0], 100);
	assert_int_equal(kernel.fd[1], 102);
	kernel.reset_errno = EPERM;
	assert_int_equal(reset_set(&vfio, 77, "0000:01:00.0", &err), -EPERM);
	assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
	kernel.info_errno = ENODEV;
	assert_int_equal(reset_set(&vfio, 77, "0000:01:00.0", &err), -ENODEV);
	assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_method_that_works_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bus_is_reset_for_one_that_is_alone_on_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bridge_is_nobody_s_to_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_is_not_back_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bus_mastering_is_switched_off, set_up, tear_down),
		cmocka_unit_test(a_bus_is_reset_by_who_has_its_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
