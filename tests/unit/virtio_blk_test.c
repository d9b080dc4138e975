// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/virtio/{transport,registers,worker,blk}.c as a driver meets them, by way of configuration space (PCI_CFG),
 * with a real file behind: what is agreed on holds, what is frozen stays, a driver that breaks the rules gets
 * DEVICE_NEEDS_RESET and is served again after a reset. Then registers, rings and requests at random. The program's
 * argument is how many random steps are taken.
 */
#include "vmm-core/virtio/blk.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "base/cleanup.h"
#include "vmm-core/vm.h"
#include "wire/control.h"

enum {
	RAM_BYTES = 1 << 20,
	DISK_BYTES = 1 << 20,
	SIZE = 8,
	DESC_AT = 0x1000,
	AVAIL_AT = 0x2000,
	USED_AT = 0x3000,
	HEADER_AT = 0x4000,
	STATUS_AT = 0x5000,
	DATA_AT = 0x6000,
	CAP_PCI_CFG = 0x84,
	ISR_AT = 0x100,
	CONFIG_AT = 0x200,
	NOTIFY_AT = 0x1000,
	PATIENCE_US = 20 * 1000 * 1000,
	STEPS_DEFAULT = 20000,
	READY = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |
		VIRTIO_CONFIG_S_DRIVER_OK,
};

#define BIT(feature) (1ull << (feature))
#define WANTED (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_BLK_F_FLUSH))

static unsigned long steps_wanted = STEPS_DEFAULT;

struct guest {
	struct vm vm;
	struct virtio_device *device;
	int file;
	uint8_t *memory;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	unsigned int random;
};

static int build_as(void **state, uint32_t flags)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	struct launch_virtio launch = {
		.flags = flags, .disk_bytes = DISK_BYTES, .serial = "serial-1", .label = "disk"
	};

	assert_non_null(guest);
	guest->memory = calloc(1, RAM_BYTES);
	guest->vm.layout.ram_count = 1;
	guest->vm.layout.ram[0] = (struct ram_region){ { 0, RAM_BYTES }, 0 };
	guest->vm.ram = (struct guest_ram){ .memfd = -1, .host = guest->memory, .layout = &guest->vm.layout };
	guest->vm.irqs.vm_fd = guest->vm.vm_fd = -1;
	pthread_mutex_init(&guest->vm.end_lock, NULL);
	guest->desc = (void *)(guest->memory + DESC_AT);
	guest->avail = (void *)(guest->memory + AVAIL_AT);
	guest->used = (void *)(guest->memory + USED_AT);
	guest->file = memfd_create("disk", MFD_CLOEXEC);
	guest->random = 7;
	assert_int_equal(ftruncate(guest->file, DISK_BYTES), 0);
	assert_int_equal(virtio_blk_new(&guest->device, &launch, dup(guest->file), NULL), 0);
	assert_int_equal(guest->device->fn.ops->power_on(&guest->device->fn, &guest->vm, NULL), 0);
	*state = guest;
	return 0;
}

static int build(void **state)
{
	return build_as(state, 0);
}

static int build_read_only(void **state)
{
	return build_as(state, LAUNCH_VIRTIO_READ_ONLY);
}

static int stop(void **state)
{
	struct guest *guest = *state;

	guest->device->fn.ops->power_off(&guest->device->fn);
	guest->device->ops->free(guest->device);
	close(guest->file);
	free(guest->memory);
	free(guest);
	return 0;
}

static void config_write(struct guest *guest, unsigned int at, unsigned int size, uint32_t value)
{
	struct pci_function *fn = &guest->device->fn;
	uint32_t mask;

	pci_config_guest_write(&fn->config, at, size, value, &mask);
	if (mask)
		fn->ops->hardware_write(fn, at, size, value, mask);
}

static void aim(struct guest *guest, uint32_t offset, uint32_t size)
{
	config_write(guest, CAP_PCI_CFG + offsetof(struct virtio_pci_cap, bar), 1, 0);
	config_write(guest, CAP_PCI_CFG + offsetof(struct virtio_pci_cap, offset), 4, offset);
	config_write(guest, CAP_PCI_CFG + offsetof(struct virtio_pci_cap, length), 4, size);
}

static uint32_t get(struct guest *guest, uint32_t offset, uint32_t size)
{
	aim(guest, offset, size);
	return guest->device->fn.ops->hardware_read(&guest->device->fn, CAP_PCI_CFG + 16, 4);
}

static void set(struct guest *guest, uint32_t offset, uint32_t size, uint32_t value)
{
	aim(guest, offset, size);
	config_write(guest, CAP_PCI_CFG + 16, 4, value);
}

static void wait_for(
	struct guest *guest, bool (*condition)(struct guest *guest, unsigned int value), unsigned int value)
{
	for (unsigned int us = 0; !condition(guest, value); us += 100) {
		assert_true(us < PATIENCE_US);
		usleep(100);
	}
}

