// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which registers of a passed-through device its guest sees (PCI Express Base 6.0, 7.5 to 7.9; PCI Local Bus 3.0, 6.2
 * and 6.8), as tables; see vfio_config_rows.h.
 *
 * The host owns link, payload sizes and error reporting. A guest gets registers of its own for them: it can write what
 * it likes and reads it back. Two things of its configuration space reach the hardware: bus mastering, and the reset
 * that it may ask for, which vfio_pci.c turns into VFIO_DEVICE_RESET.
 *
 * Each row says why in one line, for people who know PCI but not this program.
 */
#include "passthrough/vfio_config_rows.h"

#include <linux/pci_regs.h>

#include "base/cleanup.h"

enum {
	MSI_SHAPE = PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT, /* what decides where its registers are */
	AF_LENGTH = 6,
};

#define ROWS(table)                                                                                                    \
	{                                                                                                              \
		(table), array_size(table)                                                                             \
	}

static const char chain_why[] = "where the next capability is, without those that are not shown";

static const struct shown_field header_fields[] = {
	{ PCI_VENDOR_ID, 2, "vendor id", 0xffff, 0, 0, 0, 0, "as the device says: its driver is found by it" },
	{ PCI_DEVICE_ID, 2, "device id", 0xffff, 0, 0, 0, 0,
		"as the kernel says: VFs, whose own register reads as ones, have their ids too" },
	{ PCI_COMMAND, 2, "COMMAND", 0, 0,
		PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE,
		PCI_COMMAND_MASTER, PCI_COMMAND_MASTER,
		"bus mastering is the guest's; decoding stays on in the device, or its mapped BARs would fault" },
	{ PCI_STATUS, 2, "STATUS", 0, PCI_STATUS_CAP_LIST, 0, PCI_STATUS_INTERRUPT, 0,
		"whether INTx is pending; errors of the host's bus are the host's" },
	{ PCI_CLASS_REVISION, 4, "class, revision", 0xffffffff, 0, 0, 0, 0, "as the device says" },
	{ PCI_CACHE_LINE_SIZE, 1, "cache line size", 0, 0, 0xff, 0, 0, "of no effect in PCI Express: the guest's own" },
	{ PCI_HEADER_TYPE, 1, "header type", 0, PCI_HEADER_TYPE_NORMAL, 0, 0, 0,
		"one function, or several where the guest has several in one slot" },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, "subsystem vendor id", 0xffff, 0, 0, 0, 0, "as the device says" },
	{ PCI_SUBSYSTEM_ID, 2, "subsystem id", 0xffff, 0, 0, 0, 0, "as the device says" },
	{ PCI_ROM_ADDRESS, 4, "expansion ROM", 0, 0, 0, 0, 0,
		"the guest's address of a copy: the device's image, or another that was given, or none" },
	{ PCI_CAPABILITY_LIST, 1, "first capability", 0, 0, 0, 0, 0, chain_why },
	{ PCI_INTERRUPT_LINE, 1, "interrupt line", 0, 0, 0xff, 0, 0, "a note of the guest's to itself" },
	{ PCI_INTERRUPT_PIN, 1, "interrupt pin", 0, 0, 0, 0, 0, "the device's, where the kernel offers INTx" },
};

static const struct shown_field pm_fields[] = {
	{ PCI_PM_PMC, 2, "power abilities", 0, 3, 0, 0, 0,
		"version 3, no D1, D2 or PME: nobody could wake the host's bus" },
	{ PCI_PM_CTRL, 2, "power state", 0, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK, 0, 0,
		"the device stays in D0, or its mapped BARs would fault; No_Soft_Reset: a guest cannot tell" },
};

static const struct shown_field msi_fields[] = {
	{ PCI_MSI_FLAGS, 2, "MSI control", PCI_MSI_FLAGS_QMASK | MSI_SHAPE, 0,
		PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, 0, 0,
		"sluice-vmm sets up the host's vectors when the guest enables its own" },
	{ PCI_MSI_ADDRESS_LO, 4, "MSI address", 0, 0, 0xfffffffc, 0, 0,
		"the guest's interrupt, which KVM injects; the device has the host's" },
};

static const struct shown_field msi32_fields[] = {
	{ PCI_MSI_DATA_32, 2, "MSI data", 0, 0, 0xffff, 0, 0, "the guest's interrupt; the device has the host's" },
};

