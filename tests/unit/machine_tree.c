// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a made-up machine, see machine_tree.h: the files of Documentation/ABI/testing/sysfs-bus-pci as Linux 6.12 has
 * them, as far as sluice and lspci read them, and configuration space with the capabilities that decide about groups.
 */
#include "tests/unit/machine_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CLASS_BRIDGE = 0x060400,
	RESOURCES = 13,              /* of a function that can be split: 6 BARs, the ROM, 6 of its VFs */
	RESOURCE_UNSET = 0x20000000, /* the kernel found no place for it */
	VF_RESOURCES = 7,
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "make-tree: error: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Only when the file itself could not be made: most of the time its directory is there. */
static void make_parents(const struct machine_tree *tree, const char *path)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		must(!mkdirat(tree->fd, part, 0755) || errno == EEXIST, part);
	}
}

static void put(const struct machine_tree *tree, const char *path, const void *bytes, size_t size)
{
	int fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 && errno == ENOENT) {
		make_parents(tree, path);
		fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	must(fd >= 0, path);
	must(write(fd, bytes, size) == (ssize_t)size, path);
	close(fd);
}

static void put_link(const struct machine_tree *tree, const char *path, const char *target)
{
	int ret = symlinkat(target, tree->fd, path);

	if (ret && errno == ENOENT) {
		make_parents(tree, path);
		ret = symlinkat(target, tree->fd, path);
	}
	if (ret && errno == EEXIST) {
		unlinkat(tree->fd, path, 0);
		ret = symlinkat(target, tree->fd, path);
	}
	must(!ret, path);
}

#define format_text(buf, fmt)                                                                                          \
	do {                                                                                                           \
		va_list args_;                                                                                         \
		va_start(args_, fmt);                                                                                  \
		must(vsnprintf(buf, sizeof(buf), fmt, args_) < (int)sizeof(buf), fmt);                                 \
		va_end(args_);                                                                                         \
	} while (0)

/* buf has 512 bytes, as all paths here. */
__attribute__((format(printf, 2, 3))) static void fill_text(char *buf, const char *fmt, ...)
{
	char text[512];

	format_text(text, fmt);
	memcpy(buf, text, strlen(text) + 1);
}

void machine_tree_file(struct machine_tree *tree, const char *text, const char *fmt, ...)
{
	char path[512];

	format_text(path, fmt);
	put(tree, path, text, strlen(text));
}

void machine_tree_link(struct machine_tree *tree, const char *target, const char *fmt, ...)
{
	char path[512];

	format_text(path, fmt);
	put_link(tree, path, target);
}

/* A link to something at `to`, both from the tree's top: "../../x". */
static void put_relative(const struct machine_tree *tree, const char *path, const char *to)
{
	char target[768] = "";
	size_t used = 0;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		used += (size_t)snprintf(target + used, sizeof(target) - used, "../");
	snprintf(target + used, sizeof(target) - used, "%s", to);
	put_link(tree, path, target);
}

const char *machine_function_name(const struct machine_function *function, char *buf, size_t size)
{
	snprintf(buf, size, "%04x:%02x:%02x.%x", function->domain, function->bus, function->device, function->function);
	return buf;
}

/* One attribute of the function. */
__attribute__((format(printf, 4, 5))) static void attribute(const struct machine_tree *tree,
	const struct machine_function *function, const char *name, const char *fmt, ...)
{
	char path[512];
	char text[1024];

	format_text(text, fmt);
	fill_text(path, "%s/%s", function->path, name);
	put(tree, path, text, strlen(text));
}

static void put_config(const struct machine_tree *tree, const struct machine_function *function)
{
	uint8_t config[MACHINE_CONFIG_SIZE];
	char path[512];

	fill_text(path, "%s/config", function->path);
	put(tree, path, config, machine_function_config(function, config));
	if (!function->lost)
		return;
	memset(config, 0xff, sizeof(config));
	put(tree, path, config, sizeof(config));
}

