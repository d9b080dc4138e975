// SPDX-License-Identifier: GPL-2.0-or-later
/* Boot loaders and initramfs tools, recognised by the files that they leave; the first row that fits counts. */
#include "distro/boot_loader.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

#define GRUB_EDIT                                                                                                      \
	"sed -i '/^GRUB_CMDLINE_LINUX=/s/\"$/ %a\"/' /etc/default/grub", "sed -i 's/ *\\b%a//' /etc/default/grub"
#define KERNEL_EDIT "sed -i 's/$/ %a/' /etc/kernel/cmdline", "sed -i 's/ *\\b%a//' /etc/kernel/cmdline"

static const struct {
	const char *file, *and_file, *name, *add, *drop, *then;
} loaders[] = {
	{ "usr/bin/rpm-ostree", "run/ostree-booted", "rpm-ostree", "rpm-ostree kargs --append-if-missing=%a",
		"rpm-ostree kargs --delete-if-present=%a", "" },
	{ "usr/sbin/proxmox-boot-tool", "etc/kernel/proxmox-boot-uuids", "proxmox-boot-tool", KERNEL_EDIT,
		" && proxmox-boot-tool refresh" },
	{ "usr/sbin/grubby", NULL, "GRUB with grubby", "grubby --update-kernel=ALL --args=%a",
		"grubby --update-kernel=ALL --remove-args=%a", "" },
	{ "usr/sbin/update-grub", NULL, "GRUB with update-grub", GRUB_EDIT, " && update-grub" },
	{ "usr/sbin/grub2-mkconfig", NULL, "GRUB with grub2-mkconfig", GRUB_EDIT, " && grub2-mkconfig -o %g" },
	{ "usr/bin/grub-mkconfig", NULL, "GRUB with grub-mkconfig", GRUB_EDIT,
		" && grub-mkconfig -o /boot/grub/grub.cfg" },
	{ "etc/kernel/cmdline", "usr/bin/mkinitcpio", "systemd-boot with mkinitcpio", KERNEL_EDIT,
		" && mkinitcpio -P" },
	{ "etc/kernel/cmdline", NULL, "systemd-boot with kernel-install", KERNEL_EDIT,
		" && kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\"" },
	{ "boot/loader/loader.conf", NULL, "systemd-boot", "sed -i '/^options/s/$/ %a/' /boot/loader/entries/*.conf",
		"sed -i '/^options/s/ *\\b%a//' /boot/loader/entries/*.conf", "" },
	{ "efi/loader/loader.conf", NULL, "systemd-boot", "sed -i '/^options/s/$/ %a/' /efi/loader/entries/*.conf",
		"sed -i '/^options/s/ *\\b%a//' /efi/loader/entries/*.conf", "" },
	{ "", NULL, "unknown", "in the boot loader's configuration", "in the boot loader's configuration", "" },
};

static const struct {
	const char *file, *name, *fix, *early;
} initramfs_tools[] = {
	{ "usr/sbin/update-initramfs", "initramfs-tools", "update-initramfs -u -k all",
		"echo %a >> /etc/initramfs-tools/modules" },
	{ "usr/bin/dracut", "dracut", "dracut --force --regenerate-all",
		"echo 'force_drivers+=\" %a \"' > /etc/dracut.conf.d/%a.conf" },
	{ "usr/bin/mkinitcpio", "mkinitcpio", "mkinitcpio -P",
		"echo 'MODULES+=(%a)' > /etc/mkinitcpio.conf.d/%a.conf" },
	{ "usr/bin/booster", "booster", "/usr/lib/booster/regenerate_images",
		"put 'modules_force_load: %a' into /etc/booster.yaml" },
	{ "", "", "", "" },
};

/*
 * grub2-mkconfig wants the file that is really read. Where /boot/efi has a stub that says "configfile", that is below
 * /boot/grub2; older distributions keep the whole of it on the EFI partition.
 */
