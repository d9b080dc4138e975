// SPDX-License-Identifier: GPL-2.0-or-later
/* distro/boot_loader.c: each distribution by the files that it leaves, and the commands that it is given. */
#include "distro/boot_loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

enum {
	FILES_MAX = 4
};

static const struct {
	const char *add, *drop, *early;
	const char *file[FILES_MAX]; /* "PATH" or "PATH|TEXT" */
} cases[] = {
	{ "rpm-ostree kargs --append-if-missing=a=b", "rpm-ostree kargs --delete-if-present=a=b",
		"dracut --force --regenerate-all",
		{ "usr/bin/rpm-ostree", "run/ostree-booted", "usr/sbin/grubby", "usr/bin/dracut" } },
	{ "grubby --update-kernel=ALL --args=a=b", "grubby --update-kernel=ALL --remove-args=a=b",
		"force_drivers+=\" m \"", { "usr/bin/rpm-ostree", "usr/sbin/grubby", "usr/bin/dracut" } },
	{ "sed -i 's/$/ a=b/' /etc/kernel/cmdline && proxmox-boot-tool refresh",
		"sed -i 's/ *\\ba=b//' /etc/kernel/cmdline && proxmox-boot-tool refresh",
		"echo m >> /etc/initramfs-tools/modules && update-initramfs -u -k all",
		{ "usr/sbin/proxmox-boot-tool", "etc/kernel/proxmox-boot-uuids", "usr/sbin/update-grub",
			"usr/sbin/update-initramfs" } },
	{ "sed -i '/^GRUB_CMDLINE_LINUX=/s/\"$/ a=b\"/' /etc/default/grub && update-grub",
		"sed -i 's/ *\\ba=b//' /etc/default/grub && update-grub", "update-initramfs",
		{ "usr/sbin/proxmox-boot-tool", "usr/sbin/update-grub", "usr/sbin/update-initramfs" } },
	{ "grub2-mkconfig -o /boot/grub2/grub.cfg", "grub2-mkconfig -o /boot/grub2/grub.cfg", "dracut",
		{ "usr/sbin/grub2-mkconfig", "usr/bin/dracut", "boot/efi/EFI/centos/grub.cfg|menuentry x\n" } },
	{ "grub2-mkconfig -o /boot/efi/EFI/centos/grub.cfg", "grub2-mkconfig -o /boot/efi/EFI/centos/grub.cfg",
		"dracut",
		{ "usr/sbin/grub2-mkconfig", "usr/bin/dracut", "boot/efi/EFI/centos/grub.cfg|menuentry x\n",
			"sys/firmware/efi/systab" } },
	/* A stub there only says where the real one is. */
	{ "grub2-mkconfig -o /boot/grub2/grub.cfg", "grub2-mkconfig -o /boot/grub2/grub.cfg", "dracut",
		{ "usr/sbin/grub2-mkconfig", "usr/bin/dracut",
			"boot/efi/EFI/centos/grub.cfg|search x\nconfigfile $prefix/grub.cfg\n",
			"sys/firmware/efi/systab" } },
	{ "grub-mkconfig -o /boot/grub/grub.cfg", "grub-mkconfig -o /boot/grub/grub.cfg", "MODULES+=(m)",
		{ "usr/bin/grub-mkconfig", "usr/bin/mkinitcpio" } },
	{ "/etc/kernel/cmdline && mkinitcpio -P", "/etc/kernel/cmdline && mkinitcpio -P", "mkinitcpio -P",
		{ "etc/kernel/cmdline", "usr/bin/mkinitcpio" } },
	{ "kernel-install add \"$(uname -r)\"", "kernel-install add \"$(uname -r)\"", "dracut",
		{ "etc/kernel/cmdline", "usr/bin/dracut" } },
	{ "s/$/ a=b/' /boot/loader/entries/*.conf", "s/ *\\ba=b//' /boot/loader/entries/*.conf",
		"modules_force_load: m", { "boot/loader/loader.conf", "usr/bin/booster" } },
	{ "in the boot loader's configuration", "in the boot loader's configuration", "", { "etc/fstab" } },
};

static void each_distribution(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct boot_loader loader;
		struct temp_tree tree;
		char text[400];

		temp_tree_init(&tree);
		for (size_t k = 0; k < FILES_MAX && cases[i].file[k]; k++) {
			const char *bar = strchr(cases[i].file[k], '|');
			char path[128];

			snprintf(path, sizeof(path), "%.*s", bar ? (int)(bar - cases[i].file[k]) : 127,
				cases[i].file[k]);
			temp_tree_file(&tree, path, bar ? bar + 1 : "");
		}
		boot_loader_read(&tree.root, &loader);
		temp_tree_done(&tree);
		if (!strstr(boot_loader_add(&loader, "a=b", text, sizeof(text)), cases[i].add))
			print_message("case %zu: %s\n", i, text);
		assert_non_null(strstr(text, cases[i].add));
		assert_non_null(strstr(boot_loader_drop(&loader, "a=b", text, sizeof(text)), cases[i].drop));
		assert_non_null(strstr(boot_loader_early_module(&loader, "m", text, sizeof(text)), cases[i].early));
	}
}

/* Text that does not fit is cut, and nothing behind it is touched. */
static void cut(void **state)
{
	struct boot_loader loader;
	struct temp_tree tree;
	char text[16];

	(void)state;
	temp_tree_init(&tree);
	temp_tree_file(&tree, "usr/sbin/grubby", "");
	boot_loader_read(&tree.root, &loader);
	temp_tree_done(&tree);
	text[12] = 'x';
	boot_loader_add(&loader, "intel_iommu=on", text, 12);
	assert_string_equal(text, "grubby --up");
	assert_int_equal(text[12], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_distribution),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
