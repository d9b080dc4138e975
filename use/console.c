// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an operator without network has: the display that the host booted with, the text console on a frame buffer,
 * keyboards (proc/bus/input/devices), a serial console (proc/consoles). And the frame buffer that the firmware left
 * behind (proc/iomem), which keeps a display's registers from VFIO.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	CLASS_DISPLAY = 0x03,
	IOMEM_DEPTH = 16,
};

/* Who may own the memory of the boot display, in proc/iomem. */
static const char *const boot_framebuffers[] = { "BOOTFB", "simple-framebuffer", "simpledrm", "efifb", "vesafb" };

static bool is_host_driver(const char *driver)
{
	return driver[0] && !pci_driver_is_vfio(driver) && strcmp(driver, "pci-stub") != 0;
}

/* A screen is what an operator without network has. */
static void place_boot_display(struct use_build *build, uint32_t function)
{
	const struct pci_device *device = &build->graph->inventory->devices[function];
	char name[PCI_ADDR_TEXT_SIZE];
	uint64_t yes = 0;
	uint32_t node;

	pci_addr_text(device->addr, name);
	if (sysroot_read_u64(build->root, &yes, "sys/bus/pci/devices/%s/boot_display", name) < 0 &&
		sysroot_read_u64(build->root, &yes, "sys/bus/pci/devices/%s/boot_vga", name) < 0)
		return;
	if (!yes || !is_host_driver(device->driver))
		return;
	node = use_add(build->graph, "display", 0, "the display that this host booted with", "display:%s", name);
	use_link(build->graph, function, node, PCI_USER_BLOCKS,
		use_text(build->graph, "it is the display that this host booted with (driver %s)", device->driver),
		NULL);
}

static bool is_boot_framebuffer(const char *name)
{
	for (size_t i = 0; i < array_size(boot_framebuffers); i++)
		if (text_starts_with(name, boot_framebuffers[i]))
			return true;
	return false;
}

static void place_boot_framebuffer(struct use_build *build, uint32_t function, const char *name)
{
	struct use_graph *graph = build->graph;
	uint32_t node;

	if (function == USE_NONE || is_host_driver(graph->inventory->devices[function].driver))
		return;
	node = use_add(graph, "bootfb", 0, use_text(graph, "the firmware's frame buffer (%s)", name), "bootfb:%s",
		graph->node[function].name);
	use_link(graph, function, node, PCI_USER_BLOCKS,
		use_text(graph,
			"the firmware's frame buffer lies in its memory, and %s in /proc/iomem keeps VFIO from it",
			name),
		NULL);
}

/* Ranges are nested by two spaces a level, also where their numbers are hidden: so the function around one is known. */
static void read_boot_framebuffer(struct use_build *build)
{
	int fd = sysroot_open_file(build->root, 0, "proc/iomem");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	uint32_t around[IOMEM_DEPTH] = { 0 };
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		size_t depth = strspn(line, " ") / 2;
		const char *name = strstr(text_chomp(line), " : ");

		if (!name || depth >= IOMEM_DEPTH)
			continue;
		name += strlen(" : ");
		around[depth] = use_function_of_path(build, name);
		if (around[depth] == USE_NONE && depth)
			around[depth] = around[depth - 1];
		if (is_boot_framebuffer(name))
			place_boot_framebuffer(build, around[depth], name);
	}
}

static void read_displays(struct use_build *build)
{
	const struct pci_inventory *inventory = build->graph->inventory;
	bool any = false;

	for (size_t i = 0; i < inventory->count; i++) {
		if (inventory->devices[i].class >> 16 != CLASS_DISPLAY)
			continue;
		any = true;
		place_boot_display(build, (uint32_t)i);
	}
	if (any)
		read_boot_framebuffer(build);
}

