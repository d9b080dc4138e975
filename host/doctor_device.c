// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on one device: its group, reset, interrupts, users, and what was left behind on it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/doctor_checks.h"
#include "host/guest.h"
#include "host/lease.h"
#include "host/viability.h"
#include "passthrough/host_bind.h"

enum {
	INTERFACE_UP = 1 /* IFF_UP */
};

void check_pf_driver(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)doctor;
	check_evidence(result, "/sys/bus/pci/devices/%s/driver: %s", result->subject,
		device->driver[0] ? device->driver : "none");
	if (device->driver[0] && strcmp(device->driver, "vfio-pci") != 0) {
		check_say(result, CHECK_OK, "%s; %u of %u VFs", device->driver, device->sriov.num_vfs,
			device->sriov.total_vfs);
		return;
	}
	check_say(result, device->driver[0] ? CHECK_OK : CHECK_WARN, "%s: it cannot be split now",
		device->driver[0] ? "the PF itself is with vfio-pci" : "no driver");
	if (!device->driver[0])
		check_fix(result, "sluice release %s", result->subject);
}

void check_pf_link(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char state[32] = "unknown";
	const char *netdev = device->netdevs[0].text;
	uint64_t flags;

	if (!device->netdev_count)
		return;
	if (sysroot_read_u64(&doctor->host->root, &flags, "sys/class/net/%s/flags", netdev)) {
		check_say(result, CHECK_UNMEASURED, "/sys/class/net/%s/flags cannot be read", netdev);
		return;
	}
	if (sysroot_read_text(&doctor->host->root, state, sizeof(state), "sys/class/net/%s/operstate", netdev) < 0)
		text_copy(state, sizeof(state), "unknown");
	check_evidence(
		result, "/sys/class/net/%s: flags 0x%llx, operstate %s", netdev, (unsigned long long)flags, state);
	if (!(flags & INTERFACE_UP)) {
		check_say(result, CHECK_WARN, "%s is switched off", netdev);
		check_fix(result, "ip link set %s up", netdev);
	} else if (!strcmp(state, "down")) {
		check_say(result, CHECK_WARN, "%s has no link", netdev);
		check_fix(result, "check the cable and the other end");
	} else {
		check_say(result, CHECK_OK, "%s is up", netdev);
	}
}

void check_vf_autoprobe(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)doctor;
	if (device->sriov.autoprobe < 0) {
		check_say(result, CHECK_UNMEASURED, "sriov_drivers_autoprobe cannot be read");
		return;
	}
	check_evidence(result, "/sys/bus/pci/devices/%s/sriov_drivers_autoprobe: %d", result->subject,
		device->sriov.autoprobe);
	check_say(result, CHECK_OK, "%s",
		device->sriov.autoprobe ? "on; 'sluice vf create' switches it off while it works"
					: "off: new VFs meet no driver");
}

void check_bridge(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)doctor;
	check_evidence(result, "/sys/bus/pci/devices/%s/class: 0x%06x", result->subject, device->class);
	if (!device->is_bridge) {
		check_say(result, CHECK_OK, "%s%s%s", device->is_vf ? "virtual function" : "physical function",
			device->class_name[0] ? ", " : "", device->class_name);
		return;
	}
	check_say(result, CHECK_FAIL, "a PCI bridge cannot be given away");
	check_fix(result, "give away the devices behind it");
}

/* A function that is gone reads as ones; a VF's own vendor id does too (SR-IOV 1.1, 3.4.1.1), its command register does not. */
void check_answers(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	uint8_t header[8];

	(void)device;
	if (sysroot_read_bytes(&doctor->host->root, header, sizeof(header), "sys/bus/pci/devices/%s/config",
		    result->subject) != sizeof(header)) {
		check_say(result, CHECK_UNMEASURED, "its configuration space cannot be read");
		return;
	}
	check_evidence(result, "/sys/bus/pci/devices/%s/config: command 0x%02x%02x, status 0x%02x%02x", result->subject,
		header[5], header[4], header[7], header[6]);
	if (header[4] != 0xff || header[5] != 0xff || header[6] != 0xff || header[7] != 0xff) {
		check_say(result, CHECK_OK, "its registers can be read");
		return;
	}
	check_say(result, CHECK_FAIL, "it does not answer: its registers read as ones");
	check_fix(result, "dmesg shows why; a rescan may bring it back: echo 1 > /sys/bus/pci/rescan");
}

