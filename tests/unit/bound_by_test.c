// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/bound_by.c: by which file and line a device has its driver, on made-up hosts; the strongest word counts. */
#include "assign/bound_by.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#define NIC "0000:01:00.0"
#define GPU "0000:02:00.0"
#define ALIASES "/lib/modules/6.12.0/modules.alias"

static int set_up(void **state)
{
	static const struct fake_device devices[] = {
		{ NIC, 0x8086, 0x10c9, 0x020000, "igb", 6, 7 },
		{ GPU, 0x10de, 0x1eb8, 0x030200, "vfio-pci", 7, 0 },
	};
	struct fake_sysfs *fake = fake_sysfs_new(true);

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	fake_file(fake, "6.12.0\n", "proc/sys/kernel/osrelease");
	fake_file(fake,
		"# comment\n"
		"alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb\n"
		"alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
		"alias pci:v000010DEd*sv*sd*bc03sc02i00* nvidia\n",
		"lib/modules/6.12.0/modules.alias");
	fake_file(fake, "live\n", "sys/module/vfio_pci/initstate");
	fake_link(fake, "../../../../module/vfio_pci", "sys/bus/pci/drivers/vfio-pci/module");
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static struct bound_by bound_by(const struct fake_sysfs *fake, const char *address)
{
	struct host host = { .root = fake->root, .pci = fake_inventory(fake) };
	struct pci_modaliases aliases;
	struct modprobe_conf conf = { 0 };
	struct rivals rivals = { 0 };
	const struct bound_by_lookup lookup = { &host, &aliases, &conf, &rivals };
	struct bound_by found;
	struct pci_addr addr;

	pci_modaliases_read(&host.root, &aliases);
	assert_int_equal(modprobe_conf_read(&host.root, &conf, NULL), 0);
	assert_int_equal(rivals_read(&host.root, &host.pci, &conf, &rivals, NULL), 0);
	assert_int_equal(pci_addr_parse(address, &addr), 0);
	bound_by_find(&lookup, pci_inventory_find(&host.pci, addr), &found);
	rivals_done(&rivals);
	modprobe_conf_done(&conf);
	pci_modaliases_done(&aliases);
	pci_inventory_done(&host.pci);
	return found;
}

static void expect(
	const struct fake_sysfs *fake, const char *address, const char *by, const char *file, const char *what)
{
	struct bound_by found = bound_by(fake, address);

	if (strcmp(found.by, by) != 0 || strcmp(found.file, file) != 0 || !strstr(found.what, what))
		print_error("%s: by '%s', file '%s': %s\n", address, found.by, found.file, found.what);
	assert_string_equal(found.by, by);
	assert_string_equal(found.file, file);
	assert_non_null(strstr(found.what, what));
}

static void the_kernel_by_a_line_of_modules_alias(void **state)
{
	struct fake_sysfs *fake = *state;

	expect(fake, NIC, "kernel", ALIASES ":2", "its module igb");
	/* The driver's name is not its module's. */
	fake_link(fake, "../../../../module/nvidia", "sys/bus/pci/drivers/vfio-pci/module");
	expect(fake, GPU, "kernel", ALIASES ":4", "its module nvidia");
	fake_file(fake, "blacklist nouveau\n", "etc/modprobe.d/gpu.conf");
	expect(fake, GPU, "kernel", ALIASES ":4", "nouveau is kept away by /etc/modprobe.d/gpu.conf:1");
}

static void ids_of_modprobe_and_of_the_command_line(void **state)
{
	struct fake_sysfs *fake = *state;

	expect(fake, GPU, "hand", "", "no file says so");
	fake_file(fake, "\n# the card\noptions vfio-pci ids=10de:1eb8\nsoftdep nouveau pre: vfio-pci\n",
		"etc/modprobe.d/vfio.conf");
	expect(fake, GPU, "modprobe", "/etc/modprobe.d/vfio.conf:3",
		"loaded before nouveau by /etc/modprobe.d/vfio.conf:4");
	fake_file(fake, "quiet vfio-pci.ids=10de:1eb8\n", "proc/cmdline");
	fake_file(fake, "", "etc/modprobe.d/vfio.conf");
	fake_file(fake, "# early\nvfio_pci\n", "etc/initramfs-tools/modules");
	expect(fake, GPU, "kernel argument", "/proc/cmdline", "loaded early by /etc/initramfs-tools/modules:2");
	/* Another device's ids say nothing. */
	fake_file(fake, "quiet vfio-pci.ids=10de:1eb9\n", "proc/cmdline");
	expect(fake, GPU, "hand", "", "");
}

static void stubs_too(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device stub = { GPU, 0x10de, 0x1eb8, 0x030200, "pci-stub", 7, 0 };
	const struct fake_device back = { GPU, 0x10de, 0x1eb8, 0x030200, "pciback", 7, 0 };

	fake_pci(fake, &stub);
	fake_file(fake, "pci-stub.ids=10de:1eb8 xen-pciback.hide=(02:00.0)\n", "proc/cmdline");
	expect(fake, GPU, "kernel argument", "/proc/cmdline", "pci-stub take it");
	fake_pci(fake, &back);
	expect(fake, GPU, "kernel argument", "/proc/cmdline", "xen-pciback take it");
	fake_file(fake, "xen-pciback.hide=(0000:03:00.*)\n", "proc/cmdline");
	assert_string_not_equal(bound_by(fake, GPU).by, "kernel argument");
}

static void override(struct fake_sysfs *fake)
{
	fake_file(fake, "vfio-pci\n", "sys/bus/pci/devices/" GPU "/driver_override");
}

static void whoever_writes_the_override(void **state)
{
	struct fake_sysfs *fake = *state;

	override(fake);
	expect(fake, GPU, "override", "/sys/bus/pci/devices/" GPU "/driver_override", "somebody wrote vfio-pci");
	fake_file(fake,
		"<domain>\n<name>win</name>\n<hostdev mode='subsystem' type='pci' managed='yes'>\n<source>\n"
		"<address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>\n</source>\n</hostdev>\n</domain>\n",
		"etc/libvirt/qemu/win.xml");
	expect(fake, GPU, "libvirt", "/etc/libvirt/qemu/win.xml:5", "guest 'win'");
	fake_file(fake, "vfio-pci\n", "etc/driverctl.d/pci-" GPU);
	expect(fake, GPU, "driverctl", "/etc/driverctl.d/pci-" GPU ":1", "binds it to vfio-pci");
	fake_file(fake,
		"[Service]\nExecStart=/bin/sh -c 'echo vfio-pci > /sys/bus/pci/devices/" GPU "/driver_override'\n",
		"etc/systemd/system/gpu.service");
	expect(fake, GPU, "boot script", "/etc/systemd/system/gpu.service:2", "sets its driver_override");
}

static void udev_rules_and_boot_scripts(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "#!/bin/sh\necho 10de 1eb8 > /sys/bus/pci/drivers/vfio-pci/new_id\n", "etc/rc.local");
	expect(fake, GPU, "boot script", "/etc/rc.local:2", "has vfio-pci take all of 10de:1eb8 at boot (new_id)");
	fake_file(fake, "#!/bin/sh\n\n echo -n \"" GPU "\" > /sys/bus/pci/drivers/vfio-pci/bind\n", "etc/rc.local");
	expect(fake, GPU, "boot script", "/etc/rc.local:3", "binds it to vfio-pci at boot");
	fake_file(fake, "#echo " GPU " > /sys/bus/pci/drivers/vfio-pci/bind\n", "etc/rc.local");
	expect(fake, GPU, "hand", "", "");
	override(fake);
	fake_file(fake, "SUBSYSTEM==\"pci\", ATTR{vendor}==\"0x10de\", ATTR{driver_override}=\"vfio-pci\"\n",
		"etc/udev/rules.d/10-gpu.rules");
	expect(fake, GPU, "udev", "/etc/udev/rules.d/10-gpu.rules:1", "when it appears");
}