static bool is_reset(struct guest *guest, unsigned int value)
{
	return get(guest, VIRTIO_PCI_COMMON_STATUS, 1) == value;
}

static bool is_used(struct guest *guest, unsigned int value)
{
	return __atomic_load_n(&guest->used->idx, __ATOMIC_ACQUIRE) == value;
}

static bool needs_reset(struct guest *guest, unsigned int value)
{
	return get(guest, VIRTIO_PCI_COMMON_STATUS, 1) & value;
}

static void reset(struct guest *guest)
{
	set(guest, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	wait_for(guest, is_reset, 0);
}

static void offer_features(struct guest *guest, uint64_t features)
{
	for (uint32_t i = 0; i < 2; i++) {
		set(guest, VIRTIO_PCI_COMMON_GFSELECT, 4, i);
		set(guest, VIRTIO_PCI_COMMON_GF, 4, (uint32_t)(features >> 32 * i));
	}
	set(guest, VIRTIO_PCI_COMMON_STATUS, 1,
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
}

static void set_queue(struct guest *guest)
{
	memset(guest->memory, 0, HEADER_AT);
	set(guest, VIRTIO_PCI_COMMON_Q_SELECT, 2, 0);
	set(guest, VIRTIO_PCI_COMMON_Q_SIZE, 2, SIZE);
	set(guest, VIRTIO_PCI_COMMON_Q_DESCLO, 4, DESC_AT);
	set(guest, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, AVAIL_AT);
	set(guest, VIRTIO_PCI_COMMON_Q_USEDLO, 4, USED_AT);
	set(guest, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

static void start(struct guest *guest)
{
	reset(guest);
	offer_features(guest, WANTED);
	set_queue(guest);
	set(guest, VIRTIO_PCI_COMMON_STATUS, 1, READY);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_STATUS, 1), READY);
}

static void notify(struct guest *guest)
{
	set(guest, NOTIFY_AT, 2, 0);
}

/* One request, header, data and status each in its buffer. Returns its status. */
static int ask(struct guest *guest, uint32_t type, uint64_t sector, uint32_t bytes, bool in)
{
	struct virtio_blk_outhdr header = { .type = type, .sector = sector };
	uint16_t next = (uint16_t)(guest->avail->idx + 1);

	memcpy(guest->memory + HEADER_AT, &header, sizeof(header));
	guest->memory[STATUS_AT] = 0xee;
	guest->desc[0] = (struct vring_desc){ HEADER_AT, sizeof(header), VRING_DESC_F_NEXT, bytes ? 1 : 2 };
	guest->desc[1] = (struct vring_desc){ DATA_AT, bytes, VRING_DESC_F_NEXT | (in ? VRING_DESC_F_WRITE : 0), 2 };
	guest->desc[2] = (struct vring_desc){ STATUS_AT, 1, VRING_DESC_F_WRITE, 0 };
	guest->avail->ring[guest->avail->idx % SIZE] = 0;
	__atomic_store_n(&guest->avail->idx, next, __ATOMIC_RELEASE);
	notify(guest);
	wait_for(guest, is_used, next);
	return guest->memory[STATUS_AT];
}

static void a_driver_finds_its_disk(void **state)
{
	struct guest *guest = *state;

	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_NUMQ, 2), 1);
	assert_int_equal(get(guest, CONFIG_AT, 4), DISK_BYTES / 512);
	assert_int_equal(pci_config_get(&guest->device->fn.config, PCI_VENDOR_ID, 4), 0x10421af4);
	start(guest);
	memset(guest->memory + DATA_AT, 0x5a, 1024);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_OUT, 3, 1024, false), VIRTIO_BLK_S_OK);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_OK);
	memset(guest->memory + DATA_AT, 0, 2048);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_IN, 2, 2048, true), VIRTIO_BLK_S_OK);
	assert_int_equal(guest->used->ring[2].len, 2049);
	for (unsigned int i = 0; i < 2048; i++)
		assert_int_equal(guest->memory[DATA_AT + i], i >= 512 && i < 1536 ? 0x5a : 0);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_GET_ID, 0, 20, true), VIRTIO_BLK_S_OK);
	assert_string_equal((char *)guest->memory + DATA_AT, "serial-1");
	/* Without MSI-X the news are in the ISR, once. */
	assert_int_equal(get(guest, ISR_AT, 1) & 1, 1);
}

