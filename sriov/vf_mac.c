// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MAC addresses of VFs; see vf_mac.h. Who has an address: sys/class/net/IFACE/address for network devices,
 * rtnetlink for the VFs of each PF. Guests' addresses behind a bridge are nobody's on this host and are not looked for.
 */
#include "sriov/vf_mac.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/detail.h"
#include "pci/identity.h"
#include "sriov/vf_text.h"

#define NET "sys/class/net"

enum {
	LOCAL = 0x02,
	GROUP = 0x01,
	CARD_TEXT_SIZE = 32,
};

/* FNV-1a of 64 bits, its bits mixed once more so that the low 46 depend on all (the finaliser of MurmurHash3). */
static uint64_t hash(const char *text, unsigned int index)
{
	uint64_t value = 0xcbf29ce484222325;
	char all[160];

	snprintf(all, sizeof(all), "%s/%u", text, index);
	for (const char *at = all; *at; at++)
		value = (value ^ (uint8_t)*at) * 0x100000001b3;
	value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
	value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
	return value ^ value >> 33;
}

struct mac_addr vf_mac_from_text(const char *card, unsigned int index)
{
	uint64_t value = hash(card, index);
	struct mac_addr mac;

	for (size_t i = 0; i < sizeof(mac.octet); i++)
		mac.octet[i] = (uint8_t)(value >> 8 * i);
	mac.octet[0] = (uint8_t)((mac.octet[0] & ~GROUP) | LOCAL);
	return mac;
}

/*
 * Of several network devices the lowest address, since their order is that of their names: a card with two ports behind
 * one function, or a switch in the card whose representors (which have no permanent address) stand beside the PF's own.
 */
static bool find_permanent(const struct sysroot *root, const struct pci_device *pf, char card[static CARD_TEXT_SIZE])
{
	char one[CARD_TEXT_SIZE];

	card[0] = '\0';
	for (size_t i = 0; i < pf->netdev_count; i++)
		if (pci_permanent_mac(root, pf->netdevs[i].text, one, sizeof(one)) &&
			(!card[0] || strcmp(one, card) < 0))
			text_copy(card, CARD_TEXT_SIZE, one);
	return card[0];
}

int vf_mac_stable(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *pf,
	unsigned int index, struct mac_addr *ret_mac)
{
	struct pci_identity identity;
	char card[CARD_TEXT_SIZE];

	if (find_permanent(root, pf, card)) {
		*ret_mac = vf_mac_from_text(card, index);
		return 0;
	}
	pci_identity_read(root, inventory, pf, true, &identity);
	if (!identity.serial[0])
		return -ENODATA;
	*ret_mac = vf_mac_from_text(identity.serial, index);
	return 0;
}

static int make_random(struct mac_addr *ret_mac)
{
	if (getrandom(ret_mac->octet, sizeof(ret_mac->octet), 0) != sizeof(ret_mac->octet))
		return -EIO;
	ret_mac->octet[0] = (uint8_t)((ret_mac->octet[0] & ~GROUP) | LOCAL);
	return 0;
}

int vf_mac_make(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *pf,
	unsigned int index, struct vf_settings *settings, struct error *err)
{
	if (settings->mac_from == VF_MAC_RANDOM && make_random(&settings->mac) < 0)
		return fail(err, EIO, "make a random address");
	if (settings->mac_from == VF_MAC_STABLE && vf_mac_stable(root, inventory, pf, index, &settings->mac) < 0) {
		fail_code(err, CODE_USAGE, ENODATA,
			"the card has neither a permanent MAC address nor a serial number to make a stable one of");
		return fail_hint(err, "give an address: mac=02:00:00:00:00:01");
	}
	if (settings->mac_from == VF_MAC_RANDOM || settings->mac_from == VF_MAC_STABLE)
		settings->has_mac = true;
	settings->mac_from = VF_MAC_SAID;
	return 0;
}

static bool has_address(const struct sysroot *root, const char *name, const struct mac_addr *mac)
{
	struct mac_addr own;
	char text[64];

	return sysroot_read_text(root, text, sizeof(text), NET "/%s/address", name) > 0 && !text_to_mac(text, &own) &&
	       !memcmp(&own, mac, sizeof(own));
}

/* Is it the network device of VF index of that PF: the VF shows the address that it is given. */
static bool is_of_vf(const struct sysroot *root, const char *name, const char *pf_netdev, unsigned int index)
{
	char own[64], vf[64];

	return !sysroot_read_link_name(root, own, sizeof(own), NET "/%s/device", name) &&
	       !sysroot_read_link_name(root, vf, sizeof(vf), NET "/%s/device/virtfn%u", pf_netdev, index) &&
	       !strcmp(own, vf);
}

/* index: of a VF that is not asked, or -1. */
static bool vf_has_address(const char *netdev, int index, const struct mac_addr *mac, char *who, size_t size)
{
	cleanup_free struct vf_settings *all = calloc(VF_SETTINGS_MAX, sizeof(*all));
	size_t count = 0;

	if (!all || vf_settings_read_all(netdev, all, VF_SETTINGS_MAX, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if ((int)i != index && all[i].has_mac && !memcmp(&all[i].mac, mac, sizeof(*mac))) {
			snprintf(who, size, "VF %zu of %s", i, netdev);
			return true;
		}
	return false;
}

bool vf_mac_is_taken(const struct sysroot *root, const char *pf_netdev, unsigned int index, const struct mac_addr *mac,
	char *who, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, NET);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		uint64_t vfs;

		if (name[0] == '.')
			continue;
		if (has_address(root, name, mac) && !is_of_vf(root, name, pf_netdev, index)) {
			snprintf(who, size, "the network device %s", name);
			return true;
		}
		if (!sysroot_read_u64(root, &vfs, NET "/%s/device/sriov_numvfs", name) && vfs &&
			vf_has_address(name, strcmp(name, pf_netdev) ? -1 : (int)index, mac, who, size))
			return true;
	}
	return false;
}
