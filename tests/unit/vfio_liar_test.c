// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device, and a kernel, that lie in one thing at a time: a field of an answer, a byte of configuration space, a
 * call that fails or comes back short, a device that is gone from one moment on. Each lie is told to a guest's whole
 * life: the device is refused by a message that names it, or it works as far as it goes; nothing crashes (build with
 * SANITIZE=yes to see more) and nothing is left behind.
 *
 *	vfio_liar_test [COUNT]	how many of the lies, evenly spread (default 4000; make soak: all, over 10,000)
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "passthrough/vfio_pci.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	CARD = 0x100,
	NTH_MAX = 400, /* of calls that can be made to fail */
	CONFIG_LIES_END = 0x160,
	INFO_BYTES = 24, /* of each answer's head; region info has 8 more */
	SPARSE_BYTES = 96,
	RANDOM_LIES = 1500,
};

enum lie_kind {
	LIE_CONFIG,      /* byte `at` of configuration space is `value` */
	LIE_DEVICE_INFO, /* 4 bytes at `at` of the answer */
	LIE_REGION_INFO, /* … of region `index` */
	LIE_IRQ_INFO,    /* … of interrupt `index` */
	LIE_IOCTL,       /* the `at`th fails, errno `value`; 0: it answers 1 */
	LIE_MMAP,        /* the `at`th fails */
	LIE_READ,        /* from the `at`th on: fails, is short, is ones, is noise */
	LIE_GONE,        /* from the `at`th call of any kind on all fail, and reads are ones */
	LIE_RANDOM,      /* several bytes of configuration space, by seed `at` */
	LIE_KIND_COUNT
};

struct lie {
	enum lie_kind kind;
	uint32_t index, at;
	uint64_t value;
};

/* What is told now; like the fake device, there is one at a time. */
static struct {
	struct lie lie;
	struct fake_vfio *fake;
	unsigned int ioctls, mmaps, reads, calls;
	unsigned int seed;
} now;

static bool is_gone(void)
{
	now.calls++;
	return now.lie.kind == LIE_GONE && now.calls >= now.lie.at;
}

static void twist(void *argument, size_t size)
{
	uint32_t value = (uint32_t)now.lie.value;

	if (now.lie.at + sizeof(value) <= size)
		memcpy((char *)argument + now.lie.at, &value, sizeof(value));
}

static void twist_answer(unsigned long request, void *argument)
{
	const struct vfio_irq_info *irq = argument;

	if (request == VFIO_DEVICE_GET_INFO && now.lie.kind == LIE_DEVICE_INFO)
		twist(argument, sizeof(struct vfio_device_info));
	if (request == VFIO_DEVICE_GET_IRQ_INFO && now.lie.kind == LIE_IRQ_INFO && irq->index == now.lie.index)
		twist(argument, sizeof(struct vfio_irq_info));
}

/* The room that the caller gave is read before the answer, which may say that it needs more. */
static int answer_region(int fd, unsigned long request, struct vfio_region_info *info)
{
	size_t room = info->argsz;
	uint32_t index = info->index;
	int ret = fake_vfio_sys.ioctl(fd, request, info);

	if (ret == 0 && now.lie.kind == LIE_REGION_INFO && index == now.lie.index)
		twist(info, room);
	return ret;
}

static int liar_ioctl(int fd, unsigned long request, void *argument)
{
	int ret;

	if (is_gone())
		return errno = ENODEV, -1;
	if (now.lie.kind == LIE_IOCTL && ++now.ioctls == now.lie.at) {
		if (!now.lie.value)
			return 1;
		return errno = (int)now.lie.value, -1;
	}
	if (request == VFIO_DEVICE_GET_REGION_INFO)
		return answer_region(fd, request, argument);
	ret = fake_vfio_sys.ioctl(fd, request, argument);
	if (ret == 0)
		twist_answer(request, argument);
	return ret;
}

static ssize_t liar_pread(int fd, void *buf, size_t size, off_t offset)
{
	ssize_t ret = fake_vfio_sys.pread(fd, buf, size, offset);

	if (is_gone() || (now.lie.kind == LIE_READ && ++now.reads >= now.lie.at)) {
		memset(buf, 0xff, size);
		switch (now.lie.kind == LIE_GONE ? 2 : now.lie.value) {
		case 0:
			return errno = EIO, -1;
		case 1:
			return (ssize_t)size - 1;
		case 2:
			return (ssize_t)size;
		default:
			for (size_t i = 0; i < size; i++)
				((uint8_t *)buf)[i] = (uint8_t)rand_r(&now.seed);
			return (ssize_t)size;
		}
	}
	return ret;
}

