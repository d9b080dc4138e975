// SPDX-License-Identifier: GPL-2.0-or-later
/* The good host of the doctor's tests, file by file; see doctor_host.h. */
#include "tests/unit/doctor_host.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/acpi_table.h"

#define NETDEV "sys/devices/pci0000:00/0000:00:01.0/" PF "/net/eth0/"

enum {
	CONFIG_SIZE = 4096
};

static const struct function {
	const char *address, *above, *class, *ids, *driver;
	int group;
} functions[] = {
	{ "0000:00:01.0", "", "60400", "8086:1901", "pcieport", 1 },
	{ PF, "0000:00:01.0/", "20000", "8086:10C9", "igb", 2 },
	{ "0000:00:02.0", "", "60400", "8086:1902", "pcieport", 6 },
	{ TWIN_ONE, "0000:00:02.0/", "20000", "8086:10D3", "e1000e", 3 },
	{ TWIN_TWO, "", "20000", "8086:10D3", "e1000e", 4 },
	{ GPU, "", "30000", "10DE:1EB8", "nvidia", 5 },
};

static const char *const good_files[] = {
	"proc/sys/kernel/osrelease|6.12.0-amd64\n",
	"proc/sys/vm/max_map_count|65530\n",
	"proc/cmdline|quiet intel_iommu=on\n",
	"proc/cpuinfo|vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx ept\n",
	"proc/meminfo|MemTotal:       16384000 kB\n",
	"proc/interrupts|           CPU0       CPU1\n  16:   1   0   IR-IO-APIC   16-fasteoi\n",
	"proc/iomem|00000000-00000fff : Reserved\n",
	"dev/kvm|",
	"dev/kmsg|6,1,1000,-;Linux version 6.12.0-amd64\n",
	"capture/previous_kernel_logs|-1\t0\tLinux version 6.12.0-amd64\n",
	"sys/kernel/security/lockdown|[none] integrity confidentiality\n",
	"sys/devices/system/cpu/present|0-1\n",
	"sys/devices/system/cpu/online|0-1\n",
	"sys/devices/system/node/node0/meminfo|Node 0 MemTotal:       16384000 kB\n",
	"sys/devices/system/node/node0/cpulist|0-1\n",
	"sys/kernel/mm/transparent_hugepage/enabled|always [madvise] never\n",
	"sys/module/kvm_intel/parameters/ept|Y\n",
	"sys/bus/pci/drivers/vfio-pci/bind|",
	"sys/module/vfio_pci/parameters/disable_denylist|N\n",
	"sys/module/vfio_pci/parameters/disable_idle_d3|Y\n",
	"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts|N\n",
	"sys/module/vfio_iommu_type1/parameters/dma_entry_limit|65535\n",
	"sys/module/vfio/parameters/enable_unsafe_noiommu_mode|N\n",
	"sys/class/iommu/dmar0/intel-iommu/cap|d2008c40660462\n",
	"sys/class/iommu/dmar0/intel-iommu/ecap|f050da\n",
	"sys/class/iommu/dmar0/intel-iommu/address|fed90000\n",
	"@sys/class/net/eth0|../../devices/pci0000:00/0000:00:01.0/" PF "/net/eth0",
	NETDEV "flags|0x1003\n",
	NETDEV "operstate|up\n",
	NETDEV "address|02:00:00:00:00:01\n",
	NETDEV "ifindex|2\n",
	"@sys/class/net/eth1|../../devices/pci0000:00/0000:00:02.0/" TWIN_ONE "/net/eth1",
	"sys/devices/pci0000:00/0000:00:02.0/" TWIN_ONE "/net/eth1/flags|0x1002\n",
	"@sys/class/net/eth2|../../devices/pci0000:00/" TWIN_TWO "/net/eth2",
	"sys/devices/pci0000:00/" TWIN_TWO "/net/eth2/flags|0x1002\n",
	"usr/sbin/update-grub|",
	"usr/sbin/update-initramfs|",
	"boot/config-6.12.0-amd64|CONFIG_X=y\nCONFIG_INTEL_IOMMU=y\nCONFIG_IRQ_REMAP=y\n",
	"lib/modules/6.12.0-amd64/modules.dep|kernel/drivers/vfio/pci/vfio-pci.ko: x\nkernel/drivers/vfio/vfio.ko:\n"
	"kernel/drivers/net/igb.ko.xz:\n",
	"lib/modules/6.12.0-amd64/modules.builtin|kernel/drivers/pci/pcie/portdrv.ko\n",
	"lib/modules/6.12.0-amd64/modules.alias|alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e\n",
	DEV(PF, "reset_method|flr bus\n"),
	DEV(PF, "sriov_totalvfs|8\n"),
	DEV(PF, "sriov_numvfs|0\n"),
	DEV(PF, "sriov_drivers_autoprobe|1\n"),
	DEV(PF, "sriov_offset|128\n"),
	DEV(PF, "sriov_stride|2\n"),
	DEV(PF, "numa_node|0\n"),
	DEV(PF, "power_state|D0\n"),
	DEV(PF, "power/runtime_status|active\n"),
	DEV(PF, "d3cold_allowed|1\n"),
	DEV(PF, "current_link_width|8\n"),
	DEV(PF, "current_link_speed|8.0 GT/s PCIe\n"),
	DEV(PF, "max_link_width|8\n"),
	DEV(PF, "max_link_speed|8.0 GT/s PCIe\n"),
	DEV(PF, "aer_dev_fatal|DLP 0\nTOTAL_ERR_FATAL 0\n"),
	DEV(PF, "aer_dev_nonfatal|DLP 0\nTOTAL_ERR_NONFATAL 0\n"),
	DEV(PF, "aer_dev_correctable|RxErr 7\nTOTAL_ERR_COR 7\n"),
	DEV(PF, "resource|0x0000000090000000 0x000000009001ffff 0x0000000000040200\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n"
		"0 0 0\n0x0000000090100000 0x000000009011ffff 0x0000000000140204\n"),
	DEV("0000:00:01.0", "subordinate_bus_number|1\n"),
	DEV("0000:00:01.0", "max_link_width|16\n"),
	DEV("0000:00:01.0", "max_link_speed|8.0 GT/s PCIe\n"),
	/* MSI-X table of 10 at 0x70. */
	"#" DEV(PF, "config|00=8680c910;06=1000;34=70;70=11000900"),
	DEV(GPU, "resource|0x00000000c0000000 0x00000000cfffffff 0x0000000000040200\n"),
	DEV(TWIN_ONE, "reset_method|pm bus\n"),
	DEV(TWIN_TWO, "reset_method|flr\n"),
	DEV(GPU, "reset_method|bus\n"),
	NULL,
};

