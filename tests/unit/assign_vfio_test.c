// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/vfio.c with a VFIO that fails in each of its ways: which cause is named, and that nothing stays open. */
#include "assign/vfio.h"
#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct pci_addr first = { 0, 1, 0, 0 };
static const struct pci_addr second = { 0, 1, 0, 1 };
static const struct pci_addr elsewhere = { 0, 2, 0, 0 };

/* The answers of this VFIO; the ioctl has no other argument to carry them. */
static struct {
	unsigned long failing;
	int errnum;
	uint32_t group_flags, device_flags;
	bool old; /* has the first type 1 back end alone, whose unmaps may be in part */
} vfio_kernel;

static int vfio_ioctl(int fd, unsigned long request, void *argument)
{
	assert_true(fd >= 0);
	if (request == vfio_kernel.failing) {
		errno = vfio_kernel.errnum;
		return -1;
	}
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (uintptr_t)argument == (vfio_kernel.old ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU);
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)argument)->flags = vfio_kernel.group_flags;
		return 0;
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)argument)->flags = vfio_kernel.device_flags;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return dup(fd);
	default:
		return 0;
	}
}

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device devices[] = {
		{ "0000:01:00.0", 0x8086, 1, 0x020000, "vfio-pci", 7, 0 },
		{ "0000:01:00.1", 0x8086, 1, 0x020000, "vfio-pci", 7, 0 },
		{ "0000:02:00.0", 0x8086, 1, 0x020000, "vfio-pci", 8, 0 },
	};

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	fake_file(fake, "", "dev/vfio/vfio");
	fake_file(fake, "", "dev/vfio/7");
	fake_file(fake, "", "dev/vfio/8");
	fake_dir(fake, "sys/class/iommu/dmar0");
	fake_file(fake, " 1: 0 IR-IO-APIC\n", "proc/interrupts");
	memset(&vfio_kernel, 0, sizeof(vfio_kernel));
	vfio_kernel.group_flags = VFIO_GROUP_FLAGS_VIABLE;
	vfio_kernel.device_flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int open_all(struct vfio_host *vfio, const struct fake_sysfs *fake, const struct pci_addr *addrs, size_t count,
	struct error *err)
{
	vfio_host_init(vfio);
	vfio->ioctl = vfio_ioctl;
	return vfio_host_open(vfio, &fake->root, addrs, count, err);
}

static void opens_each_group_once(void **state)
{
	const struct pci_addr addrs[] = { first, elsewhere, second };
	struct vfio_host vfio;
	struct error err = { 0 };
	int before = open_fds();
	int fd = -1;

	assert_int_equal(open_all(&vfio, *state, addrs, array_size(addrs), &err), 0);
	assert_int_equal(vfio.group_count, 2);
	assert_int_equal(vfio.group_id[0], 7);
	assert_int_equal(vfio.group_id[1], 8);
	assert_int_equal(vfio_host_open_device(&vfio, second, false, &fd, &err), 0);
	assert_true(fd >= 0);
	close(fd);
	assert_true(vfio_host_open_device(&vfio, (struct pci_addr){ 0, 9, 0, 0 }, false, &fd, &err) < 0);
	assert_int_equal(err.code, CODE_NO_SUCH_DEVICE);
	vfio_host_done(&vfio);
	vfio_host_done(&vfio);
	assert_int_equal(open_fds(), before);
}

static void the_first_type_1_back_end_is_not_used(void **state)
{
	struct vfio_host vfio;
	struct error err = { 0 };

	vfio_kernel.old = true;
	assert_true(open_all(&vfio, *state, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_VFIO_NO_MODULE);
}

/* Told by the kernel, whatever sysfs shows. */
static void a_group_that_is_not_viable_is_not_used(void **state)
{
	struct vfio_host vfio;
	struct error err = { 0 };

	vfio_kernel.group_flags = 0;
	assert_true(open_all(&vfio, *state, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_GROUP_NOT_VIABLE);
}

static void names_the_cause(void **state)
{
	static const struct {
		unsigned long failing;
		int errnum;
		const char *interrupts, *reserved;
		enum code code;
		const char *said;
	} cases[] = {
		{ VFIO_GET_API_VERSION, ENOTTY, NULL, NULL, CODE_FAILED, "version" },
		{ VFIO_CHECK_EXTENSION, EINVAL, NULL, NULL, CODE_VFIO_NO_MODULE, "type 1" },
		{ VFIO_GROUP_GET_STATUS, EIO, NULL, NULL, CODE_FAILED, "group 7" },
		{ VFIO_GROUP_SET_CONTAINER, EBUSY, NULL, NULL, CODE_GROUP_BUSY, "group 7" },
		{ VFIO_SET_IOMMU, EPERM, " 1: 0 IO-APIC\n", NULL, CODE_IOMMU_NO_INTREMAP, "not remapped" },
		{ VFIO_SET_IOMMU, EPERM, NULL, "0x1000 0x1fff direct\n", CODE_DEV_RESERVED_MEMORY, "0x1000-0x1fff" },
		{ VFIO_SET_IOMMU, EINVAL, NULL, "0x1000 0x1fff direct\n", CODE_DEV_RESERVED_MEMORY, "group 7" },
		{ VFIO_SET_IOMMU, EINVAL, NULL, "0x1000 0x1fff direct-relaxable\n", CODE_FAILED, "group 7" },
		{ VFIO_SET_IOMMU, ENODEV, NULL, NULL, CODE_FAILED, "group 7" },
	};
	struct fake_sysfs *fake = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		struct vfio_host vfio;
		struct error err = { 0 };
		int before = open_fds();

		vfio_kernel.failing = cases[i].failing;
		vfio_kernel.errnum = cases[i].errnum;
		fake_file(fake, cases[i].interrupts ? cases[i].interrupts : " 1: 0 IR-IO-APIC\n", "proc/interrupts");
		fake_file(
			fake, cases[i].reserved ? cases[i].reserved : "", "sys/kernel/iommu_groups/7/reserved_regions");
		assert_true(open_all(&vfio, fake, &first, 1, &err) < 0);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.msg, cases[i].said));
		assert_int_equal(open_fds(), before);
	}
}

