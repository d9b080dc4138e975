// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * assign/virtio.c: which virtio functions do their DMA through the IOMMU, by what the host's driver has found and by
 * the device's own registers. The device is a file: VFIO's regions are its parts.
 */
#include "assign/virtio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#define DEVICE "0000:01:00.0"

enum {
	CONFIG_AT = 0x10000,
	CONFIG_SIZE = 256,
	BAR_AT = 0x20000,
	BAR_SIZE = 0x4000,
	BAR = 4,
	COMMON = 0x3000, /* within the BAR */
	CAP = 0x40,
	ACCESS_PLATFORM = 1 << 1, /* bit 33 of all */
};

static const struct pci_device card = { .addr = { 0, 1, 0, 0 }, .vendor_id = 0x1af4, .device_id = 0x1042 };

static unsigned long failing; /* request that the kernel refuses */

static int kernel(int fd, unsigned long request, void *argument)
{
	struct vfio_region_info *info = argument;

	assert_true(fd >= 0);
	if (request == failing) {
		errno = EIO;
		return -1;
	}
	assert_int_equal(request, VFIO_DEVICE_GET_REGION_INFO);
	info->offset = info->index == VFIO_PCI_CONFIG_REGION_INDEX ? CONFIG_AT : BAR_AT;
	info->size = info->index == VFIO_PCI_CONFIG_REGION_INDEX ? CONFIG_SIZE : info->index == BAR ? BAR_SIZE : 0;
	return 0;
}

static void put(int fd, off_t at, unsigned int size, uint32_t value)
{
	assert_int_equal(pwrite(fd, &value, size, at), size);
}

static uint32_t get(int fd, off_t at, unsigned int size)
{
	uint32_t value = 0;

	assert_int_equal(pread(fd, &value, size, at), size);
	return value;
}

/* A device whose common structure is found by the second of its capabilities, and offers these bits from 32 up. */
static int new_device(uint32_t bits)
{
	int fd = memfd_create("virtio", MFD_CLOEXEC);

	assert_true(fd >= 0);
	put(fd, CONFIG_AT + PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put(fd, CONFIG_AT + PCI_CAPABILITY_LIST, 1, CAP);
	put(fd, CONFIG_AT + CAP, 4, PCI_CAP_ID_MSIX | (CAP + 0x10) << 8);
	put(fd, CONFIG_AT + CAP + 0x10, 4, PCI_CAP_ID_VNDR | 16 << 16 | 1u << 24);
	put(fd, CONFIG_AT + CAP + 0x14, 4, BAR);
	put(fd, CONFIG_AT + CAP + 0x18, 4, COMMON);
	put(fd, CONFIG_AT + CONFIG_SIZE - 4, 4, 0);
	put(fd, BAR_AT + COMMON + 4, 4, bits);
	put(fd, BAR_AT + BAR_SIZE - 4, 4, 0);
	return fd;
}

static int check(int fd, const struct pci_device *device, struct error *err)
{
	struct vfio_host vfio = { .ioctl = kernel };

	*err = (struct error){ 0 };
	return virtio_check_opened(&vfio, device, fd, err);
}

static void a_device_is_asked_for_its_feature(void **state)
{
	cleanup_close int confined = new_device(ACCESS_PLATFORM | 1), not_confined = new_device(1);
	struct error err;

	(void)state;
	failing = 0;
	assert_int_equal(check(confined, &card, &err), 0);
	assert_int_equal(get(confined, BAR_AT + COMMON, 4), 1);
	assert_int_equal(get(confined, CONFIG_AT + PCI_COMMAND, 2), 0);
	assert_true(check(not_confined, &card, &err) < 0);
	assert_int_equal(err.code, CODE_DEV_IOMMU_BYPASS);
	assert_non_null(strstr(err.msg, DEVICE " is a virtio device"));
	assert_non_null(strstr(err.hint, "--allow-iommu-bypass " DEVICE));
}

static void what_is_not_virtio_is_not_asked(void **state)
{
	const struct pci_device other = { .addr = card.addr, .vendor_id = 0x1af4, .device_id = 0x1110 };
	struct error err;

	(void)state;
	assert_int_equal(check(-1, &other, &err), 0);
}

/* Before virtio 1.0 there was no such feature; a chain without end, or out of space, has no such structure either. */
static void a_device_without_the_structure_is_not_confined(void **state)
{
	static const uint8_t firsts[] = { 0, 0x20, 0xfc, CAP };
	struct error err;

	(void)state;
	failing = 0;
	for (size_t i = 0; i < array_size(firsts); i++) {
		cleanup_close int fd = new_device(ACCESS_PLATFORM);

		put(fd, CONFIG_AT + PCI_CAPABILITY_LIST, 1, firsts[i]);
		put(fd, CONFIG_AT + CAP, 4, PCI_CAP_ID_MSIX | CAP << 8);
		assert_true(check(fd, &card, &err) < 0);
		assert_int_equal(err.code, CODE_DEV_IOMMU_BYPASS);
	}
}

static void a_device_that_does_not_answer_is_refused(void **state)
{
	struct error err;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		cleanup_close int fd = new_device(i ? ACCESS_PLATFORM : UINT32_MAX);

		failing = i == 2 ? VFIO_DEVICE_GET_REGION_INFO : 0;
		if (i == 1)
			put(fd, CONFIG_AT + CAP + 0x18, 4, BAR_SIZE - 4);
		assert_true(check(fd, &card, &err) < 0);
		assert_int_equal(err.code, i == 2 ? CODE_FAILED : CODE_DEV_LOST);
	}
}

