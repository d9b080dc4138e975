// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on cards that can be split: their driver and link, whether the card's own set-up allows VFs, and what VFs
 * were given. Whether there is room for them: vf_resources.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "os/place.h"
#include "pci/detail.h"
#include "sriov/autoprobe.h"
#include "sriov/pf_rule.h"
#include "sriov/pf_setup.h"
#include "sriov/sriov.h"
#include "sriov/vf_text.h"

enum {
	INTERFACE_UP = 1, /* IFF_UP */
};

static void check_pf_driver(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	(void)facts;
	finding_evidence(findings, "/sys/bus/pci/devices/%s/driver: %s", findings->about.subject,
		device->driver[0] ? device->driver : "none");
	if (device->driver[0] && !pci_driver_is_vfio(device->driver)) {
		finding_say(findings, CHECK_OK, "%s; %u of %u VFs", device->driver, device->sriov.num_vfs,
			device->sriov.total_vfs);
		return;
	}
	finding_say(findings, device->driver[0] ? CHECK_OK : CHECK_WARN, "%s: it cannot be split now",
		device->driver[0] ? "the PF itself is with VFIO" : "no driver");
	if (!device->driver[0])
		finding_fix(findings, "sluice release %s", findings->about.subject);
}

static void check_pf_link(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char state[32] = "unknown";
	const char *netdev = device->netdevs[0].text;
	uint64_t flags;

	if (!device->netdev_count)
		return;
	if (sysroot_read_u64(&facts->host->root, &flags, "sys/class/net/%s/flags", netdev)) {
		finding_say(findings, CHECK_UNMEASURED, "/sys/class/net/%s/flags cannot be read", netdev);
		return;
	}
	if (sysroot_read_text(&facts->host->root, state, sizeof(state), "sys/class/net/%s/operstate", netdev) < 0)
		text_copy(state, sizeof(state), "unknown");
	finding_evidence(
		findings, "/sys/class/net/%s: flags 0x%llx, operstate %s", netdev, (unsigned long long)flags, state);
	if (!(flags & INTERFACE_UP)) {
		finding_say(findings, CHECK_WARN, "%s is switched off", netdev);
		finding_fix(findings, "ip link set %s up", netdev);
	} else if (!strcmp(state, "down")) {
		finding_say(findings, CHECK_WARN, "%s has no link", netdev);
		finding_fix(findings, "check the cable and the other end");
	} else {
		finding_say(findings, CHECK_OK, "%s is up", netdev);
	}
}

/* "; igbvf has 2 of its VFs, from 0000:01:10.0 on": those that met the host's driver; "" for none. */
static const char *taken_text(const struct facts *facts, const struct pci_device *pf, char *buf, size_t size)
{
	const struct pci_device *first = NULL;
	char name[PCI_ADDR_TEXT_SIZE];
	size_t vf_count, count = 0;
	const struct pci_device *const *vf = device_index_vfs(&facts->index, pf->addr, &vf_count);

	for (size_t i = 0; i < vf_count; i++)
		if (vf[i]->driver[0] && !pci_driver_is_vfio(vf[i]->driver)) {
			count++;
			first = first ? first : vf[i];
		}
	buf[0] = '\0';
	if (first)
		snprintf(buf, size, "; %s has %zu of its VFs, from %s on", first->driver, count,
			pci_addr_text(first->addr, name));
	return buf;
}

static void check_vf_autoprobe(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char taken[128];

	if (device->sriov.autoprobe < 0) {
		finding_say(findings, CHECK_UNMEASURED, "sriov_drivers_autoprobe cannot be read");
		return;
	}
	finding_evidence(findings, "/sys/bus/pci/devices/%s/sriov_drivers_autoprobe: %d", findings->about.subject,
		device->sriov.autoprobe);
	if (autoprobe_is_left(&facts->host->root, device->addr)) {
		finding_say(
			findings, CHECK_WARN, "off: a 'sluice vf create' that was killed did not switch it on again");
		finding_fix(findings, "sluice release %s", findings->about.subject);
		return;
	}
	finding_say(findings, CHECK_OK, "%s%s",
		device->sriov.autoprobe ? "on; 'sluice vf create' switches it off while it works"
					: "off: new VFs meet no driver",
		taken_text(facts, device, taken, sizeof(taken)));
}

/* In a guest a function without SR-IOV may be a VF, whose PF is the hypervisor's: nothing is known about its card. */
static bool belongs_to_hypervisor(const struct facts *facts, struct findings *findings)
{
	struct place place;

	place_read(&facts->host->root, &place);
	if (!place.is_guest || place.is_dom0)
		return false;
	finding_say(
		findings, CHECK_UNMEASURED, "this is a guest of %s: the card's set-up is the host's below", place.name);
	finding_evidence(findings, "%s", place.evidence);
	return true;
}

static void check_vf_firmware(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char fix[PF_SETUP_FIX_SIZE];
	bool known = pf_setup_fix(&facts->host->root, device, fix, sizeof(fix));
	struct pf_rule_finding finding;

	if (device->sriov.capable && device->sriov.total_vfs) {
		finding_evidence(findings, "/sys/bus/pci/devices/%s/sriov_totalvfs: %u", findings->about.subject,
			device->sriov.total_vfs);
		finding_say(findings, CHECK_OK, "up to %u VFs", device->sriov.total_vfs);
		return;
	}
	/* A card without the capability mostly is one that has none: only of some is it known to be a switch. */
	if (!device->sriov.capable && !(facts->device_count && known))
		return;
	if (belongs_to_hypervisor(facts, findings))
		return;
	/* The driver itself has set sriov_totalvfs to 0: PF-RULE says so. */
	if (device->sriov.capable && pf_rule_check(&facts->host->root, device, &finding) == 1 && finding.never)
		return;
	finding_evidence(findings, "/sys/bus/pci/devices/%s/sriov_totalvfs: %s", findings->about.subject,
		device->sriov.capable ? "0" : "does not exist, and it is a card that can have VFs");
	finding_say(findings, CHECK_WARN, "the card's own set-up allows no VFs");
	finding_fix(findings, "%s",
		known ? fix : "allow VFs in the card's set-up (firmware's device menu, or its maker's tool)");
}

