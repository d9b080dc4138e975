// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is known about devices beyond their capabilities, as rows. Source of every row: drivers/pci/quirks.c of Linux
 * 6.12, the functions named in `source`, which cite the makers' statements. The first row that fits settles it. Not
 * here: NTB bridges of Microsemi (their aliases are in registers that only a driver may read), and bridges of other
 * machines than x86's where the IOMMU sits below the root.
 */
#include "iommu/quirk.h"

#include "base/cleanup.h"

enum condition {
	IF_ALWAYS,
	IF_ROOT_PORT,
	IF_PORT,        /* root port or switch downstream port */
	IF_RC_ENDPOINT, /* root complex integrated endpoint */
	IF_AMD_SOUTHBRIDGE,
	IF_PCH,
};

enum verdict {
	ISOLATES,
	DOES_NOT,
	WHEN_SWITCHED_ON, /* as topology_function.pch_isolation says */
};

struct acs_quirk {
	uint16_t vendor, first, last;
	uint8_t condition, verdict;
	const char *reason;
};

#define NO_PEER "the maker says that its functions do not talk to each other (pci_quirk_mf_endpoint_acs)"
#define SOUTHBRIDGE "AMD says that its southbridge has no peer-to-peer with an AMD IOMMU (pci_quirk_amd_sb_acs)"
#define PORT_ALIKE "the maker says that its ports isolate, without an ACS capability"
#define ANY 0x0000, 0xffff

