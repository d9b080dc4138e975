// SPDX-License-Identifier: GPL-2.0-or-later
/* What devlink and sysfs say of one eswitch, put together; see eswitch.h. */
#include "sriov/eswitch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/eswitch_offload.h"

#define DEVICE "sys/bus/%s/devices/%s"

enum {
	VFS_MAX = 65535,
};

/* A part of a path: letters, digits, and what addresses and names of devices have. */
static bool is_part(const char *text, size_t length, size_t room)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:._-";

	return length && length < room && strspn(text, allowed) >= length && text[0] != '.';
}

bool eswitch_handle_parse(const char *text, struct devlink_handle *ret_handle)
{
	const char *slash = strchr(text, '/');
	struct devlink_handle handle = { 0 };

	if (!slash || !is_part(text, (size_t)(slash - text), sizeof(handle.bus)) ||
		!is_part(slash + 1, strlen(slash + 1), sizeof(handle.name)))
		return false;
	memcpy(handle.bus, text, (size_t)(slash - text));
	memcpy(handle.name, slash + 1, strlen(slash + 1));
	*ret_handle = handle;
	return true;
}

struct devlink_handle eswitch_handle_pci(struct pci_addr addr)
{
	struct devlink_handle handle = { .bus = "pci" };
	char name[PCI_ADDR_TEXT_SIZE];

	text_copy(handle.name, sizeof(handle.name), pci_addr_text(addr, name));
	return handle;
}

bool eswitch_handle_netdev(const struct sysroot *root, const char *netdev, struct devlink_handle *ret_handle)
{
	struct devlink_handle handle = { 0 };

	if (!is_part(netdev, strlen(netdev), 16) ||
		sysroot_read_link_name(
			root, handle.bus, sizeof(handle.bus), "sys/class/net/%s/device/subsystem", netdev) < 0 ||
		sysroot_read_link_name(root, handle.name, sizeof(handle.name), "sys/class/net/%s/device", netdev) < 0)
		return false;
	*ret_handle = handle;
	return true;
}

/* The device's own network device: the one that is no representor of another function. */
static void find_netdev(const struct sysroot *root, struct eswitch *eswitch)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, DEVICE "/net", eswitch->handle.bus, eswitch->handle.name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct representor_port port;
		char name[32];

		if (entry->d_name[0] == '.' || (sysroot_read_text(root, name, sizeof(name),
							"sys/class/net/%s/phys_port_name", entry->d_name) > 0 &&
						       representor_port_parse(name, &port) &&
						       (port.vf != REPRESENTOR_NONE || port.sf != REPRESENTOR_NONE)))
			continue;
		/* The first by name, whatever order the directory has. */
		if (!eswitch->netdev[0] || strcmp(entry->d_name, eswitch->netdev) < 0)
			text_copy(eswitch->netdev, sizeof(eswitch->netdev), entry->d_name);
	}
}

static uint16_t read_id(const struct sysroot *root, const struct eswitch *eswitch, const char *attribute)
{
	uint64_t value = 0;

	sysroot_read_u64(root, &value, DEVICE "/%s", eswitch->handle.bus, eswitch->handle.name, attribute);
	return value <= UINT16_MAX ? (uint16_t)value : 0;
}

static int read_device(const struct sysroot *root, struct eswitch *eswitch, struct error *err)
{
	const char *bus = eswitch->handle.bus, *name = eswitch->handle.name;
	char text[DEVLINK_HANDLE_TEXT_SIZE];
	uint64_t vfs = 0;

	if (!sysroot_exists(root, DEVICE, bus, name)) {
		fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no device %s",
			devlink_handle_text(&eswitch->handle, text));
		return fail_hint(err, "`sluice eswitch list` shows those with an eswitch");
	}
	eswitch->has_addr = !strcmp(bus, "pci") && !pci_addr_parse(name, &eswitch->addr);
	if (sysroot_read_link_name(root, eswitch->driver, sizeof(eswitch->driver), DEVICE "/driver", bus, name) < 0)
		eswitch->driver[0] = '\0';
	eswitch->vendor_id = eswitch->has_addr ? read_id(root, eswitch, "vendor") : 0;
	eswitch->device_id = eswitch->has_addr ? read_id(root, eswitch, "device") : 0;
	eswitch->can_vfs = !sysroot_read_u64(root, &vfs, DEVICE "/sriov_numvfs", bus, name) && vfs <= VFS_MAX;
	eswitch->vf_count = eswitch->can_vfs ? (unsigned int)vfs : 0;
	find_netdev(root, eswitch);
	eswitch->tc_offload = eswitch_offload_read(root, eswitch->netdev);
	if (eswitch->netdev[0])
		representor_switch_id(root, eswitch->netdev, eswitch->switch_id, sizeof(eswitch->switch_id));
	return 0;
}

static bool port_is_vf(const struct eswitch *eswitch, size_t port, unsigned int vf)
{
	const struct devlink_port *one = &eswitch->ports[port];

	return one->flavour == DEVLINK_FLAVOUR_PCI_VF && one->vf == (int)vf && one->external != 1 &&
	       one->controller <= 0;
}

static int find_port(const struct eswitch *eswitch, unsigned int vf)
{
	for (size_t i = 0; i < eswitch->port_count; i++)
		if (port_is_vf(eswitch, i, vf))
			return (int)i;
	return -1;
}

