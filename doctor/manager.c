// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on other managers of a device (distro/rival.h): whether what they will do at boot, or when their connection or guest
 * comes and goes, agrees with what is now, and with each other; and who has the last word.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

static bool is_network_manager(const struct manager *manager)
{
	return !strcmp(manager->name, "NetworkManager");
}

static void say_manager(const struct doctor *doctor, const struct pci_device *device, const struct manager *manager,
	enum check_state state, struct check_result *result)
{
	const struct manager *winner = manager_winner(&doctor->managers, device->addr, manager->aim);

	check_say(result, state, "%s %s%s%s", manager->name, manager->what,
		winner && winner != manager ? "; the last word at boot has " : "",
		winner && winner != manager ? winner->name : "");
	check_evidence(result, "%s; now: driver %s, %u VFs", manager->file, device->driver[0] ? device->driver : "none",
		device->sriov.num_vfs);
}

void check_network_manager(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	size_t found = 0;

	for (const struct manager *at = NULL; (at = manager_next(&doctor->managers, at, device->addr));) {
		bool fights;

		if (!is_network_manager(at) || !check_turn(result, &found))
			continue;
		fights = at->vfs != device->sriov.num_vfs || strstr(at->what, "goes down");
		say_manager(doctor, device, at, fights ? CHECK_WARN : CHECK_OK, result);
		if (fights)
			check_fix(result,
				"nmcli connection modify NAME sriov.preserve-on-down yes sriov.total-vfs %u "
				"(NetworkManager "
				"1.54), or leave the card alone: nmcli connection modify NAME -sriov.vfs '' and remove "
				"[sriov] from %s",
				device->sriov.num_vfs, at->file);
	}
	if (found || !doctor->named || !device->sriov.capable)
		return;
	if (doctor->managers.incomplete) {
		check_say(result, CHECK_UNMEASURED, "not all connections can be read: ask as root");
		return;
	}
	check_say(result, CHECK_OK, "no connection splits it");
	check_evidence(result, "no [sriov] in /etc/NetworkManager/system-connections is for it");
}

/* Does what it wants differ from what is? Of guests: does a sluice have the device already? */
static bool disagrees(const struct doctor *doctor, const struct pci_device *device, const struct manager *manager)
{
	struct lease lease;

	switch (manager->aim) {
	case MANAGER_VFS:
		return manager->vfs >= 0 && manager->vfs != device->sriov.num_vfs;
	case MANAGER_DRIVER:
		/* "none" keeps a device without driver: driverctl(8). */
		return !modprobe_same_module(manager->driver, device->driver) &&
		       !(!strcmp(manager->driver, "none") && !device->driver[0]);
	default:
		return lease_read(&doctor->host->root, device->addr, &lease, NULL) != 0;
	}
}

static void say_disagreement(
	const struct pci_device *device, const struct manager *manager, struct check_result *result)
{
	if (manager->aim == MANAGER_GUEST)
		check_fix(result, "decide for one: sluice release %s, or take the device out of %s", result->subject,
			manager->file);
	else if (manager->aim == MANAGER_VFS)
		check_fix(result,
			"make %s say %u, or remove it there; 'sluice vf create %s N' lasts until the next boot only",
			manager->file, device->sriov.num_vfs, result->subject);
	else
		check_fix(result, "remove it from %s, or let %s have its way: bind the device to %s", manager->file,
			manager->name, manager->driver);
}

void check_other_managers(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	size_t found = 0;

	for (const struct manager *at = NULL; (at = manager_next(&doctor->managers, at, device->addr));) {
		bool fights;

		/* ids= has checks of its own: whom it takes, and whether it did. */
		if (is_network_manager(at) || (at->stage == MANAGER_AT_LOAD && at->aim == MANAGER_DRIVER) ||
			!check_turn(result, &found))
			continue;
		fights = disagrees(doctor, device, at);
		say_manager(doctor, device, at, fights ? CHECK_WARN : CHECK_OK, result);
		if (fights)
			say_disagreement(device, at, result);
	}
	if (found || !doctor->named)
		return;
	if (doctor->managers.incomplete) {
		check_say(result, CHECK_UNMEASURED, "not all configuration can be read: ask as root");
		return;
	}
	check_say(result, CHECK_OK, "none is set up for it");
	check_evidence(
		result, "NetworkManager, netplan, networkd, udev, driverctl, boot scripts, libvirt: nothing names it");
}
