// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on cards that can be split: their driver and link, whether the card's own set-up allows VFs, and what VFs were
 * given. Whether there is room for them: room.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "os/place.h"
#include "sriov/pf_rule.h"
#include "sriov/sriov.h"
#include "sriov/vf_text.h"

enum {
	INTERFACE_UP = 1, /* IFF_UP */
	VENDOR_MELLANOX = 0x15b3,
	CLASS_NETWORK = 0x02,
};

void check_pf_driver(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)doctor;
	check_evidence(result, "/sys/bus/pci/devices/%s/driver: %s", result->subject,
		device->driver[0] ? device->driver : "none");
	if (device->driver[0] && !pci_driver_is_vfio(device->driver)) {
		check_say(result, CHECK_OK, "%s; %u of %u VFs", device->driver, device->sriov.num_vfs,
			device->sriov.total_vfs);
		return;
	}
	check_say(result, device->driver[0] ? CHECK_OK : CHECK_WARN, "%s: it cannot be split now",
		device->driver[0] ? "the PF itself is with VFIO" : "no driver");
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

/* "; igbvf has 2 of its VFs, from 0000:01:10.0 on": those that met the host's driver; "" for none. */
static const char *taken_text(
	const struct pci_inventory *inventory, const struct pci_device *pf, char *buf, size_t size)
{
	const struct pci_device *first = NULL;
	char name[PCI_ADDR_TEXT_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_device *vf = &inventory->devices[i];

		if (!vf->is_vf || pci_addr_compare(vf->pf, pf->addr) || !vf->driver[0] ||
			pci_driver_is_vfio(vf->driver))
			continue;
		count++;
		first = first ? first : vf;
	}
	buf[0] = '\0';
	if (first)
		snprintf(buf, size, "; %s has %zu of its VFs, from %s on", first->driver, count,
			pci_addr_text(first->addr, name));
	return buf;
}

void check_vf_autoprobe(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char taken[128];

	if (device->sriov.autoprobe < 0) {
		check_say(result, CHECK_UNMEASURED, "sriov_drivers_autoprobe cannot be read");
		return;
	}
	check_evidence(result, "/sys/bus/pci/devices/%s/sriov_drivers_autoprobe: %d", result->subject,
		device->sriov.autoprobe);
	check_say(result, CHECK_OK, "%s%s",
		device->sriov.autoprobe ? "on; 'sluice vf create' switches it off while it works"
					: "off: new VFs meet no driver",
		taken_text(&doctor->host->pci, device, taken, sizeof(taken)));
}

/* mlxconfig's keys are the same for all of them; the tool needs the PF itself, so neither a VF nor a guest can use it. */
static void fix_mellanox(const struct doctor *doctor, struct check_result *result)
{
	char lockdown[64] = "";

	sysroot_read_text(&doctor->host->root, lockdown, sizeof(lockdown), "sys/kernel/security/lockdown");
	check_fix(result, "mstconfig -d %s set SRIOV_EN=1 NUM_OF_VFS=8, then power the host off and on%s",
		result->subject,
		strstr(lockdown, "[none]") || !lockdown[0]
			? ""
			: "; this locked kernel may refuse: boot without Secure Boot");
}

/* In a guest a function without SR-IOV may be a VF, whose PF is the hypervisor's: nothing is known about its card. */
static bool belongs_to_hypervisor(const struct doctor *doctor, struct check_result *result)
{
	struct place place;

	place_read(&doctor->host->root, &place);
	if (!place.is_guest)
		return false;
	check_say(result, CHECK_UNMEASURED, "this is a guest of %s: the card's set-up is the host's below", place.name);
	check_evidence(result, "%s", place.evidence);
	return true;
}

