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

#include "wire/iommufd.h"

enum {
	IOAS = 9
};

static const struct pci_addr first = { 0, 1, 0, 0 };
static const struct pci_addr second = { 0, 1, 0, 1 };
static const struct pci_addr elsewhere = { 0, 2, 0, 0 };

/* The answers of this VFIO; the ioctl has no other argument to carry them. */
static struct {
	unsigned long failing;
	int errnum;
	uint32_t group_flags, device_flags;
	bool old;                    /* has the first type 1 back end alone, whose unmaps may be in part */
	unsigned int calls, fail_at; /* the nth call, from 1; 0: none */
	unsigned int bound, attached;
	int iommufd;    /* that devices have to be bound to */
	char asked[96]; /* the device, by groups */
	uint32_t bind_size, bind_flags;
	uint8_t token[16];
	int64_t option; /* IOMMU_OPTION_RLIMIT_MODE; -1: not set */
} vfio_kernel;

static enum vfio_choice choice;

static int bind_iommufd(const struct vfio_bind_iommufd *bind)
{
	assert_int_equal(bind->iommufd, vfio_kernel.iommufd);
	vfio_kernel.bind_size = bind->argsz;
	vfio_kernel.bind_flags = bind->flags;
	if (bind->flags)
		memcpy(vfio_kernel.token, (const void *)(uintptr_t)bind->token, sizeof(vfio_kernel.token));
	vfio_kernel.bound++;
	return 0;
}