static void names_who_makes_the_group_not_viable(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device sound = { "0000:01:00.2", 0x8086, 2, 0x040300, "snd_hda_intel", 7, 0 };
	struct vfio_host vfio;
	struct error err = { 0 };

	fake_pci(fake, &sound);
	vfio_kernel.group_flags = 0;
	assert_true(open_all(&vfio, fake, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_GROUP_NOT_VIABLE);
	assert_string_equal(err.msg,
		"0000:01:00.0 cannot be given away: IOMMU group 7 also holds 0000:01:00.2 (driver snd_hda_intel)");
	/* New kernels find out when the group is attached. */
	vfio_kernel.group_flags = VFIO_GROUP_FLAGS_VIABLE;
	vfio_kernel.failing = VFIO_GROUP_SET_CONTAINER;
	vfio_kernel.errnum = EPERM;
	assert_true(open_all(&vfio, fake, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_GROUP_NOT_VIABLE);
}

static void names_who_has_the_group(void **state)
{
	struct fake_sysfs *fake = *state;
	struct vfio_host vfio;
	struct error err = { 0 };

	fake_link(fake, "/dev/vfio/7", "proc/812/fd/5");
	fake_file(fake, "qemu\n", "proc/812/comm");
	vfio_kernel.group_flags = VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET;
	assert_true(open_all(&vfio, fake, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_GROUP_BUSY);
	assert_non_null(strstr(err.msg, "process 812 (qemu)"));
}

static void says_what_is_missing(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device ungrouped = { "0000:05:00.0", 0x8086, 1, 0x020000, NULL, -1, 0 };
	static const struct {
		struct pci_addr addr;
		enum code code;
	} cases[] = {
		{ { 0, 9, 0, 0 }, CODE_NO_SUCH_DEVICE }, { { 0, 5, 0, 0 }, CODE_NO_GROUP },
		{ { 0, 2, 0, 0 }, CODE_NO_GROUP }, /* no node: nothing of the group is with vfio-pci */
	};
	struct vfio_host vfio;
	struct error err = { 0 };

	fake_pci(fake, &ungrouped);
	unlinkat(fake->root.fd, "dev/vfio/8", 0);
	for (size_t i = 0; i < array_size(cases); i++) {
		assert_true(open_all(&vfio, fake, &cases[i].addr, 1, &err) < 0);
		assert_int_equal(err.code, cases[i].code);
	}
	unlinkat(fake->root.fd, "dev/vfio/vfio", 0);
	assert_true(open_all(&vfio, fake, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_VFIO_NO_MODULE);
}

static void explains_a_device_that_does_not_open(void **state)
{
	static const struct {
		int errnum;
		enum code code;
	} cases[] = { { ENODEV, CODE_FAILED }, { EBUSY, CODE_GROUP_BUSY }, { EINVAL, CODE_FAILED },
		{ EIO, CODE_FAILED } };
	struct vfio_host vfio;
	struct error err = { 0 };

	assert_int_equal(open_all(&vfio, *state, &first, 1, &err), 0);
	vfio_kernel.failing = VFIO_GROUP_GET_DEVICE_FD;
	for (size_t i = 0; i < array_size(cases); i++) {
		int fd = -7;

		vfio_kernel.errnum = cases[i].errnum;
		assert_true(vfio_host_open_device(&vfio, first, false, &fd, &err) < 0);
		assert_int_equal(fd, -7);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.msg, "0000:01:00.0"));
		assert_true(err.hint[0]);
	}
	vfio_host_done(&vfio);
}

/* The kernel opens a device whose reset failed; that it did is in the flags alone. */
static void a_reset_that_failed_is_seen(void **state)
{
	struct fake_sysfs *fake = *state;
	struct vfio_host vfio;
	struct error err = { 0 };
	int before, fd = -7;

	fake_file(fake, "", "sys/bus/pci/devices/0000:01:00.0/reset");
	assert_int_equal(open_all(&vfio, fake, &first, 1, &err), 0);
	before = open_fds();
	assert_int_equal(vfio_host_open_device(&vfio, first, false, &fd, &err), 0);
	close(fd);
	vfio_kernel.device_flags = VFIO_DEVICE_FLAGS_PCI;
	fd = -7;
	assert_true(vfio_host_open_device(&vfio, first, false, &fd, &err) < 0);
	assert_int_equal(fd, -7);
	assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
	assert_non_null(strstr(err.msg, "0000:01:00.0 could not be reset"));
	assert_non_null(strstr(err.hint, "--allow-unclean 0000:01:00.0"));
	assert_int_equal(open_fds(), before);
	/* Accepted by name, and one that has no reset: NO-RESET's business. */
	assert_int_equal(vfio_host_open_device(&vfio, first, true, &fd, &err), 0);
	close(fd);
	unlinkat(fake->root.fd, "sys/bus/pci/devices/0000:01:00.0/reset", 0);
	assert_int_equal(vfio_host_open_device(&vfio, first, false, &fd, &err), 0);
	close(fd);
	vfio_host_done(&vfio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opens_each_group_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_first_type_1_back_end_is_not_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_group_that_is_not_viable_is_not_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reset_that_failed_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_the_cause, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_who_makes_the_group_not_viable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_who_has_the_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(explains_a_device_that_does_not_open, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
