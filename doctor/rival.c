// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on other managers of a device (distro/rival.h): whether what they will do at boot, or when their
 * connection or guest comes and goes, agrees with what is now, and with each other; and who has the last word.
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

static void say_rival(const struct facts *facts, const struct pci_device *device, const struct rival *rival,
	enum check_state state, struct findings *findings)
{
	const struct rival *winner = rival_winner(&facts->rivals, device->addr, rival->aim);

	finding_say(findings, state, "%s %s%s%s", rival->name, rival->what,
		winner && winner != rival ? "; the last word at boot has " : "",
		winner && winner != rival ? winner->name : "");
	finding_evidence(findings, "%s; now: driver %s, %u VFs", rival->file,
		device->driver[0] ? device->driver : "none", device->sriov.num_vfs);
}

static void check_network_manager(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	size_t found = 0;

	for (const struct rival *at = NULL; (at = rival_next(&facts->rivals, at, device->addr));) {
		bool fights;

		if (!is_network_manager(at))
			continue;
		found++;
		finding_new(findings);
		fights = at->vfs != device->sriov.num_vfs || strstr(at->what, "goes down");
		say_rival(facts, device, at, fights ? CHECK_WARN : CHECK_OK, findings);
		if (fights)
			finding_fix(findings,
				"nmcli connection modify \"$(nmcli -g GENERAL.CONNECTION device show %s)\" "
				"sriov.preserve-on-down yes sriov.total-vfs %u (NetworkManager 1.54), or have it leave "
				"the card alone: remove the lines of [sriov] from %s, then nmcli connection reload",
				device->netdev_count ? device->netdevs[0].text : "", device->sriov.num_vfs, at->file);
	}
	if (found || !facts->device_count || !device->sriov.capable)
		return;
	if (facts->rivals.incomplete) {
		finding_say(findings, CHECK_UNMEASURED, "not all connections can be read: ask as root");
		return;
	}
	finding_say(findings, CHECK_OK, "no connection splits it");
	finding_evidence(findings, "no [sriov] in /etc/NetworkManager/system-connections is for it");
}

/* Does what it wants differ from what is? Of guests: does a sluice have the device already? */
static bool disagrees(const struct facts *facts, const struct pci_device *device, const struct rival *rival)
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
		return lease_read(&facts->host->root, device->addr, &lease, NULL) != 0;
	}
}

static void say_disagreement(const struct pci_device *device, const struct rival *rival, struct findings *findings)
{
	if (rival->aim == RIVAL_GUEST)
		finding_fix(findings, "decide for one: sluice release %s, or take the device out of %s",
			findings->about.subject, rival->file);
	else if (rival->aim == RIVAL_VFS)
		finding_fix(findings,
			"make %s say %u, or remove it there; what 'sluice vf create' makes lasts until the next boot "
			"only",
			rival->file, device->sriov.num_vfs);
	else
		finding_fix(findings, "remove it from %s, or let %s have its way: bind the device to %s", rival->file,
			rival->name, rival->driver);
}

static void check_rivals(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	size_t found = 0;

	for (const struct rival *at = NULL; (at = rival_next(&facts->rivals, at, device->addr));) {
		bool fights;

		/* ids= has checks of its own: whom it takes, and whether it did. */
		if (is_network_manager(at) || (at->stage == RIVAL_AT_LOAD && at->aim == RIVAL_DRIVER))
			continue;
		found++;
		finding_new(findings);
		fights = disagrees(facts, device, at);
		say_rival(facts, device, at, fights ? CHECK_WARN : CHECK_OK, findings);
		if (fights)
			say_disagreement(device, at, findings);
	}
	if (found || !facts->device_count)
		return;
	if (facts->rivals.incomplete) {
		finding_say(findings, CHECK_UNMEASURED, "not all configuration can be read: ask as root");
		return;
	}
	finding_say(findings, CHECK_OK, "none is set up for it");
	finding_evidence(findings,
		"NetworkManager, netplan, networkd, udev, driverctl, boot scripts, libvirt: nothing names it");
}

const struct check rival_checks[] = {
	{ CODE_NM_OWNS_VFS, SECTION_SRIOV, SCOPE_ANY, "NetworkManager",
		"NetworkManager makes VFs and removes them with its connection", check_network_manager },
	{ CODE_MANAGER_FIGHTS, SECTION_SRIOV, SCOPE_ANY, "Other managers",
		"two programs that set the same thing undo each other", check_rivals },
	{ .run = NULL },
};