static void put_config(const struct doctor_host *f, const char *path, const char *text)
{
	uint8_t config[CONFIG_SIZE] = { 0 };
	char full[PATH_MAX];
	FILE *file;

	for (const char *at = text; *at; at += *at == ';') {
		unsigned int offset, byte;
		int length = 0;

		assert_int_equal(sscanf(at, "%x=%n", &offset, &length), 1);
		for (at += length; sscanf(at, " %2x", &byte) == 1 && *at && *at != ';'; offset++) {
			assert_true(offset < CONFIG_SIZE);
			config[offset] = (uint8_t)byte;
			at += strspn(at, " ");
			at += 2;
		}
	}
	temp_tree_file(&f->tree, path, "");
	snprintf(full, sizeof(full), "%s/%s", f->tree.path, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(config, 1, sizeof(config), file), sizeof(config));
	fclose(file);
}

void doctor_host_change(const struct doctor_host *f, const char *change)
{
	char kind = *change, path[256], full[PATH_MAX];
	const char *bar;

	if (strchr("@-#", kind))
		change++;
	bar = strchr(change, '|');
	snprintf(path, sizeof(path), "%.*s", bar ? (int)(bar - change) : (int)strlen(change), change);
	snprintf(full, sizeof(full), "%s/%s", f->tree.path, path);
	if (kind == '#') {
		put_config(f, path, bar + 1);
		return;
	}
	if (kind == '@' || kind == '-')
		remove(full);
	if (kind == '@')
		temp_tree_link(&f->tree, path, bar + 1);
	else if (kind != '-')
		temp_tree_file(&f->tree, path, bar + 1);
}