static enum virtio_dma look(unsigned int device_id, const char *driver, const char *features)
{
	const struct fake_device device = { DEVICE, 0x1af4, device_id, 0x010000, "virtio-pci", 7, 0 };
	struct fake_sysfs *fake = fake_sysfs_new(true);
	struct pci_inventory inventory;
	enum virtio_dma dma;

	fake_pci(fake, &device);
	if (driver)
		fake_link(fake, driver, "sys/bus/pci/devices/" DEVICE "/virtio3/driver");
	if (features)
		fake_file(fake, features, "sys/bus/pci/devices/" DEVICE "/virtio3/features");
	inventory = fake_inventory(fake);
	dma = virtio_dma_read(&fake->root, inventory.devices);
	pci_inventory_done(&inventory);
	fake_sysfs_free(fake);
	return dma;
}

#define ZEROS "000000000000000000000000000000000"

static void what_the_hosts_driver_has_found_is_known(void **state)
{
	(void)state;
	assert_int_equal(look(0x1042, "../../virtio_blk", ZEROS "1000000000\n"), VIRTIO_DMA_CONFINED);
	assert_int_equal(look(0x1042, "../../virtio_blk", ZEROS "0111111111\n"), VIRTIO_DMA_UNCONFINED);
	assert_int_equal(look(0x1045, "../../virtio_balloon", ZEROS "0000000000\n"), VIRTIO_DMA_UNKNOWN);
	assert_int_equal(look(0x1042, "../../virtio_blk", "0000\n"), VIRTIO_DMA_UNKNOWN);
	assert_int_equal(look(0x1042, "../../virtio_blk", NULL), VIRTIO_DMA_UNKNOWN);
	/* Without a driver nothing has been offered yet. */
	assert_int_equal(look(0x1042, NULL, ZEROS "0000000000\n"), VIRTIO_DMA_UNKNOWN);
	assert_int_equal(look(0x1110, NULL, NULL), VIRTIO_DMA_CONFINED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_asked_for_its_feature),
		cmocka_unit_test(what_is_not_virtio_is_not_asked),
		cmocka_unit_test(a_device_without_the_structure_is_not_confined),
		cmocka_unit_test(a_device_that_does_not_answer_is_refused),
		cmocka_unit_test(what_the_hosts_driver_has_found_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