void check_group(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	if (device->iommu_group >= 0) {
		check_say(result, CHECK_OK, "group %d", device->iommu_group);
		check_evidence(result, "/sys/bus/pci/devices/%s/iommu_group: %d", result->subject, device->iommu_group);
		return;
	}
	check_say(result, CHECK_FAIL, "it is in no IOMMU group");
	check_evidence(result, "/sys/bus/pci/devices/%s/iommu_group does not exist", result->subject);
	if (doctor->host->iommu.translating)
		check_fix(result,
			"the firmware's table leaves this device out: update the firmware, or use another slot");
	else
		check_fix(result, "switch the IOMMU on: 'sluice doctor' says how");
}

static bool read_group(const struct doctor *doctor, const struct pci_device *device, struct iommu_group *ret_group,
	struct check_result *result)
{
	struct error err;

	if (device->iommu_group < 0)
		return false;
	if (!iommu_group_read(&doctor->host->root, device->iommu_group, ret_group, &err))
		return true;
	check_say(result, CHECK_UNMEASURED, "%.200s", err.msg);
	return false;
}

/* The members beside the device itself and bridges, as text; returns how many. */
static size_t other_members(const struct doctor *doctor, const struct pci_device *device,
	const struct iommu_group *group, char *buf, size_t size)
{
	size_t used = 0, count = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *member = pci_inventory_find(&doctor->host->pci, group->device[i]);
		char name[PCI_ADDR_TEXT_SIZE];

		if (!pci_addr_compare(group->device[i], device->addr) || (member && member->is_bridge))
			continue;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", count ? ", " : "",
				pci_addr_text(group->device[i], name));
		count++;
	}
	return count;
}

void check_group_shared(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct iommu_group group;
	char others[160];

	if (!read_group(doctor, device, &group, result))
		return;
	check_evidence(result, "/sys/kernel/iommu_groups/%d/devices: %zu entries", group.id, group.device_count);
	if (!other_members(doctor, device, &group, others, sizeof(others))) {
		check_say(result, CHECK_OK, "nobody else is in group %d", group.id);
		return;
	}
	check_say(result, CHECK_WARN, "group %d also holds %s", group.id, others);
	check_fix(result, "give all of them to the same guest, or use a slot with a group of its own");
}

void check_group_viable(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct error err;

	if (device->iommu_group < 0)
		return;
	check_evidence(result, "drivers of the devices in /sys/kernel/iommu_groups/%d/devices", device->iommu_group);
	if (!viability_check(doctor->host, device, &device->addr, 1, &err)) {
		check_say(result, CHECK_OK, "no driver of the host is in the way");
		return;
	}
	check_say(result, CHECK_FAIL, "%.240s", err.msg);
	check_fix(result, "%.380s", err.hint);
}

void check_reserved_memory(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct iommu_group group;

	if (!read_group(doctor, device, &group, result))
		return;
	for (size_t i = 0; i < group.reserved_count; i++) {
		if (strcmp(group.reserved[i].kind, "direct") != 0)
			continue;
		check_evidence(result, "/sys/kernel/iommu_groups/%d/reserved_regions: 0x%llx-0x%llx direct", group.id,
			(unsigned long long)group.reserved[i].start, (unsigned long long)group.reserved[i].end);
		check_say(result, CHECK_FAIL, "the firmware reserves memory for it that it must always reach");
		check_fix(result, "switch the reservation off in the firmware's set-up, or use another slot");
		return;
	}
	check_evidence(result, "/sys/kernel/iommu_groups/%d/reserved_regions: no 'direct' among %zu", group.id,
		group.reserved_count);
	check_say(result, CHECK_OK, "none that a guest could not live with");
}