static const struct acs_quirk quirks[] = {
	{ 0x1002, 0x4383, 0x4385, IF_AMD_SOUTHBRIDGE, ISOLATES, SOUTHBRIDGE },
	{ 0x1002, 0x4399, 0x4399, IF_AMD_SOUTHBRIDGE, ISOLATES, SOUTHBRIDGE },
	{ 0x1002, 0x439c, 0x439d, IF_AMD_SOUTHBRIDGE, ISOLATES, SOUTHBRIDGE },
	{ 0x1022, 0x7809, 0x7809, IF_AMD_SOUTHBRIDGE, ISOLATES, SOUTHBRIDGE },
	{ 0x1022, 0x780f, 0x780f, IF_AMD_SOUTHBRIDGE, ISOLATES, SOUTHBRIDGE },
	/* Solarflare */
	{ 0x1924, 0x0903, 0x0903, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x1924, 0x0923, 0x0923, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x1924, 0x0a03, 0x0a03, IF_ALWAYS, ISOLATES, NO_PEER },
	/* Intel network cards: 82598, 82599, 82576, 82575, I350, 82571, I219 */
	{ 0x8086, 0x105e, 0x1060, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10a7, 0x10a7, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10a9, 0x10a9, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10c6, 0x10c6, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10c9, 0x10c9, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10d6, 0x10d6, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10d9, 0x10d9, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10db, 0x10db, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10dd, 0x10dd, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10e1, 0x10e1, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10e6, 0x10e8, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10f1, 0x10f1, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x10f7, 0x10fc, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1507, 0x1507, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1509, 0x150a, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x150d, 0x1511, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1514, 0x1514, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1516, 0x1516, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1518, 0x1518, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x151c, 0x151c, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1521, 0x1524, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1526, 0x1527, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1529, 0x152a, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x154d, 0x154d, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x154f, 0x154f, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1551, 0x1551, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x1558, 0x1558, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, 0x15b7, 0x15b8, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8086, ANY, IF_RC_ENDPOINT, ISOLATES,
		"Intel's integrated endpoints go through the IOMMU even to each other (VT-d 3.16; "
		"pci_quirk_rciep_acs)" },
	{ 0x8086, ANY, IF_PCH, WHEN_SWITCHED_ON,
		"an Intel PCH root port has an equivalent of ACS (pci_quirk_intel_pch_acs)" },
	{ 0x17cb, 0x0111, 0x0111, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_qcom_rp_acs)" },
	{ 0x17cb, 0x0115, 0x0115, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_qcom_rp_acs)" },
	{ 0x17cb, 0x0120, 0x0120, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_qcom_rp_acs)" },
	{ 0x17cb, 0x0400, 0x0401, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_qcom_rp_acs)" },
	{ 0x1dbf, 0x0401, 0x0401, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_qcom_rp_acs)" },
	{ 0x19a2, 0x0710, 0x0710, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x10df, 0x0720, 0x0720, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x177d, 0xa000, 0xa7ff, IF_ROOT_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_cavium_acs)" },
	{ 0x177d, 0xaf84, 0xaf84, IF_ROOT_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_cavium_acs)" },
	{ 0x177d, 0xb884, 0xb884, IF_ROOT_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_cavium_acs)" },
	{ 0x177d, 0xa026, 0xa026, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x177d, 0xa059, 0xa059, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x177d, 0xa060, 0xa060, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x10e8, 0xe004, 0xe004, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_xgene_acs)" },
	{ 0x1def, 0xe005, 0xe00c, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_xgene_acs)" },
	/* Broadcom network cards, then its root ports */
	{ 0x14e4, 0x16d7, 0x16d7, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x14e4, 0x1750, 0x1752, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x14e4, 0x1760, 0x1763, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x14e4, 0xd714, 0xd714, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_brcm_acs)" },
	{ 0x0014, 0x3c09, 0x3c09, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x3c19, 0x3c19, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x3c29, 0x3c29, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a09, 0x7a09, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a19, 0x7a19, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a29, 0x7a29, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a39, 0x7a39, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a49, 0x7a49, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a59, 0x7a59, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x0014, 0x7a69, 0x7a69, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_loongson_acs)" },
	{ 0x1957, 0x8d80, 0x8d83, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8d88, 0x8d8b, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8d90, 0x8d93, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8d98, 0x8d9b, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8da0, 0x8da1, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8da8, 0x8da9, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8db0, 0x8db1, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1957, 0x8db8, 0x8db9, IF_ALWAYS, ISOLATES, PORT_ALIKE " (pci_quirk_nxp_rp_acs)" },
	{ 0x1c36, 0x0031, 0x0031, IF_ROOT_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_al_acs)" },
	{ 0x1d17, 0x3038, 0x3038, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x1d17, 0x3104, 0x3104, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x1d17, 0x9083, 0x9083, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x1d17, 0x0710, 0x071e, IF_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_zhaoxin_pcie_ports_acs)" },
	{ 0x1d17, 0x0721, 0x0721, IF_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_zhaoxin_pcie_ports_acs)" },
	{ 0x1d17, 0x0723, 0x0752, IF_PORT, ISOLATES, PORT_ALIKE " (pci_quirk_zhaoxin_pcie_ports_acs)" },
	{ 0x1d17, ANY, IF_PORT, DOES_NOT,
		"the kernel trusts no other Zhaoxin ports (pci_quirk_zhaoxin_pcie_ports_acs)" },
	/* Wangxun network cards */
	{ 0x8088, 0x0100, 0x010f, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x1001, 0x1001, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x2001, 0x2001, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x5010, 0x5010, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x5025, 0x5025, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x5040, 0x5040, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x5110, 0x5110, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x5125, 0x5125, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, 0x5140, 0x5140, IF_ALWAYS, ISOLATES, NO_PEER },
	{ 0x8088, ANY, IF_ALWAYS, DOES_NOT,
		"the kernel trusts no other functions of Wangxun (pci_quirk_wangxun_nic_acs)" },
};

/* pci_quirk_intel_pch_acs_ids and pci_quirk_intel_spt_pch_acs_match: root ports of chipsets. */
struct id_range {
	uint16_t first, last;
	uint8_t step;
};

static const struct id_range pch_ports[] = {
	{ 0x3b42, 0x3b51, 1 }, /* Ibex Peak */
	{ 0x1c10, 0x1c1f, 1 }, /* Cougar Point */
	{ 0x1e10, 0x1e1f, 1 }, /* Panther Point */
	{ 0x8c10, 0x8c1f, 1 }, /* Lynx Point-H */
	{ 0x9c10, 0x9c1b, 1 }, /* Lynx Point-LP */
	{ 0x9c90, 0x9c9b, 1 }, /* Wildcat Point */
	{ 0x1d10, 0x1d1e, 2 }, /* Patsburg */
	{ 0x8d10, 0x8d1e, 1 }, /* Wellsburg */
	{ 0x8c90, 0x8c9e, 2 }, /* 9 series */
};

