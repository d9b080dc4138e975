/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MAC addresses of VFs: one that stays the same across boots without being configured, and who on this host has an
 * address already.
 */
#ifndef SRIOV_VF_MAC_H
#define SRIOV_VF_MAC_H

#include "pci/pci.h"
#include "sriov/sriov.h"

/*
 * A locally administered unicast address that depends on nothing but the card (its permanent MAC address, the lowest of
 * several, else its serial number) and the VF's number: FNV-1a (64 bits) of "CARD/NUMBER", mixed; its low 48 bits from
 * the first octet on, with the local bit set and the group bit cleared (docs/vf.md). -ENODATA for a PF that has
 * neither.
 */
int vf_mac_stable(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *pf,
	unsigned int index, struct mac_addr *ret_mac);

/*
 * What is said of where the address comes from, as an address: settings->mac then, when there is to be one. CODE_USAGE
 * for a stable one of a card that has nothing to make it of.
 */
int vf_mac_make(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *pf,
	unsigned int index, struct vf_settings *settings, struct error *err);

/* From the text that a card is known by; the arithmetic of it. */
struct mac_addr vf_mac_from_text(const char *card, unsigned int index);

/*
 * Does anybody else on this host have the address: a network device that is not this VF's own, or a VF. who: "VF 2 of
 * eth1", "the network device br0".
 */
bool vf_mac_is_taken(const struct sysroot *root, const char *pf_netdev, unsigned int index, const struct mac_addr *mac,
	char *who, size_t size);

#endif