/* A function without BARs of its own description has one, somewhere. */
static void put_resources(const struct machine_tree *tree, const struct machine_function *function)
{
	char text[1024] = "";
	size_t used = 0;

	if (!function->bar[0].size) {
		attribute(tree, function, "resource", "0x00000000f%04x000 0x00000000f%04xfff 0x0000000000140204\n",
			(unsigned int)tree->functions & 0xffff, (unsigned int)tree->functions & 0xffff);
		return;
	}
	for (unsigned int i = 0; i < (function->total_vfs ? RESOURCES : VF_RESOURCES); i++) {
		const struct machine_bar *bar = i < MACHINE_BARS ? &function->bar[i] : NULL;

		if (i >= VF_RESOURCES && function->total_vfs)
			bar = &function->vf_bar[i - VF_RESOURCES];
		used += (size_t)snprintf(text + used, sizeof(text) - used, "0x%016llx 0x%016llx 0x%016llx\n",
			bar ? (unsigned long long)bar->start : 0,
			bar && bar->size ? (unsigned long long)(bar->start + bar->size - 1) : 0,
			!bar || !bar->size
				? 0ULL
				: (bar->prefetchable ? 0x14220cULL : 0x40200ULL) | (bar->start ? 0 : RESOURCE_UNSET));
	}
	attribute(tree, function, "resource", "%s", text);
}

static void put_identity(const struct machine_tree *tree, const struct machine_function *function, const char *name)
{
	uint16_t vendor = function->subsystem ? function->subsystem >> 16 : 0x1af4;
	uint16_t device = function->subsystem ? function->subsystem & 0xffff : 0x1100;
	char driver[80] = "", alias[96];

	if (function->driver)
		snprintf(driver, sizeof(driver), "DRIVER=%s\n", function->driver);
	snprintf(alias, sizeof(alias), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", function->vendor_id,
		function->device_id, vendor, device, function->class >> 16, function->class >> 8 & 0xff,
		function->class & 0xff);
	attribute(tree, function, "uevent",
		"%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s\nMODALIAS=%s\n", driver,
		function->class, function->vendor_id, function->device_id, vendor, device, name, alias);
	attribute(tree, function, "modalias", "%s\n", alias);
	attribute(tree, function, "vendor", "0x%04x\n", function->vendor_id);
	attribute(tree, function, "device", "0x%04x\n", function->device_id);
	attribute(tree, function, "class", "0x%06x\n", function->class);
	attribute(tree, function, "subsystem_vendor", "0x%04x\n", vendor);
	attribute(tree, function, "subsystem_device", "0x%04x\n", device);
	attribute(tree, function, "revision", "0x%02x\n", function->revision);
	attribute(tree, function, "irq", "0\n");
	attribute(tree, function, "numa_node", "%d\n", function->node);
	attribute(tree, function, "driver_override", "(null)\n");
	put_resources(tree, function);
	if (function->resets)
		attribute(tree, function, "reset_method", "%s\n", function->resets);
	if (function->class >> 16 == 0x03)
		attribute(tree, function, "boot_vga", "%d\n", function->boot_display);
	if (function->class == CLASS_BRIDGE) {
		attribute(tree, function, "secondary_bus_number", "%u\n", function->secondary);
		attribute(tree, function, "subordinate_bus_number", "%u\n", function->subordinate);
	}
}

static void put_speeds(const struct machine_tree *tree, const struct machine_function *function)
{
	if (!function->width)
		return;
	attribute(tree, function, "current_link_speed", "%u.%u GT/s PCIe\n", function->speed / 1000,
		function->speed / 100 % 10);
	attribute(tree, function, "max_link_speed", "%u.%u GT/s PCIe\n", function->max_speed / 1000,
		function->max_speed / 100 % 10);
	attribute(tree, function, "current_link_width", "%u\n", function->width);
	attribute(tree, function, "max_link_width", "%u\n", function->max_width);
}

static void put_places(const struct machine_tree *tree, const struct machine_function *function, const char *name)
{
	char path[512];
	char target[512];

	fill_text(path, "sys/bus/pci/devices/%s", name);
	put_relative(tree, path, function->path);
	if (function->driver) {
		fill_text(path, "%s/driver", function->path);
		fill_text(target, "sys/bus/pci/drivers/%s", function->driver);
		put_relative(tree, path, target);
		fill_text(path, "sys/bus/pci/drivers/%s/%s", function->driver, name);
		put_relative(tree, path, function->path);
	}
	if (function->group < 0)
		return;
	fill_text(path, "%s/iommu_group", function->path);
	fill_text(target, "sys/kernel/iommu_groups/%d", function->group);
	put_relative(tree, path, target);
	fill_text(path, "sys/kernel/iommu_groups/%d/devices/%s", function->group, name);
	put_relative(tree, path, function->path);
	fill_text(path, "sys/kernel/iommu_groups/%d/type", function->group);
	put(tree, path, "identity\n", strlen("identity\n"));
	fill_text(path, "sys/kernel/iommu_groups/%d/reserved_regions", function->group);
	fill_text(target, "0x00000000fee00000 0x00000000feefffff msi\n");
	put(tree, path, target, strlen(target));
}