static const struct id_range wide_ports[] = {
	{ 0xa110, 0xa11f, 1 }, { 0xa167, 0xa16a, 1 }, /* Sunrise Point */
	{ 0xa290, 0xa29f, 1 }, { 0xa2e7, 0xa2ee, 1 }, /* Union Point */
	{ 0x9d10, 0x9d1b, 1 },                        /* 7th and 8th generation, mobile */
};

static bool in_ranges(const struct id_range *ranges, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++)
		if (id >= ranges[i].first && id <= ranges[i].last && (id - ranges[i].first) % ranges[i].step == 0)
			return true;
	return false;
}

bool acs_quirk_is_pch(uint16_t vendor_id, uint16_t device_id, uint8_t express_type)
{
	return vendor_id == 0x8086 && express_type == PCI_EXPRESS_ROOT_PORT &&
	       in_ranges(pch_ports, array_size(pch_ports), device_id);
}

bool acs_quirk_has_wide_control(uint16_t vendor_id, uint16_t device_id, uint8_t express_type)
{
	return vendor_id == 0x8086 && express_type == PCI_EXPRESS_ROOT_PORT &&
	       in_ranges(wide_ports, array_size(wide_ports), device_id);
}

/*
 * pci_disable_broken_acs_cap, Linux 7.0: IDT switches take completions for spoofed. Before, SV was switched on all the
 * same.
 */
unsigned int acs_quirk_broken(uint16_t vendor_id, uint16_t device_id)
{
	return vendor_id == 0x111d && (device_id == 0x8090 || device_id == 0x80b5) ? ACS_SOURCE_VALIDATION : 0;
}

/* quirk_aspeed_pci_bridge_no_alias, Linux 7.0: the AST1150 in front of a management controller's display and USB. */
bool bridge_quirk_keeps_ids(const struct topology_function *bridge)
{
	return bridge->vendor_id == 0x1a03 && bridge->device_id == 0x1150;
}

static bool holds(const struct topology *topology, const struct topology_function *function, uint8_t condition)
{
	uint8_t type = function->express_type;

	switch (condition) {
	case IF_ROOT_PORT:
		return type == PCI_EXPRESS_ROOT_PORT;
	case IF_PORT:
		return type == PCI_EXPRESS_ROOT_PORT || type == PCI_EXPRESS_DOWNSTREAM;
	case IF_RC_ENDPOINT:
		return type == PCI_EXPRESS_RC_ENDPOINT;
	case IF_AMD_SOUTHBRIDGE:
		return topology->amd_iommu && function->multifunction && function->parent < 0;
	case IF_PCH:
		return acs_quirk_is_pch(function->vendor_id, function->device_id, type);
	default:
		return true;
	}
}

const struct acs_quirk *acs_quirk_find(const struct topology *topology, const struct topology_function *function)
{
	for (size_t i = 0; i < array_size(quirks); i++)
		if (quirks[i].vendor == function->vendor_id && function->device_id >= quirks[i].first &&
			function->device_id <= quirks[i].last && holds(topology, function, quirks[i].condition))
			return &quirks[i];
	return NULL;
}

bool acs_quirk_isolates(const struct acs_quirk *quirk, const struct topology_function *function)
{
	return quirk->verdict == ISOLATES || (quirk->verdict == WHEN_SWITCHED_ON && function->pch_isolation);
}

const char *acs_quirk_reason(const struct acs_quirk *quirk)
{
	return quirk->reason;
}

enum alias_kind {
	ALIAS_FUNCTION, /* that function of the same device */
	ALIAS_FIXED,    /* devfn */
	ALIAS_SLOTS,    /* functions 0 to 4 of every device number */
	ALIAS_ALL,
};

