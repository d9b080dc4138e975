// SPDX-License-Identifier: GPL-2.0-or-later
/* pci/inventory.c, names.c, msix.c, modalias.c: what a tree of sysfs says about its functions. */
#include "base/cleanup.h"
#include "pci/modalias.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(true);
	const struct fake_device bridge = { "0000:00:1c.0", 0x8086, 0x3420, 0x060400, "pcieport", 1, 0 };
	const struct fake_device nic = { "0000:01:00.0", 0x8086, 0x10c9, 0x020000, "igb", 6, 7 };
	const struct fake_device disk = { "0000:02:00.0", 0x1b36, 0x0010, 0x010802, "nvme", -1, 0 };

	/* Not in the order of their addresses. */
	fake_pci(fake, &disk);
	fake_pci(fake, &bridge);
	fake_pci(fake, &nic);
	fake_child(fake, "0000:01:00.0", "net", "eth1");
	fake_child(fake, "0000:01:00.0", "net", "eth0");
	fake_file(fake, "1\n", "sys/bus/pci/devices/0000:01:00.0/numa_node");
	fake_file(fake, "flr bus\n", "sys/bus/pci/devices/0000:01:00.0/reset_method");
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static const struct pci_device *find(const struct pci_inventory *inventory, const char *text)
{
	struct pci_addr addr;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	return pci_inventory_find(inventory, addr);
}

static void reads_what_the_kernel_shows(void **state)
{
	struct pci_inventory inventory = fake_inventory(*state);
	const struct pci_device *nic = find(&inventory, "01:00.0");
	const struct pci_device *disk = find(&inventory, "02:00.0");

	assert_int_equal(inventory.count, 3);
	assert_true(inventory.devices[0].is_bridge);
	assert_non_null(nic);
	assert_int_equal(nic->vendor_id, 0x8086);
	assert_int_equal(nic->device_id, 0x10c9);
	assert_int_equal(nic->subsystem_vendor_id, 0x1af4);
	assert_int_equal(nic->subsystem_id, 0x1100);
	assert_int_equal(nic->class, 0x020000);
	assert_string_equal(nic->driver, "igb");
	assert_int_equal(nic->iommu_group, 6);
	assert_int_equal(nic->numa_node, 1);
	assert_int_equal(nic->netdev_count, 2);
	assert_string_equal(nic->netdevs[0].text, "eth0");
	assert_true(nic->sriov.capable);
	assert_int_equal(nic->sriov.total_vfs, 7);
	assert_int_equal(nic->sriov.num_vfs, 0);
	assert_int_equal(nic->sriov.autoprobe, 1);
	assert_int_equal(nic->reset_count, 2);
	assert_string_equal(nic->reset_methods[0].text, "flr");
	assert_int_equal(disk->iommu_group, -1);
	assert_int_equal(disk->numa_node, -1);
	assert_false(disk->sriov.capable);
	/* The kernel is one that tells: no file means no method. */
	assert_true(disk->reset_known);
	assert_int_equal(disk->reset_count, 0);
	assert_null(find(&inventory, "03:00.0"));
	pci_inventory_done(&inventory);
	assert_null(inventory.devices);
}

static void knows_vfs_by_their_pf(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory;
	const struct pci_device *vf;

	fake->root.captured = false;
	assert_int_equal(sysroot_write_text(&fake->root, "2", "sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"), 0);
	inventory = fake_inventory(fake);
	vf = find(&inventory, "01:10.1");
	assert_non_null(vf);
	assert_true(vf->is_vf);
	assert_int_equal(vf->vf_index, 1);
	assert_int_equal(pci_addr_compare(vf->pf, find(&inventory, "01:00.0")->addr), 0);
	assert_int_equal(find(&inventory, "01:00.0")->sriov.num_vfs, 2);
	assert_int_equal(find(&inventory, "01:00.0")->vf_index, -1);
	pci_inventory_done(&inventory);
}

/* Two links and a few of those behind them tell about all VFs; where they are not linear every link is asked. */
static void finds_vfs_by_their_first_links(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device stray = { "0000:01:12.5", 0x8086, 0x10ca, 0x020000, NULL, 30, 0 };
	struct pci_inventory inventory;

	fake->root.captured = false;
	assert_int_equal(sysroot_write_text(&fake->root, "5", "sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"), 0);
	inventory = fake_inventory(fake);
	assert_int_equal(find(&inventory, "01:00.0")->sriov.num_vfs, 5);
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "01:10.%d", i);
		assert_int_equal(find(&inventory, name)->vf_index, i);
	}
	pci_inventory_done(&inventory);
	fake_pci(fake, &stray);
	fake_link(fake, "../0000:01:12.5", "sys/devices/pci0000:00/0000:01:00.0/virtfn5");
	inventory = fake_inventory(fake);
	assert_int_equal(find(&inventory, "01:00.0")->sriov.num_vfs, 6);
	assert_int_equal(find(&inventory, "01:12.5")->vf_index, 5);
	assert_int_equal(find(&inventory, "01:10.4")->vf_index, 4);
	pci_inventory_done(&inventory);
}

