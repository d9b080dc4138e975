// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_rom.c on a whole PCI bus: the device's ROM is read once and when it is wanted, a file takes its
 * place or nothing does, and whatever a guest writes changes none of it.
 */
#include "passthrough/vfio_rom.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "passthrough/vfio_pci.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/vm.h"
#include "wire/limits.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	CARD = 0x100,
};

struct bed {
	struct fake_vfio fake;
	struct vm vm;
	struct vfio_pci *pci;
};

static int start(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	*state = bed;
	memset(&the_kvm, 0, sizeof(the_kvm));
	fake_vfio_init(&bed->fake);
	bed->fake.rom_region_size = 0x8000;
	for (size_t i = 0; i < FAKE_ROM_SIZE; i++)
		bed->fake.rom[i] = (uint8_t)(i * 7 + i / 256);
	bed->vm.layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	bed->vm.layout.pci64 = (struct range){ 0x800000000, 0x900000000 };
	bed->vm.layout.ecam = (struct range){ 0xe0000000, 0xe0200000 };
	bed->vm.layout.bus_count = 2;
	bed->vm.vm_fd = bed->vm.slots.vm_fd = FAKE_KVM_FD;
	assert_int_equal(irq_init(&bed->vm.irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	return 0;
}

static void plug_in(struct bed *bed)
{
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	assert_int_equal(pci_bus_power_on(&bed->vm.pci, &bed->vm, NULL), 0);
}

static void create(struct bed *bed)
{
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:00.0", &fake_vfio_sys, NULL), 0);
}

static int stop(void **state)
{
	struct bed *bed = *state;

	pci_bus_power_off(&bed->vm.pci);
	assert_int_equal(bed->vm.mmio.count, 0);
	irq_done(&bed->vm.irqs);
	vfio_pci_free(bed->pci);
	pci_bus_done(&bed->vm.pci);
	free(bed);
	return 0;
}

static uint32_t get(struct bed *bed, unsigned int offset)
{
	return pci_bus_config_read(&bed->vm.pci, CARD, offset, 4);
}

static void set(struct bed *bed, unsigned int offset, uint32_t value)
{
	pci_bus_config_write(&bed->vm.pci, CARD, offset, 4, value);
}

static uint64_t rom_on(struct bed *bed)
{
	uint32_t address = get(bed, PCI_ROM_ADDRESS);

	assert_true(range_contains(bed->vm.layout.pci32, (struct range){ address, address + 1 }));
	set(bed, PCI_ROM_ADDRESS, address | PCI_ROM_ADDRESS_ENABLE);
	return address;
}

static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("rom", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}

static void it_is_read_once_when_it_is_wanted(void **state)
{
	struct bed *bed = *state;
	uint64_t address;
	unsigned int reads;

	create(bed);
	plug_in(bed);
	assert_int_equal(bed->fake.rom_reads, 0);
	address = rom_on(bed);
	reads = bed->fake.rom_reads;
	assert_true(reads > 0);
	for (unsigned int at = 0; at < FAKE_ROM_SIZE; at += 4) {
		uint32_t expected;

		memcpy(&expected, &bed->fake.rom[at], 4);
		assert_int_equal(bus_read(&bed->vm.mmio, address + at, 4), expected);
	}
	/* what the device does not let be read, and past its end */
	assert_int_equal(bus_read(&bed->vm.mmio, address + FAKE_ROM_SIZE, 8), UINT64_MAX);
	assert_int_equal(bus_read(&bed->vm.mmio, address + 0x7ffc, 4), 0xffffffff);
	/* another answer of the device, a write, a move: nothing changes */
	memset(bed->fake.rom, 0xee, sizeof(bed->fake.rom));
	bus_write(&bed->vm.mmio, address, 4, 0);
	set(bed, PCI_ROM_ADDRESS, 0xd8000001);
	assert_int_equal(bus_read(&bed->vm.mmio, 0xd8000000, 2), 0x0700);
	assert_int_equal(bus_read(&bed->vm.mmio, address, 4), UINT64_MAX);
	assert_int_equal(bed->fake.rom_reads, reads);
}

static void a_probe_finds_its_size(void **state)
{
	static const struct {
		uint64_t region;
		uint32_t mask;
	} sizes[] = { { 0, 0 }, { 1, 0xfffff800 }, { 0x8000, 0xffff8000 }, { 0x8001, 0xffff0000 },
		{ LIMIT_ROM_BYTES, 0xff000000 }, { LIMIT_ROM_BYTES + 1, 0 }, { 1ull << 40, 0 } };
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(sizes); i++) {
		struct pci_function *fn;

		bed->fake.rom_region_size = sizes[i].region;
		create(bed);
		fn = vfio_pci_function(bed->pci);
		pci_bar_registers_init(fn);
		assert_int_equal(fn->config.writable[PCI_ROM_ADDRESS + 3], sizes[i].mask >> 24);
		assert_int_equal(fn->config.writable[PCI_ROM_ADDRESS + 1], sizes[i].mask >> 8 & 0xff);
		assert_int_equal(fn->config.writable[PCI_ROM_ADDRESS], sizes[i].mask ? PCI_ROM_ADDRESS_ENABLE : 0);
		vfio_pci_free(take_ptr(bed->pci));
	}
}

static void a_file_takes_its_place(void **state)
{
	static const uint8_t image[] = { 0x55, 0xaa, 3, 4, 5 };
	struct bed *bed = *state;
	cleanup_close int fd = file_of(image, sizeof(image));
	uint64_t address;

	create(bed);
	assert_int_equal(vfio_pci_set_rom(bed->pci, fd, NULL), 0);
	plug_in(bed);
	address = rom_on(bed);
	assert_int_equal(bus_read(&bed->vm.mmio, address, 4), 0x0403aa55);
	assert_int_equal(bus_read(&bed->vm.mmio, address + 4, 4), 0xffffff05);
	assert_int_equal(bus_read(&bed->vm.mmio, address + 2044, 4), 0xffffffff);
	assert_int_equal(bus_read(&bed->vm.mmio, address + 2048, 4), UINT64_MAX);
	assert_int_equal(bed->fake.rom_reads, 0);
}

static void none_is_shown_where_none_is_wanted(void **state)
{
	struct bed *bed = *state;

	create(bed);
	assert_int_equal(vfio_pci_set_rom(bed->pci, -1, NULL), 0);
	plug_in(bed);
	set(bed, PCI_ROM_ADDRESS, 0xffffffff);
	assert_int_equal(get(bed, PCI_ROM_ADDRESS), 0);
	assert_int_equal(bed->fake.rom_reads, 0);
}

static void files_that_are_no_rom(void **state)
{
	struct bed *bed = *state;
	const struct {
		const char *bytes;
		size_t size;
		off_t grown;
	} files[] = { { "", 0, 0 }, { "\x55", 1, 0 }, { "PK\3\4", 4, 0 }, { "\x55\xaa", 2, LIMIT_ROM_BYTES + 1 } };

	create(bed);
	for (size_t i = 0; i < array_size(files); i++) {
		cleanup_close int fd = file_of(files[i].bytes, files[i].size);
		struct error err = { 0 };

		if (files[i].grown)
			assert_int_equal(ftruncate(fd, files[i].grown), 0);
		assert_true(vfio_pci_set_rom(bed->pci, fd, &err) < 0);
		assert_int_equal(err.code, CODE_BAD_IMAGE);
		assert_non_null(strstr(err.msg, "0000:01:00.0"));
		assert_int_equal(vfio_pci_function(bed->pci)->bar[PCI_ROM].kind, PCI_BAR_NONE);
	}
	plug_in(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_read_once_when_it_is_wanted, start, stop),
		cmocka_unit_test_setup_teardown(a_probe_finds_its_size, start, stop),
		cmocka_unit_test_setup_teardown(a_file_takes_its_place, start, stop),
		cmocka_unit_test_setup_teardown(none_is_shown_where_none_is_wanted, start, stop),
		cmocka_unit_test_setup_teardown(files_that_are_no_rom, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
