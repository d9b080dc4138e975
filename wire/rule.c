// SPDX-License-Identifier: GPL-2.0-or-later
/* Which rules about a device's configuration space are refused; see rule.h. */
#include "wire/rule.h"

#include <linux/pci_regs.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

enum {
	SPACE_BYTES = 4096,
	HEADER_BYTES = 0x40,
	VF_REBAR = 0x24, /* PCI_EXT_CAP_ID_VF_REBAR of newer headers */
};

/* A capability that may be hidden, but not shown, or not passed, otherwise than sluice does it. */
struct guarded {
	uint16_t id;
	bool show;
	const char *why;
};

static const struct guarded guarded_caps[] = {
	{ PCI_CAP_ID_PM, false, "a device asleep would fault under its guest" },
	{ PCI_CAP_ID_MSI, false, "what is written there is an address that the device's interrupts go to" },
	{ PCI_CAP_ID_MSIX, false, "what is written there switches the host's interrupts" },
	{ PCI_CAP_ID_EXP, false, "resets and the link are the host's" },
	{ PCI_CAP_ID_AF, false, "resets are the host's" },
	{ PCI_CAP_ID_EA, false, "it moves BARs past the registers that are watched" },
	{ PCI_CAP_ID_VPD, false, "reading it writes to the card" },
};

static const struct guarded guarded_ext_caps[] = {
	{ PCI_EXT_CAP_ID_SRIOV, false, "VFs would be devices that the host does not know of" },
	{ PCI_EXT_CAP_ID_ARI, false, "it leads to the host's other functions" },
	{ PCI_EXT_CAP_ID_ATS, false, "translated requests would bypass the IOMMU" },
	{ PCI_EXT_CAP_ID_PRI, false, "the guest has no IOMMU to answer page requests" },
	{ PCI_EXT_CAP_ID_PASID, false, "the guest has no IOMMU with address spaces for it" },
	{ PCI_EXT_CAP_ID_ACS, false, "it is what keeps functions apart" },
	{ PCI_EXT_CAP_ID_REBAR, false, "BARs have the size that the host gave them" },
	{ VF_REBAR, false, "BARs have the size that the host gave them" },
	{ PCI_EXT_CAP_ID_DPC, true, "the link is the host's" },
	{ PCI_EXT_CAP_ID_ERR, true, "errors of the link are the host's" },
	{ PCI_EXT_CAP_ID_VC, true, "the link is the host's" },
	{ PCI_EXT_CAP_ID_LTR, true, "the link is the host's" },
	{ PCI_EXT_CAP_ID_L1SS, true, "the link is the host's" },
	{ PCI_EXT_CAP_ID_TPH, true, "its steering tags name the host's caches" },
};

static const char *guarded_refusal(
	const struct config_rule *rule, const struct guarded *caps, size_t count, bool is_vendors)
{
	for (size_t i = 0; i < count; i++)
		if (caps[i].id == rule->where && !(caps[i].show && rule->action == RULE_SHOW))
			return caps[i].why;
	if (rule->action == RULE_PASS && !is_vendors)
		return "only a vendor's own capability can be written; nobody knows what others do";
	return NULL;
}

static const char *capability_refusal(const struct config_rule *rule)
{
	if (!rule->where || rule->where > UINT8_MAX)
		return "a capability's id is 0x01 to 0xff";
	if (rule->action == RULE_HIDE)
		return NULL;
	return guarded_refusal(rule, guarded_caps, array_size(guarded_caps), rule->where == PCI_CAP_ID_VNDR);
}

static const char *extended_refusal(const struct config_rule *rule)
{
	if (!rule->where)
		return "an extended capability's id is 0x0001 to 0xffff";
	if (rule->action == RULE_HIDE)
		return NULL;
	return guarded_refusal(rule, guarded_ext_caps, array_size(guarded_ext_caps),
		rule->where == PCI_EXT_CAP_ID_VNDR || rule->where == PCI_EXT_CAP_ID_DVSEC);
}

static const char *register_refusal(const struct config_rule *rule)
{
	if (rule->size != 1 && rule->size != 2 && rule->size != 4)
		return "a register has 1, 2 or 4 bytes";
	if (rule->where % rule->size || rule->where + rule->size > SPACE_BYTES)
		return "a register lies at a multiple of its size, below 0x1000";
	if (rule->where < HEADER_BYTES)
		return "COMMAND, BARs and the rest of the header are sluice's";
	return NULL;
}

const char *config_rule_refusal(const struct config_rule *rule)
{
	if (!rule->action || rule->action >= RULE_ACTION_END)
		return "a rule hides, shows or passes";
	switch (rule->what) {
	case RULE_CAPABILITY:
		return capability_refusal(rule);
	case RULE_EXTENDED:
		return extended_refusal(rule);
	case RULE_REGISTER:
		return register_refusal(rule);
	default:
		return "a rule is about a capability, an extended capability or a register";
	}
}
