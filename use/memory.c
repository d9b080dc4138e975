// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of functions that the host uses as its RAM (Documentation/ABI/testing/sysfs-bus-cxl, sysfs-bus-dax): a CXL
 * memory device (memN) has an endpoint with decoders; a region is interleaved over decoders of several endpoints, and a
 * DAX device of it, when driver kmem has it, is RAM that the kernel has put its own pages and those of programs into. A
 * region and its DAX device lie outside the function's directory, so the links and target files of sysfs are followed
 * from one to the next. So do disks and DAX devices of its persistent part, which are below an NVDIMM bus
 * (sysfs-bus-nvdimm).
 *
 * Also mediated devices (sys/bus/mdev): parts of a function that were given away already.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "use/reader.h"

#define CXL "sys/bus/cxl/devices"
#define DAX "sys/bus/dax/devices"
#define ND "sys/bus/nd/devices"

enum {
	TARGET_MAX = 32, /* CXL specification 3.0, section 8.2.4.20: a region has 16 ways at the most */
};

/*
 * "region12" as a directory of a path: the node of that region, or USE_NONE. Regions of NVDIMMs have the same names,
 * and are below an ndbus.
 */
static uint32_t region_of_path(const struct use_build *build, const char *path)
{
	unsigned int region;
	const char *at = strstr(path, "/ndbus") ? NULL : path;

	while (at && (at = strstr(at, "/region"))) {
		if (sscanf(at, "/region%u/", &region) == 1)
			return use_find(build->graph, "cxl:region%u", region);
		at++;
	}
	return USE_NONE;
}

/* The function of a decoder of an endpoint: the one that the endpoint's uport, a memN, lies in. */
static uint32_t function_of_decoder(struct use_build *build, const char *decoder)
{
	char target[512];
	char *at;

	if (sysroot_read_link(build->root, target, sizeof(target), CXL "/%s", decoder) <= 0)
		return USE_NONE;
	at = strrchr(target, '/');
	if (!at)
		return USE_NONE;
	*at = '\0';
	at = strrchr(target, '/');
	if (!at || sysroot_read_link(build->root, target, sizeof(target), CXL "/%s/uport", at + 1) <= 0)
		return USE_NONE;
	return use_function_of_path(build, target);
}

/* Interleaved over its targets, it needs all of them. */
static void read_region(struct use_build *build, const char *name)
{
	uint32_t node = use_add(
		build->graph, "region", USE_CARRIER, use_text(build->graph, "CXL region %s", name), "cxl:%s", name);

	for (unsigned int i = 0; i < TARGET_MAX; i++) {
		char decoder[64];

		if (sysroot_read_text(build->root, decoder, sizeof(decoder), CXL "/%s/target%u", name, i) <= 0)
			break;
		if (decoder[0] && !strchr(decoder, '/'))
			use_link(build->graph, function_of_decoder(build, decoder), node, PCI_USER_NOTE, NULL, NULL);
	}
}

static void read_regions(struct use_build *build)
{
	struct use_names names;

	use_names_read(build, &names, CXL);
	for (size_t i = 0; i < names.count; i++)
		if (text_starts_with(names.name[i], "region"))
			read_region(build, names.name[i]);
	use_names_done(&names);
}

/*
 * A region of NVDIMMs, of which those that are CXL memory devices name them (sysfs-bus-nvdimm): "nmem0,0,1073741824,0".
 */
static void add_dimm(struct use_build *build, uint32_t region, const char *mapping)
{
	char target[512];
	char dimm[32];
	char provider[64];

	if (sscanf(mapping, "%31[^,],", dimm) != 1 || strchr(dimm, '/') ||
		sysroot_read_text(build->root, provider, sizeof(provider), ND "/%s/cxl/provider", dimm) <= 0 ||
		strchr(provider, '/') ||
		sysroot_read_link(build->root, target, sizeof(target), CXL "/%s", provider) <= 0)
		return;
	use_link(build->graph, use_function_of_path(build, target), region, PCI_USER_NOTE, NULL, NULL);
}

