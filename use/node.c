// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Device nodes of functions that no class of sysfs leads to: groups of VFIO, and those of NVIDIA's driver, which has a
 * list of its own. All others are subsystem.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

/* One group node for all of its functions that are with VFIO. */
static void add_groups(struct use_build *build)
{
	const struct pci_inventory *inventory = build->graph->inventory;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_device *device = &inventory->devices[i];

		if (pci_driver_is_vfio(device->driver) && device->iommu_group >= 0)
			use_add_node(
				build, (uint32_t)i, "vfio", 0, use_text(build->graph, "vfio/%d", device->iommu_group));
	}
}

/* proc/driver/nvidia/gpus/0000:01:00.0/information: "Device Minor: 	 0" */
static void read_nvidia(struct use_build *build)
{
	struct use_names gpus;

	use_names_read(build, &gpus, "proc/driver/nvidia/gpus");
	for (size_t i = 0; i < gpus.count; i++) {
		char text[2048];
		const char *minor;

		if (sysroot_read_text(build->root, text, sizeof(text), "proc/driver/nvidia/gpus/%s/information",
			    gpus.name[i]) <= 0)
			continue;
		minor = strstr(text, "Device Minor:");
		if (minor)
			use_add_node(build, use_function_of_path(build, gpus.name[i]), "display", 0,
				use_text(build->graph, "nvidia%d", atoi(minor + strlen("Device Minor:"))));
	}
	use_names_done(&gpus);
}

void use_read_nodes(struct use_build *build)
{
	add_groups(build);
	read_nvidia(build);
}