static void put_vf(const struct machine_tree *tree, const struct machine_function *function, const char *name)
{
	char path[512];

	fill_text(path, "%s/physfn", function->path);
	put_relative(tree, path, function->pf->path);
	fill_text(path, "%s/virtfn%u", function->pf->path, function->vf_index);
	put_relative(tree, path, function->path);
	attribute(tree, function->pf, "sriov_numvfs", "%u\n", function->vf_index + 1);
	(void)name;
}

static void put_child(
	const struct machine_tree *tree, const struct machine_function *function, const char *class, const char *name)
{
	char path[512];
	char target[512];

	fill_text(target, "%s/%s/%s", function->path, class, name);
	fill_text(path, "%s/uevent", target);
	put(tree, path, "", 0);
	fill_text(path, "sys/class/%s/%s", class, name);
	put_relative(tree, path, target);
	if (strcmp(class, "block"))
		return;
	fill_text(path, "sys/block/%s", name);
	put_relative(tree, path, target);
}

static void fill_path(struct machine_function *function, const char *name)
{
	if (function->parent && function->root_bus)
		snprintf(function->path, sizeof(function->path), "%.150s/%.30s/%s", function->parent->path,
			function->root_bus, name);
	else if (function->parent)
		snprintf(function->path, sizeof(function->path), "%.200s/%s", function->parent->path, name);
	else
		snprintf(function->path, sizeof(function->path), "sys/devices/%.30s/%s", function->root_bus, name);
}

void machine_tree_add(struct machine_tree *tree, struct machine_function *function)
{
	char name[24];

	machine_function_name(function, name, sizeof(name));
	fill_path(function, name);
	put_identity(tree, function, name);
	put_config(tree, function);
	put_speeds(tree, function);
	put_places(tree, function, name);
	if (function->total_vfs) {
		attribute(tree, function, "sriov_totalvfs", "%u\n", function->total_vfs);
		attribute(tree, function, "sriov_numvfs", "0\n");
		attribute(tree, function, "sriov_drivers_autoprobe", "1\n");
	}
	if (function->pf)
		put_vf(tree, function, name);
	if (function->netdev)
		put_child(tree, function, "net", function->netdev);
	if (function->block)
		put_child(tree, function, "block", function->block);
	tree->functions++;
}

void machine_tree_node(struct machine_tree *tree, int node, int socket, int first_cpu, int last_cpu)
{
	char text[64];

	snprintf(text, sizeof(text), "%d-%d\n", first_cpu, last_cpu);
	machine_tree_file(tree, text, "sys/devices/system/node/node%d/cpulist", node);
	snprintf(text, sizeof(text), "0-%d\n", node);
	machine_tree_file(tree, node ? text : "0\n", "sys/devices/system/node/online");
	for (int cpu = first_cpu; cpu <= last_cpu; cpu++) {
		snprintf(text, sizeof(text), "%d\n", socket);
		machine_tree_file(tree, text, "sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
	}
}

void machine_tree_iommu(struct machine_tree *tree)
{
	machine_tree_file(tree, "d2008c40660462\n", "sys/class/iommu/dmar0/intel-iommu/cap");
	machine_tree_file(tree, "f050da\n", "sys/class/iommu/dmar0/intel-iommu/ecap");
	machine_tree_file(tree, "1:0\n", "sys/class/iommu/dmar0/intel-iommu/version");
	machine_tree_file(tree, "            CPU0\n 24:          0  IR-PCI-MSI-0000:00:1c.0    0-edge      PCIe PME\n",
		"proc/interrupts");
}

void machine_tree_open(struct machine_tree *tree, const char *dir)
{
	must(!mkdir(dir, 0755) || errno == EEXIST, dir);
	*tree = (struct machine_tree){ .fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	must(tree->fd >= 0, dir);
}

void machine_tree_close(struct machine_tree *tree)
{
	close(tree->fd);
}