static int find_rate(const struct eswitch *eswitch, int port)
{
	for (size_t i = 0; port >= 0 && i < eswitch->rate_count; i++)
		if (!eswitch->rates[i].is_node && eswitch->rates[i].port == eswitch->ports[port].index)
			return (int)i;
	return -1;
}

/*
 * By devlink's word for it where there is one, else by the port's name; a card whose ports share a switch numbers its
 * PFs, and the PF's own number is that of its function.
 */
static int find_representor(const struct eswitch *eswitch, unsigned int vf, int port)
{
	for (size_t i = 0; i < eswitch->representor_count; i++) {
		const struct representor *one = &eswitch->representors[i];

		if (port >= 0 && eswitch->ports[port].netdev[0]) {
			if (!strcmp(one->netdev, eswitch->ports[port].netdev))
				return (int)i;
			continue;
		}
		if (one->port.vf == (int)vf && one->port.controller <= 0 &&
			(!eswitch->has_addr || one->port.pf == eswitch->addr.function))
			return (int)i;
	}
	return -1;
}

static void read_vf(
	const struct sysroot *root, const struct eswitch *eswitch, unsigned int index, struct eswitch_vf *ret_vf)
{
	char name[PCI_ADDR_TEXT_SIZE + 16] = "";

	ret_vf->has_addr = eswitch->has_addr &&
			   !sysroot_read_link_name(root, name, sizeof(name), DEVICE "/virtfn%u", eswitch->handle.bus,
				   eswitch->handle.name, index) &&
			   !pci_addr_parse(name, &ret_vf->addr);
	if (!ret_vf->has_addr ||
		sysroot_read_link_name(root, ret_vf->driver, sizeof(ret_vf->driver), DEVICE "/driver", "pci", name) < 0)
		ret_vf->driver[0] = '\0';
	ret_vf->port = find_port(eswitch, index);
	ret_vf->rate = find_rate(eswitch, ret_vf->port);
	ret_vf->representor = find_representor(eswitch, index, ret_vf->port);
}

static int read_vfs(const struct sysroot *root, struct eswitch *eswitch, struct error *err)
{
	eswitch->vfs = calloc(eswitch->vf_count + 1, sizeof(*eswitch->vfs));
	if (!eswitch->vfs)
		return fail(err, ENOMEM, "read VFs");
	for (unsigned int i = 0; i < eswitch->vf_count; i++)
		read_vf(root, eswitch, i, &eswitch->vfs[i]);
	return 0;
}

static int read_all(const struct sysroot *root, struct devlink *devlink, struct eswitch *eswitch, struct error *err)
{
	int ret = read_device(root, eswitch, err);

	if (!ret)
		ret = devlink_eswitch_read(devlink, &eswitch->handle, &eswitch->is, err);
	if (!ret)
		ret = devlink_ports_read(devlink, &eswitch->handle, &eswitch->ports, &eswitch->port_count, err);
	if (!ret)
		ret = devlink_rates_read(devlink, &eswitch->handle, &eswitch->rates, &eswitch->rate_count, err);
	if (!ret && eswitch->switch_id[0] &&
		representors_read(root, eswitch->switch_id, &eswitch->representors, &eswitch->representor_count) < 0)
		ret = fail(err, ENOMEM, "read representors");
	return ret < 0 ? ret : read_vfs(root, eswitch, err);
}

int eswitch_read(const struct sysroot *root, struct devlink *devlink, const struct devlink_handle *handle,
	struct eswitch *ret_eswitch, struct error *err)
{
	struct eswitch eswitch = { .handle = *handle, .tc_offload = -1 };
	int ret = read_all(root, devlink, &eswitch, err);

	if (ret < 0)
		eswitch_done(&eswitch);
	else
		*ret_eswitch = eswitch;
	return ret;
}

void eswitch_done(struct eswitch *eswitch)
{
	free(eswitch->vfs);
	free(eswitch->ports);
	free(eswitch->rates);
	free(eswitch->representors);
	*eswitch = (struct eswitch){ 0 };
}

const struct devlink_port *eswitch_vf_port(const struct eswitch *eswitch, unsigned int vf)
{
	return vf < eswitch->vf_count && eswitch->vfs[vf].port >= 0 ? &eswitch->ports[eswitch->vfs[vf].port] : NULL;
}

const struct devlink_rate *eswitch_vf_rate(const struct eswitch *eswitch, unsigned int vf)
{
	return vf < eswitch->vf_count && eswitch->vfs[vf].rate >= 0 ? &eswitch->rates[eswitch->vfs[vf].rate] : NULL;
}

const struct representor *eswitch_vf_representor(const struct eswitch *eswitch, unsigned int vf)
{
	return vf < eswitch->vf_count && eswitch->vfs[vf].representor >= 0
		       ? &eswitch->representors[eswitch->vfs[vf].representor]
		       : NULL;
}

const struct devlink_rate *eswitch_node(const struct eswitch *eswitch, const char *name)
{
	for (size_t i = 0; i < eswitch->rate_count; i++)
		if (eswitch->rates[i].is_node && !strcmp(eswitch->rates[i].node, name))
			return &eswitch->rates[i];
	return NULL;
}
