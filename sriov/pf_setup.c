// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The switches for SR-IOV in cards' own set-up, as a table. Sources: NVIDIA's mstflint (mlxconfig's keys are the same
 * for all of their cards); Documentation/networking/devlink of the kernel (enable_sriov, a permanent parameter of
 * bnxt_en); AMD Solarflare's sfboot; drivers/net/ethernet/intel/igb (which of its chips have VFs at all). The menu of
 * the firmware is where Dell, HPE and Lenovo put the same switch for the cards that they sell.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/pf_setup.h"

enum {
	CLASS_NETWORK = 0x02,
	VENDOR_QLOGIC = 0x1077,
	VENDOR_BROADCOM = 0x14e4,
	VENDOR_MELLANOX = 0x15b3,
	VENDOR_SOLARFLARE = 0x1924,
	VENDOR_INTEL = 0x8086,
};

#define MENU                                                                                                           \
	"in the firmware's set-up at boot: device settings, the card, device level configuration, virtualization "     \
	"mode "                                                                                                        \
	"(or SR-IOV)"

/* igb drives chips without VFs too (82575, 82580, I210, I211): these have them. */
static bool is_igb_with_vfs(const struct pci_device *device)
{
	static const uint16_t ids[] = { 0x10c9, 0x10e6, 0x10e7, 0x10e8, 0x1518, 0x1526, 0x150a, 0x150d, /* 82576 */
		0x1521, 0x1522, 0x1523, 0x1524, 0x1546 };                                               /* I350 */

	for (size_t i = 0; i < array_size(ids); i++)
		if (ids[i] == device->device_id)
			return true;
	return false;
}

/* DEVICE stands for the address. The first row that fits. */
static const struct {
	uint16_t vendor;
	const char *driver; /* NULL: any, or none */
	bool (*is)(const struct pci_device *device);
	const char *fix;
} rows[] = {
	{ VENDOR_MELLANOX, NULL, NULL,
		"mstconfig -d DEVICE set SRIOV_EN=1 NUM_OF_VFS=8, then power the host off and on" },
	{ VENDOR_BROADCOM, "bnxt_en", NULL,
		"devlink dev param set pci/DEVICE name enable_sriov value true cmode permanent, then reboot; "
		"or " MENU },
	{ VENDOR_BROADCOM, "bnx2x", NULL, MENU ", then reboot" },
	{ VENDOR_SOLARFLARE, NULL, NULL,
		"sfboot switch-mode=sriov vf-count=8 (Solarflare's Linux Utilities), then power the host off and on" },
	{ VENDOR_INTEL, "igb", is_igb_with_vfs,
		MENU ", then reboot; boards that have no such menu need an NVM with SR-IOV" },
	{ VENDOR_INTEL, "ixgbe", NULL, MENU ", then reboot" },
	{ VENDOR_INTEL, "i40e", NULL,
		MENU ", then reboot; where it has none, the card's NVM is one without SR-IOV, as some of OEMs are: "
		     "update it "
		     "(nvmupdate64e for Intel's own cards, the OEM's package for others)" },
	{ VENDOR_INTEL, "ice", NULL,
		MENU ", then reboot; where it has none, update the card's NVM (nvmupdate64e for Intel's own cards, the "
		     "OEM's package for others)" },
	{ VENDOR_QLOGIC, "qede", NULL, MENU ", then reboot" },
};

static bool fits(size_t row, const struct pci_device *device)
{
	return rows[row].vendor == device->vendor_id &&
	       (!rows[row].driver || !strcmp(rows[row].driver, device->driver)) &&
	       (!rows[row].is || rows[row].is(device));
}

/* fix with the address for its mark. */
static void expand(const char *fix, const struct pci_device *device, char *buf, size_t size)
{
	static const char mark[] = "DEVICE";
	const char *at = strstr(fix, mark);
	char name[PCI_ADDR_TEXT_SIZE];

	if (at)
		snprintf(buf, size, "%.*s%s%s", (int)(at - fix), fix, pci_addr_text(device->addr, name),
			at + strlen(mark));
	else
		snprintf(buf, size, "%s", fix);
}

/* A kernel that is locked down lets no tool write a card's set-up. */
static bool is_locked(const struct sysroot *root)
{
	char lockdown[64] = "";

	return sysroot_read_text(root, lockdown, sizeof(lockdown), "sys/kernel/security/lockdown") > 0 &&
	       !strstr(lockdown, "[none]");
}

bool pf_setup_fix(const struct sysroot *root, const struct pci_device *device, char *buf, size_t size)
{
	if (device->is_vf || device->class >> 16 != CLASS_NETWORK)
		return false;
	for (size_t i = 0; i < array_size(rows); i++) {
		if (!fits(i, device))
			continue;
		expand(rows[i].fix, device, buf, size);
		if (is_locked(root) && text_starts_with(buf, "mstconfig") && strlen(buf) < size)
			snprintf(buf + strlen(buf), size - strlen(buf),
				"; this locked kernel may refuse: boot without Secure Boot");
		return true;
	}
	return false;
}
