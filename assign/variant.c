// SPDX-License-Identifier: GPL-2.0-or-later
/* Variant drivers of VFIO; see variant.h. A module's drivers are links in /sys/module/NAME/drivers: "pci:DRIVER". */
#include "assign/variant.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/modalias.h"

static const char plain[] = "vfio-pci";

/* The kernel has '_' in a module's name where its file may have '-'. */
static void underline(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

static bool find_driver(const struct sysroot *root, const char *module, char driver[static DRIVER_NAME_MAX])
{
	static const char bus[] = "pci:";
	cleanup_dir DIR *list = sysroot_open_dir(root, "sys/module/%s/drivers", module);
	struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (text_starts_with(entry->d_name, bus) && pci_driver_is_vfio(entry->d_name) &&
			text_copy(driver, DRIVER_NAME_MAX, entry->d_name + strlen(bus)))
			return true;
	return false;
}

static bool find_variant(const struct sysroot *root, const struct pci_device *device, char *ret_module, size_t size)
{
	cleanup(pci_modaliases_done) struct pci_modaliases aliases = { 0 };

	pci_modaliases_read(root, &aliases);
	if (!pci_modaliases_vfio(&aliases, device, ret_module, size))
		return false;
	underline(ret_module);
	return strcmp(ret_module, "vfio_pci") != 0;
}

void variant_choose(
	const struct host_lock *lock, const struct pci_device *device, char ret_driver[static DRIVER_NAME_MAX])
{
	const struct sysroot *root = host_lock_root(lock);
	char module[64], driver[DRIVER_NAME_MAX];

	text_copy(ret_driver, DRIVER_NAME_MAX, plain);
	if (pci_driver_is_vfio(device->driver)) {
		text_copy(ret_driver, DRIVER_NAME_MAX, device->driver);
		return;
	}
	if (!find_variant(root, device, module, sizeof(module)))
		return;
	if (!find_driver(root, module, driver)) {
		binding_load_module(root, module);
		if (!find_driver(root, module, driver))
			return;
	}
	text_copy(ret_driver, DRIVER_NAME_MAX, driver);
}
