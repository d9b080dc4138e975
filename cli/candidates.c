// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that a command without its DEVICE may have been meant for; see candidates.h. */
#include "cli/candidates.h"

#include <stdio.h>
#include <string.h>

#include "assign/host.h"
#include "base/cleanup.h"
#include "pci/pci.h"

enum {
	CANDIDATES_SHOWN = 8,
	TEXT_SIZE = 360, /* of an error's hint */
	CLASS_DISPLAY = 0x03,
	RANKS = 4,
};

/*
 * Cards that guests get come first: split or to be split, with VFIO, of a network, disks and displays; the rest is not
 * offered.
 */
static int rank_of(const struct pci_device *device)
{
	if (device->is_bridge || device->is_vf)
		return RANKS;
	if (device->sriov.capable)
		return 0;
	if (pci_driver_is_vfio(device->driver))
		return 1;
	if (device->netdev_count || device->class >> 16 == CLASS_DISPLAY)
		return 2;
	return device->block_count ? 3 : RANKS;
}

/* "eth0", or the address with what it is: "0000:01:00.0 (nvidia)". */
static size_t add_candidate(const struct pci_device *device, char *buf, size_t size)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (device->netdev_count)
		return (size_t)snprintf(buf, size, "%s", device->netdevs[0].text);
	return (size_t)snprintf(buf, size, "%s%s%s%s", pci_addr_text(device->addr, name), device->driver[0] ? " (" : "",
		device->driver, device->driver[0] ? ")" : "");
}

void candidates_suggest(const struct cli *cli, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	char text[TEXT_SIZE];
	size_t used = 0, shown = 0;

	if (host_open(&host, cli->sysroot, PCI_LOOK_VFS_ALIKE, NULL) < 0)
		return;
	for (int rank = 0; rank < RANKS; rank++)
		for (size_t i = 0; i < host.pci.count && shown < CANDIDATES_SHOWN; i++) {
			char one[96];

			if (rank_of(&host.pci.devices[i]) != rank)
				continue;
			add_candidate(&host.pci.devices[i], one, sizeof(one));
			if (used + strlen(one) + sizeof(", ") >= sizeof(text))
				break;
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "", one);
			shown++;
		}
	if (shown)
		fail_hint(err, "DEVICE could be %s; 'sluice list' shows all of them", text);
	else
		fail_hint(err, "'sluice list' shows the devices of this host");
}
