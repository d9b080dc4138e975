// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Device nodes of functions, which programs open: VFIO groups and devices, displays, sound, RDMA, TPM and others, found from
 * the classes of sysfs, whose entries lead to the function; and those of NVIDIA's driver, which has a list of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

/* A holder of a node is a user of the kind that stands here; NOTE: one that would merely miss it. */
static const struct {
	const char *class, *directory, *kind;
	unsigned int flags;
} classes[] = {
	{ "vfio-dev", "vfio/devices/", "vfio", 0 },
	{ "drm", "dri/", "display", 0 },
	{ "accel", "accel/", "process", 0 },
	{ "sound", "snd/", "sound", USE_NOTE },
	{ "infiniband_verbs", "infiniband/", "rdma", 0 },
	{ "nvme", "", "process", USE_NOTE },
	{ "uio", "", "uio", 0 },
	{ "ptp", "", "clock", USE_NOTE },
	{ "video4linux", "", "video", USE_NOTE },
	{ "mei", "", "process", USE_NOTE },
	{ "watchdog", "", "watchdog", 0 },
	{ "tpm", "", "tpm", 0 },
	{ "scsi_tape", "", "tape", 0 },
	{ "scsi_generic", "", "process", USE_NOTE },
	{ "hidraw", "", "process", USE_NOTE },
	{ "i2c-dev", "", "process", USE_NOTE },
	{ "rtc", "", "clock", USE_NOTE },
};

static void add_node(struct use_build *build, uint32_t function, const char *kind, unsigned int flags, const char *name)
{
	uint32_t node = use_add(build->graph, kind, USE_CARRIER | USE_HELD | flags,
		use_text(build->graph, "/dev/%s", name), "dev:%s", name);

	use_link(build->graph, function, node, PCI_USER_NOTE, NULL, NULL);
}

/* "card0-HDMI-A-1" is a connector of card0. */
static void note_monitor(struct use_build *build, uint32_t function, const char *connector)
{
	struct use_graph *graph = build->graph;
	char status[32];

	if (sysroot_read_text(build->root, status, sizeof(status), "sys/class/drm/%s/status", connector) <= 0 ||
		strcmp(status, "connected") != 0)
		return;
	use_link(graph, function,
		use_add(graph, "monitor", USE_NOTE, use_text(graph, "a monitor at %s", connector), "monitor:%s",
			connector),
		PCI_USER_NOTE, use_text(graph, "a monitor is connected to it (%s)", connector), NULL);
}

/* The kernel seals disks and measures the boot with it, whether or not a program has it open. */
static void note_tpm(struct use_build *build, uint32_t function, const char *name)
{
	use_link(build->graph, function,
		use_add(build->graph, "tpm", 0, use_text(build->graph, "the TPM of this host (%s)", name), "tpm:%s",
			name),
		PCI_USER_BLOCKS, use_text(build->graph, "it is the TPM of this host (%s)", name), NULL);
}

static void read_class(struct use_build *build, size_t class)
{
	struct use_names names;

	use_names_read(build, &names, "sys/class/%s", classes[class].class);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.name[i];
		char target[512];
		uint32_t function;

		if (sysroot_read_link(
			    build->root, target, sizeof(target), "sys/class/%s/%s", classes[class].class, name) <= 0)
			continue;
		function = use_function_of_path(build, target);
		if (function == USE_NONE)
			continue;
		if (!strcmp(classes[class].class, "drm") && strchr(name, '-')) {
			note_monitor(build, function, name);
			continue;
		}
		if (!strcmp(classes[class].class, "tpm"))
			note_tpm(build, function, name);
		add_node(build, function, classes[class].kind, classes[class].flags,
			use_text(build->graph, "%s%s", classes[class].directory, name));
	}
	use_names_done(&names);
}

/* One group node for all of its functions that are with VFIO. */
static void add_groups(struct use_build *build)
{
	const struct pci_inventory *inventory = build->graph->inventory;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_device *device = &inventory->devices[i];

		if (pci_driver_is_vfio(device->driver) && device->iommu_group >= 0)
			add_node(build, (uint32_t)i, "vfio", 0, use_text(build->graph, "vfio/%d", device->iommu_group));
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
			add_node(build, use_function_of_path(build, gpus.name[i]), "display", 0,
				use_text(build->graph, "nvidia%d", atoi(minor + strlen("Device Minor:"))));
	}
	use_names_done(&gpus);
}

void use_read_nodes(struct use_build *build)
{
	for (size_t i = 0; i < array_size(classes); i++)
		read_class(build, i);
	add_groups(build);
	read_nvidia(build);
}