/* What is known of single drivers: when each of them refuses, and what to do. */
static void check_pf_rule(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct pf_rule_finding finding;
	int held = pf_rule_check(&facts->host->root, device, &finding);

	if (held < 0)
		return;
	if (!held) {
		finding_say(findings, CHECK_OK, "%s %s", device->driver,
			device->sriov.num_vfs ? "has made VFs" : "will make VFs");
		finding_evidence(
			findings, "/sys/bus/pci/devices/%s/driver: %s", findings->about.subject, device->driver);
		return;
	}
	finding_say(findings, CHECK_WARN, "%s %s", device->driver, finding.says);
	finding_evidence(findings, "%s", finding.evidence);
	finding_fix(findings, "%s", finding.fix);
}

static void check_vf_token(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	(void)facts;
	if (!device->sriov.num_vfs)
		return;
	finding_evidence(findings, "/sys/bus/pci/devices/%s: driver %s, sriov_numvfs %u", findings->about.subject,
		device->driver[0] ? device->driver : "none", device->sriov.num_vfs);
	if (!pci_driver_is_vfio(device->driver)) {
		finding_say(findings, CHECK_OK, "the host has the PF");
		return;
	}
	finding_say(findings, CHECK_WARN, "the PF is with %s: its %u VFs open only with the token of whoever has it",
		device->driver, device->sriov.num_vfs);
	finding_fix(findings, "sluice vf destroy %s, sluice release %s, and make the VFs with the PF's own driver",
		findings->about.subject, findings->about.subject);
}

/*
 * An address that no other card or VF here can have: local (IEEE 802-2014, 8.4), with the VF's number and the last four
 * octets of its PF's own.
 */
static bool propose_mac(
	const struct facts *facts, const struct pci_device *pf, int vf_index, char text[static MAC_TEXT_SIZE])
{
	struct mac_addr mac;
	char own[32];

	if (!pci_permanent_mac(&facts->host->root, pf->netdevs[0].text, own, sizeof(own)) || text_to_mac(own, &mac) < 0)
		return false;
	mac.octet[0] = (uint8_t)(0x02 | (vf_index >> 8 & 0x3f) << 2);
	mac.octet[1] = (uint8_t)(vf_index & 0xff);
	mac_to_text(&mac, text);
	return true;
}

static void check_vf_mac(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct pci_device *pf = device->is_vf ? pci_inventory_find(&facts->host->pci, device->pf) : NULL;
	const struct vf_settings *settings;
	char text[MAC_TEXT_SIZE];
	const char *why;

	if (!pf || !pf->netdev_count)
		return;
	settings = facts_vf_settings(facts, pf, device, &why);
	if (!settings) {
		finding_say(findings, CHECK_UNMEASURED, "%s", why);
		return;
	}
	if (!settings->has_mac)
		return;
	finding_evidence(findings, "ip link show %s: vf %d, %s", pf->netdevs[0].text, device->vf_index,
		mac_to_text(&settings->mac, text));
	if (!mac_is_zero(&settings->mac)) {
		finding_say(findings, CHECK_OK, "%s", text);
		return;
	}
	finding_say(findings, CHECK_WARN, "VF %d of %s has none: its guest makes up another one at each start",
		device->vf_index, pf->netdevs[0].text);
	if (propose_mac(facts, pf, device->vf_index, text))
		finding_fix(findings, "sluice vf set %s/%d mac=%s, or an address of yours, before a driver takes it",
			pf->netdevs[0].text, device->vf_index, text);
	else
		finding_fix(findings, "give it one with 'sluice vf set %s/%d mac=', before a driver takes it",
			pf->netdevs[0].text, device->vf_index);
}

const struct check sriov_checks[] = {
	{ CODE_VF_NO_DRIVER, SECTION_SRIOV, SCOPE_PF, "PF driver", "creating VFs is the work of the PF's driver",
		check_pf_driver },
	{ CODE_PF_DOWN, SECTION_SRIOV, SCOPE_PF, "PF link", "most VFs have a link only while their PF has",
		check_pf_link },
	{ CODE_VF_AUTOPROBE, SECTION_SRIOV, SCOPE_PF, "VF autoprobe",
		"a VF for a guest need not meet the host's driver", check_vf_autoprobe },
	{ CODE_VF_FW_OFF, SECTION_SRIOV, SCOPE_ANY, "SR-IOV in the card",
		"a card's own set-up can keep it from being split", check_vf_firmware },
	{ CODE_PF_RULE, SECTION_SRIOV, SCOPE_PF, "The PF's driver's ways",
		"drivers have rules of their own for making VFs", check_pf_rule },
	{ CODE_VF_TOKEN, SECTION_SRIOV, SCOPE_PF, "VFs of a PF in user space",
		"who has the PF sees and changes what its VFs do", check_vf_token },
	{ CODE_VF_NO_MAC, SECTION_DEVICE, SCOPE_DEVICE, "VF's MAC",
		"a guest whose address changes is another machine to its network", check_vf_mac },
	{ .run = NULL },
};
