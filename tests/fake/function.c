// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI functions: those that the described host has, and VFs that come and go. A function is shown as its directory
 * below its bus, and by links from bus/pci/devices, its group and its IOMMU (Documentation/ABI/testing/sysfs-bus-pci,
 * sysfs-kernel-iommu_groups). A VF has what its PF's directory has, with its own addresses.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/kernel.h"

enum {
	PATH_SIZE = 1024,
	CONFIG_MAX = 4096,
	CAP_SRIOV = 0x10,
	SRIOV_TOTAL = 0x0e, /* TotalVFs (PCIe 6.0, 9.3.3.6) */
	RESOURCE_LINE = 57,
	IOV_BARS = 6,
	IOV_FIRST = 7, /* lines of `resource`: six BARs, the ROM, the VFs' */
};

#define GROUPS "sys/kernel/iommu_groups"

struct function *function_find(const struct kernel *kernel, const char *name)
{
	struct function *function = kernel->functions;

	while (function && strcmp(function->name, name) != 0)
		function = function->next;
	return function;
}

static unsigned int number_in(const struct kernel *kernel, const struct function *function, const char *attribute)
{
	const struct node *node = node_find(kernel->tree, function->dir, attribute);

	return node ? (unsigned int)strtoul(node->data, NULL, 0) : 0;
}

void function_show_number(struct kernel *kernel, struct function *function, const char *attribute, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", number);
	node_set_text(node_add(kernel->tree, function->dir, attribute, NODE_FILE), text);
}

/* The last component of a link's target; "": no such link. */
static const char *link_name(const struct kernel *kernel, const struct function *function, const char *name)
{
	const struct node *node = node_find(kernel->tree, function->dir, name);
	const char *slash = node ? strrchr(node->data, '/') : NULL;

	return slash ? slash + 1 : "";
}

static void take_netdev(struct kernel *kernel, struct function *function)
{
	const struct node *dir = node_find(kernel->tree, function->dir, "net");
	const struct node *node = dir ? dir->child : NULL;
	const struct node *mac = node ? node_find(kernel->tree, node, "address") : NULL;
	const struct node *index = node ? node_find(kernel->tree, node, "ifindex") : NULL;
	const struct node *flags = node ? node_find(kernel->tree, node, "flags") : NULL;
	struct netdev *net = &function->net;

	if (!node)
		return;
	snprintf(net->name, sizeof(net->name), "%s", node->name);
	net->index = index ? (unsigned int)strtoul(index->data, NULL, 0) : kernel->next_index;
	net->up = flags && (strtoul(flags->data, NULL, 0) & 1);
	if (mac)
		sscanf(mac->data, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &net->mac[0], &net->mac[1], &net->mac[2],
			&net->mac[3], &net->mac[4], &net->mac[5]);
	if (net->index >= kernel->next_index)
		kernel->next_index = net->index + 1;
}

static void take_numbers(struct kernel *kernel, struct function *function)
{
	function->vendor = number_in(kernel, function, "vendor");
	function->device = number_in(kernel, function, "device");
	function->sub_vendor = number_in(kernel, function, "subsystem_vendor");
	function->sub_device = number_in(kernel, function, "subsystem_device");
	function->class = number_in(kernel, function, "class");
	function->total = number_in(kernel, function, "sriov_totalvfs");
	function->count = number_in(kernel, function, "sriov_numvfs");
	function->offset = number_in(kernel, function, "sriov_offset");
	function->stride = number_in(kernel, function, "sriov_stride");
	function->vf_device = function->device;
	function->vf_class = function->class;
	function->autoprobe = true;
	function->group = -1;
}

static void take_function(struct kernel *kernel, struct node *dir)
{
	struct function *function = calloc(1, sizeof(*function));
	struct function **last = &kernel->functions;
	const char *group;

	if (!function)
		abort();
	while (*last)
		last = &(*last)->next;
	*last = function;
	snprintf(function->name, sizeof(function->name), "%.15s", dir->name);
	function->dir = dir;
	function->parent = dir->parent;
	dir->role = ROLE_FUNCTION;
	dir->owner = function;
	take_numbers(kernel, function);
	function->lasting = function->class >> 16 == 6;
	group = link_name(kernel, function, "iommu_group");
	if (*group)
		function->group = atoi(group);
	if (*link_name(kernel, function, "driver"))
		function->driver = driver_new(kernel, link_name(kernel, function, "driver"));
	take_netdev(kernel, function);
	attribute_add_files(kernel, dir);
}

