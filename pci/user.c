// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who uses a PCI function: the question before anything is taken from the host. Blocks what would cost data, the way in,
 * or the screen; notes what would merely be missed. Looks only; what it was not allowed to see makes the answer incomplete.
 */
#include "pci/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	CLASS_ETHERNET = 0x0200,
	CLASS_DISPLAY = 0x03,
	CLASS_USB = 0x0c03,
};

void user_add(struct user_scan *scan, enum pci_user_severity severity, const char *kind, const char *fmt, ...)
{
	struct pci_users *users = &scan->users;
	struct pci_user *grown = reallocarray(users->user, users->count + 1, sizeof(*grown));
	struct pci_user *user;
	va_list args;

	if (!grown) {
		scan->out_of_memory = true;
		return;
	}
	users->user = grown;
	user = &grown[users->count++];
	*user = (struct pci_user){ .severity = severity };
	text_copy(user->kind, sizeof(user->kind), kind);
	va_start(args, fmt);
	vsnprintf(user->what, sizeof(user->what), fmt, args);
	va_end(args);
}

void user_watch_node(struct user_scan *scan, const char *kind, bool only_writers, const char *fmt, ...)
{
	struct user_node *node = &scan->node[scan->node_count];
	va_list args;

	if (scan->node_count == USER_NODE_MAX) {
		scan->users.incomplete = true;
		return;
	}
	va_start(args, fmt);
	vsnprintf(node->name, sizeof(node->name), fmt, args);
	va_end(args);
	text_copy(node->kind, sizeof(node->kind), kind);
	node->only_writers = only_writers;
	scan->node_count++;
}

FILE *user_open_file(struct user_scan *scan, const char *path)
{
	cleanup_close int fd = sysroot_open_file(scan->root, O_RDONLY, "%s", path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file)
		take_fd(&fd);
	else if (fd == -EACCES || fd == -EPERM)
		scan->users.incomplete = true;
	return file;
}

static void watch_vfio(struct user_scan *scan, const struct pci_device *device, const char *name)
{
	cleanup_dir DIR *dir = sysroot_open_dir(scan->root, "sys/bus/pci/devices/%s/vfio-dev", name);
	struct dirent *entry;

	if (pci_driver_is_vfio(device->driver) && device->iommu_group >= 0)
		user_watch_node(scan, "vfio", false, "vfio/%d", device->iommu_group);
	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, "vfio"))
			user_watch_node(scan, "vfio", false, "vfio/devices/%.24s", entry->d_name);
}

/* A screen is what an operator without network has. */
static void user_display(struct user_scan *scan, const struct pci_device *device, const char *name)
{
	uint64_t boot_vga = 0;
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;

	if (device->class >> 16 != CLASS_DISPLAY)
		return;
	if (!sysroot_read_u64(scan->root, &boot_vga, "sys/bus/pci/devices/%s/boot_vga", name) && boot_vga &&
		device->driver[0] && !pci_driver_is_vfio(device->driver))
		user_add(scan, PCI_USER_BLOCKS, "display", "it is the display that this host booted with (driver %s)",
			device->driver);
	dir = sysroot_open_dir(scan->root, "sys/bus/pci/devices/%s/drm", name);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			user_watch_node(scan, "display", false, "dri/%.24s", entry->d_name);
}

/* Devices that are keyboards and not just power buttons: event type mask with keys and repetition, EV=120013. */
static bool is_keyboard(const char *handlers, const char *events)
{
	return strstr(handlers, "kbd") && (strtoul(events, NULL, 16) & 0x120003) == 0x120003;
}

static void user_keyboard(struct user_scan *scan, const struct pci_device *device)
{
	cleanup_file FILE *file = NULL;
	cleanup_free char *line = NULL;
	size_t space = 0;
	unsigned int all = 0;
	unsigned int ours = 0;
	char sysfs[256] = "";
	char handlers[256] = "";
	struct pci_addr addr;

	if (device->class >> 8 != CLASS_USB)
		return;
	file = user_open_file(scan, "proc/bus/input/devices");
	while (file && getline(&line, &space, file) > 0) {
		if (text_starts_with(line, "S: Sysfs="))
			text_copy(sysfs, sizeof(sysfs), line + strlen("S: Sysfs="));
		else if (text_starts_with(line, "H: Handlers="))
			text_copy(handlers, sizeof(handlers), line + strlen("H: Handlers="));
		else if (text_starts_with(line, "B: EV=") && is_keyboard(handlers, line + strlen("B: EV="))) {
			all++;
			ours += !pci_addr_in_path(sysfs, &addr) && !pci_addr_compare(addr, device->addr);
		}
	}
	if (ours && ours == all)
		user_add(scan, PCI_USER_BLOCKS, "keyboard", "the only keyboard of this host is plugged into it");
}

/* sysfs shows the network devices of our own network namespace; a container's are invisible, and still in use. */
static void user_hidden_network(struct user_scan *scan, const struct pci_device *device)
{
	if (device->class >> 8 != CLASS_ETHERNET || device->netdev_count || !device->driver[0] ||
		pci_driver_is_vfio(device->driver) || text_starts_with(device->driver, "virtio"))
		return;
	if (strstr(device->driver, "uio"))
		user_add(scan, PCI_USER_BLOCKS, "uio", "%s drives it: a program may drive it from user space",
			device->driver);
	else if (!strcmp(device->driver, "pci-stub"))
		return;
	else
		user_add(scan, PCI_USER_BLOCKS, "netns",
			"%s drives it, and its network device is not visible here: another network namespace has it",
			device->driver);
}

static void ask_all(struct user_scan *scan, const struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(device->addr, name);
	scan->node_count = 0;
	user_disks(scan, device);
	user_networks(scan, device);
	user_hidden_network(scan, device);
	user_display(scan, device, name);
	user_keyboard(scan, device);
	watch_vfio(scan, device, name);
	user_processes(scan);
}

/* A VF lives and dies with its PF: its users are the PF's, named with the VF. */
static void user_vfs(struct user_scan *scan, const struct pci_device *pf)
{
	if (pf->sriov.num_vfs)
		user_add(scan, PCI_USER_BLOCKS, "vfs", "it is split into %u VFs, which would go with it",
			pf->sriov.num_vfs);
	for (size_t i = 0; i < scan->inventory->count; i++) {
		const struct pci_device *vf = &scan->inventory->devices[i];
		size_t first = scan->users.count;

		if (!vf->is_vf || pci_addr_compare(vf->pf, pf->addr))
			continue;
		ask_all(scan, vf);
		for (size_t j = first; j < scan->users.count; j++) {
			char what[sizeof(scan->users.user[j].what)];

			memcpy(what, scan->users.user[j].what, sizeof(what));
			/* Cutting a long text is right. */
			if (snprintf(scan->users.user[j].what, sizeof(what), "VF %d: %s", vf->vf_index, what) < 0)
				scan->users.incomplete = true;
		}
	}
}

int pci_users_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device,
	struct pci_users *ret_users, struct error *err)
{
	struct user_scan scan = { .root = root, .inventory = inventory };

	ask_all(&scan, device);
	user_vfs(&scan, device);
	if (scan.out_of_memory) {
		pci_users_done(&scan.users);
		return fail(err, ENOMEM, "list the users of a device");
	}
	*ret_users = scan.users;
	return 0;
}

void pci_users_done(struct pci_users *users)
{
	if (!users)
		return;
	free(users->user);
	*users = (struct pci_users){ 0 };
}