void doctor_host_dmar(const struct doctor_host *f, unsigned int flags, bool second_unit)
{
	/*
	 * DRHD, length 16, includes all, segment 0, registers at 0xfed90000; a second one at 0xfed91000 with endpoint
	 * 04:00.0
	 */
	static const uint8_t all[16] = { 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0xd9, 0xfe };
	static const uint8_t own[24] = { 0, 0, 24, 0, 0, 0, 0, 0, 0, 0x10, 0xd9, 0xfe, 0, 0, 0, 0, 1, 8, 0, 0, 0, 4, 0,
		0 };
	struct acpi_bytes *bytes = calloc(1, sizeof(*bytes));
	char path[PATH_MAX];
	FILE *file;

	assert_non_null(bytes);
	acpi_bytes_start(bytes, "DMAR");
	acpi_bytes_set(bytes, 36, 1, 45);
	acpi_bytes_set(bytes, 37, 1, flags);
	if (second_unit)
		acpi_bytes_add(bytes, own, sizeof(own));
	acpi_bytes_add(bytes, all, sizeof(all));
	acpi_bytes_finish(bytes);
	temp_tree_file(&f->tree, "sys/firmware/acpi/tables/DMAR", "");
	snprintf(path, sizeof(path), "%s/sys/firmware/acpi/tables/DMAR", f->tree.path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes->byte, 1, bytes->size, file), bytes->size);
	fclose(file);
	free(bytes);
}

static void put_function(const struct doctor_host *f, const struct function *function)
{
	char base[128], path[256], text[256];

	snprintf(base, sizeof(base), "sys/devices/pci0000:00/%s%s", function->above, function->address);
	snprintf(path, sizeof(path), "%s/uevent", base);
	snprintf(text, sizeof(text), "DRIVER=%s\nPCI_CLASS=%s\nPCI_ID=%s\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=%s\n",
		function->driver, function->class, function->ids, function->address);
	temp_tree_file(&f->tree, path, text);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", function->address);
	snprintf(text, sizeof(text), "../../../../%s", base);
	temp_tree_link(&f->tree, path, text);
	snprintf(path, sizeof(path), "%s/driver", base);
	snprintf(text, sizeof(text), "/x/drivers/%s", function->driver);
	temp_tree_link(&f->tree, path, text);
	snprintf(path, sizeof(path), "%s/iommu_group", base);
	snprintf(text, sizeof(text), "/x/iommu_groups/%d", function->group);
	temp_tree_link(&f->tree, path, text);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices/%s", function->group, function->address);
	temp_tree_link(&f->tree, path, text);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/reserved_regions", function->group);
	temp_tree_file(&f->tree, path, "0x00000000fee00000 0x00000000feefffff msi\n");
}

void doctor_host_make(struct doctor_host *f)
{
	*f = (struct doctor_host){ .host = { .root = { .fd = -1 } } };
	temp_tree_init(&f->tree);
	for (size_t i = 0; i < array_size(functions); i++)
		put_function(f, &functions[i]);
	for (size_t i = 0; good_files[i]; i++)
		doctor_host_change(f, good_files[i]);
	doctor_host_dmar(f, 1, false);
}

void doctor_host_drop(struct doctor_host *f)
{
	doctor_report_done(&f->report);
	host_close(&f->host);
	temp_tree_done(&f->tree);
}

void doctor_host_examine(struct doctor_host *f, const char *device)
{
	const struct pci_device *found = NULL;
	struct error err = { 0 };

	assert_int_equal(host_open(&f->host, f->tree.path, false, &err), 0);
	if (device && pci_select(&f->host.root, &f->host.pci, device, &found, &err))
		fail_msg("%s", err.msg);
	if (doctor_run(&f->host, &found, device ? 1 : 0, &f->report, &err))
		fail_msg("%s", err.msg);
}
