// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/check.c: each reason not to start a guest has its code, in the order that says the most; nothing is changed. */
#include "guest/start.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/temp_tree.h"
#include "wire/limits.h"

/* A host on which everything is right, in memory and in files; each test spoils one thing. */
struct fixture {
	struct temp_tree tree;
	struct pci_device devices[3];
	struct host host;
	struct guest_spec spec;
	char kernel[96];
};

static const struct pci_addr vf = { .bus = 1, .device = 0x10 };
static const struct pci_addr neighbour = { .bus = 1, .device = 0x10, .function = 1 };

static struct pci_device make_device(struct pci_addr addr, const char *driver)
{
	struct pci_device device = {
		.addr = addr,
		.class = 0x118000,
		.iommu_group = 7,
		.vf_index = -1,
		.reset_known = true,
		.reset_count = 1,
		.reset_methods = { { "flr" } },
	};

	text_copy(device.driver, sizeof(device.driver), driver);
	return device;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	temp_tree_file(&f->tree, "dev/kvm", "");
	temp_tree_file(&f->tree, "kernel", "");
	temp_tree_file(&f->tree, "sys/bus/pci/devices/0000:01:10.0/uevent", "PCI_CLASS=20000\n");
	temp_tree_link(&f->tree, "sys/kernel/iommu_groups/7/devices/0000:01:10.0", "../../x");
	temp_tree_file(&f->tree, "sys/module/kvm_intel/parameters/ept", "Y\n");
	snprintf(f->kernel, sizeof(f->kernel), "%s/kernel", f->tree.path);
	f->devices[0] = make_device(vf, "");
	f->host = (struct host){
		.root = f->tree.root,
		.pci = { f->devices, 1 },
		.iommu = { .unit_count = 1, .translating = true, .interrupt_remapping = IOMMU_YES },
	};
	f->spec = (struct guest_spec){
		.kernel = f->kernel,
		.cmdline = "console=ttyS0",
		.memory_bytes = 512 << 20,
		.page_bytes = 4096,
		.cpus = 1,
		.device = { vf },
		.device_count = 1,
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static void expect(struct fixture *f, enum code code, const char *msg)
{
	struct error err = { 0 };
	int ret = guest_check(&f->host, &f->spec, &err);

	if (ret < 0 && (err.code != code || !strstr(err.msg, msg)))
		print_message("%s: %s\n", code_info(err.code)->name, err.msg);
	assert_int_equal(ret < 0 ? err.code : CODE_NONE, code);
	if (ret < 0) {
		assert_non_null(strstr(err.msg, msg));
		assert_false(sysroot_exists(&f->tree.root, "run/sluice"));
	}
}

static void nothing_wrong(void **state)
{
	expect(*state, CODE_NONE, "");
}

static void images(void **state)
{
	struct fixture *f = *state;
	char *long_line = calloc(1, LAUNCH_CMDLINE_MAX + 1);

	f->spec.initrd = "/nonexistent/initrd";
	expect(f, CODE_FAILED, "the initrd '/nonexistent/initrd'");
	f->spec.kernel = "/nonexistent/kernel";
	expect(f, CODE_FAILED, "the kernel '/nonexistent/kernel'");
	f->spec.kernel = f->kernel;
	f->spec.initrd = NULL;
	memset(long_line, 'a', LAUNCH_CMDLINE_MAX);
	f->spec.cmdline = long_line;
	expect(f, CODE_USAGE, "--cmdline is longer than 2047 characters");
	long_line[LAUNCH_CMDLINE_MAX - 1] = '\0';
	expect(f, CODE_NONE, "");
	free(long_line);
}

static void kvm(void **state)
{
	struct fixture *f = *state;

	temp_tree_file(&f->tree, "sys/module/kvm_intel/parameters/ept", "N\n");
	expect(f, CODE_KVM_NO_EPT, "/sys/module/kvm_intel/parameters/ept is N");
	assert_int_equal(unlinkat(f->tree.root.fd, "dev/kvm", 0), 0);
	expect(f, CODE_KVM_NO_DEV, "/dev/kvm");
}

/* Registers that do not fit below 4 GiB, before a device is taken: a slot takes whole MiB. */
static void registers_below_4_gib(void **state)
{
	static const char resource[] = "sys/bus/pci/devices/0000:01:10.0/resource";
	struct fixture *f = *state;

	/* 512 MiB fill the window; with a page more another 512 MiB would be needed. */
	temp_tree_file(&f->tree, resource, "0x40000000 0x5fffffff 0x00040200\n");
	expect(f, CODE_NONE, "");
	temp_tree_file(&f->tree, resource, "0x40000000 0x5fffffff 0x00040200\n0x60000000 0x60000fff 0x00140204\n");
	expect(f, CODE_LAYOUT, "the guest would have 537919488 bytes of registers below 4 GiB");
	/* 64-bit and prefetchable: above 4 GiB. Ports, ROMs and BARs of VFs are none of it. */
	temp_tree_file(&f->tree, resource,
		"0x4000000000 0x40ffffffff 0x0014220c\n0x0 0x0 0x0\n0x60000000 0x6fffffff 0x00040200\n"
		"0x1000 0x10ff 0x00040101\n0x0 0x0 0x0\n0x0 0x0 0x0\n0x70000000 0x8fffffff 0x00046200\n"
		"0x90000000 0xcfffffff 0x00140204\n");
	expect(f, CODE_NONE, "");
}

static void memory(void **state)
{
	struct fixture *f = *state;

	f->spec.page_bytes = 1 << 30;
	expect(f, CODE_USAGE, "not a multiple of the page size 1 GiB");
	f->spec.page_bytes = 4096;
	f->spec.memory_bytes = 3ull << 30;
	temp_tree_file(&f->tree, "proc/meminfo", "MemTotal:        4194304 kB\nMemAvailable:    3145728 kB\n");
	expect(f, CODE_NONE, "");
	f->spec.memory_bytes += 4096;
	expect(f, CODE_MEMORY_SHORT, "this host has 3 GiB available");
	/* Huge pages are reserved elsewhere, and a guest without devices takes memory as it needs it. */
	f->spec.page_bytes = 2 << 20;
	f->spec.memory_bytes = 4ull << 30;
	expect(f, CODE_NONE, "");
	f->spec.page_bytes = 4096;
	f->spec.device_count = 0;
	expect(f, CODE_NONE, "");
	f->spec.memory_bytes += 4096;
	expect(f, CODE_MEMORY_SHORT, "this host has 4 GiB");
}

static void locked_memory(void **state)
{
	struct fixture *f = *state;

	temp_tree_file(&f->tree, "proc/self/status", "CapEff:\t0000000000000000\n");
	temp_tree_file(&f->tree, "proc/self/limits", "Max locked memory  65536  536870911  bytes\n");
	expect(f, CODE_MEMLOCK_LOW, "need 512 MiB of guest memory locked");
	temp_tree_file(&f->tree, "proc/self/limits", "Max locked memory  65536  536870912  bytes\n");
	expect(f, CODE_NONE, "");
	temp_tree_file(&f->tree, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "1\n");
	expect(f, CODE_DMA_LIMIT, "VFIO allows 1 DMA maps");
	f->spec.device_count = 0;
	expect(f, CODE_NONE, "");
}

static void iommu(void **state)
{
	struct fixture *f = *state;

	f->host.iommu.interrupt_remapping = IOMMU_NO;
	text_copy(f->host.iommu.evidence, sizeof(f->host.iommu.evidence), "/proc/interrupts: PCI-MSI");
	expect(f, CODE_IOMMU_NO_INTREMAP, "(/proc/interrupts: PCI-MSI)");
	f->spec.unsafe_interrupts_ok = true;
	expect(f, CODE_NONE, "");
	f->host.iommu.translating = false;
	expect(f, CODE_IOMMU_OFF, "no IOMMU is translating");
	/* A guest without devices needs none. */
	f->spec.device_count = 0;
	expect(f, CODE_NONE, "");
}

/* Not known, and a module that has been told not to mind: the kernel would not refuse either. */
static void interrupts_that_nobody_knows_of(void **state)
{
	static const char *const modules[] = { "vfio_iommu_type1", "iommufd" };
	struct fixture *f = *state;

	f->host.iommu.interrupt_remapping = IOMMU_UNKNOWN;
	expect(f, CODE_NONE, "");
	for (size_t i = 0; i < array_size(modules); i++) {
		char path[96];

		snprintf(path, sizeof(path), "sys/module/%s/parameters/allow_unsafe_interrupts", modules[i]);
		temp_tree_file(&f->tree, path, "Y\n");
		expect(f, CODE_IOMMU_NO_INTREMAP, "allow_unsafe_interrupts=Y");
		f->spec.unsafe_interrupts_ok = true;
		expect(f, CODE_NONE, "");
		f->spec.unsafe_interrupts_ok = false;
		f->host.iommu.interrupt_remapping = IOMMU_YES;
		expect(f, CODE_NONE, "");
		f->host.iommu.interrupt_remapping = IOMMU_UNKNOWN;
		temp_tree_file(&f->tree, path, "N\n");
		expect(f, CODE_NONE, "");
	}
}

/* Configuration space with an MSI-X table of vectors. */
static void put_msix(const struct fixture *f, struct pci_addr addr, unsigned int vectors)
{
	uint8_t config[256] = { 0x86, 0x80, [6] = 0x10, [0x34] = 0x40, [0x40] = 0x11 };
	char path[96], name[PCI_ADDR_TEXT_SIZE];
	int fd;

	config[0x42] = (uint8_t)(vectors - 1);
	config[0x43] = (uint8_t)((vectors - 1) >> 8);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/config", pci_addr_text(addr, name));
	temp_tree_file(&f->tree, path, "");
	fd = openat(f->tree.root.fd, path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, config, sizeof(config)), sizeof(config));
	close(fd);
}

/* Before anything is taken: what the machine has no room for. */
static void limits_of_a_guest(void **state)
{
	struct fixture *f = *state;

	f->spec.cpus = LIMIT_VCPUS;
	expect(f, CODE_NONE, "");
	f->spec.cpus = LIMIT_VCPUS + 1;
	expect(f, CODE_USAGE, "255 vCPUs, at most 254");
	f->spec.cpus = 1;
	f->spec.device[1] = neighbour;
	f->spec.device_count = 2;
	put_msix(f, vf, 2048);
	put_msix(f, neighbour, 2048);
	expect(f, CODE_USAGE, "4096 MSI-X and MSI vectors in all its devices, at most 4056");
}

static void devices(void **state)
{
	struct fixture *f = *state;

	f->spec.device[1] = vf;
	f->spec.device_count = 2;
	expect(f, CODE_USAGE, "0000:01:10.0 is given twice");
	f->spec.device[1] = neighbour;
	expect(f, CODE_DEV_LOST, "0000:01:10.1 is gone");
	f->spec.device_count = 1;
	f->devices[0].is_bridge = true;
	expect(f, CODE_DEV_BRIDGE, "0000:01:10.0 is a PCI bridge");
	f->devices[0].is_bridge = false;
	f->devices[0].iommu_group = -1;
	expect(f, CODE_NO_GROUP, "0000:01:10.0 is in no IOMMU group");
}

static void resets(void **state)
{
	struct fixture *f = *state;

	f->devices[0].reset_count = 0;
	expect(f, CODE_NO_RESET, "0000:01:10.0 cannot be reset");
	f->spec.no_reset_ok[0] = neighbour;
	f->spec.no_reset_ok_count = 1;
	expect(f, CODE_NO_RESET, "0000:01:10.0 cannot be reset");
	f->spec.no_reset_ok[0] = vf;
	expect(f, CODE_NONE, "");
	/* An old kernel that does not say is not a device that cannot. */
	f->spec.no_reset_ok_count = 0;
	f->devices[0].reset_known = false;
	expect(f, CODE_NONE, "");
}

/* The group's other device is in the way while the host drives it, and not when the same guest gets it. */
static void groups(void **state)
{
	struct fixture *f = *state;

	temp_tree_link(&f->tree, "sys/kernel/iommu_groups/7/devices/0000:01:10.1", "../../x");
	f->devices[1] = make_device(neighbour, "other");
	f->host.pci.count = 2;
	expect(f, CODE_GROUP_NOT_VIABLE, "0000:01:10.1 (driver other)");
	f->devices[0].driver[0] = '\0';
	f->spec.device[1] = neighbour;
	f->spec.device_count = 2;
	expect(f, CODE_NONE, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_wrong),
		TEST(images),
		TEST(kvm),
		TEST(registers_below_4_gib),
		TEST(memory),
		TEST(locked_memory),
		TEST(iommu),
		TEST(interrupts_that_nobody_knows_of),
		TEST(limits_of_a_guest),
		TEST(devices),
		TEST(resets),
		TEST(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
