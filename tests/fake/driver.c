// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drivers and whom they drive, as drivers/base/dd.c, drivers/base/bus.c and drivers/pci/pci-driver.c decide it:
 * driver_override before ids; a VF is probed only when its PF's autoprobe is on, or it has an override; a probe of the
 * bus is a success whether a driver took the device or not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/kernel.h"

struct driver *driver_find(const struct kernel *kernel, const char *name)
{
	struct driver *driver = kernel->drivers;

	while (driver && strcmp(driver->name, name) != 0)
		driver = driver->next;
	return driver;
}

struct driver *driver_new(struct kernel *kernel, const char *name)
{
	struct driver *driver = driver_find(kernel, name);

	if (driver)
		return driver;
	driver = calloc(1, sizeof(*driver));
	if (!driver)
		abort();
	snprintf(driver->name, sizeof(driver->name), "%.31s", name);
	driver->next = kernel->drivers;
	kernel->drivers = driver;
	driver->dir = tree_dir(kernel->tree, "sys/bus/pci/drivers/%s", name);
	driver->dir->role = ROLE_DRIVER;
	driver->dir->owner = driver;
	attribute_add_files(kernel, driver->dir);
	return driver;
}

/* pci_match_device(). */
static bool matches(const struct driver *driver, const struct function *function)
{
	if (function->override[0])
		return !strcmp(function->override, driver->name);
	for (size_t i = 0; i < driver->id_count; i++)
		if (driver->id[i].vendor == function->vendor && driver->id[i].device == function->device)
			return true;
	return false;
}

/* pci_device_can_probe(). */
static bool may_probe(const struct function *function)
{
	return !function->pf || function->pf->autoprobe || function->override[0];
}

static void show_vfio(struct kernel *kernel, const struct function *function)
{
	struct node *dir;
	char name[16];

	while (tree_at(kernel->tree, "sys/class/vfio-dev/vfio%u", kernel->vfio_hint))
		kernel->vfio_hint++;
	snprintf(name, sizeof(name), "vfio%u", kernel->vfio_hint++);
	dir = node_add(kernel->tree, node_add(kernel->tree, function->dir, "vfio-dev", NODE_DIR), name, NODE_DIR);
	node_link(kernel->tree, tree_dir(kernel->tree, "sys/class/vfio-dev"), name, dir);
	snprintf(name, sizeof(name), "%d", function->group);
	node_add(kernel->tree, tree_dir(kernel->tree, "dev/vfio"), name, NODE_CHAR);
}

/* The group's node stays while another of its functions is with VFIO. */
static void hide_vfio(struct kernel *kernel, struct function *function)
{
	struct node *dir = node_find(kernel->tree, function->dir, "vfio-dev");
	char name[16];
	unsigned int index;

	if (dir && sscanf(dir->child->name, "vfio%u", &index) == 1 && index < kernel->vfio_hint)
		kernel->vfio_hint = index;
	if (dir) {
		node_remove_named(kernel->tree, tree_at(kernel->tree, "sys/class/vfio-dev"), dir->child->name);
		node_remove(kernel->tree, dir);
	}
	for (const struct function *other = kernel->functions; other; other = other->next)
		if (other != function && other->group == function->group && other->driver && other->driver->any)
			return;
	snprintf(name, sizeof(name), "%d", function->group);
	node_remove_named(kernel->tree, tree_at(kernel->tree, "dev/vfio"), name);
}

int driver_bind(struct kernel *kernel, struct driver *driver, struct function *function)
{
	if (driver->refuses || !may_probe(function))
		return -ENODEV;
	/* VFIO wants a group: vfio_pci_core_register_device(). */
	if (driver->any && function->group < 0)
		return -EINVAL;
	function->driver = driver;
	function_show_driver(kernel, function);
	netdev_show(kernel, function);
	if (driver->any)
		show_vfio(kernel, function);
	return 0;
}

void driver_unbind(struct kernel *kernel, struct function *function)
{
	struct driver *driver = function->driver;

	if (!driver)
		return;
	/* A PF's driver takes its VFs away when it goes. */
	if (driver->splits && function->count)
		sriov_remove(kernel, function);
	netdev_hide(kernel, function);
	if (driver->any)
		hide_vfio(kernel, function);
	node_remove_named(kernel->tree, driver->dir, function->name);
	function->driver = NULL;
	function_show_driver(kernel, function);
}

/* A write of a function's name to a driver's bind: device_driver_attach(). */
int driver_attach(struct kernel *kernel, struct driver *driver, struct function *function)
{
	if (!matches(driver, function))
		return -ENODEV;
	return function->driver ? -EBUSY : driver_bind(kernel, driver, function);
}

/* device_attach(): the first driver that matches and whose probe succeeds. Nobody is no error. */
int driver_probe(struct kernel *kernel, struct function *function)
{
	if (function->driver)
		return 0;
	for (struct driver *driver = kernel->drivers; driver; driver = driver->next)
		if (matches(driver, function) && !driver_bind(kernel, driver, function))
			break;
	return 0;
}
