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

static bool is_network_manager(const struct rival *rival)
{
	return !strcmp(rival->name, "NetworkManager");
}

static void say_rival(const struct doctor *doctor, const struct pci_device *device, const struct rival *rival,
	enum check_state state, struct check_result *result)
{
	const struct rival *winner = rival_winner(&doctor->rivals, device->addr, rival->aim);

	check_say(result, state, "%s %s%s%s", rival->name, rival->what,
		winner && winner != rival ? "; the last word at boot has " : "",
		winner && winner != rival ? winner->name : "");
	check_evidence(result, "%s; now: driver %s, %u VFs", rival->file, device->driver[0] ? device->driver : "none",
		device->sriov.num_vfs);
}

void check_network_manager(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	size_t found = 0;

	for (const struct rival *at = NULL; (at = rival_next(&doctor->rivals, at, device->addr));) {
		bool fights;

		if (!is_network_manager(at) || !check_turn(result, &found))
			continue;
		fights = at->vfs != device->sriov.num_vfs || strstr(at->what, "goes down");
		say_rival(doctor, device, at, fights ? CHECK_WARN : CHECK_OK, result);
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
	if (doctor->rivals.incomplete) {
		check_say(result, CHECK_UNMEASURED, "not all connections can be read: ask as root");
		return;
	}
	check_say(result, CHECK_OK, "no connection splits it");
	check_evidence(result, "no [sriov] in /etc/NetworkManager/system-connections is for it");
}

/* Does what it wants differ from what is? Of guests: does a sluice have the device already? */
static bool disagrees(const struct doctor *doctor, const struct pci_device *device, const struct rival *rival)
{
	struct lease lease;

	switch (rival->aim) {
	case RIVAL_VFS:
		return rival->vfs >= 0 && rival->vfs != device->sriov.num_vfs;
	case RIVAL_DRIVER:
		/* "none" keeps a device without driver: driverctl(8). */
		return !modprobe_same_module(rival->driver, device->driver) &&
		       !(!strcmp(rival->driver, "none") && !device->driver[0]);
	default:
		return lease_read(&doctor->host->root, device->addr, &lease, NULL) != 0;
	}
}

static void say_disagreement(const struct pci_device *device, const struct rival *rival, struct check_result *result)
{
	if (rival->aim == RIVAL_GUEST)
		check_fix(result, "decide for one: sluice release %s, or take the device out of %s", result->subject,
			rival->file);
	else if (rival->aim == RIVAL_VFS)
		check_fix(result,
			"make %s say %u, or remove it there; 'sluice vf create %s N' lasts until the next boot only",
			rival->file, device->sriov.num_vfs, result->subject);
	else
		check_fix(result, "remove it from %s, or let %s have its way: bind the device to %s", rival->file,
			rival->name, rival->driver);
}

void check_rivals(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	size_t found = 0;

	for (const struct rival *at = NULL; (at = rival_next(&doctor->rivals, at, device->addr));) {
		bool fights;

		/* ids= has checks of its own: whom it takes, and whether it did. */
		if (is_network_manager(at) || (at->stage == RIVAL_AT_LOAD && at->aim == RIVAL_DRIVER) ||
			!check_turn(result, &found))
			continue;
		fights = disagrees(doctor, device, at);
		say_rival(doctor, device, at, fights ? CHECK_WARN : CHECK_OK, result);
		if (fights)
			say_disagreement(device, at, result);
	}
	if (found || !doctor->named)
		return;
	if (doctor->rivals.incomplete) {
		check_say(result, CHECK_UNMEASURED, "not all configuration can be read: ask as root");
		return;
	}
	check_say(result, CHECK_OK, "none is set up for it");
	check_evidence(
		result, "NetworkManager, netplan, networkd, udev, driverctl, boot scripts, libvirt: nothing names it");
}
