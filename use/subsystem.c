// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever hangs off a function by any class or bus of sysfs. Each device of the kernel has a link in sys/class/CLASS
 * or in sys/bus/BUS/devices, and the link's target is the path of all devices above it
 * (Documentation/filesystems/sysfs.rst): so one readlink per device finds its function at any depth, no directory of a
 * function is searched, and no link is followed.
 *
 * Known classes have a row below: what a device of it means to people, and its device nodes, which programs open. Those
 * that tell about the function itself or about how its driver works are passed over. All others are attached.c's.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	ATTACHED_MAX = 1 << 18, /* devices of one host that are looked at */
};

/* What a row does beside its node. */
enum row_flags {
	ROW_COVERS = 1,  /* what lies below it on the path is a part of it */
	ROW_NO_NODE = 2, /* it has no device nodes */
};

typedef void (*say_fn)(struct use_build *build, uint32_t function, const char *name);

/*
 * A holder of a node is a user of the kind that stands here; USE_NOTE: one that would merely miss it. directory: where
 * its nodes are below /dev.
 */
static const struct row {
	const char *place, *directory, *kind;
	unsigned int use_flags, flags;
	say_fn say;
	const char *without; /* entries that have no node */
} rows[] = {
	{ "class/vfio-dev", "vfio/devices/", "vfio", 0, 0, NULL, NULL },
	{ "class/drm", "dri/", "display", 0, 0, use_say_connector, "*-*" },
	{ "class/drm_dp_aux_dev", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/accel", "accel/", "process", 0, 0, NULL, NULL },
	{ "class/sound", "snd/", "sound", USE_NOTE, 0, NULL, NULL },
	{ "class/infiniband_verbs", "infiniband/", "rdma", 0, 0, NULL, NULL },
	{ "class/infiniband_mad", "infiniband/", "rdma", 0, 0, NULL, NULL },
	{ "class/infiniband", NULL, NULL, 0, ROW_NO_NODE, use_say_infiniband, NULL },
	{ "class/nvme", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/nvme-generic", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/uio", "", "uio", 0, 0, NULL, NULL },
	{ "class/ptp", "", "clock", USE_NOTE, 0, NULL, NULL },
	{ "class/pps", "", "clock", USE_NOTE, 0, NULL, NULL },
	{ "class/rtc", "", "clock", USE_NOTE, 0, NULL, NULL },
	{ "class/video4linux", "", "video", USE_NOTE, 0, NULL, NULL },
	{ "class/mei", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/watchdog", "", "watchdog", 0, 0, use_say_watchdog, NULL },
	{ "class/tpm", "", "tpm", 0, 0, use_say_tpm, NULL },
	{ "class/tpmrm", "", "tpm", 0, 0, NULL, NULL },
	{ "class/scsi_tape", "", "tape", 0, 0, NULL, NULL },
	{ "class/scsi_changer", "", "tape", 0, 0, NULL, NULL },
	{ "class/scsi_generic", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/hidraw", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/input", "input/", "input", USE_NOTE, 0, NULL, "input*" },
	{ "class/i2c-dev", "", "process", USE_NOTE, 0, NULL, NULL },
	{ "class/tty", "", "tty", 0, 0, NULL, NULL },
	{ "class/dma", NULL, NULL, 0, ROW_NO_NODE, use_say_dma, NULL },
	{ "class/fc_host", NULL, NULL, 0, ROW_NO_NODE, use_say_fibre_channel, NULL },
	{ "bus/usb", NULL, NULL, 0, ROW_NO_NODE | ROW_COVERS, use_say_usb, NULL },
	{ "bus/thunderbolt", NULL, NULL, 0, ROW_NO_NODE | ROW_COVERS, use_say_thunderbolt, NULL },
	{ "bus/vdpa", NULL, NULL, 0, ROW_NO_NODE | ROW_COVERS, use_say_vdpa, NULL },
};

/* Read by other files of this room; the machine's own; and what a function's driver tells about the function alone. */
static const char *const passed_over[] = {
	"class/net",
	"class/block",
	"class/graphics",
	"class/vtconsole",
	"class/iscsi_*",
	"class/nvme-*",
	"bus/cxl",
	"bus/dax",
	"bus/mdev",
	"class/mdev_bus",
	"class/iommu",
	"bus/pci*",
	"class/pci_*",
	"bus/memory*",
	"bus/cpu",
	"bus/node",
	"bus/acpi",
	"bus/pnp",
	"bus/clock*",
	"bus/container",
	"bus/edac",
	"bus/event_source",
	"bus/machinecheck",
	"bus/workqueue",
	"bus/isa",
	"bus/eisa",
	"bus/xen*",
	"bus/vmbus",
	"class/bdi",
	"class/mem",
	"class/vc",
	"class/dmi",
	"class/msr",
	"class/cpuid",
	"class/vfio",
	"class/devlink",
	"class/wakeup",
	"class/hwmon",
	"class/thermal",
	"class/powercap",
	"class/leds",
	"class/power_supply",
	"class/backlight",
	"class/firmware*",
	"class/devcoredump",
	"class/phy",
	"class/mdio_bus",
	"bus/mdio_bus",
	"class/ieee80211",
	"class/rfkill",
	"class/regulator",
	"class/gpio",
	"bus/gpio",
	"bus/nvmem",
	"bus/typec",
	"class/typec*",
	"class/usb_*",
	"class/extcon",
	"class/ata_*",
	"class/scsi_*",
	"class/sas_*",
	"class/spi_*",
	"class/fc_*",
	"class/srp_*",
	"class/bsg",
	"class/enclosure",
	"class/raid_devices",
	"class/i2c-adapter",
	"class/mmc_host",
	"class/infiniband_*",
	"bus/auxiliary",
	"bus/hid",
	"bus/mei",
	"bus/hdaudio",
	"bus/soundwire",
	"bus/serio",
	"bus/serial*",
	"bus/usb-serial",
	"bus/mipi-dsi",
	"class/intel_pmt",
	"class/aer",
};

static const struct row *find_row(const char *place)
{
	for (size_t i = 0; i < array_size(rows); i++)
		if (!strcmp(rows[i].place, place))
			return &rows[i];
	return NULL;
}

static bool is_passed_over(const char *place)
{
	for (size_t i = 0; i < array_size(passed_over); i++)
		if (!fnmatch(passed_over[i], place, 0))
			return true;
	return false;
}

void use_add_node(struct use_build *build, uint32_t function, const char *kind, unsigned int flags, const char *name)
{
	uint32_t node = use_add(build->graph, kind, USE_CARRIER | USE_HELD | flags,
		use_text(build->graph, "/dev/%s", name), "dev:%s", name);

	use_link(build->graph, function, node, PCI_USER_NOTE, NULL, NULL);
}

static void take_known(
	struct use_scan *scan, const struct row *row, uint32_t function, const char *target, const char *name)
{
	struct use_build *build = scan->build;
	struct use_attached *attached = use_attach(scan, function, target);

	if (attached)
		attached->covers = row->flags & ROW_COVERS;
	if (row->say)
		row->say(build, function, name);
	if (!(row->flags & ROW_NO_NODE) && (!row->without || fnmatch(row->without, name, 0)))
		use_add_node(build, function, row->kind, row->use_flags,
			use_text(build->graph, "%s%s", row->directory, name));
}

/* Whoever has the node of a device of no known kind open is taken to need it. */
static void take_unknown(
	struct use_scan *scan, const char *place, const char *entry, uint32_t function, const char *target)
{
	struct use_build *build = scan->build;
	const char *name = strrchr(entry, '/') + 1;
	bool on_bus = text_starts_with(place, "bus/");
	char text[1024] = "";
	char driver[64] = "";
	char node[128];
	struct use_attached *attached;

	/* Without a driver nothing happens there. */
	if (on_bus && sysroot_read_link_name(build->root, driver, sizeof(driver), "sys/%s/driver", entry) < 0)
		return;
	if (sysroot_read_text(build->root, text, sizeof(text), "sys/%s/uevent", entry) > 0 &&
		use_value(text, "DEVNAME", node, sizeof(node))[0])
		use_add_node(build, function, "process", 0, node);
	attached = use_attach(scan, function, target);
	if (!attached)
		return;
	attached->place = place;
	attached->name = use_text(build->graph, "%s", name);
	attached->text = on_bus ? use_text(build->graph, "%s, driver %s", name, driver) : attached->name;
}

/* place: "class/tty", "bus/usb". */
static void read_place(struct use_scan *scan, const char *place, const char *inside)
{
	struct use_build *build = scan->build;
	const struct row *row = find_row(place);
	struct use_names names;

	if (!row && is_passed_over(place))
		return;
	use_names_read(build, &names, "sys/%s%s", place, inside);
	for (size_t i = 0; i < names.count && !build->graph->out_of_memory; i++) {
		char entry[512];
		char target[512];
		uint32_t function;

		snprintf(entry, sizeof(entry), "%.200s%s/%s", place, inside, names.name[i]);
		if (sysroot_read_link(build->root, target, sizeof(target), "sys/%s", entry) <= 0)
			continue;
		function = use_function_of_path(build, target);
		if (function == USE_NONE)
			continue;
		if (scan->count == ATTACHED_MAX) {
			build->graph->unseen.truncated = true;
			break;
		}
		if (row)
			take_known(scan, row, function, target, names.name[i]);
		else
			take_unknown(scan, place, entry, function, target);
	}
	use_names_done(&names);
}

static void read_places(struct use_scan *scan, const char *top, const char *inside)
{
	struct use_build *build = scan->build;
	struct use_names places;

	use_names_read(build, &places, "sys/%s", top);
	for (size_t i = 0; i < places.count && !build->graph->out_of_memory; i++)
		read_place(scan, use_text(build->graph, "%s/%s", top, places.name[i]), inside);
	use_names_done(&places);
}

void use_read_subsystems(struct use_build *build)
{
	struct use_scan scan = { .build = build };

	read_places(&scan, "class", "");
	read_places(&scan, "bus", "/devices");
	use_say_attached(&scan);
	free(scan.at);
}
