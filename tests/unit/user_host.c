// SPDX-License-Identifier: GPL-2.0-or-later
/* The host that uses are tried on; see user_host.h. */
#include "tests/unit/user_host.h"

#include "base/cleanup.h"

int user_host_set_up(void **state)
{
	static const struct fake_device devices[] = {
		{ NIC, 0x8086, 0x10c9, 0x020000, "igb", 6, 0 },
		{ OTHER_NIC, 0x8086, 0x10c9, 0x020000, "igb", 7, 0 },
		{ DISK, 0x1b36, 0x0010, 0x010802, "nvme", 9, 0 },
		{ OTHER_DISK, 0x1b36, 0x0010, 0x010802, "nvme", 10, 0 },
		{ USB, 0x8086, 0xa36d, 0x0c0330, "xhci_hcd", 3, 0 },
		{ DISPLAY, 0x8086, 0x3e92, 0x030000, "i915", 2, 0 },
	};
	struct fake_sysfs *fake = fake_sysfs_new(true);

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	fake_child(fake, NIC, "net", "eth0");
	fake_child(fake, OTHER_NIC, "net", "eth1");
	fake_child(fake, DISK, "block", "nvme0n1");
	fake_child(fake, OTHER_DISK, "block", "nvme1n1");
	fake_file(fake, " 259 0 100 nvme0n1\n 259 4 100 nvme1n1\n", "proc/partitions");
	fake_file(fake, "eth0 10.0.2.15/24\neth1 192.0.2.1/24\neth1 fe80::1/64\n", "capture/addresses");
	*state = fake;
	return 0;
}

int user_host_tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

void user_host_mount(struct fake_sysfs *fake, const char *line)
{
	fake_file(fake, line, "proc/self/mountinfo");
}
