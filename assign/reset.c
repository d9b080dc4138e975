// SPDX-License-Identifier: GPL-2.0-or-later
/* How a device is reset, whether it is back, and no DMA from it; see reset.h. */
#include "assign/reset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/capability.h"

#define DEVICE "sys/bus/pci/devices/%s"

enum {
	CONFIG_VENDOR = 0x00,
	CONFIG_DEVICE = 0x02,
	CONFIG_COMMAND = 0x04,
	CONFIG_HEADER = 0x0e,
	HEADER_LAYOUT = 0x7f,
	COMMAND_MASTER = 0x4,
	EXPRESS_STATUS = 0x0a, /* Device Status, from the capability's start */
	STATUS_PENDING = 0x20,
	PENDING_TRIES = 20,
	PENDING_PAUSE_MS = 50,
};

static bool is_given(struct pci_addr addr, const struct pci_addr *given, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(given[i], addr))
			return true;
	return false;
}

/* Nothing resets a root bus: what is on one hangs off no function. */
static bool is_behind_port(const struct sysroot *root, struct pci_addr addr)
{
	char path[512], name[PCI_ADDR_TEXT_SIZE];
	struct pci_addr port;
	char *slash;

	if (sysroot_read_link(root, path, sizeof(path), DEVICE, pci_addr_text(addr, name)) <= 0)
		return false;
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return pci_addr_in_path(path, &port) >= 0;
}

static void add_other(struct reset_plan *plan, const struct pci_device *other, bool given)
{
	if (plan->other_count < RESET_OTHERS_MAX)
		plan->others[plan->other_count] = other->addr;
	plan->other_count++;
	/* What is behind a bridge on the bus would be reset with it, and VFIO has no bridges. */
	if (plan->has_missing || (given && !other->is_bridge))
		return;
	plan->has_missing = true;
	plan->missing = other->addr;
}

static bool same_bus(const struct pci_device *a, const struct pci_device *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/* The other functions on its bus, which stand beside it in the inventory. */
static void find_others(const struct pci_inventory *inventory, const struct pci_device *device,
	const struct pci_addr *given, size_t given_count, struct reset_plan *plan)
{
	const struct pci_device *end = inventory->devices + inventory->count;
	const struct pci_device *at = device;

	while (at > inventory->devices && same_bus(at - 1, device))
		at--;
	for (; at < end && same_bus(at, device); at++)
		if (at != device)
			add_other(plan, at, is_given(at->addr, given, given_count));
}

/*
 * The kernel lists a bus reset for a device that was alone on its bus when it was found, and for good; it refuses the
 * reset itself when others are there by then (pci_parent_bus_reset()).
 */
static const char *method_alone(const struct pci_inventory *inventory, const struct pci_device *device,
	const struct pci_addr *given, size_t count)
{
	struct reset_plan around = { .kind = RESET_UNKNOWN };

	for (size_t i = 0; i < device->reset_count; i++) {
		if (strcmp(device->reset_methods[i].text, "bus") != 0)
			return device->reset_methods[i].text;
		find_others(inventory, device, given, count, &around);
		if (!around.other_count)
			return device->reset_methods[i].text;
	}
	return NULL;
}

void reset_plan_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device,
	const struct pci_addr *given, size_t given_count, struct reset_plan *ret_plan)
{
	const char *alone = method_alone(inventory, device, given, given_count);
	struct reset_plan plan = { .kind = RESET_UNKNOWN };

	if (alone) {
		plan.kind = RESET_FUNCTION;
		text_copy(plan.method, sizeof(plan.method), alone);
	} else if (device->reset_known) {
		plan.kind = RESET_NONE;
		if (!device->is_vf && is_behind_port(root, device->addr))
			find_others(inventory, device, given, given_count, &plan);
		if (plan.other_count && !plan.has_missing)
			plan.kind = RESET_SET;
	}
	*ret_plan = plan;
}

static void list_others(const struct reset_plan *plan, char *buf, size_t size)
{
	size_t used = 0;
	char name[PCI_ADDR_TEXT_SIZE];

	buf[0] = '\0';
	for (size_t i = 0; i < plan->other_count && i < RESET_OTHERS_MAX && used < size; i++)
		used += (size_t)snprintf(
			buf + used, size - used, "%s%s", i ? ", " : "", pci_addr_text(plan->others[i], name));
	if (plan->other_count > RESET_OTHERS_MAX && used < size)
		snprintf(buf + used, size - used, " and %zu more", plan->other_count - RESET_OTHERS_MAX);
}

