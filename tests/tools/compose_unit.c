// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOMMU units of a described host, and what ties its functions to them.
 *
 *	unit NAME vendor=intel address=HEX cap=HEX ecap=HEX [version=1:0] [all]
 *	unit NAME vendor=amd pci=ADDRESS cap=HEX features=HEX:HEX [all]
 *	unit ADDRESS vendor=virtio pci=ADDRESS [all]
 *		all: it has every function that names no unit. On a host without any unit there are no groups.
 */
#include <stdio.h>
#include <string.h>

#include "tests/tools/compose.h"

static void build_intel(struct compose *compose, const char *name)
{
	static const char *const attributes[] = { "address", "cap", "ecap", "version" };
	char text[64];

	for (size_t i = 0; i < 4; i++) {
		const char *value = compose_value(compose, attributes[i]);

		snprintf(text, sizeof(text), "%s\n", value ? value : "1:0");
		machine_tree_file(
			&compose->tree, text, "sys/devices/virtual/iommu/%s/intel-iommu/%s", name, attributes[i]);
	}
	snprintf(text, sizeof(text), "../../devices/virtual/iommu/%s", name);
	machine_tree_link(&compose->tree, text, "sys/class/iommu/%s", name);
}

static void build_in_function(struct compose *compose, const char *name, bool virtio)
{
	static const char *const attributes[] = { "cap", "features" };
	const char *pci = compose_value(compose, "pci");
	const struct compose_function *function = pci ? compose_find(compose, pci) : NULL;
	char text[512];

	if (!function)
		compose_stop(compose, "this unit needs pci=ADDRESS, a function of this host");
	for (size_t i = 0; i < 2 && !virtio; i++) {
		const char *value = compose_value(compose, attributes[i]);

		snprintf(text, sizeof(text), "%s\n", value ? value : "0");
		machine_tree_file(
			&compose->tree, text, "%s/iommu/%s/amd-iommu/%s", function->made.path, name, attributes[i]);
	}
	if (virtio)
		machine_tree_file(&compose->tree, "0\n", "%s/iommu/%s/power/async", function->made.path, name);
	snprintf(text, sizeof(text), "../../%s/iommu/%s", function->made.path + strlen("sys/"), name);
	machine_tree_link(&compose->tree, text, "sys/class/iommu/%s", name);
}

void compose_unit(struct compose *compose)
{
	struct compose_unit *unit = &compose->unit[compose->unit_count];
	const char *vendor = compose_value(compose, "vendor");

	if (compose->word_count < 3 || !vendor)
		compose_stop(compose, "a unit is NAME vendor=intel|amd|virtio");
	if (compose->building) {
		if (strcmp(vendor, "intel") != 0)
			build_in_function(compose, compose->word[1], !strcmp(vendor, "virtio"));
		else
			build_intel(compose, compose->word[1]);
		return;
	}
	if (compose->unit_count == COMPOSE_UNITS)
		compose_stop(compose, "too many units");
	snprintf(unit->name, sizeof(unit->name), "%s", compose->word[1]);
	unit->amd = !strcmp(vendor, "amd");
	unit->virtio = !strcmp(vendor, "virtio");
	unit->all = compose_has(compose, "all");
	if (compose_value(compose, "pci"))
		snprintf(unit->pci, sizeof(unit->pci), "%s", compose_value(compose, "pci"));
	compose->unit_count++;
}

static const struct compose_unit *unit_of(const struct compose *compose, const struct compose_function *function)
{
	for (size_t i = 0; i < compose->unit_count; i++)
		if (function->unit[0] ? !strcmp(compose->unit[i].name, function->unit) : compose->unit[i].all)
			return &compose->unit[i];
	return NULL;
}

/* Its unit, from both sides; without one of its own, that which has all the others. */
static void put_unit(struct compose *compose, const struct compose_function *function)
{
	const struct compose_unit *unit = unit_of(compose, function);
	char above[512] = "sys/devices/virtual", path[512], target[1152] = "";

	if (!unit || function->made.group < 0)
		return;
	if ((unit->amd || unit->virtio) && compose_find(compose, unit->pci))
		snprintf(above, sizeof(above), "%s", compose_find(compose, unit->pci)->made.path);
	snprintf(path, sizeof(path), "%s/iommu", function->made.path);
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		strcat(target, "../");
	strcat(target, above);
	snprintf(target + strlen(target), sizeof(target) - strlen(target), "/iommu/%s", unit->name);
	machine_tree_link(&compose->tree, target, "%s", path);
	snprintf(path, sizeof(path), "%s/iommu/%s/devices/%s", above, unit->name, function->name);
	target[0] = '\0';
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		strcat(target, "../");
	strcat(target, function->made.path);
	machine_tree_link(&compose->tree, target, "%s", path);
}

/* The MSI window, on AMD's also HyperTransport's, and what the firmware reserves for the function. */
static void put_reserved(struct compose *compose, const struct compose_function *function)
{
	bool amd = compose->unit_count && compose->unit[0].amd;
	char text[256];

	if ((!function->reserved[0] && !amd) || function->made.group < 0)
		return;
	snprintf(text, sizeof(text), "%s%s0x00000000fee00000 0x00000000feefffff msi\n%s", function->reserved,
		function->reserved[0] ? "\n" : "", amd ? "0x000000fd00000000 0x000000ffffffffff reserved\n" : "");
	machine_tree_file(&compose->tree, text, "sys/kernel/iommu_groups/%d/reserved_regions", function->made.group);
}

void compose_confine(struct compose *compose, const struct compose_function *function)
{
	put_unit(compose, function);
	put_reserved(compose, function);
}