/* VFs that were there when the host was described. */
static void take_vfs(struct kernel *kernel, struct function *pf)
{
	char name[32];

	if (!pf->total)
		return;
	pf->vf = calloc(pf->total, sizeof(*pf->vf));
	pf->attributes = calloc(pf->total, sizeof(*pf->attributes));
	for (unsigned int i = 0; i < pf->count && pf->vf; i++) {
		snprintf(name, sizeof(name), "virtfn%u", i);
		pf->vf[i] = function_find(kernel, link_name(kernel, pf, name));
		if (!pf->vf[i])
			abort();
		pf->vf[i]->pf = pf;
		pf->vf[i]->index = i;
	}
}

void function_take_over(struct kernel *kernel)
{
	struct node *devices = tree_at(kernel->tree, "sys/bus/pci/devices");

	for (struct node *link = devices ? devices->child : NULL; link; link = link->next) {
		const char *path = strstr(link->data, "devices/");
		struct node *dir = path ? tree_at(kernel->tree, "sys/%s", path) : NULL;

		if (dir)
			take_function(kernel, dir);
	}
	for (struct function *function = kernel->functions; function; function = function->next)
		take_vfs(kernel, function);
}

/* uevent says who drives it (pci_uevent(), dev_uevent()). */
static void show_uevent(struct kernel *kernel, struct function *function)
{
	char text[512];
	unsigned int class = function->class;

	snprintf(text, sizeof(text),
		"%s%s%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s\n"
		"MODALIAS=pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n",
		function->driver ? "DRIVER=" : "", function->driver ? function->driver->name : "",
		function->driver ? "\n" : "", class, function->vendor, function->device, function->sub_vendor,
		function->sub_device, function->name, function->vendor, function->device, function->sub_vendor,
		function->sub_device, class >> 16, (class >> 8) & 0xff, class & 0xff);
	node_set_text(node_add(kernel->tree, function->dir, "uevent", NODE_FILE), text);
}

void function_show_driver(struct kernel *kernel, struct function *function)
{
	node_remove_named(kernel->tree, function->dir, "driver");
	if (function->driver) {
		node_link(kernel->tree, function->dir, "driver", function->driver->dir);
		node_link(kernel->tree, function->driver->dir, function->name, function->dir);
	}
	show_uevent(kernel, function);
}

/* The lowest that is free, as the kernel's ida gives it; below group_hint there is none. */
static int free_group(struct kernel *kernel)
{
	while (tree_at(kernel->tree, GROUPS "/%d", kernel->group_hint))
		kernel->group_hint++;
	return kernel->group_hint++;
}

static void show_group(struct kernel *kernel, struct function *function)
{
	struct node *dir, *devices;

	if (function->group == GROUP_OWN)
		function->group = free_group(kernel);
	if (function->group < 0)
		return;
	dir = tree_dir(kernel->tree, GROUPS "/%d", function->group);
	devices = node_add(kernel->tree, dir, "devices", NODE_DIR);
	if (!devices->child) {
		tree_file(kernel->tree, "DMA-FQ\n", GROUPS "/%d/type", function->group);
		tree_file(kernel->tree, "0x00000000fee00000 0x00000000feefffff msi\n", GROUPS "/%d/reserved_regions",
			function->group);
	}
	node_link(kernel->tree, devices, function->name, function->dir);
	node_link(kernel->tree, function->dir, "iommu_group", dir);
}

static void hide_group(struct kernel *kernel, const struct function *function)
{
	struct node *dir = tree_at(kernel->tree, GROUPS "/%d", function->group);
	struct node *devices = dir ? node_find(kernel->tree, dir, "devices") : NULL;

	node_remove_named(kernel->tree, devices, function->name);
	if (!devices || devices->child)
		return;
	node_remove(kernel->tree, dir);
	if (function->group < kernel->group_hint)
		kernel->group_hint = function->group;
}

/* The unit that the PF has is its VFs' too. */
static void show_unit(struct kernel *kernel, struct function *function)
{
	const struct node *iommu = function->pf ? node_find(kernel->tree, function->pf->dir, "iommu") : NULL;
	const char *slash = iommu ? strrchr(iommu->data, '/') : NULL;
	struct node *unit = slash ? tree_at(kernel->tree, "sys/devices/virtual/iommu%s", slash) : NULL;
	struct node *devices = unit ? node_find(kernel->tree, unit, "devices") : NULL;

	if (!devices)
		return;
	node_link(kernel->tree, function->dir, "iommu", unit);
	node_link(kernel->tree, devices, function->name, function->dir);
}