static ssize_t liar_pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	return is_gone() ? (errno = EIO, -1) : fake_vfio_sys.pwrite(fd, buf, size, offset);
}

static void *liar_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (now.lie.kind == LIE_MMAP && ++now.mmaps == now.lie.at)
		return errno = ENOMEM, MAP_FAILED;
	if (is_gone() && fd >= 0)
		return errno = ENODEV, MAP_FAILED;
	return fake_vfio_sys.mmap(address, size, protection, flags, fd, offset);
}

static int liar_munmap(void *address, size_t size)
{
	return fake_vfio_sys.munmap(address, size);
}

static const struct vfio_sys liar_sys = { liar_ioctl, liar_pread, liar_pwrite, liar_mmap, liar_munmap };

static const uint32_t info_values[] = { 0, 1, 2, 3, 7, 9, 0xff, 0x100, 0xfff, 0x1000, 0x4001, 0x7fffffff, 0x80000000,
	0xffffffff };
static const uint8_t byte_values[] = { 0x00, 0xff, 0x01, 0x80, 0x05, 0x11, 0x10, 0x40, 0x54, 0xfc };
static const int errnos[] = { 0, EIO, ENODEV, EINVAL, ENOMEM, EBUSY, ENOSPC };

/* A row for each kind: so many lies of it, and which the nth is. */
static struct lie config_lie(size_t n)
{
	return (struct lie){ LIE_CONFIG, 0, (uint32_t)(n / array_size(byte_values)),
		byte_values[n % array_size(byte_values)] };
}

static struct lie info_lie(enum lie_kind kind, size_t n, size_t words)
{
	size_t value = n % array_size(info_values), word = n / array_size(info_values);

	return (struct lie){ kind, (uint32_t)(word / words), (uint32_t)(4 * (word % words)), info_values[value] };
}

static struct lie device_lie(size_t n)
{
	return info_lie(LIE_DEVICE_INFO, n, sizeof(struct vfio_device_info) / 4);
}

static struct lie region_lie(size_t n)
{
	return info_lie(LIE_REGION_INFO, n, SPARSE_BYTES / 4);
}

static struct lie irq_lie(size_t n)
{
	return info_lie(LIE_IRQ_INFO, n, sizeof(struct vfio_irq_info) / 4);
}

static struct lie ioctl_lie(size_t n)
{
	return (struct lie){ LIE_IOCTL, 0, (uint32_t)(n / array_size(errnos)) + 1,
		(uint64_t)errnos[n % array_size(errnos)] };
}

static struct lie mmap_lie(size_t n)
{
	return (struct lie){ LIE_MMAP, 0, (uint32_t)n + 1, 0 };
}

static struct lie read_lie(size_t n)
{
	return (struct lie){ LIE_READ, 0, (uint32_t)(n / 4) + 1, n % 4 };
}

static struct lie gone_lie(size_t n)
{
	return (struct lie){ LIE_GONE, 0, (uint32_t)n + 1, 0 };
}

static struct lie random_lie(size_t n)
{
	return (struct lie){ LIE_RANDOM, 0, (uint32_t)n, 0 };
}

static const struct {
	size_t count;
	struct lie (*nth)(size_t n);
} kinds[LIE_KIND_COUNT] = {
	[LIE_CONFIG] = { CONFIG_LIES_END * array_size(byte_values), config_lie },
	[LIE_DEVICE_INFO] = { sizeof(struct vfio_device_info) / 4 * array_size(info_values), device_lie },
	[LIE_REGION_INFO] = { VFIO_PCI_NUM_REGIONS * (SPARSE_BYTES / 4) * array_size(info_values), region_lie },
	[LIE_IRQ_INFO] = { VFIO_PCI_NUM_IRQS * sizeof(struct vfio_irq_info) / 4 * array_size(info_values), irq_lie },
	[LIE_IOCTL] = { 60 * array_size(errnos), ioctl_lie },
	[LIE_MMAP] = { 12, mmap_lie },
	[LIE_READ] = { (size_t)4 * NTH_MAX, read_lie },
	[LIE_GONE] = { NTH_MAX, gone_lie },
	[LIE_RANDOM] = { RANDOM_LIES, random_lie },
};