static const struct shown_field msi64_fields[] = {
	{ PCI_MSI_ADDRESS_HI, 4, "MSI upper address", 0, 0, 0xffffffff, 0, 0,
		"the guest's interrupt; the device has the host's" },
	{ PCI_MSI_DATA_64, 2, "MSI data", 0, 0, 0xffff, 0, 0, "the guest's interrupt; the device has the host's" },
};

/* Pending bits come from vfio_interrupts.c. Mask bits of vectors that are not there: see show_msi(). */
static const struct shown_field msi32_mask_fields[] = {
	{ PCI_MSI_MASK_32, 4, "MSI mask", 0, 0, 0xffffffff, 0, 0, "sluice-vmm holds back what is masked" },
	{ PCI_MSI_PENDING_32, 4, "MSI pending", 0, 0, 0, 0xffffffff, 0,
		"what waits behind the mask, here and in the device" },
};

static const struct shown_field msi64_mask_fields[] = {
	{ PCI_MSI_MASK_64, 4, "MSI mask", 0, 0, 0xffffffff, 0, 0, "sluice-vmm holds back what is masked" },
	{ PCI_MSI_PENDING_64, 4, "MSI pending", 0, 0, 0, 0xffffffff, 0,
		"what waits behind the mask, here and in the device" },
};

static const struct shown_field msix_fields[] = {
	{ PCI_MSIX_FLAGS, 2, "MSI-X control", PCI_MSIX_FLAGS_QSIZE, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL,
		0, 0, "sluice-vmm sets up the host's vectors when the guest enables its own" },
	{ PCI_MSIX_TABLE, 4, "MSI-X table", 0xffffffff, 0, 0, 0, 0,
		"where in the device; the guest's accesses there are answered by sluice-vmm" },
	{ PCI_MSIX_PBA, 4, "MSI-X pending bits", 0xffffffff, 0, 0, 0, 0,
		"where in the device; the guest's accesses there are answered by sluice-vmm" },
};

static const struct shown_field express_fields[] = {
	{ PCI_EXP_FLAGS, 2, "PCIe type", PCI_EXP_FLAGS_VERS, PCI_EXP_TYPE_ENDPOINT << 4, 0, 0, 0,
		"an endpoint behind a root port, which is where it is in the guest" },
	{ PCI_EXP_DEVCAP, 4, "device abilities",
		PCI_EXP_DEVCAP_PAYLOAD | PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_L0S | PCI_EXP_DEVCAP_L1 |
			PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR,
		0, 0, 0, 0,
		"no phantom functions: the IOMMU would not know such requesters; a reset where VFIO has one" },
	{ PCI_EXP_DEVCTL, 2, "device control", 0x7fff, 0, 0x7fff, 0, 0,
		"payload sizes and error reporting belong to the host's link; a reset goes to VFIO" },
	{ PCI_EXP_DEVSTA, 2, "device status", 0, 0, 0, PCI_EXP_DEVSTA_TRPND, 0,
		"whether transactions are pending; errors are the host's" },
	{ PCI_EXP_LNKCAP, 4, "link abilities", PCI_EXP_LNKCAP_SLS | PCI_EXP_LNKCAP_MLW, 0, 0, 0, 0,
		"speed and width as they are; no ASPM: the link is the host's" },
	{ PCI_EXP_LNKCTL, 2, "link control", 0, 0, PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES, 0, 0,
		"the link is the host's: the guest writes a copy" },
	{ PCI_EXP_LNKSTA, 2, "link status", PCI_EXP_LNKSTA_CLS | PCI_EXP_LNKSTA_NLW | PCI_EXP_LNKSTA_SLC, 0, 0, 0, 0,
		"as it was when the device was opened" },
};

/* What version 2 of the capability adds. */
static const struct shown_field express2_fields[] = {
	{ PCI_EXP_DEVCAP2, 4, "device abilities 2", PCI_EXP_DEVCAP2_COMP_TMOUT_DIS | 0xf, 0, 0, 0, 0,
		"no ARI, atomics, LTR or OBFF: the guest's root port has none" },
	{ PCI_EXP_DEVCTL2, 2, "device control 2", 0, 0, PCI_EXP_DEVCTL2_COMP_TIMEOUT | PCI_EXP_DEVCTL2_COMP_TMOUT_DIS,
		0, 0, "completion timeouts are the host's: the guest writes a copy" },
	{ PCI_EXP_LNKCAP2, 4, "link abilities 2", 0xfe, 0, 0, 0, 0, "the speeds that there are" },
	{ PCI_EXP_LNKCTL2, 2, "link control 2", PCI_EXP_LNKCTL2_TLS, 0, PCI_EXP_LNKCTL2_TLS, 0, 0,
		"the link is the host's: the guest writes a copy" },
};