static void hide_unit(struct kernel *kernel, const struct function *function)
{
	const struct node *iommu = node_find(kernel->tree, function->dir, "iommu");
	const char *slash = iommu ? strrchr(iommu->data, '/') : NULL;

	if (slash)
		node_remove_named(kernel->tree, tree_at(kernel->tree, "sys/devices/virtual/iommu%s/devices", slash),
			function->name);
}

/* Configuration space of a VF: vendor and device are ones, no BARs, no extended capabilities. */
static void show_config(struct kernel *kernel, const struct function *vf)
{
	const struct node *of_pf = node_find(kernel->tree, vf->pf->dir, "config");
	uint8_t config[CONFIG_MAX] = { 0 };

	if (!of_pf)
		return;
	memcpy(config, of_pf->data, of_pf->size < 256 ? of_pf->size : 256);
	memset(config, 0xff, 4);
	memset(config + 0x10, 0, 24);
	node_set(node_add(kernel->tree, vf->dir, "config", NODE_FILE), config, of_pf->size);
}

/* How many VFs the PF's SR-IOV BARs are for: TotalVFs of its capability. */
static unsigned int total_of_capability(const struct kernel *kernel, const struct function *pf)
{
	const struct node *config = node_find(kernel->tree, pf->dir, "config");
	size_t at = 256;
	uint32_t header;
	uint16_t total;

	while (config && at >= 256 && at + SRIOV_TOTAL + 2 <= config->size) {
		memcpy(&header, config->data + at, sizeof(header));
		header = le32toh(header);
		if ((header & 0xffff) == CAP_SRIOV) {
			memcpy(&total, config->data + at + SRIOV_TOTAL, sizeof(total));
			return le16toh(total);
		}
		at = header >> 20;
	}
	return pf->total;
}

static void show_resource(struct kernel *kernel, const struct function *vf)
{
	const struct node *of_pf = node_find(kernel->tree, vf->pf->dir, "resource");
	unsigned int total = total_of_capability(kernel, vf->pf);
	char text[RESOURCE_LINE * 13 + 1];
	size_t used = 0;

	if (!of_pf || !total)
		return;
	for (unsigned int i = 0; i < 13; i++) {
		const char *line = of_pf->size >= (IOV_FIRST + i + 1) * (size_t)RESOURCE_LINE && i < IOV_BARS
					   ? of_pf->data + (size_t)(IOV_FIRST + i) * RESOURCE_LINE
					   : NULL;
		unsigned long long start = 0, end = 0, flags = 0, size;

		if (line && sscanf(line, "%llx %llx %llx", &start, &end, &flags) == 3 && end > start) {
			size = (end - start + 1) / total;
			start += size * vf->index;
			end = start + size - 1;
		}
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "0x%016llx 0x%016llx 0x%016llx\n", start, end, flags);
	}
	node_set_text(node_add(kernel->tree, vf->dir, "resource", NODE_FILE), text);
}

static void show_id(
	struct kernel *kernel, const struct function *function, const char *name, int digits, unsigned int value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%0*x\n", digits, value);
	node_set_text(node_add(kernel->tree, function->dir, name, NODE_FILE), text);
}