static void what_a_disk_cannot_do_is_an_error(void **state)
{
	struct guest *guest = *state;
	struct virtio_blk_discard_write_zeroes hole = { .sector = 8, .num_sectors = 8 };
	static const struct {
		uint32_t type;
		uint64_t sector;
		uint32_t bytes;
		bool in;
		int status;
	} cases[] = {
		{ VIRTIO_BLK_T_IN, DISK_BYTES / 512, 512, true, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, DISK_BYTES / 512 - 1, 1024, true, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, UINT64_MAX, 512, false, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, UINT64_MAX / 512 + 1, 512, false, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 511, true, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_DISCARD, 0, 15, false, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_SECURE_ERASE, 0, 16, false, VIRTIO_BLK_S_UNSUPP },
		{ 0x12345678, 0, 512, true, VIRTIO_BLK_S_UNSUPP },
	};

	start(guest);
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(
			ask(guest, cases[i].type, cases[i].sector, cases[i].bytes, cases[i].in), cases[i].status);
	memcpy(guest->memory + DATA_AT, &hole, sizeof(hole));
	assert_int_equal(ask(guest, VIRTIO_BLK_T_DISCARD, 0, sizeof(hole), false), VIRTIO_BLK_S_OK);
	hole.sector = DISK_BYTES / 512 - 7;
	memcpy(guest->memory + DATA_AT, &hole, sizeof(hole));
	assert_int_equal(ask(guest, VIRTIO_BLK_T_WRITE_ZEROES, 0, sizeof(hole), false), VIRTIO_BLK_S_IOERR);
	hole.flags = 0x80000000;
	memcpy(guest->memory + DATA_AT, &hole, sizeof(hole));
	assert_int_equal(ask(guest, VIRTIO_BLK_T_DISCARD, 0, sizeof(hole), false), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_STATUS, 1), READY);
}

static void nothing_is_written_to_a_read_only_disk(void **state)
{
	struct guest *guest = *state;
	struct virtio_blk_discard_write_zeroes hole = { .num_sectors = 8 };
	uint8_t byte = 1;

	assert_int_equal(pwrite(guest->file, "x", 1, 0), 1);
	start(guest);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR);
	memcpy(guest->memory + DATA_AT, &hole, sizeof(hole));
	assert_int_equal(ask(guest, VIRTIO_BLK_T_DISCARD, 0, sizeof(hole), false), VIRTIO_BLK_S_IOERR);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_WRITE_ZEROES, 0, sizeof(hole), false), VIRTIO_BLK_S_IOERR);
	assert_int_equal(pread(guest->file, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
}

static void only_what_was_offered_is_agreed_on(void **state)
{
	struct guest *guest = *state;

	offer_features(guest, WANTED | BIT(63));
	assert_false(get(guest, VIRTIO_PCI_COMMON_STATUS, 1) & VIRTIO_CONFIG_S_FEATURES_OK);
	reset(guest);
	offer_features(guest, BIT(VIRTIO_BLK_F_FLUSH));
	assert_false(get(guest, VIRTIO_PCI_COMMON_STATUS, 1) & VIRTIO_CONFIG_S_FEATURES_OK);
	/* and without that there is no start */
	set_queue(guest);
	set(guest, VIRTIO_PCI_COMMON_STATUS, 1, READY);
	assert_false(get(guest, VIRTIO_PCI_COMMON_STATUS, 1) & VIRTIO_CONFIG_S_DRIVER_OK);
	assert_false(guest->device->started);
}

static void after_driver_ok_nothing_moves(void **state)
{
	struct guest *guest = *state;

	start(guest);
	set(guest, VIRTIO_PCI_COMMON_Q_SIZE, 2, 4);
	set(guest, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0);
	set(guest, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, 0);
	set(guest, VIRTIO_PCI_COMMON_Q_USEDHI, 4, 1);
	set(guest, VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
	set(guest, VIRTIO_PCI_COMMON_MSIX, 2, 1);
	set(guest, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	set(guest, VIRTIO_PCI_COMMON_GF, 4, 0);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_Q_SIZE, 2), SIZE);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_Q_DESCLO, 4), DESC_AT);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_Q_AVAILLO, 4), AVAIL_AT);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_Q_USEDHI, 4), 0);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	assert_int_equal(get(guest, VIRTIO_PCI_COMMON_GF, 4), (uint32_t)WANTED);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK);
}

