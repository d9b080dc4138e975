// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices that hang off functions by a class or bus that is not known here: said as notes, all of one class or bus
 * together. Unless something that is known lies above or below one on its path: then that is the use, and the device is
 * just a part of the way to it (virtio0 above a network device, a HID device below a USB keyboard).
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

enum {
	NAMES_SHOWN = 3,
};

/* "../../devices/pci0000:00/…": as long as both are below sys/devices, the same device has the same path. */
static const char *keep_path(struct use_scan *scan, const char *target)
{
	const char *at = strstr(target, "devices/");

	return use_text(scan->build->graph, "%s", at ? at : target);
}

struct use_attached *use_attach(struct use_scan *scan, uint32_t function, const char *target)
{
	struct use_attached *grown = use_grow(scan->at, scan->count, &scan->space, sizeof(*grown));

	if (!grown) {
		scan->build->graph->out_of_memory = true;
		return NULL;
	}
	scan->at = grown;
	grown += scan->count++;
	*grown = (struct use_attached){ .function = function, .path = keep_path(scan, target) };
	return grown;
}

/*
 * The paths of network devices and disks, which other files have read, of functions that something unknown hangs off.
 */
static void add_links(struct use_scan *scan, const bool *wanted)
{
	struct use_build *build = scan->build;
	const struct pci_inventory *inventory = build->graph->inventory;
	char target[512];

	for (uint32_t i = 0; i < inventory->count; i++)
		for (size_t j = 0; wanted[i] && j < inventory->devices[i].netdev_count; j++)
			if (sysroot_read_link(build->root, target, sizeof(target), "sys/class/net/%s",
				    inventory->devices[i].netdevs[j].text) > 0)
				use_attach(scan, i, target);
	for (size_t i = 0; i < build->disk_count; i++) {
		const struct use_disk *disk = &build->disk[i];

		if (disk->function != USE_NONE && wanted[disk->function] &&
			sysroot_read_link(build->root, target, sizeof(target), "sys/class/block/%s", disk->name) > 0)
			use_attach(scan, disk->function, target);
	}
}

static void add_other_uses(struct use_scan *scan)
{
	const struct pci_inventory *inventory = scan->build->graph->inventory;
	cleanup_free bool *wanted = calloc(inventory->count + 1, sizeof(*wanted));

	if (!wanted) {
		scan->build->graph->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < scan->count; i++)
		wanted[scan->at[i].function] |= scan->at[i].text != NULL;
	add_links(scan, wanted);
}

static int rank(char letter)
{
	return !letter ? 0 : letter == '/' ? 1 : 2 + (unsigned char)letter;
}

/* A directory before what is in it, and that together. */
static int compare_paths(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return rank(*one) - rank(*other);
}

static int compare_by_path(const void *a, const void *b)
{
	const struct use_attached *one = a;
	const struct use_attached *other = b;

	if (one->function != other->function)
		return one->function < other->function ? -1 : 1;
	return compare_paths(one->path, other->path);
}

static int compare_by_place(const void *a, const void *b)
{
	const struct use_attached *one = a;
	const struct use_attached *other = b;
	int order = strcmp(one->place ? one->place : "", other->place ? other->place : "");

	if (one->function != other->function)
		return one->function < other->function ? -1 : 1;
	return order ? order : strverscmp(one->name ? one->name : "", other->name ? other->name : "");
}

static size_t end_of(const struct use_scan *scan, size_t first)
{
	const struct use_attached *top = &scan->at[first];
	size_t length = strlen(top->path);
	size_t end = first + 1;

	while (end < scan->count && scan->at[end].function == top->function &&
		!strncmp(scan->at[end].path, top->path, length) && scan->at[end].path[length] == '/')
		end++;
	return end;
}

/* The topmost of those that nothing known lies above or below; sorted by path. */
static void choose(struct use_scan *scan)
{
	size_t next;

	for (size_t i = 0; i < scan->count; i = next) {
		size_t end = end_of(scan, i);
		bool known = !scan->at[i].text;

		for (size_t j = i + 1; j < end && !known; j++)
			known = !scan->at[j].text;
		scan->at[i].said = !known;
		next = !known || scan->at[i].covers ? end : i + 1;
	}
}

/* All of one class or bus that hang off one function, as one. */
static void say(struct use_build *build, const struct use_attached *first, size_t count)
{
	struct use_graph *graph = build->graph;
	const char *subsystem = strchr(first->place, '/') + 1;
	bool on_bus = text_starts_with(first->place, "bus/");
	char names[160] = "";
	size_t used = 0;
	const char *what;

	for (size_t i = 0; i < count && i < NAMES_SHOWN && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", first[i].text);
	if (count == 1)
		what = use_text(
			graph, "a device of %s %s hangs off it (%s)", on_bus ? "bus" : "class", subsystem, names);
	else
		what = use_text(graph, "%zu devices of %s %s hang off it (%s%s)", count, on_bus ? "bus" : "class",
			subsystem, names, count > NAMES_SHOWN ? ", ..." : "");
	use_link(graph, first->function,
		use_add(graph, subsystem, USE_NOTE, use_text(graph, "%s %s", subsystem, names), "%s@%s", first->place,
			graph->node[first->function].name),
		PCI_USER_NOTE, what, NULL);
}

static void say_all(struct use_scan *scan)
{
	size_t count = 0;

	for (size_t i = 0; i < scan->count; i++)
		if (scan->at[i].said)
			scan->at[count++] = scan->at[i];
	if (count)
		qsort(scan->at, count, sizeof(*scan->at), compare_by_place);
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;

		while (end < count && scan->at[end].function == scan->at[i].function &&
			!strcmp(scan->at[end].place, scan->at[i].place))
			end++;
		say(scan->build, &scan->at[i], end - i);
		i = end;
	}
}

void use_say_attached(struct use_scan *scan)
{
	add_other_uses(scan);
	if (!scan->count || scan->build->graph->out_of_memory)
		return;
	qsort(scan->at, scan->count, sizeof(*scan->at), compare_by_path);
	choose(scan);
	say_all(scan);
}