static void a_lease_of_ours(void **state)
{
	struct fake_sysfs *fake = *state;

	override(fake);
	fake_file(fake, "vfio-pci\n", "etc/driverctl.d/pci-" GPU);
	fake_file(
		fake, "sluice-lease 1\ndriver=nouveau\noverride=\nbound=yes\nguest=\nend\n", "run/sluice/devices/" GPU);
	expect(fake, GPU, "sluice", "/run/sluice/devices/" GPU, "'sluice bind'; before, nouveau had it");
	fake_file(fake, "sluice-lease 1\ndriver=\noverride=\nbound=no\nguest=web1\nend\n", "run/sluice/devices/" GPU);
	expect(fake, GPU, "sluice", "/run/sluice/devices/" GPU,
		"'sluice run' for guest web1; before, no driver had it");
}

static void who_keeps_drivers_away(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device none = { GPU, 0x10de, 0x1eb8, 0x030200, NULL, 7, 0 };
	const struct fake_device unknown = { GPU, 0x1de5, 0x0001, 0x108000, NULL, 7, 0 };

	fake_pci(fake, &none);
	expect(fake, GPU, "hand", "", "nouveau says that it drives it");
	fake_file(fake, "install nvidia /bin/false\n", "etc/modprobe.d/a.conf");
	expect(fake, GPU, "modprobe", "/etc/modprobe.d/a.conf:1", "its module nvidia is not loaded by itself");
	fake_file(fake, "modprobe.blacklist=nouveau\n", "proc/cmdline");
	expect(fake, GPU, "kernel argument", "/proc/cmdline", "its module nouveau is not loaded by itself");
	override(fake);
	expect(fake, GPU, "override", "/sys/bus/pci/devices/" GPU "/driver_override", "only vfio-pci may have it");
	fake_pci(fake, &unknown);
	fake_file(fake, "(null)\n", "sys/bus/pci/devices/" GPU "/driver_override");
	expect(fake, GPU, "nobody", "", "no module of this kernel");
}

static void a_pf_that_binds_no_vfs(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device vf = { "0000:01:10.0", 0x8086, 0x10ca, 0x020000, NULL, 8, 0 };

	fake_pci(fake, &vf);
	fake_link(fake, "../" NIC, "sys/bus/pci/devices/0000:01:10.0/physfn");
	fake_link(fake, "../0000:01:10.0", "sys/bus/pci/devices/" NIC "/virtfn0");
	fake_file(fake, "0\n", "sys/bus/pci/devices/" NIC "/sriov_drivers_autoprobe");
	expect(fake, "0000:01:10.0", "autoprobe", "/sys/bus/pci/devices/" NIC "/sriov_drivers_autoprobe",
		"the kernel binds no driver to new VFs of " NIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_kernel_by_a_line_of_modules_alias, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ids_of_modprobe_and_of_the_command_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stubs_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_writes_the_override, set_up, tear_down),
		cmocka_unit_test_setup_teardown(udev_rules_and_boot_scripts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lease_of_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_keeps_drivers_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pf_that_binds_no_vfs, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("assign: bound by", tests, NULL, NULL);
}