static void find_grub_cfg(const struct sysroot *root, char *buf, size_t size)
{
	static const char *const vendors[] = { "fedora", "redhat", "centos", "rocky", "almalinux", "opensuse", "sles" };
	char text[512];

	text_copy(buf, size, "/boot/grub2/grub.cfg");
	if (!sysroot_exists(root, "sys/firmware/efi"))
		return;
	for (size_t i = 0; i < array_size(vendors); i++) {
		if (sysroot_read_text(root, text, sizeof(text), "boot/efi/EFI/%s/grub.cfg", vendors[i]) <= 0 ||
			strstr(text, "configfile"))
			continue;
		snprintf(buf, size, "/boot/efi/EFI/%s/grub.cfg", vendors[i]);
		return;
	}
}

void boot_loader_read(const struct sysroot *root, struct boot_loader *ret_loader)
{
	size_t loader = 0, tool = 0;

	while (loaders[loader].file[0] &&
		(!sysroot_exists(root, "%s", loaders[loader].file) ||
			(loaders[loader].and_file && !sysroot_exists(root, "%s", loaders[loader].and_file))))
		loader++;
	while (initramfs_tools[tool].file[0] && !sysroot_exists(root, "%s", initramfs_tools[tool].file))
		tool++;
	*ret_loader = (struct boot_loader){
		.name = loaders[loader].name,
		.add_form = loaders[loader].add,
		.drop_form = loaders[loader].drop,
		.then = loaders[loader].then,
		.initramfs = initramfs_tools[tool].name,
		.initramfs_fix = initramfs_tools[tool].fix,
		.early_module_form = initramfs_tools[tool].early,
	};
	find_grub_cfg(root, ret_loader->grub_cfg, sizeof(ret_loader->grub_cfg));
}

/* Add form to buf, with the argument and GRUB's file put in. */
static void fill(const struct boot_loader *loader, const char *form, const char *argument, char *buf, size_t size)
{
	size_t used = strlen(buf);

	for (const char *at = form; *at && used + 1 < size; at++) {
		char plain[] = { *at, '\0' };
		const char *piece = plain;

		if (at[0] == '%' && (at[1] == 'a' || at[1] == 'g'))
			piece = *++at == 'a' ? argument : loader->grub_cfg;
		used += (size_t)snprintf(buf + used, size - used, "%s", piece);
	}
}

const char *boot_loader_add(const struct boot_loader *loader, const char *argument, char *buf, size_t size)
{
	buf[0] = '\0';
	fill(loader, loader->add_form, argument, buf, size);
	fill(loader, loader->then, argument, buf, size);
	return buf;
}

const char *boot_loader_drop(const struct boot_loader *loader, const char *argument, char *buf, size_t size)
{
	buf[0] = '\0';
	fill(loader, loader->drop_form, argument, buf, size);
	fill(loader, loader->then, argument, buf, size);
	return buf;
}

const char *boot_loader_early_module(const struct boot_loader *loader, const char *module, char *buf, size_t size)
{
	buf[0] = '\0';
	fill(loader, loader->early_module_form, module, buf, size);
	if (buf[0])
		fill(loader, " && ", module, buf, size);
	fill(loader, loader->initramfs_fix, module, buf, size);
	return buf;
}

bool boot_loader_file_time(const struct sysroot *root, const char *file, int64_t *ret_time)
{
	struct stat info;
	char answer[32];
	uint64_t seconds;

	*ret_time = -1;
	if (root->captured) {
		if (!sysroot_exists(root, "%s", file))
			return false;
		if (sysroot_read_answer(root, "times", file, answer, sizeof(answer)) > 0 &&
			!text_to_u64(answer, INT64_MAX, &seconds))
			*ret_time = (int64_t)seconds;
		return true;
	}
	if (fstatat(root->fd, file, &info, 0) || !S_ISREG(info.st_mode))
		return false;
	*ret_time = info.st_mtime;
	return true;
}

bool boot_loader_initramfs(const struct sysroot *root, const char *release, char *buf, size_t size, int64_t *ret_made)
{
	static const char *const places[] = { "boot/initrd.img-%s", "boot/initramfs-%s.img", "boot/initrd-%s",
		"boot/initramfs-linux.img", "boot/booster-linux.img", NULL };

	for (size_t i = 0; places[i]; i++) {
		const char *at = strstr(places[i], "%s");

		snprintf(buf, size, "%.*s%s%s", at ? (int)(at - places[i]) : (int)strlen(places[i]), places[i],
			at ? release : "", at ? at + 2 : "");
		if (boot_loader_file_time(root, buf, ret_made))
			return true;
	}
	return false;
}