/* The console is on the first frame buffer, unless somebody moved it (con2fbmap). */
static void read_text_console(struct use_build *build)
{
	struct use_names consoles;
	char target[512];
	bool bound = false;
	uint32_t function;

	use_names_read(build, &consoles, "sys/class/vtconsole");
	for (size_t i = 0; i < consoles.count; i++) {
		char name[64];
		uint64_t yes = 0;

		bound |= sysroot_read_text(build->root, name, sizeof(name), "sys/class/vtconsole/%s/name",
				 consoles.name[i]) > 0 &&
			 strstr(name, "frame buffer") &&
			 !sysroot_read_u64(build->root, &yes, "sys/class/vtconsole/%s/bind", consoles.name[i]) && yes;
	}
	use_names_done(&consoles);
	if (!bound || sysroot_read_link(build->root, target, sizeof(target), "sys/class/graphics/fb0") < 0)
		return;
	function = use_function_of_path(build, target);
	if (function != USE_NONE && is_host_driver(build->graph->inventory->devices[function].driver))
		use_link(build->graph, function,
			use_add(build->graph, "console", 0, "the text console (fb0)", "console:fb0"), PCI_USER_BLOCKS,
			"the text console is on its frame buffer fb0", NULL);
}

/* "ttyS4  -W- (EC p a)  4:68" */
static void take_console(struct use_build *build, char *line)
{
	struct use_graph *graph = build->graph;
	char name[32];
	char target[512];
	uint32_t function;

	if (sscanf(line, "%31s", name) != 1 ||
		sysroot_read_link(build->root, target, sizeof(target), "sys/class/tty/%s", name) < 0)
		return;
	function = use_function_of_path(build, target);
	if (function != USE_NONE)
		use_link(graph, function,
			use_add(graph, "console", 0, use_text(graph, "the kernel's console %s", name), "console:%s",
				name),
			PCI_USER_BLOCKS, use_text(graph, "the kernel's console %s is on it", name), NULL);
}

/* Devices that are keyboards and not just power buttons: event type mask with keys and repetition, EV=120013. */
static bool is_keyboard(const char *handlers, const char *events)
{
	return strstr(handlers, "kbd") && (strtoul(events, NULL, 16) & 0x120003) == 0x120003;
}

static void add_keyboard(struct use_build *build, const char *sysfs)
{
	uint32_t node = use_add(build->graph, "keyboard", USE_NOTE, "a keyboard", "keyboard");
	uint32_t function = use_function_of_path(build, sysfs);

	if (node == USE_NONE || strstr(sysfs, "/virtual/"))
		return;
	build->graph->node[node].needs = 1;
	use_link(build->graph, function == USE_NONE ? build->machine : function, node, PCI_USER_NOTE, NULL, NULL);
}

static void read_keyboards(struct use_build *build)
{
	int fd = sysroot_open_file(build->root, 0, "proc/bus/input/devices");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t space = 0;
	char sysfs[256] = "";
	char handlers[256] = "";

	while (file && getline(&line, &space, file) > 0) {
		if (text_starts_with(line, "S: Sysfs="))
			text_copy(sysfs, sizeof(sysfs), line + strlen("S: Sysfs="));
		else if (text_starts_with(line, "H: Handlers="))
			text_copy(handlers, sizeof(handlers), line + strlen("H: Handlers="));
		else if (text_starts_with(line, "B: EV=") && is_keyboard(handlers, line + strlen("B: EV=")))
			add_keyboard(build, sysfs);
	}
}

/* One that is not the last is no loss. */
static void judge_keyboards(struct use_build *build)
{
	uint32_t node = use_find(build->graph, "keyboard");
	struct use_node *keyboard = node == USE_NONE ? NULL : &build->graph->node[node];
	struct use_edge *edge;

	if (!keyboard || keyboard->first_in == USE_NONE || keyboard->first_in != keyboard->last_in)
		return;
	edge = &build->graph->edge[keyboard->first_in];
	if (edge->from == build->machine)
		return;
	edge->what = "the only keyboard of this host is plugged into it";
	edge->label = keyboard->name = "the only keyboard of this host";
	edge->severity = PCI_USER_BLOCKS;
	keyboard->flags &= ~(unsigned int)USE_NOTE;
}

void use_read_console(struct use_build *build)
{
	read_displays(build);
	read_text_console(build);
	use_each_line(build, "proc/consoles", take_console);
	read_keyboards(build);
	judge_keyboards(build);
}