static const struct shown_field af_fields[] = {
	{ PCI_AF_LENGTH, 1, "AF length", 0, AF_LENGTH, 0, 0, 0, "by the format of the capability" },
	{ PCI_AF_CAP, 1, "AF abilities", PCI_AF_CAP_TP | PCI_AF_CAP_FLR, 0, 0, 0, 0, "a reset where VFIO has one" },
	{ PCI_AF_CTRL, 1, "AF control", 0, 0, 0, 0, 0, "a reset goes to VFIO" },
	{ PCI_AF_STATUS, 1, "AF status", 0, 0, 0, PCI_AF_STATUS_TP, 0, "whether transactions are pending" },
};

static const struct shown_field vpd_fields[] = {
	{ PCI_VPD_ADDR, 2, "VPD address", 0, 0, 0xffff, 0, 0,
		"a request to read goes to the card, one to write does nothing" },
	{ PCI_VPD_DATA, 4, "VPD data", 0, 0, 0, 0, 0, "what was read last" },
};

static const struct shown_cap shown_caps[] = {
	{ PCI_CAP_ID_PM, PCI_PM_SIZEOF, "power management", ROWS(pm_fields), false, chain_why },
	{ PCI_CAP_ID_MSI, PCI_MSI_DATA_32 + 2, "MSI", ROWS(msi_fields), false, chain_why },
	{ PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF, "MSI-X", ROWS(msix_fields), false, chain_why },
	{ PCI_CAP_ID_EXP, PCI_EXP_LNKSTA + 2, "PCI Express", ROWS(express_fields), false, chain_why },
	{ PCI_CAP_ID_AF, AF_LENGTH, "advanced features", ROWS(af_fields), false, chain_why },
	{ PCI_CAP_ID_VPD, PCI_CAP_VPD_SIZEOF, "vital product data", ROWS(vpd_fields), false, chain_why },
	/* virtio finds its registers through these. */
	{ PCI_CAP_ID_VNDR, 3, "vendor's own", { NULL, 0 }, true,
		"frozen as it was: virtio finds its registers by it, and what lies behind live ones nobody knows" },
};

static const struct shown_part shown_parts[] = {
	{ PCI_CAP_ID_EXP, PCI_EXP_FLAGS_VERS, 2, PCI_EXP_FLAGS_VERS, PCI_EXP_LNKSTA2 + 2, ROWS(express2_fields) },
	{ PCI_CAP_ID_MSI, PCI_MSI_FLAGS_64BIT, 0, 0, PCI_MSI_DATA_32 + 2, ROWS(msi32_fields) },
	{ PCI_CAP_ID_MSI, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_64BIT, PCI_MSI_DATA_64 + 2,
		ROWS(msi64_fields) },
	{ PCI_CAP_ID_MSI, MSI_SHAPE, PCI_MSI_FLAGS_MASKBIT, PCI_MSI_FLAGS_MASKBIT, PCI_MSI_PENDING_32 + 4,
		ROWS(msi32_mask_fields) },
	{ PCI_CAP_ID_MSI, MSI_SHAPE, MSI_SHAPE, MSI_SHAPE, PCI_MSI_PENDING_64 + 4, ROWS(msi64_mask_fields) },
};

static const struct shown_field serial_fields[] = {
	{ 4, 4, "serial number, low", 0xffffffff, 0, 0, 0, 0, "as the device says" },
	{ 8, 4, "serial number, high", 0xffffffff, 0, 0, 0, 0, "as the device says" },
};

static const struct shown_cap shown_ext_caps[] = {
	{ PCI_EXT_CAP_ID_DSN, PCI_EXT_CAP_DSN_SIZEOF, "serial number", ROWS(serial_fields), false, chain_why },
	{ PCI_EXT_CAP_ID_REBAR, PCI_REBAR_CTRL + 4, "resizable BARs", { NULL, 0 }, false, chain_why },
};

