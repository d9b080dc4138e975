// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-pci's own denylist; see denylist.h. */
#include "assign/denylist.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "distro/modprobe_conf.h"

enum {
	VENDOR_INTEL = 0x8086
};

static const char qat[] = "a guest's QuickAssist device of this generation can hang the host";
static const char dsa[] = "a guest can use its portals to write past its bounds (CVE-2024-21823)";

static const struct {
	uint16_t vendor, device;
	const char *reason;
} denied[] = {
	{ VENDOR_INTEL, 0x19e2, qat }, /* C3xxx */
	{ VENDOR_INTEL, 0x19e3, qat }, /* its VF */
	{ VENDOR_INTEL, 0x37c8, qat }, /* C62x */
	{ VENDOR_INTEL, 0x37c9, qat }, /* its VF */
	{ VENDOR_INTEL, 0x0435, qat }, /* DH895xCC */
	{ VENDOR_INTEL, 0x0443, qat }, /* its VF */
	{ VENDOR_INTEL, 0x0b25, dsa }, /* DSA of Sapphire Rapids */
	{ VENDOR_INTEL, 0x0cfe, dsa }, /* IAX of Sapphire Rapids */
};

const char *denylist_reason(const struct pci_device *device)
{
	for (size_t i = 0; i < array_size(denied); i++)
		if (denied[i].vendor == device->vendor_id && denied[i].device == device->device_id)
			return denied[i].reason;
	return NULL;
}

static bool is_yes(const char *value)
{
	return value[0] == 'Y' || value[0] == 'y' || value[0] == '1';
}

/* A module that is not loaded yet will be loaded with what modprobe.d and the command line say. */
static bool option_is_set(const struct sysroot *root)
{
	cleanup(modprobe_conf_done) struct modprobe_conf conf = { 0 };
	char value[16];

	return modprobe_conf_read(root, &conf, NULL) >= 0 &&
	       modprobe_setting(&conf, "vfio_pci", "disable_denylist", value, sizeof(value)) && is_yes(value);
}

bool denylist_is_on(const struct sysroot *root)
{
	unsigned int major, minor;
	char text[96];

	/* The option is there: so is the list, in a distribution's older kernel too. */
	if (sysroot_read_text(root, text, sizeof(text), "sys/module/vfio_pci/parameters/disable_denylist") > 0)
		return !is_yes(text);
	if (sysroot_read_text(root, text, sizeof(text), "proc/sys/kernel/osrelease") > 0 &&
		sscanf(text, "%u.%u", &major, &minor) == 2 && (major < 5 || (major == 5 && minor < 9)))
		return false;
	return !option_is_set(root);
}

bool denylist_is_builtin(const struct sysroot *root)
{
	cleanup_close int fd = -1;
	cleanup_file FILE *file = NULL;
	char release[128], line[256];

	if (sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") <= 0)
		return false;
	fd = sysroot_open_file(root, O_RDONLY, "lib/modules/%s/modules.builtin", release);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return false;
	take_fd(&fd);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, "/vfio-pci.ko"))
			return true;
	return false;
}