struct alias_quirk {
	uint16_t vendor, first, last;
	uint16_t subsystem; /* 0: any */
	uint8_t kind, value;
};

static const struct alias_quirk aliases[] = {
	/* quirk_dma_func0_alias: Ricoh, Glenfly */
	{ 0x1180, 0xe832, 0xe832, 0, ALIAS_FUNCTION, 0 },
	{ 0x1180, 0xe476, 0xe476, 0, ALIAS_FUNCTION, 0 },
	{ 0x6766, 0x3d40, 0x3d41, 0, ALIAS_FUNCTION, 0 },
	/* quirk_dma_func1_alias: Marvell 88SE91xx and 92xx, HighPoint, JMicron, Plextor */
	{ 0x1b4b, 0x9120, 0x9120, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9123, 0x9123, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9125, 0x9125, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9128, 0x9128, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9130, 0x9130, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9170, 0x9170, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9172, 0x9172, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x917a, 0x917a, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9182, 0x9183, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x91a0, 0x91a0, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9215, 0x9215, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9220, 0x9220, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9230, 0x9230, 0, ALIAS_FUNCTION, 1 },
	{ 0x1b4b, 0x9235, 0x9235, 0, ALIAS_FUNCTION, 1 },
	{ 0x1103, 0x0642, 0x0642, 0, ALIAS_FUNCTION, 1 },
	{ 0x1103, 0x0645, 0x0645, 0, ALIAS_FUNCTION, 1 },
	{ 0x197b, 0x2392, 0x2392, 0, ALIAS_FUNCTION, 1 },
	{ 0x1c28, 0x0122, 0x0122, 0, ALIAS_FUNCTION, 1 },
	/* quirk_fixed_dma_alias: Adaptec 3405 and 3805; quirk_mic_x200_dma_alias */
	{ 0x9005, 0x0285, 0x0285, 0x02bb, ALIAS_FIXED, 0x08 },
	{ 0x9005, 0x0285, 0x0285, 0x02bc, ALIAS_FIXED, 0x08 },
	{ 0x8086, 0x2260, 0x2260, 0, ALIAS_FIXED, 0x80 },
	{ 0x8086, 0x2260, 0x2260, 0, ALIAS_FIXED, 0x88 },
	{ 0x8086, 0x2260, 0x2260, 0, ALIAS_FIXED, 0x93 },
	{ 0x8086, 0x2264, 0x2264, 0, ALIAS_FIXED, 0x80 },
	{ 0x8086, 0x2264, 0x2264, 0, ALIAS_FIXED, 0x88 },
	{ 0x8086, 0x2264, 0x2264, 0, ALIAS_FIXED, 0x93 },
	/* quirk_pex_vca_alias; quirk_plx_ntb_dma_alias */
	{ 0x8086, 0x2954, 0x2956, 0, ALIAS_SLOTS, 4 },
	{ 0x8086, 0x2958, 0x295a, 0, ALIAS_SLOTS, 4 },
	{ 0x10b5, 0x87b0, 0x87b1, 0, ALIAS_ALL, 0 },
};

static bool covers(const struct alias_quirk *quirk, const struct topology_function *function, uint8_t devfn)
{
	switch (quirk->kind) {
	case ALIAS_FUNCTION:
		return devfn == (function->addr.device << 3 | quirk->value) && function->addr.function != quirk->value;
	case ALIAS_FIXED:
		return devfn == quirk->value;
	case ALIAS_SLOTS:
		return (devfn & 7) <= quirk->value;
	default:
		return true;
	}
}

bool dma_alias_quirk(const struct topology_function *function, uint8_t devfn)
{
	for (size_t i = 0; i < array_size(aliases); i++)
		if (aliases[i].vendor == function->vendor_id && function->device_id >= aliases[i].first &&
			function->device_id <= aliases[i].last &&
			(!aliases[i].subsystem || (function->subsystem_id == aliases[i].subsystem &&
							  function->subsystem_vendor_id == aliases[i].vendor)) &&
			covers(&aliases[i], function, devfn))
			return true;
	return false;
}