static const struct hidden_cap hidden_caps[] = {
	{ PCI_CAP_ID_PCIX, "PCI-X", "its registers set up the host's bus" },
	{ PCI_CAP_ID_HT, "HyperTransport", "its registers set up the host's bus" },
	{ PCI_CAP_ID_CHSWP, "hot swap", "plugging is the guest's root port's affair" },
	{ PCI_CAP_ID_SSVID, "bridge subsystem id", "the device is no bridge in the guest" },
	{ PCI_CAP_ID_SATA, "SATA index, data", "a second way to registers that BARs lead to" },
	{ PCI_CAP_ID_EA, "enhanced allocation", "it moves BARs past the registers that are watched" },
};

static const struct hidden_cap hidden_ext_caps[] = {
	{ PCI_EXT_CAP_ID_ERR, "AER",
		"errors of the host's link are the host's; one that is not corrected is told by hot plug (err=)" },
	{ PCI_EXT_CAP_ID_VC, "virtual channels", "they set up the host's link" },
	{ PCI_EXT_CAP_ID_MFVC, "virtual channels", "they set up the host's link" },
	{ PCI_EXT_CAP_ID_VC9, "virtual channels", "they set up the host's link" },
	{ PCI_EXT_CAP_ID_PWR, "power budgeting", "power is the host's" },
	{ PCI_EXT_CAP_ID_VNDR, "vendor's own", "nobody knows what its registers do" },
	{ PCI_EXT_CAP_ID_ACS, "ACS", "what keeps functions apart is the host's to set" },
	{ PCI_EXT_CAP_ID_ARI, "ARI", "it speaks of the host's other functions, and the guest's port forwards none" },
	{ PCI_EXT_CAP_ID_ATS, "ATS",
		"the guest has no IOMMU to translate by; translated requests would bypass the host's" },
	{ PCI_EXT_CAP_ID_SRIOV, "SR-IOV", "VFs would be devices that the host does not know of" },
	{ PCI_EXT_CAP_ID_PRI, "page requests", "the host pins the guest's memory: there is nothing to ask for" },
	{ PCI_EXT_CAP_ID_DPA, "power allocation", "power is the host's" },
	{ PCI_EXT_CAP_ID_TPH, "TPH", "its steering tags would name the host's caches" },
	{ PCI_EXT_CAP_ID_LTR, "LTR", "latencies are told to the host's link" },
	{ PCI_EXT_CAP_ID_SECPCI, "PCIe lanes", "the link is the host's" },
	{ PCI_EXT_CAP_ID_PASID, "PASID", "the guest has no IOMMU with address spaces for it" },
	{ PCI_EXT_CAP_ID_DPC, "DPC", "the link is the host's" },
	{ PCI_EXT_CAP_ID_L1SS, "L1 substates", "the link is the host's" },
	{ PCI_EXT_CAP_ID_PTM, "precise time", "the guest's root port is no source of time" },
	{ PCI_EXT_CAP_ID_DVSEC, "vendor's own", "nobody knows what its registers do" },
	{ PCI_EXT_CAP_ID_DLF, "data link feature", "the link is the host's" },
	{ PCI_EXT_CAP_ID_PL_16GT, "16 GT/s lanes", "the link is the host's" },
};

static const struct hidden_cap unknown_cap = { 0, "of no known kind", "nobody knows what its registers do" };

const struct shown_fields vfio_header_rows = ROWS(header_fields);

static const struct shown_cap *find_shown(const struct shown_cap *caps, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++)
		if (caps[i].id == id)
			return &caps[i];
	return NULL;
}

static const struct hidden_cap *find_hidden(const struct hidden_cap *caps, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++)
		if (caps[i].id == id)
			return &caps[i];
	return &unknown_cap;
}

const struct shown_cap *vfio_shown_cap(uint16_t id)
{
	return find_shown(shown_caps, array_size(shown_caps), id);
}

const struct shown_cap *vfio_shown_ext_cap(uint16_t id)
{
	return find_shown(shown_ext_caps, array_size(shown_ext_caps), id);
}

const struct shown_part *vfio_shown_parts(size_t *ret_count)
{
	*ret_count = array_size(shown_parts);
	return shown_parts;
}

const struct hidden_cap *vfio_hidden_cap(uint16_t id)
{
	return find_hidden(hidden_caps, array_size(hidden_caps), id);
}

const struct hidden_cap *vfio_hidden_ext_cap(uint16_t id)
{
	return find_hidden(hidden_ext_caps, array_size(hidden_ext_caps), id);
}