/* Only where that was asked for. */
static void takes_vfs_for_alike(void **state)
{
	static const unsigned int hows[] = { 0, PCI_LOOK_VFS_ALIKE };
	struct fake_sysfs *fake = *state;

	fake->root.captured = false;
	assert_int_equal(sysroot_write_text(&fake->root, "2", "sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"), 0);
	fake_file(fake, "flr\n", "sys/bus/pci/devices/0000:01:10.0/reset_method");
	fake_file(fake, "\n", "sys/bus/pci/devices/0000:01:10.1/reset_method");
	for (size_t i = 0; i < array_size(hows); i++) {
		struct pci_inventory inventory;

		assert_int_equal(pci_inventory_read(&fake->root, hows[i], &inventory, NULL), 0);
		assert_int_equal(find(&inventory, "01:10.0")->reset_count, 1);
		assert_int_equal(find(&inventory, "01:10.1")->reset_count, i);
		pci_inventory_done(&inventory);
	}
}

/* As the kernel's counter of uevents says. */
static void looks_again_only_after_an_announcement(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory;

	fake->root.captured = false;
	fake_file(fake, "41\n", "sys/kernel/uevent_seqnum");
	inventory = fake_inventory(fake);
	fake_file(fake, "DRIVER=e1000\n", "sys/bus/pci/devices/0000:01:00.0/uevent");
	assert_int_equal(pci_inventory_refresh(&fake->root, &inventory, NULL), 0);
	assert_string_equal(find(&inventory, "01:00.0")->driver, "igb");
	fake_file(fake, "42\n", "sys/kernel/uevent_seqnum");
	assert_int_equal(pci_inventory_refresh(&fake->root, &inventory, NULL), 1);
	assert_string_equal(find(&inventory, "01:00.0")->driver, "e1000");
	pci_inventory_done(&inventory);
}

/* A namespace that several controllers may reach hangs off its subsystem, and its hidden paths are no disks. */
static void finds_disks_of_nvme_subsystems(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory;
	const struct pci_device *disk;

	fake_child(fake, "0000:02:00.0", "nvme", "nvme0");
	fake_link(fake, "../../../../pci0000:00/0000:02:00.0/nvme/nvme0",
		"sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0");
	fake_link(fake, "../../devices/virtual/nvme-subsystem/nvme-subsys0", "sys/class/nvme-subsystem/nvme-subsys0");
	fake_link(fake, "../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "sys/block/nvme0n1");
	fake_link(fake, "../devices/pci0000:00/0000:02:00.0/nvme/nvme0/nvme0c0n1", "sys/block/nvme0c0n1");
	inventory = fake_inventory(fake);
	disk = find(&inventory, "02:00.0");
	assert_int_equal(disk->block_count, 1);
	assert_string_equal(disk->block_devices[0].text, "nvme0n1");
	pci_inventory_done(&inventory);
}

/* A card in switchdev mode: the PF's own is among those that are kept, whatever the directory's order is. */
static void keeps_the_first_of_many_network_devices(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory;
	const struct pci_device *nic;
	char name[32];

	for (unsigned int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "eth1npf0vf%u", (i * 7 + 3) % 30);
		fake_child(fake, "0000:01:00.0", "net", name);
	}
	inventory = fake_inventory(fake);
	nic = pci_inventory_find(&inventory, (struct pci_addr){ .bus = 1 });
	assert_int_equal(nic->netdev_count, PCI_CHILD_MAX);
	assert_string_equal(nic->netdevs[0].text, "eth0");
	assert_string_equal(nic->netdevs[1].text, "eth1");
	for (unsigned int i = 2; i < PCI_CHILD_MAX; i++) {
		snprintf(name, sizeof(name), "eth1npf0vf%u", i - 2);
		assert_string_equal(nic->netdevs[i].text, name);
	}
	pci_inventory_done(&inventory);
}