/* A device with some of everything: memory mapped in areas, a small BAR, ports, a ROM, MSI-X. */
static void describe(struct fake_vfio *fake)
{
	fake_vfio_init(fake);
	fake->bar[0].area[0] = (struct vfio_area){ 0, 0x1000 };
	fake->bar[0].area[1] = (struct vfio_area){ 0x2000, 0x1000 };
	fake->bar[0].area_count = 2;
	fake->bar[2] = (struct fake_region){ .size = 0x400, .mappable = true };
	fake->bar[5] = (struct fake_region){ .size = 0x20 };
	fake->rom_region_size = 0x2000;
	fake_set(fake, PCI_BASE_ADDRESS_5, 4, PCI_BASE_ADDRESS_SPACE_IO);
}

static void tell(const struct lie *lie, struct fake_vfio *fake)
{
	unsigned int seed = lie->at;

	memset(&now, 0, sizeof(now));
	now.lie = *lie;
	now.fake = fake;
	if (lie->kind == LIE_CONFIG)
		fake->config[lie->at] = (uint8_t)lie->value;
	for (unsigned int i = 0; i < 1 + lie->at % 12 && lie->kind == LIE_RANDOM; i++)
		fake->config[(unsigned int)rand_r(&seed) % (i % 2 ? 0x100 : CONFIG_LIES_END)] = (uint8_t)rand_r(&seed);
}

struct bed {
	struct fake_vfio fake;
	struct vm vm;
	struct vfio_pci *pci;
};

static void write_config(struct bed *bed, unsigned int offset, unsigned int size, uint32_t value)
{
	pci_bus_config_write(&bed->vm.pci, CARD, offset, size, value);
}

static uint32_t read_config(struct bed *bed, unsigned int offset, unsigned int size)
{
	return pci_bus_config_read(&bed->vm.pci, CARD, offset, size);
}

/* The first and last registers of each BAR, through whichever of the two buses; mapped ones are nobody's there. */
static void touch_bars(struct bed *bed)
{
	struct pci_function *fn = vfio_pci_function(bed->pci);

	for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
		struct bus *bus = fn->bar[i].kind == PCI_BAR_IO ? &bed->vm.pio : &bed->vm.mmio;
		uint64_t at = fn->bar[i].address, last = at + fn->bar[i].size;

		for (unsigned int size = 1; size <= 8 && fn->bar[i].mapped; size *= 2) {
			bus_read(bus, at, size);
			bus_read(bus, last - size, size);
			bus_write(bus, at, size, 0xfee00000);
			bus_write(bus, last - size, size, 0xfee00000);
			bus_write(bus, at + 12, size, 0);
		}
	}
}

/* Every capability that the guest finds is switched on, and off again. */
static void use_capabilities(struct bed *bed)
{
	unsigned int at = read_config(bed, PCI_CAPABILITY_LIST, 1);

	for (unsigned int i = 0; i < 48 && at >= 0x40 && at < 0xfc; i++) {
		uint32_t old = read_config(bed, at, 4);

		for (unsigned int offset = 2; offset < 0x18 && at + offset < 0x100; offset += 2)
			write_config(bed, at + offset, 2, 0xffff);
		touch_bars(bed);
		write_config(bed, at + 2, 2, old >> 16);
		for (unsigned int offset = 4; offset < 0x18 && at + offset < 0x100; offset += 2)
			write_config(bed, at + offset, 2, 0);
		at = old >> 8 & 0xfc;
	}
}

static void use(struct bed *bed)
{
	for (unsigned int at = 0; at < PCI_CONFIG_SIZE; at += 4)
		read_config(bed, at, 4);
	for (unsigned int at = PCI_BASE_ADDRESS_0; at <= PCI_BASE_ADDRESS_5; at += 4) {
		uint32_t old = read_config(bed, at, 4);

		write_config(bed, at, 4, 0xffffffff);
		write_config(bed, at, 4, old);
	}
	write_config(bed, PCI_ROM_ADDRESS, 4, read_config(bed, PCI_ROM_ADDRESS, 4) | PCI_ROM_ADDRESS_ENABLE);
	write_config(bed, PCI_COMMAND, 2, 7);
	touch_bars(bed);
	use_capabilities(bed);
}