/* What a VF does not have from its PF. */
static bool is_pf_only(const char *name)
{
	static const char *const names[] = { "rom", "boot_vga", "config", "resource", "uevent", "modalias" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return !strncmp(name, "sriov_", 6);
}

/* The files of a function and of its folder "power". */
static void copy_files(struct kernel *kernel, const struct node *from, struct node *to, bool for_vf)
{
	for (const struct node *node = from->child; node; node = node->next) {
		if (node->kind == NODE_FILE && !(for_vf && is_pf_only(node->name)))
			node_set(node_add(kernel->tree, to, node->name, NODE_FILE), node->data, node->size);
		else if (node->kind == NODE_DIR && !strcmp(node->name, "power"))
			copy_files(kernel, node, node_add(kernel->tree, to, "power", NODE_DIR), for_vf);
	}
}

/* A function that is removed is found again with what it has. */
static void keep_files(struct kernel *kernel, const struct function *function)
{
	copy_files(kernel, function->dir, tree_dir(kernel->tree, "removed/%s", function->name), false);
}

static void show_kept_files(struct kernel *kernel, struct function *function)
{
	struct node *kept = tree_at(kernel->tree, "removed/%s", function->name);

	if (!kept)
		return;
	copy_files(kernel, kept, function->dir, false);
	node_remove(kernel->tree, kept);
	function->override[0] = '\0';
	node_set_text(node_add(kernel->tree, function->dir, "driver_override", NODE_FILE), "(null)\n");
	function->autoprobe = true;
	if (function->total)
		function_show_number(kernel, function, "sriov_drivers_autoprobe", 1);
}

static void show_vf_files(struct kernel *kernel, struct function *vf)
{
	char modalias[80];

	copy_files(kernel, vf->pf->dir, vf->dir, true);
	show_id(kernel, vf, "device", 4, vf->device);
	show_id(kernel, vf, "class", 6, vf->class);
	snprintf(modalias, sizeof(modalias), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", vf->vendor, vf->device,
		vf->sub_vendor, vf->sub_device, vf->class >> 16, (vf->class >> 8) & 0xff, vf->class & 0xff);
	node_set_text(node_add(kernel->tree, vf->dir, "modalias", NODE_FILE), modalias);
	node_set_text(node_add(kernel->tree, vf->dir, "driver_override", NODE_FILE), "(null)\n");
	show_config(kernel, vf);
	show_resource(kernel, vf);
}

struct function *function_new_vf(struct kernel *kernel, struct function *pf, unsigned int index)
{
	struct function *vf = calloc(1, sizeof(*vf));
	unsigned int domain, bus, device, function, at;

	if (!vf || sscanf(pf->name, "%x:%x:%x.%x", &domain, &bus, &device, &function) != 4)
		abort();
	at = (bus << 8 | device << 3 | function) + pf->offset + index * pf->stride;
	*vf = (struct function){ .pf = pf,
		.index = index,
		.parent = pf->parent,
		.vendor = pf->vendor,
		.device = pf->vf_device,
		.sub_vendor = pf->sub_vendor,
		.sub_device = pf->sub_device,
		.class = pf->vf_class,
		.autoprobe = true };
	snprintf(vf->name, sizeof(vf->name), "%04x:%02x:%02x.%u", domain & 0xffff, (at >> 8) & 0xff, (at >> 3) & 0x1f,
		at & 7);
	vf->group = pf->group < 0 || pf->groups_with_pf ? pf->group : GROUP_OWN;
	vf->next = kernel->functions;
	kernel->functions = vf;
	return vf;
}

void function_show(struct kernel *kernel, struct function *function)
{
	char link[32];

	function->dir = node_add(kernel->tree, function->parent, function->name, NODE_DIR);
	function->dir->role = ROLE_FUNCTION;
	function->dir->owner = function;
	if (function->pf)
		show_vf_files(kernel, function);
	else
		show_kept_files(kernel, function);
	attribute_add_files(kernel, function->dir);
	show_uevent(kernel, function);
	show_group(kernel, function);
	show_unit(kernel, function);
	node_link(kernel->tree, function->dir, "subsystem", tree_dir(kernel->tree, "sys/bus/pci"));
	node_link(kernel->tree, tree_dir(kernel->tree, "sys/bus/pci/devices"), function->name, function->dir);
	if (!function->pf)
		return;
	snprintf(link, sizeof(link), "virtfn%u", function->index);
	node_link(kernel->tree, function->pf->dir, link, function->dir);
	node_link(kernel->tree, function->dir, "physfn", function->pf->dir);
}

void function_hide(struct kernel *kernel, struct function *function)
{
	char link[32];

	if (!function->dir)
		return;
	driver_unbind(kernel, function);
	hide_unit(kernel, function);
	hide_group(kernel, function);
	node_remove_named(kernel->tree, tree_at(kernel->tree, "sys/bus/pci/devices"), function->name);
	if (function->pf && function->pf->dir) {
		snprintf(link, sizeof(link), "virtfn%u", function->index);
		node_remove_named(kernel->tree, function->pf->dir, link);
	}
	if (!function->pf)
		keep_files(kernel, function);
	node_remove(kernel->tree, function->dir);
	function->dir = NULL;
}

void function_free(struct kernel *kernel, struct function *function)
{
	struct function **at = &kernel->functions;

	attribute_forget(kernel, function);
	function_hide(kernel, function);
	while (*at != function)
		at = &(*at)->next;
	*at = function->next;
	free(function->vf);
	free(function->attributes);
	free(function);
}