static void says_when_there_is_no_pci(void **state)
{
	struct fake_sysfs *fake = *state;
	struct sysroot root;
	struct pci_inventory inventory;
	struct error err = { 0 };
	char dir[128];

	fake_dir(fake, "empty");
	snprintf(dir, sizeof(dir), "%s/empty", fake->dir);
	assert_int_equal(sysroot_open(&root, dir, NULL), 0);
	assert_int_equal(pci_inventory_read(&root, 0, &inventory, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "sys/bus/pci/devices"));
	assert_true(err.hint[0]);
	sysroot_close(&root);
}

static void counts_msix_vectors(void **state)
{
	static const struct {
		uint8_t status, pointer, at, id, next;
		uint16_t control;
		size_t size;
		int result;
	} cases[] = {
		{ 0x10, 0x70, 0x70, 0x11, 0, 0x8009, 256, 10 },
		{ 0x10, 0x70, 0x70, 0x11, 0, 0x07ff, 256, 2048 },
		{ 0x10, 0x73, 0x70, 0x11, 0, 0x0000, 256, 1 }, /* the two low bits are reserved */
		{ 0x10, 0x70, 0x70, 0x05, 0, 0, 256, 0 },      /* MSI only */
		{ 0x10, 0x70, 0x70, 0x05, 0x70, 0, 256, 0 },   /* a loop */
		{ 0x10, 0xfc, 0xfc, 0x05, 0xff, 0, 256, 0 },   /* beyond the end */
		{ 0x10, 0x04, 0x04, 0x11, 0, 5, 256, 0 },      /* into the header */
		{ 0x00, 0x70, 0x70, 0x11, 0, 5, 256, 0 },      /* no list */
		{ 0x10, 0x70, 0x70, 0x11, 0, 5, 64, -EACCES }, /* what everybody may read */
		{ 0x10, 0x70, 0x70, 0x11, 0, 5, 0, -EIO },
	};
	struct fake_sysfs *fake = *state;
	const struct pci_addr addr = { 0, 1, 0, 0 };

	for (size_t i = 0; i < array_size(cases); i++) {
		uint8_t config[256] = { 0x86, 0x80 };
		cleanup_file FILE *file = NULL;
		char path[128];

		config[6] = cases[i].status;
		config[0x34] = cases[i].pointer;
		config[cases[i].at] = cases[i].id;
		config[(cases[i].at + 1) & 0xff] = cases[i].next;
		config[(cases[i].at + 2) & 0xff] = (uint8_t)cases[i].control;
		config[(cases[i].at + 3) & 0xff] = (uint8_t)(cases[i].control >> 8);
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:01:00.0/config", fake->dir);
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(config, 1, cases[i].size, file), cases[i].size);
		fflush(file);
		assert_int_equal(pci_msix_vectors(&fake->root, addr), cases[i].result);
	}
	assert_int_equal(pci_msix_vectors(&fake->root, (struct pci_addr){ 0, 9, 0, 0 }), -ENOENT);
}

static void matches_module_aliases(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory = fake_inventory(fake);
	struct pci_modaliases aliases;
	struct pci_name names[4];

	pci_modaliases_read(&fake->root, &aliases);
	assert_int_equal(pci_modaliases_find(&aliases, find(&inventory, "01:00.0"), names, 4), -ENOENT);
	fake_file(fake, "6.1.0-test\n", "proc/sys/kernel/osrelease");
	fake_file(fake,
		"# Aliases\n"
		"alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb\n"
		"alias pci:v00008086d000010CAsv*sd*bc*sc*i* igbvf\n"
		"alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb\n"
		"alias usb:v00008086d000010C9* usbthing\n"
		"alias pci:v*d*sv*sd*bc02sc00i* anynet\n"
		"alias pci:broken\n"
		"alias pci:v00001AF4d00001000sv*sd*bc*sc*i* virtio_pci",
		"lib/modules/6.1.0-test/modules.alias");
	pci_modaliases_read(&fake->root, &aliases);
	assert_int_equal(pci_modaliases_find(&aliases, find(&inventory, "01:00.0"), names, 4), 2);
	assert_string_equal(names[0].text, "igb");
	assert_string_equal(names[1].text, "anynet");
	assert_int_equal(pci_modaliases_find(&aliases, find(&inventory, "02:00.0"), names, 4), 0);
	pci_modaliases_done(&aliases);
	pci_inventory_done(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_the_kernel_shows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_vfs_by_their_pf, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_vfs_by_their_first_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_vfs_for_alike, set_up, tear_down),
		cmocka_unit_test_setup_teardown(looks_again_only_after_an_announcement, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_disks_of_nvme_subsystems, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_the_first_of_many_network_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_when_there_is_no_pci, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_msix_vectors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(matches_module_aliases, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