static void machine_on(struct bed *bed, bool *ret_on)
{
	struct vm *vm = &bed->vm;
	struct error err = { 0 };

	vm->vm_fd = vm->slots.vm_fd = FAKE_KVM_FD;
	vm->end = VM_END_NONE;
	assert_int_equal(irq_init(&vm->irqs, FAKE_KVM_FD, NULL), 0);
	*ret_on = pci_bus_power_on(&vm->pci, vm, &err) == 0;
	if (!*ret_on)
		assert_true(err.msg[0] != '\0');
}

/* Two boots; a device that fails ends its guest, which is one way of going as far as it goes. */
static void live(struct bed *bed)
{
	struct vm *vm = &bed->vm;

	vm->layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	vm->layout.pci64 = (struct range){ 1ull << 47, 1ull << 50 };
	vm->layout.ports = (struct range){ 0x1000, 0x10000 };
	vm->layout.ecam = (struct range){ 0xe0000000, 0xe0200000 };
	vm->layout.bus_count = 2;
	assert_int_equal(pci_bus_init(&vm->pci, 1, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&vm->pci, vfio_pci_function(bed->pci), NULL), 0);
	for (unsigned int boots = 0; boots < 2; boots++) {
		bool on;

		machine_on(bed, &on);
		if (on)
			use(bed);
		pci_bus_power_off(&vm->pci);
		irq_done(&vm->irqs);
		assert_int_equal(vm->mmio.count + vm->pio.count, 0);
	}
	for (size_t i = 0; i < MEMSLOT_MAX; i++)
		assert_int_equal(range_size(vm->slots.slot[i].at), 0);
	pci_bus_done(&vm->pci);
}

/* Refused, or lived through. */
static bool try_lie(struct bed *bed, const struct lie *lie)
{
	struct error err = { 0 };
	bool taken;

	memset(&bed->vm, 0, sizeof(bed->vm));
	pthread_mutex_init(&bed->vm.end_lock, NULL);
	memset(&the_kvm, 0, sizeof(the_kvm));
	describe(&bed->fake);
	tell(lie, &bed->fake);
	taken = vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &liar_sys, &err) == 0;
	if (taken) {
		live(bed);
		vfio_pci_free(bed->pci);
	} else if (!strstr(err.msg, "0000:01:10.0")) {
		print_error("refused without a name: %s\n", err.msg);
		assert_non_null(strstr(err.msg, "0000:01:10.0"));
	}
	assert_int_equal(bed->fake.mapped_bytes, 0);
	assert_int_equal(the_kvm.connects, the_kvm.disconnects);
	return taken;
}

static size_t wanted_count = 4000;

static void each_lie_is_refused_or_lived_with(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	size_t all = 0, step, told = 0, taken = 0, n = 0;

	(void)state;
	assert_non_null(bed);
	for (size_t kind = 0; kind < LIE_KIND_COUNT; kind++)
		all += kinds[kind].count;
	step = all > wanted_count ? all / wanted_count : 1;
	for (size_t kind = 0; kind < LIE_KIND_COUNT; kind++) {
		for (size_t i = 0; i < kinds[kind].count; i++, n++) {
			struct lie lie = kinds[kind].nth(i);

			if (n % step)
				continue;
			taken += try_lie(bed, &lie);
			told++;
		}
	}
	print_message("%zu of %zu lies: %zu refused, %zu lived with\n", told, all, told - taken, taken);
	assert_true(all >= 10000);
	/* If all were refused, or none, the lies would not be what they say. */
	assert_true(taken > told / 20 && told - taken > told / 20);
	free(bed);
}

/* The same device, telling the truth. */
static void the_truth_is_taken(void **state)
{
	const struct lie truth = { LIE_MMAP, 0, UINT32_MAX, 0 };
	struct bed *bed = calloc(1, sizeof(*bed));

	(void)state;
	assert_non_null(bed);
	assert_true(try_lie(bed, &truth));
	assert_true(bed->fake.irq_call_count > 1);
	assert_true(bed->fake.rom_reads > 0);
	free(bed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_is_taken),
		cmocka_unit_test(each_lie_is_refused_or_lived_with),
	};

	if (argc > 1)
		wanted_count = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