const char *reset_plan_text(const struct reset_plan *plan, char *buf, size_t size)
{
	char others[RESET_TEXT_SIZE - 64];

	list_others(plan, others, sizeof(others));
	switch (plan->kind) {
	case RESET_FUNCTION:
		text_copy(buf, size, plan->method);
		break;
	case RESET_SET:
		snprintf(buf, size, "its bus, with %s", others);
		break;
	case RESET_NONE:
		snprintf(buf, size, "none%s%s", plan->other_count ? " for it alone: its bus would be reset, with " : "",
			others);
		break;
	default:
		text_copy(buf, size, "unknown");
	}
	return buf;
}

static int not_back(const struct pci_device *device, struct error *err, const char *what)
{
	char name[PCI_ADDR_TEXT_SIZE];

	fail_code(err, CODE_DEV_NOT_CLEAN, EUCLEAN, "%s is not back after its reset: %s",
		pci_addr_text(device->addr, name), what);
	return fail_hint(err, "switch the host off and on; --allow-unclean %s takes the risk", name);
}

/* False while it has transactions out. What has no PCI Express capability cannot say. */
static bool is_idle(const struct pci_config *config)
{
	const struct pci_capability *express;
	struct pci_capabilities list = { 0 };

	pci_capabilities_list(config, &list);
	express = pci_capability_find(&list, false, PCI_CAP_EXPRESS);
	return !express || !(pci_config_value(config, express->offset + EXPRESS_STATUS, 2) & STATUS_PENDING);
}

static int verify_idle(const struct sysroot *root, const struct pci_device *device, struct error *err)
{
	const struct timespec pause = { .tv_nsec = PENDING_PAUSE_MS * 1000000L };

	for (int tries = 0; tries < PENDING_TRIES; tries++) {
		struct pci_config config;

		if (pci_config_read(root, device->addr, &config) < 0)
			return not_back(device, err, "its registers read as ones");
		if (is_idle(&config))
			return 0;
		nanosleep(&pause, NULL);
	}
	return not_back(device, err, "transactions of before are still pending");
}

int reset_verify(const struct sysroot *root, const struct pci_device *device, struct error *err)
{
	struct pci_config config;
	char text[96];
	uint32_t vendor, id;
	int ret = pci_config_read(root, device->addr, &config);

	if (ret == -ENODEV)
		return not_back(device, err, "its registers read as ones");
	/* One that cannot be looked at: a captured host, a user who may not. */
	if (ret < 0)
		return 0;
	vendor = pci_config_value(&config, CONFIG_VENDOR, 2);
	id = pci_config_value(&config, CONFIG_DEVICE, 2);
	/* A VF's are ones (SR-IOV 1.1, 3.4.1.1). */
	if (!device->is_vf && (vendor != device->vendor_id || id != device->device_id)) {
		snprintf(text, sizeof(text), "it says %04x:%04x, and was %04x:%04x", vendor, id, device->vendor_id,
			device->device_id);
		return not_back(device, err, text);
	}
	if (pci_config_value(&config, CONFIG_HEADER, 1) & HEADER_LAYOUT)
		return not_back(device, err, "its header is no device's");
	return verify_idle(root, device, err);
}

int reset_quiesce(const struct host_lock *lock, struct pci_addr addr, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int fd = -1;
	uint8_t command[2];

	pci_addr_text(addr, name);
	fd = sysroot_open_file(host_lock_root(lock), O_RDWR, DEVICE "/config", name);
	/* What is gone sends nothing. */
	if (fd < 0 || pread(fd, command, sizeof(command), CONFIG_COMMAND) != sizeof(command) ||
		(command[0] == 0xff && command[1] == 0xff) || !(command[0] & COMMAND_MASTER))
		return 0;
	command[0] &= (uint8_t)~COMMAND_MASTER;
	if (pwrite(fd, command, sizeof(command), CONFIG_COMMAND) != sizeof(command) ||
		pread(fd, command, sizeof(command), CONFIG_COMMAND) != sizeof(command) || command[0] & COMMAND_MASTER) {
		fail_code(err, CODE_DEV_NOT_CLEAN, EUCLEAN,
			"%s may still use DMA: bus mastering cannot be switched off", name);
		return fail_hint(err, "switch the host off and on");
	}
	return 1;
}