void check_reset(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char methods[128] = "";
	size_t used = 0;

	(void)doctor;
	if (!device->reset_known) {
		check_say(
			result, CHECK_UNMEASURED, "this kernel does not say how devices are reset (5.15 and later do)");
		return;
	}
	for (size_t i = 0; i < device->reset_count && used < sizeof(methods); i++)
		used += (size_t)snprintf(
			methods + used, sizeof(methods) - used, "%s%s", i ? ", " : "", device->reset_methods[i].text);
	check_evidence(result, "/sys/bus/pci/devices/%s/reset_method: %s", result->subject, methods);
	if (device->reset_count) {
		check_say(result, CHECK_OK, "%s", methods);
		return;
	}
	check_say(result, CHECK_FAIL, "there is no way to reset it");
	check_fix(result, "choose another device; sluice run --allow-no-reset %s takes the risk", result->subject);
}

void check_msix(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	int vectors = pci_msix_vectors(&doctor->host->root, device->addr);

	if (vectors < 0) {
		check_say(result, CHECK_UNMEASURED, "its capabilities cannot be read: %s", strerror(-vectors));
		return;
	}
	check_evidence(result, "/sys/bus/pci/devices/%s/config: MSI-X table of %d vectors", result->subject, vectors);
	check_say(result, vectors ? CHECK_OK : CHECK_FAIL, vectors ? "%d vectors" : "it has none", vectors);
	if (!vectors)
		check_fix(result, "choose another device");
}

/* The first user that blocks decides, and says what to look at. */
static void say_users(const struct pci_users *users, bool with_host, struct check_result *result)
{
	for (size_t i = 0; i < users->count; i++) {
		if (users->user[i].severity != PCI_USER_BLOCKS)
			continue;
		check_say(result, with_host ? CHECK_FAIL : CHECK_WARN, "in use: %s", users->user[i].what);
		check_evidence(result, "%s: %s", users->user[i].kind, users->user[i].what);
		check_fix(result, "stop that use, or choose another device");
		return;
	}
	if (users->incomplete) {
		check_say(result, CHECK_UNMEASURED, "no user was seen, but not everything could be read; ask as root");
		return;
	}
	check_say(result, CHECK_OK, "nobody uses it");
	check_evidence(result, "no mount, swap, address, route, display or VFIO user was found");
}

void check_in_use(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct pci_users users = { 0 };
	char guest[GUEST_NAME_SIZE];
	struct error err;

	if (lease_guest(&doctor->host->root, device->addr, guest)) {
		check_say(result, CHECK_OK, "with the running guest '%s'", guest);
		check_evidence(result, "/run/sluice/devices/%s", result->subject);
		return;
	}
	if (host_users(doctor->host, device, &users, &err) < 0) {
		check_say(result, CHECK_UNMEASURED, "%.200s", err.msg);
		return;
	}
	/* With vfio-pci, its user is another guest: the device is where it should be. */
	say_users(&users, strcmp(device->driver, "vfio-pci") != 0, result);
	pci_users_done(&users);
}

void check_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct binding now;

	if (binding_read(&doctor->host->root, device->addr, &now, NULL) < 0 || !now.override[0])
		return;
	check_evidence(result, "/sys/bus/pci/devices/%s/driver_override: %s", result->subject, now.override);
	if (!strcmp(now.driver, now.override)) {
		check_say(result, CHECK_OK, "%s, which drives it", now.override);
		return;
	}
	check_say(result, CHECK_WARN, "%s, and %s drives it", now.override, now.driver[0] ? now.driver : "nothing");
	check_fix(result, "echo > /sys/bus/pci/devices/%s/driver_override, then echo %s > /sys/bus/pci/drivers_probe",
		result->subject, result->subject);
}

void check_lease(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct lease lease;
	struct error err;
	int ret = lease_read(&doctor->host->root, device->addr, &lease, &err);

	if (!ret)
		return;
	check_evidence(result, "/run/sluice/devices/%s", result->subject);
	if (ret < 0) {
		check_say(result, CHECK_WARN, "%.200s", err.msg);
		check_fix(result, "sluice release %s", result->subject);
		return;
	}
	if (!lease.guest[0] || guest_is_alive(&doctor->host->root, lease.guest)) {
		check_say(result, CHECK_OK, lease.guest[0] ? "lent to guest '%s'" : "bound by 'sluice bind'%s",
			lease.guest);
		return;
	}
	check_say(result, CHECK_WARN, "guest '%s' is dead and has not given it back", lease.guest);
	check_fix(result, "sluice release %s", result->subject);
}