/* "…/ndbus0/region2/namespace2.0/…": the node of that region, if functions carry it; or USE_NONE. */
static uint32_t nvdimm_region_of_path(struct use_build *build, const char *path)
{
	const char *at = strstr(path, "/ndbus");
	unsigned int bus, region;
	uint32_t node;

	if (!at || sscanf(at, "/ndbus%u/region%u/", &bus, &region) != 2)
		return USE_NONE;
	node = use_find(build->graph, "nd:region%u", region);
	if (node == USE_NONE)
		node = use_add(build->graph, "region", USE_CARRIER, use_text(build->graph, "NVDIMM region%u", region),
			"nd:region%u", region);
	for (unsigned int i = 0; i < TARGET_MAX && node != USE_NONE; i++) {
		char mapping[96];

		if (sysroot_read_text(build->root, mapping, sizeof(mapping), ND "/region%u/mapping%u", region, i) <= 0)
			break;
		add_dimm(build, node, mapping);
	}
	return node == USE_NONE || build->graph->node[node].first_in == USE_NONE ? USE_NONE : node;
}

/* Persistent memory as a disk, whose path leads through an ndbus and not through a function. */
static void place_pmem(struct use_build *build, const struct use_disk *disk)
{
	char target[512];

	if (disk->function != USE_NONE || !text_starts_with(disk->name, "pmem") ||
		sysroot_read_link(build->root, target, sizeof(target), "sys/class/block/%s", disk->name) <= 0)
		return;
	use_link(build->graph, nvdimm_region_of_path(build, target), disk->node, PCI_USER_NOTE, NULL, NULL);
}

/* With kmem it is RAM; with device_dax a program maps /dev/daxX.Y, and whoever has that open is found by its node. */
static void read_dax(struct use_build *build, const char *name)
{
	struct use_graph *graph = build->graph;
	char target[512];
	char driver[64] = "";
	char size[32] = "";
	uint64_t bytes = 0;
	uint32_t from;

	if (sysroot_read_link(build->root, target, sizeof(target), DAX "/%s", name) <= 0)
		return;
	from = use_function_of_path(build, target);
	if (from == USE_NONE)
		from = region_of_path(build, target);
	if (from == USE_NONE)
		from = nvdimm_region_of_path(build, target);
	if (from == USE_NONE)
		return;
	sysroot_read_link_name(build->root, driver, sizeof(driver), DAX "/%s/driver", name);
	if (strcmp(driver, "kmem") != 0) {
		use_link(graph, from,
			use_add(graph, "process", USE_CARRIER | USE_HELD, use_text(graph, "/dev/%s", name), "dev:%s",
				name),
			PCI_USER_NOTE, NULL, NULL);
		return;
	}
	if (!sysroot_read_u64(build->root, &bytes, DAX "/%s/size", name) && bytes >> 30)
		snprintf(size, sizeof(size), "%llu GiB of ", (unsigned long long)(bytes >> 30));
	use_link(graph, from,
		use_add(graph, "memory", 0, use_text(graph, "%sthis host's RAM (%s)", size, name), "memory:%s", name),
		PCI_USER_BLOCKS,
		use_text(graph, "%sthis host's RAM is on it (%s, System RAM of driver kmem)", size, name), NULL);
}

static void read_mediated(struct use_build *build, const char *name)
{
	char target[512];

	if (sysroot_read_link(build->root, target, sizeof(target), "sys/bus/mdev/devices/%s", name) <= 0)
		return;
	use_link(build->graph, use_function_of_path(build, target),
		use_add(build->graph, "mdev", 0, use_text(build->graph, "mediated device %s", name), "mdev:%s", name),
		PCI_USER_BLOCKS, use_text(build->graph, "mediated device %s is a part of it", name), NULL);
}

void use_read_memory(struct use_build *build)
{
	static const struct {
		const char *bus;
		void (*read)(struct use_build *build, const char *name);
	} buses[] = {
		{ "dax", read_dax },
		{ "mdev", read_mediated },
	};

	read_regions(build);
	for (size_t i = 0; i < build->disk_count; i++)
		place_pmem(build, &build->disk[i]);
	for (size_t i = 0; i < array_size(buses); i++) {
		struct use_names names;

		use_names_read(build, &names, "sys/bus/%s/devices", buses[i].bus);
		for (size_t j = 0; j < names.count && !build->graph->out_of_memory; j++)
			buses[i].read(build, names.name[j]);
		use_names_done(&names);
	}
}