static int vfio_ioctl(int fd, unsigned long request, void *argument)
{
	assert_true(fd >= 0);
	vfio_kernel.calls++;
	if (request == vfio_kernel.failing || vfio_kernel.calls == vfio_kernel.fail_at) {
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
		snprintf(vfio_kernel.asked, sizeof(vfio_kernel.asked), "%s", (const char *)argument);
		return dup(fd);
	case IOMMUFD_SET_OPTION:
		vfio_kernel.option = (int64_t)((struct iommufd_option *)argument)->value;
		return 0;
	case IOMMUFD_IOAS_ALLOC:
		((struct iommufd_alloc *)argument)->out_ioas = IOAS;
		return 0;
	case VFIO_BIND_IOMMUFD:
		return bind_iommufd(argument);
	case VFIO_ATTACH_IOAS:
		assert_int_equal(((struct vfio_attach_ioas *)argument)->ioas, IOAS);
		vfio_kernel.attached++;
		return 0;
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
	vfio_kernel.option = -1;
	choice = VFIO_CHOICE_AUTO;
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
	return vfio_host_open(vfio, &fake->root, addrs, count, choice, err);
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

/* The same host with iommufd, and nodes of the devices. */
static int set_up_iommufd(void **state)
{
	struct fake_sysfs *fake;

	set_up(state);
	fake = *state;
	fake_file(fake, "", "dev/iommu");
	fake_dir(fake, "sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio3");
	fake_dir(fake, "sys/bus/pci/devices/0000:01:00.1/vfio-dev/vfio0");
	fake_file(fake, "", "dev/vfio/devices/vfio3");
	fake_file(fake, "", "dev/vfio/devices/vfio0");
	return 0;
}

static void iommufd_is_chosen_where_it_can_be(void **state)
{
	const struct pci_addr addrs[] = { first, second };
	const struct pci_addr with_other[] = { first, elsewhere };
	struct fake_sysfs *fake = *state;
	struct vfio_host vfio;
	int before = open_fds();

	assert_int_equal(open_all(&vfio, fake, addrs, array_size(addrs), NULL), 0);
	assert_true(vfio_host_is_iommufd(&vfio));
	assert_int_equal(vfio.ioas, IOAS);
	vfio_host_done(&vfio);
	/* All devices go the same way: one has no node of its own. */
	assert_int_equal(open_all(&vfio, fake, with_other, array_size(with_other), NULL), 0);
	assert_false(vfio_host_is_iommufd(&vfio));
	vfio_host_done(&vfio);
	choice = VFIO_CHOICE_TYPE1;
	assert_int_equal(open_all(&vfio, fake, addrs, array_size(addrs), NULL), 0);
	assert_false(vfio_host_is_iommufd(&vfio));
	vfio_host_done(&vfio);
	assert_int_equal(open_fds(), before);
}

static void what_was_named_is_not_replaced(void **state)
{
	struct fake_sysfs *fake = *state;
	struct vfio_host vfio;
	struct error err = { 0 };

	choice = VFIO_CHOICE_IOMMUFD;
	assert_true(open_all(&vfio, fake, &elsewhere, 1, &err) < 0);
	assert_int_equal(err.code, CODE_VFIO_NO_MODULE);
	assert_non_null(strstr(err.hint, "CONFIG_VFIO_DEVICE_CDEV"));
	/* a node of a device that nothing confines */
	fake_dir(fake, "sys/bus/pci/devices/0000:02:00.0/vfio-dev/noiommu-vfio1");
	fake_file(fake, "", "dev/vfio/devices/noiommu-vfio1");
	assert_true(open_all(&vfio, fake, &elsewhere, 1, &err) < 0);
	assert_int_equal(err.code, CODE_VFIO_NOIOMMU);
	unlinkat(fake->root.fd, "dev/iommu", 0);
	assert_true(open_all(&vfio, fake, &first, 1, &err) < 0);
	assert_int_equal(err.code, CODE_VFIO_NO_MODULE);
	assert_non_null(strstr(err.msg, "/dev/iommu"));
}

static void a_device_is_bound_and_attached_once(void **state)
{
	struct vfio_host vfio;
	int before, fd = -7;

	assert_int_equal(open_all(&vfio, *state, &first, 1, NULL), 0);
	assert_int_equal(vfio_kernel.option, 1);
	assert_true(vfio.counts_process);
	assert_int_equal(vfio_kernel.bound, 0);
	vfio_kernel.iommufd = vfio.space_fd;
	before = open_fds();
	assert_int_equal(vfio_host_open_device(&vfio, first, false, &fd, NULL), 0);
	assert_int_equal(vfio_kernel.bound, 1);
	assert_int_equal(vfio_kernel.attached, 1);
	assert_int_equal(open_fds(), before);
	close(fd);
	assert_true(vfio_host_open_device(&vfio, first, false, &fd, NULL) < 0);
	assert_int_equal(vfio_kernel.bound, 1);
	vfio_host_done(&vfio);
}

/* Only for a device of which the kernel wants one: it refuses one that it does not need. */
static void a_token_goes_where_it_is_wanted(void **state)
{
	static const uint8_t bytes[] = { 0xbd, 0x8d, 0x9d, 0x2b, 0x5a, 0x5f, 0x4f, 0x5a, 0xa2, 0x11, 0xf5, 0x91, 0x51,
		0x4b, 0xa1, 0xf3 };
	const struct pci_addr addrs[] = { first, second };
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../../../bus/pci/drivers/vfio-pci", "sys/bus/pci/devices/0000:01:00.0/physfn/driver");
	for (enum vfio_choice way = VFIO_CHOICE_AUTO; way <= VFIO_CHOICE_TYPE1; way++) {
		struct vfio_host vfio;

		vfio_host_init(&vfio);
		vfio.ioctl = vfio_ioctl;
		vfio.vf_token = "bd8d9d2b-5a5f-4f5a-a211-f591514ba1f3";
		assert_int_equal(vfio_host_open(&vfio, &fake->root, addrs, array_size(addrs), way, NULL), 0);
		/* groups, where every kernel compares it */
		assert_int_equal(vfio_host_is_iommufd(&vfio), way == VFIO_CHOICE_IOMMUFD);
		vfio_kernel.iommufd = vfio.space_fd;
		for (size_t i = 0; i < array_size(addrs); i++) {
			char asked[96] = "";
			int fd = -1;

			memset(vfio_kernel.asked, 0, sizeof(vfio_kernel.asked));
			assert_int_equal(vfio_host_open_device(&vfio, addrs[i], false, &fd, NULL), 0);
			close(fd);
			if (!vfio_host_is_iommufd(&vfio))
				snprintf(asked, sizeof(asked), "0000:01:00.%zu%s%s", i,
					i ? "" : " vf_token=", i ? "" : vfio.vf_token);
			assert_string_equal(vfio_kernel.asked, asked);
			assert_int_equal(
				vfio_kernel.bind_flags, way == VFIO_CHOICE_IOMMUFD && !i ? VFIO_BIND_TOKEN : 0);
			assert_int_equal(vfio_kernel.bind_size, way != VFIO_CHOICE_IOMMUFD ? 0 : i ? 16 : 24);
		}
		vfio_host_done(&vfio);
		if (way == VFIO_CHOICE_IOMMUFD)
			assert_memory_equal(vfio_kernel.token, bytes, sizeof(bytes));
		vfio_kernel.bind_flags = vfio_kernel.bind_size = 0;
	}
}

/* One who is not root: pinned memory counts for the user then, and devices are opened all the same. */
static void without_privilege_the_user_is_counted(void **state)
{
	struct vfio_host vfio;

	vfio_kernel.failing = IOMMUFD_SET_OPTION;
	vfio_kernel.errnum = EPERM;
	assert_int_equal(open_all(&vfio, *state, &first, 1, NULL), 0);
	assert_true(vfio_host_is_iommufd(&vfio));
	assert_false(vfio.counts_process);
	vfio_host_done(&vfio);
}

static const struct {
	unsigned long failing;
	int errnum;
	const char *interrupts, *reserved, *holder;
	enum code code;
	const char *said;
} bind_causes[] = {
	{ VFIO_BIND_IOMMUFD, EPERM, " 1: 0 IO-APIC\n", NULL, NULL, CODE_IOMMU_NO_INTREMAP, "not remapped" },
	{ VFIO_BIND_IOMMUFD, EBUSY, NULL, NULL, NULL, CODE_GROUP_BUSY, "group 7" },
	{ VFIO_BIND_IOMMUFD, EINVAL, NULL, "0x1000 0x1fff direct\n", NULL, CODE_DEV_RESERVED_MEMORY, "0x1000-0x1fff" },
	{ VFIO_BIND_IOMMUFD, EINVAL, NULL, NULL, "/dev/vfio/devices/vfio3", CODE_GROUP_BUSY, "process 812 (qemu)" },
	{ VFIO_BIND_IOMMUFD, EINVAL, NULL, NULL, NULL, CODE_FAILED, "0000:01:00.0" },
	{ VFIO_BIND_IOMMUFD, EIO, NULL, NULL, NULL, CODE_FAILED, "resets it" },
	{ VFIO_ATTACH_IOAS, EINVAL, NULL, "0x1000 0x1fff direct\n", NULL, CODE_DEV_RESERVED_MEMORY, "group 7" },
	{ VFIO_ATTACH_IOAS, ENOMEM, NULL, NULL, NULL, CODE_FAILED, "group 7" },
	{ VFIO_DEVICE_GET_INFO, EIO, NULL, NULL, NULL, CODE_FAILED, "VFIO_DEVICE_GET_INFO" },
};

static void names_the_cause_with_iommufd(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "qemu\n", "proc/812/comm");
	for (size_t i = 0; i < array_size(bind_causes); i++) {
		struct vfio_host vfio;
		struct error err = { 0 };
		int before = open_fds(), fd = -7;

		fake_file(fake, bind_causes[i].interrupts ? bind_causes[i].interrupts : " 1: 0 IR-IO-APIC\n",
			"proc/interrupts");
		fake_file(fake, bind_causes[i].reserved ? bind_causes[i].reserved : "",
			"sys/kernel/iommu_groups/7/reserved_regions");
		unlinkat(fake->root.fd, "proc/812/fd/5", 0);
		if (bind_causes[i].holder)
			fake_link(fake, bind_causes[i].holder, "proc/812/fd/5");
		vfio_kernel.failing = 0;
		assert_int_equal(open_all(&vfio, fake, &first, 1, &err), 0);
		vfio_kernel.iommufd = vfio.space_fd;
		vfio_kernel.failing = bind_causes[i].failing;
		vfio_kernel.errnum = bind_causes[i].errnum;
		assert_true(vfio_host_open_device(&vfio, first, false, &fd, &err) < 0);
		assert_int_equal(fd, -7);
		assert_int_equal(err.code, bind_causes[i].code);
		assert_non_null(strstr(err.msg, bind_causes[i].said));
		assert_non_null(strstr(err.msg, "0000:01:00.0"));
		vfio_host_done(&vfio);
		assert_int_equal(open_fds(), before);
	}
}

/* Opening two devices, with the nth call failing, for every n, both ways: no descriptor stays. */
static void fail_each(struct fake_sysfs *fake, unsigned int wanted)
{
	const struct pci_addr addrs[] = { first, second };
	unsigned int nth = 0;
	int ret;

	do {
		int fd[2] = { -1, -1 }, before = open_fds();
		struct vfio_host vfio;

		vfio_kernel.calls = 0;
		vfio_kernel.fail_at = ++nth;
		vfio_kernel.errnum = EIO;
		ret = open_all(&vfio, fake, addrs, array_size(addrs), NULL);
		vfio_kernel.iommufd = vfio.space_fd;
		for (size_t i = 0; i < array_size(addrs) && ret >= 0; i++)
			ret = vfio_host_open_device(&vfio, addrs[i], false, &fd[i], NULL);
		for (size_t i = 0; i < array_size(addrs); i++)
			close_fd(&fd[i]);
		vfio_host_done(&vfio);
		assert_int_equal(open_fds(), before);
		/* the option may be refused */
	} while (ret < 0 || vfio_kernel.calls >= nth);
	assert_int_equal(nth - 1, wanted);
}

static void no_descriptor_stays_whatever_fails(void **state)
{
	struct fake_sysfs *fake = *state;

	choice = VFIO_CHOICE_IOMMUFD;
	/* option, address space; of each device bind, attach, information */
	fail_each(fake, 2 + 2 * 3);
	choice = VFIO_CHOICE_TYPE1;
	/* version, back end; status, container, choice of the back end; of each device descriptor, information */
	fail_each(fake, 2 + 3 + 2 * 2);
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
		cmocka_unit_test_setup_teardown(iommufd_is_chosen_where_it_can_be, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(what_was_named_is_not_replaced, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(a_device_is_bound_and_attached_once, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(without_privilege_the_user_is_counted, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(a_token_goes_where_it_is_wanted, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(names_the_cause_with_iommufd, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(no_descriptor_stays_whatever_fails, set_up_iommufd, tear_down),
		cmocka_unit_test_setup_teardown(names_who_makes_the_group_not_viable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_who_has_the_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(explains_a_device_that_does_not_open, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