static void who_breaks_the_rules_has_to_reset(void **state)
{
	struct guest *guest = *state;

	start(guest);
	guest->desc[0] = (struct vring_desc){ HEADER_AT, 8, 0, 0 }; /* neither a whole header nor a status */
	guest->avail->idx = 1;
	notify(guest);
	wait_for(guest, needs_reset, VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(get(guest, ISR_AT, 1) & 2, 2);
	/* Rings outside of memory: the same at once. */
	reset(guest);
	offer_features(guest, WANTED);
	set_queue(guest);
	reset(guest);
	offer_features(guest, WANTED);
	set(guest, VIRTIO_PCI_COMMON_Q_DESCLO, 4, RAM_BYTES);
	set(guest, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	set(guest, VIRTIO_PCI_COMMON_STATUS, 1, READY);
	assert_true(needs_reset(guest, VIRTIO_CONFIG_S_NEEDS_RESET));
	start(guest);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK);
}

static uint32_t random_of(struct guest *guest, uint32_t below)
{
	/* xorshift, 32 bits */
	guest->random ^= guest->random << 13;
	guest->random ^= guest->random >> 17;
	guest->random ^= guest->random << 5;
	return guest->random % below;
}

/* It has done all, or something is wrong with it. */
static bool is_settled(struct guest *guest, unsigned int status)
{
	return is_used(guest, guest->avail->idx) || !is_reset(guest, status);
}

static void offer_at_random(struct guest *guest)
{
	uint16_t head = (uint16_t)(random_of(guest, 4) ? 3 * random_of(guest, 2) : random_of(guest, SIZE));

	guest->avail->ring[guest->avail->idx % SIZE] = head;
	__atomic_store_n(&guest->avail->idx, (uint16_t)(guest->avail->idx + 1), __ATOMIC_RELEASE);
	/* Mostly within what the queue holds. */
	if (random_of(guest, 200)) {
		notify(guest);
		wait_for(guest, is_settled, READY);
	}
}

/* What the file has beyond the disk's end stays what it was, whatever the driver does. */
static void at_random_nothing_breaks(void **state)
{
	struct guest *guest = *state;
	struct control_virtio status = { .requests = 0 };
	unsigned long resets = 0;
	/* Two requests that make sense, as a start. */
	static const struct vring_desc good[SIZE] = {
		{ HEADER_AT, 16, VRING_DESC_F_NEXT, 1 },
		{ DATA_AT, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 2 },
		{ STATUS_AT, 1, VRING_DESC_F_WRITE, 0 },
		{ HEADER_AT, 16, VRING_DESC_F_NEXT, 4 },
		{ DATA_AT, 512, VRING_DESC_F_NEXT, 2 },
		{ HEADER_AT, 528, VRING_DESC_F_NEXT, 2 },
		{ HEADER_AT, 16, VRING_DESC_F_NEXT, 2 },
		{ HEADER_AT, 16, VRING_DESC_F_NEXT, 1 },
	};

	for (unsigned long step = 0; step < steps_wanted; step++) {
		struct vring_desc *desc = &guest->desc[random_of(guest, SIZE)];

		switch (random_of(guest, 8)) {
		case 0:
			if (random_of(guest, 4) == 0)
				set(guest, random_of(guest, 0x4000), 1u << random_of(guest, 3),
					random_of(guest, UINT32_MAX));
			break;
		case 1:
			get(guest, random_of(guest, 0x4000), 1u << random_of(guest, 3));
			break;
		case 2:
			if (!is_reset(guest, READY) || random_of(guest, 500) == 0) {
				start(guest);
				memcpy(guest->desc, good, sizeof(good));
				resets++;
			}
			break;
		case 3:
			*(struct virtio_blk_outhdr *)(guest->memory + HEADER_AT) =
				(struct virtio_blk_outhdr){ .type = random_of(guest, 15),
					.sector = random_of(guest, DISK_BYTES / 512 + 4) };
			break;
		case 4:
			notify(guest);
			break;
		case 5:
			offer_at_random(guest);
			break;
		default:
			*desc = random_of(guest, 16)
					? good[desc - guest->desc]
					: (struct vring_desc){ HEADER_AT + random_of(guest, 4) * 0x1000,
						  16 + random_of(guest, 3) * 496, (uint16_t)random_of(guest, 4),
						  (uint16_t)random_of(guest, SIZE) };
			break;
		}
	}
	guest->device->ops->status(guest->device, &status);
	print_message("%llu requests, %lu resets\n", (unsigned long long)status.requests, resets);
	assert_true(status.requests > steps_wanted / 100 && resets > 10);
	start(guest);
	assert_int_equal(ask(guest, VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK);
	assert_int_equal(lseek(guest->file, 0, SEEK_END), DISK_BYTES);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_driver_finds_its_disk, build, stop),
		cmocka_unit_test_setup_teardown(what_a_disk_cannot_do_is_an_error, build, stop),
		cmocka_unit_test_setup_teardown(nothing_is_written_to_a_read_only_disk, build_read_only, stop),
		cmocka_unit_test_setup_teardown(only_what_was_offered_is_agreed_on, build, stop),
		cmocka_unit_test_setup_teardown(after_driver_ok_nothing_moves, build, stop),
		cmocka_unit_test_setup_teardown(who_breaks_the_rules_has_to_reset, build, stop),
		cmocka_unit_test_setup_teardown(at_random_nothing_breaks, build, stop),
	};

	if (argc > 1)
		steps_wanted = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
