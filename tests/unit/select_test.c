// SPDX-License-Identifier: GPL-2.0-or-later
/* pci/select.c: every way to name a device, and what is said when that names none or several. */
#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device nic = { "0000:01:00.0", 0x8086, 0x10c9, 0x020000, "igb", 6, 7 };
	const struct fake_device twins[] = {
		{ "0000:02:00.0", 0x8086, 0x100e, 0x020000, "e1000", 7, 0 },
		{ "0000:02:00.1", 0x8086, 0x100e, 0x020000, "e1000", 8, 0 },
	};
	const struct fake_device disk = { "0000:03:00.0", 0x1b36, 0x0010, 0x010802, "nvme", 9, 0 };
	const struct fake_device second = { "0000:04:00.0", 0x15b3, 0x1017, 0x020000, "mlx5_core", 10, 4 };

	fake_pci(fake, &nic);
	fake_pci(fake, &twins[0]);
	fake_pci(fake, &twins[1]);
	fake_pci(fake, &disk);
	fake_pci(fake, &second);
	fake_child(fake, "0000:01:00.0", "net", "enp1s0");
	fake_child(fake, "0000:03:00.0", "nvme", "nvme0");
	fake_child(fake, "0000:03:00.0", "block", "nvme0n1");
	fake_dir(fake, "sys/devices/virtual/net/br0");
	fake_link(fake, "../../devices/virtual/net/br0", "sys/class/net/br0");
	assert_int_equal(sysroot_write_text(&fake->root, "2", "sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"), 0);
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static void selects(void **state)
{
	static const struct {
		const char *text, *address; /* NULL: an error with this code */
		enum code code;
		const char *said; /* in message or hint */
	} cases[] = {
		{ "0000:01:00.0", "0000:01:00.0", CODE_NONE, NULL },
		{ "01:00.0", "0000:01:00.0", CODE_NONE, NULL },
		{ "enp1s0", "0000:01:00.0", CODE_NONE, NULL },
		{ "nvme0", "0000:03:00.0", CODE_NONE, NULL },
		{ "nvme0n1", "0000:03:00.0", CODE_NONE, NULL },
		{ "/dev/nvme0n1", "0000:03:00.0", CODE_NONE, NULL },
		{ "8086:10c9", "0000:01:00.0", CODE_NONE, NULL },
		{ "enp1s0/1", "0000:01:10.1", CODE_NONE, NULL },
		{ "0000:01:00.0/0", "0000:01:10.0", CODE_NONE, NULL },
		{ "04:00.0/0", NULL, CODE_NO_SUCH_VF, "it has 0 now" }, /* those of another card are not meant */
		{ "enp1s0/2", NULL, CODE_NO_SUCH_VF, "it has 2 now" },
		{ "enp1s0/99999999999", NULL, CODE_NO_SUCH_DEVICE, "enp1s0/99999999999" },
		{ "nvme0/0", NULL, CODE_NOT_A_PF, "0000:03:00.0" },
		{ "8086:100e", NULL, CODE_AMBIGUOUS_DEVICE, "0000:02:00.0, 0000:02:00.1" },
		{ "8086:ffff", NULL, CODE_NO_SUCH_DEVICE, "8086:ffff" },
		{ "02:00.5", NULL, CODE_NO_SUCH_DEVICE, "0000:02:00.0, 0000:02:00.1" },
		{ "0000:fe:1f.7", NULL, CODE_NO_SUCH_DEVICE, "0000:fe:1f.7" },
		{ "enp1s1", NULL, CODE_NO_SUCH_DEVICE, "did you mean 'enp1s0'" },
		{ "br0", NULL, CODE_NO_SUCH_DEVICE, "software" },
		{ "../../etc", NULL, CODE_NO_SUCH_DEVICE, "../../etc" },
		{ "../net/enp1s0", NULL, CODE_NO_SUCH_DEVICE, "../net/enp1s0" }, /* though the kernel has such a path */
		{ "..", NULL, CODE_NO_SUCH_DEVICE, NULL },
		{ "", NULL, CODE_NO_SUCH_DEVICE, NULL },
		{ "/", NULL, CODE_NO_SUCH_DEVICE, NULL },
		{ "/0", NULL, CODE_NO_SUCH_DEVICE, NULL },
		{ "nonsense/x", NULL, CODE_NO_SUCH_DEVICE, "nonsense" },
	};
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory = fake_inventory(fake);

	for (size_t i = 0; i < array_size(cases); i++) {
		const struct pci_device *device = NULL;
		struct error err = { 0 };
		char text[PCI_ADDR_TEXT_SIZE];
		int ret = pci_select(&fake->root, &inventory, cases[i].text, &device, &err);

		if (cases[i].address) {
			assert_int_equal(ret, 0);
			assert_string_equal(pci_addr_text(device->addr, text), cases[i].address);
			continue;
		}
		assert_true(ret < 0);
		assert_null(device);
		assert_int_equal(err.code, cases[i].code);
		assert_true(err.hint[0]);
		if (cases[i].said)
			assert_true(strstr(err.msg, cases[i].said) || strstr(err.hint, cases[i].said));
	}
	pci_inventory_done(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(selects, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
