// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/vfio_given.c: descriptors of VFIO's nodes that somebody else has opened, and what is taken for one. */
#include "assign/vfio_given.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

static const struct pci_addr first = { 0, 1, 0, 0 };

/* A VFIO that does all it is asked. */
static int vfio_ioctl(int fd, unsigned long request, void *argument)
{
	assert_true(fd >= 0);
	if (request == VFIO_GROUP_GET_STATUS)
		((struct vfio_group_status *)argument)->flags = VFIO_GROUP_FLAGS_VIABLE;
	if (request == VFIO_DEVICE_GET_INFO)
		((struct vfio_device_info *)argument)->flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	if (request == VFIO_GROUP_GET_DEVICE_FD)
		return dup(fd);
	return request == VFIO_CHECK_EXTENSION;
}

static int set_up(void **state)
{
	static const struct fake_device device = { "0000:01:00.0", 0x8086, 1, 0x020000, "vfio-pci", 7, 0 };
	struct fake_sysfs *fake = fake_sysfs_new(false);

	fake_pci(fake, &device);
	fake_dir(fake, "sys/class/iommu/dmar0");
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

/* A node of the fake /sys has the numbers of /dev/null or /dev/zero, which can be opened. */
static int open_node(const struct fake_sysfs *fake, const char *path, const char *sysfs, int flags)
{
	char number[32];
	struct stat is;
	int fd = open(path, flags);

	assert_true(fd >= 0 && fstat(fd, &is) == 0);
	snprintf(number, sizeof(number), "%u:%u\n", major(is.st_rdev), minor(is.st_rdev));
	if (sysfs)
		fake_file((struct fake_sysfs *)(uintptr_t)fake, number, "%s", sysfs);
	return fd;
}

static int open_given(struct vfio_host *vfio, const struct fake_sysfs *fake, int device_fd, int space_fd,
	enum vfio_choice choice, struct error *err)
{
	vfio_host_init(vfio);
	vfio->ioctl = vfio_ioctl;
	vfio->given[0] = (struct vfio_given){ first, device_fd };
	vfio->given_count = 1;
	vfio->given_space = space_fd;
	return vfio_host_open(vfio, &fake->root, &first, 1, choice, err);
}

/* There are no nodes to open here: the group and the container are had by descriptors, and closed with it all. */
static void descriptors_can_be_given(void **state)
{
	const struct fake_sysfs *fake = *state;
	struct error err = { 0 };
	struct vfio_host vfio;
	int before = open_fds(), group, space, fd = -1;

	group = open_node(fake, "/dev/null", "sys/class/vfio/7/dev", O_RDWR);
	space = open_node(fake, "/dev/zero", VFIO_SPACE_CONTAINER, O_RDWR);
	assert_int_equal(open_given(&vfio, fake, group, space, VFIO_CHOICE_AUTO, &err), 0);
	assert_false(vfio_host_is_iommufd(&vfio));
	assert_int_equal(vfio.space_fd, space);
	assert_int_equal(vfio.group_fd[0], group);
	assert_int_equal(fcntl(group, F_GETFD), FD_CLOEXEC);
	assert_int_equal(vfio_host_open_device(&vfio, first, false, &fd, &err), 0);
	close(fd);
	/* What was taken says nothing of what comes later. */
	assert_int_equal(vfio_given_choice(&vfio), VFIO_CHOICE_AUTO);
	vfio_host_done(&vfio);
	assert_int_equal(open_fds(), before);
}

static void a_given_node_of_the_device_is_for_iommufd(void **state)
{
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };
	struct vfio_host vfio;
	int node;

	fake_file(fake, "", "dev/iommu");
	node = open_node(fake, "/dev/null", "sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio3/dev", O_RDWR);
	assert_int_equal(open_given(&vfio, fake, node, 0, VFIO_CHOICE_AUTO, &err), 0);
	assert_true(vfio_host_is_iommufd(&vfio));
	assert_int_equal(vfio.cdev_fd[0], node);
	vfio_host_done(&vfio);
}

/* Another device's node, a file, a node that may only be read: none of them is taken for the device's. */
static void a_wrong_descriptor_is_refused(void **state)
{
	const struct fake_sysfs *fake = *state;
	char file[] = "/tmp/sluice-vfio-test.XXXXXX";
	int right = open_node(fake, "/dev/null", "sys/class/vfio/7/dev", O_RDWR);
	const int wrong[] = { open_node(fake, "/dev/zero", NULL, O_RDWR), open_node(fake, "/dev/null", NULL, O_RDONLY),
		mkstemp(file), 1000 };
	struct vfio_host vfio;

	unlink(file);
	close(right);
	fake_file((struct fake_sysfs *)*state, "", "dev/vfio/vfio");
	for (size_t i = 0; i < 2 * array_size(wrong); i++) {
		int fd = wrong[i / 2];
		struct error err = { 0 };

		assert_true(open_given(&vfio, fake, i % 2 ? 0 : fd, i % 2 ? fd : 0, VFIO_CHOICE_TYPE1, &err) < 0);
		assert_int_equal(err.code, CODE_USAGE);
		assert_non_null(strstr(err.msg, i % 2 ? "address space" : "the VFIO node of 0000:01:00.0"));
		vfio_host_done(&vfio);
	}
	for (size_t i = 0; i + 1 < array_size(wrong); i++)
		assert_int_equal(close(wrong[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(descriptors_can_be_given, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_given_node_of_the_device_is_for_iommufd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wrong_descriptor_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
