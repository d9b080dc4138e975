// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices whose class or bus says more than that they are there: what each means to the people of this host. Called by
 * subsystem.c, whose table has the classes; `name` is the device's name in its class.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "use/reader.h"

/* "card0-HDMI-A-1" is a connector of card0; the other entries of class drm are device nodes. */
void use_say_connector(struct use_build *build, uint32_t function, const char *connector)
{
	struct use_graph *graph = build->graph;
	char status[32];

	if (!strchr(connector, '-') ||
		sysroot_read_text(build->root, status, sizeof(status), "sys/class/drm/%s/status", connector) <= 0 ||
		strcmp(status, "connected") != 0)
		return;
	use_link(graph, function,
		use_add(graph, "monitor", USE_NOTE, use_text(graph, "a monitor at %s", connector), "monitor:%s",
			connector),
		PCI_USER_NOTE, use_text(graph, "a monitor is connected to it (%s)", connector), NULL);
}

/* The kernel seals disks and measures the boot with it, whether or not a program has it open. */
void use_say_tpm(struct use_build *build, uint32_t function, const char *name)
{
	use_link(build->graph, function,
		use_add(build->graph, "tpm", 0, use_text(build->graph, "the TPM of this host (%s)", name), "tpm:%s",
			name),
		PCI_USER_BLOCKS, use_text(build->graph, "it is the TPM of this host (%s)", name), NULL);
}

/* One that counts resets the host when nobody feeds it any more (Documentation/ABI/testing/sysfs-class-watchdog). */
void use_say_watchdog(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	char state[32];

	if (sysroot_read_text(build->root, state, sizeof(state), "sys/class/watchdog/%s/state", name) <= 0 ||
		strcmp(state, "active") != 0)
		return;
	use_link(graph, function,
		use_add(graph, "watchdog", 0, use_text(graph, "the watchdog %s, which is counting", name),
			"watchdog:%s", name),
		PCI_USER_BLOCKS,
		use_text(graph, "the watchdog %s on it is counting: it resets this host when nobody feeds it", name),
		NULL);
}

/* Hubs carry others; "usb1" is the controller's own, "1-2:1.0" a part of 1-2. */
static bool is_usb_device(const struct use_build *build, const char *name)
{
	char class[8];

	return !text_starts_with(name, "usb") && !strchr(name, ':') &&
	       (sysroot_read_text(build->root, class, sizeof(class), "sys/bus/usb/devices/%s/bDeviceClass", name) <=
			       0 ||
		       strcmp(class, "09") != 0);
}

void use_say_usb(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	char product[64] = "";
	const char *text;

	if (!is_usb_device(build, name))
		return;
	sysroot_read_text(build->root, product, sizeof(product), "sys/bus/usb/devices/%s/product", name);
	text = use_text(graph, "USB device %s%s%s%s", name, product[0] ? " (" : "", product, product[0] ? ")" : "");
	use_link(graph, function, use_add(graph, "usb", USE_NOTE, text, "usb:%s", name), PCI_USER_NOTE,
		use_text(graph, "%s is plugged into it", text), NULL);
}

/* "0-0" is the host's own router, "0-1" what is plugged into it (Documentation/ABI/testing/sysfs-bus-thunderbolt). */
void use_say_thunderbolt(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	unsigned int domain, route;
	char device[64] = "";
	const char *text;
	char last;

	if (sscanf(name, "%u-%x%c", &domain, &route, &last) != 2 || !route)
		return;
	sysroot_read_text(build->root, device, sizeof(device), "sys/bus/thunderbolt/devices/%s/device_name", name);
	text = use_text(
		graph, "Thunderbolt device %s%s%s%s", name, device[0] ? " (" : "", device, device[0] ? ")" : "");
	use_link(graph, function, use_add(graph, "thunderbolt", USE_NOTE, text, "thunderbolt:%s", name), PCI_USER_NOTE,
		use_text(graph, "%s is plugged into it", text), NULL);
}

/* What others of the kernel hold (Documentation/driver-api/dmaengine): a RAID's checksums, a bridge to another host. */
void use_say_dma(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	uint64_t holders = 0;

	if (sysroot_read_u64(build->root, &holders, "sys/class/dma/%s/in_use", name) < 0 || !holders)
		return;
	use_link(graph, function,
		use_add(graph, "dma", USE_NOTE, use_text(graph, "DMA channel %s, which the kernel uses", name),
			"dma:%s", name),
		PCI_USER_NOTE, use_text(graph, "the kernel uses its DMA channel %s", name), NULL);
}

/*
 * A part of the function that was given away already, to a guest (vhost_vdpa) or to this host's network (virtio_vdpa).
 */
void use_say_vdpa(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	char driver[64] = "";

	if (sysroot_read_link_name(build->root, driver, sizeof(driver), "sys/bus/vdpa/devices/%s/driver", name) < 0)
		return;
	use_link(graph, function,
		use_add(graph, "vdpa", 0, use_text(graph, "vDPA device %s (%s)", name, driver), "vdpa:%s", name),
		PCI_USER_BLOCKS, use_text(graph, "the vDPA device %s is a part of it (driver %s)", name, driver), NULL);
}

/* Disks that come through it are found by themselves; this says that the port has a link. */
void use_say_fibre_channel(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	char state[32];

	if (sysroot_read_text(build->root, state, sizeof(state), "sys/class/fc_host/%s/port_state", name) <= 0 ||
		strcmp(state, "Online") != 0)
		return;
	use_link(graph, function,
		use_add(graph, "fc", USE_NOTE, use_text(graph, "Fibre Channel port %s, online", name), "fc:%s", name),
		PCI_USER_NOTE, use_text(graph, "its Fibre Channel port %s is online", name), NULL);
}

/*
 * A port with a link on an InfiniBand fabric, where storage and MPI have no network device (sysfs-class-infiniband). On
 * Ethernet the network device tells more.
 */
void use_say_infiniband(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	struct use_names ports;

	use_names_read(build, &ports, "sys/class/infiniband/%s/ports", name);
	for (size_t i = 0; i < ports.count; i++) {
		char state[32];
		char layer[32];

		if (sysroot_read_text(build->root, state, sizeof(state), "sys/class/infiniband/%s/ports/%s/state", name,
			    ports.name[i]) <= 0 ||
			!strstr(state, "ACTIVE") ||
			sysroot_read_text(build->root, layer, sizeof(layer),
				"sys/class/infiniband/%s/ports/%s/link_layer", name, ports.name[i]) <= 0 ||
			strcmp(layer, "InfiniBand") != 0)
			continue;
		use_link(graph, function,
			use_add(graph, "rdma", USE_NOTE,
				use_text(graph, "InfiniBand port %s/%s, active", name, ports.name[i]), "rdma:%s/%s",
				name, ports.name[i]),
			PCI_USER_NOTE, use_text(graph, "its InfiniBand port %s/%s is active", name, ports.name[i]),
			NULL);
	}
	use_names_done(&ports);
}