void check_vf_firmware(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	bool mellanox = device->vendor_id == VENDOR_MELLANOX && device->class >> 16 == CLASS_NETWORK && !device->is_vf;
	struct pf_rule_finding finding;

	if (device->sriov.capable && device->sriov.total_vfs) {
		check_evidence(
			result, "/sys/bus/pci/devices/%s/sriov_totalvfs: %u", result->subject, device->sriov.total_vfs);
		check_say(result, CHECK_OK, "up to %u VFs", device->sriov.total_vfs);
		return;
	}
	/* A card without the capability mostly is one that has none: only of some is it known to be a switch. */
	if (!device->sriov.capable && !(doctor->named && mellanox))
		return;
	if (belongs_to_hypervisor(doctor, result))
		return;
	/* The driver itself has set sriov_totalvfs to 0: PF-RULE says so. */
	if (device->sriov.capable && pf_rule_check(&doctor->host->root, device, &finding) == 1 && finding.never)
		return;
	check_evidence(result, "/sys/bus/pci/devices/%s/sriov_totalvfs: %s", result->subject,
		device->sriov.capable ? "0" : "does not exist, and it is a card that can have VFs");
	check_say(result, CHECK_WARN, "the card's own set-up allows no VFs");
	if (mellanox)
		fix_mellanox(doctor, result);
	else
		check_fix(result, "allow VFs in the card's set-up (firmware's device menu, or its maker's tool)");
}

/* What is known of single drivers: when each of them refuses, and what to do. */
void check_pf_rule(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct pf_rule_finding finding;
	int held = pf_rule_check(&doctor->host->root, device, &finding);

	if (held < 0)
		return;
	if (!held) {
		check_say(result, CHECK_OK, "%s %s", device->driver,
			device->sriov.num_vfs ? "has made VFs" : "will make VFs");
		check_evidence(result, "/sys/bus/pci/devices/%s/driver: %s", result->subject, device->driver);
		return;
	}
	check_say(result, CHECK_WARN, "%s %s", device->driver, finding.says);
	check_evidence(result, "%s", finding.evidence);
	check_fix(result, "%s", finding.fix);
}

void check_vf_token(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)doctor;
	if (!device->sriov.num_vfs)
		return;
	check_evidence(result, "/sys/bus/pci/devices/%s: driver %s, sriov_numvfs %u", result->subject,
		device->driver[0] ? device->driver : "none", device->sriov.num_vfs);
	if (!pci_driver_is_vfio(device->driver)) {
		check_say(result, CHECK_OK, "the host has the PF");
		return;
	}
	check_say(result, CHECK_WARN, "the PF is with %s: its %u VFs open only with the token of whoever has it",
		device->driver, device->sriov.num_vfs);
	check_fix(result, "sluice vf destroy %s, sluice release %s, and make the VFs with the PF's own driver",
		result->subject, result->subject);
}

static const struct pci_device *find_pf(const struct pci_inventory *inventory, const struct pci_device *vf)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (!pci_addr_compare(inventory->devices[i].addr, vf->pf))
			return &inventory->devices[i];
	return NULL;
}

void check_vf_mac(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct pci_device *pf = device->is_vf ? find_pf(&doctor->host->pci, device) : NULL;
	struct vf_settings settings;
	struct error err = { 0 };
	char text[MAC_TEXT_SIZE];

	if (!pf || !pf->netdev_count)
		return;
	if (vf_settings_look_at(
		    &doctor->host->root, pf->netdevs[0].text, (unsigned int)device->vf_index, &settings, &err) < 0) {
		check_say(result, CHECK_UNMEASURED, "%.200s", err.msg);
		return;
	}
	if (!settings.has_mac)
		return;
	check_evidence(result, "ip link show %s: vf %d, %s", pf->netdevs[0].text, device->vf_index,
		mac_to_text(&settings.mac, text));
	if (!mac_is_zero(&settings.mac)) {
		check_say(result, CHECK_OK, "%s", text);
		return;
	}
	check_say(result, CHECK_WARN, "VF %d of %s has none: its guest makes up another one at each start",
		device->vf_index, pf->netdevs[0].text);
	check_fix(result, "sluice vf set %s/%d mac=ADDRESS, before a driver takes it", pf->netdevs[0].text,
		device->vf_index);
}
