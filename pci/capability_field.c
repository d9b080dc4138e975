// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What capabilities are called (PCI Code and ID Assignment Specification 1.16), and the fields of those that matter for
 * giving a function away, as one table (PCI Express Base 6.0, 7.5 to 7.9; PCI Power Management 1.2). A capability
 * without rows here is listed by name alone.
 */
#include "pci/capability.h"

#include "base/cleanup.h"

struct title {
	const char *name, *title;
};

static const struct title standard[] = {
	[0x01] = { "pm", "power management" },
	[0x02] = { "agp", "AGP" },
	[0x03] = { "vpd", "vital product data" },
	[0x04] = { "slot_id", "slot identification" },
	[0x05] = { "msi", "MSI" },
	[0x06] = { "hot_swap", "CompactPCI hot swap" },
	[0x07] = { "pcix", "PCI-X" },
	[0x08] = { "hypertransport", "HyperTransport" },
	[0x09] = { "vendor", "vendor specific" },
	[0x0a] = { "debug_port", "USB debug port" },
	[0x0b] = { "compact_pci", "CompactPCI resource control" },
	[0x0c] = { "hot_plug", "standard hot plug" },
	[0x0d] = { "bridge_subsystem", "subsystem of a bridge" },
	[0x0e] = { "agp8x", "AGP 8x" },
	[0x0f] = { "secure_device", "secure device" },
	[0x10] = { "express", "PCI Express" },
	[0x11] = { "msix", "MSI-X" },
	[0x12] = { "sata", "SATA" },
	[0x13] = { "af", "advanced features" },
	[0x14] = { "ea", "enhanced allocation" },
	[0x15] = { "fpb", "flattening portal bridge" },
};

static const struct title extended[] = {
	[0x00] = { "null", "none" },
	[0x01] = { "aer", "advanced error reporting" },
	[0x02] = { "vc", "virtual channel" },
	[0x03] = { "dsn", "device serial number" },
	[0x04] = { "power_budget", "power budgeting" },
	[0x05] = { "rc_link", "root complex link declaration" },
	[0x06] = { "rc_link_control", "root complex internal link control" },
	[0x07] = { "rc_collector", "root complex event collector association" },
	[0x08] = { "mfvc", "multifunction virtual channel" },
	[0x09] = { "vc9", "virtual channel" },
	[0x0a] = { "rcrb", "root complex register block" },
	[0x0b] = { "vendor", "vendor specific" },
	[0x0d] = { "acs", "access control services" },
	[0x0e] = { "ari", "alternative routing ID" },
	[0x0f] = { "ats", "address translation services" },
	[0x10] = { "sriov", "single root I/O virtualization" },
	[0x11] = { "mriov", "multi-root I/O virtualization" },
	[0x12] = { "multicast", "multicast" },
	[0x13] = { "pri", "page request interface" },
	[0x15] = { "rebar", "resizable BAR" },
	[0x16] = { "dpa", "dynamic power allocation" },
	[0x17] = { "tph", "TLP processing hints" },
	[0x18] = { "ltr", "latency tolerance reporting" },
	[0x19] = { "secondary", "secondary PCI Express" },
	[0x1b] = { "pasid", "process address space ID" },
	[0x1d] = { "dpc", "downstream port containment" },
	[0x1e] = { "l1ss", "L1 power management substates" },
	[0x1f] = { "ptm", "precision time measurement" },
	[0x23] = { "dvsec", "designated vendor specific" },
	[0x24] = { "vf_rebar", "resizable BARs of VFs" },
	[0x25] = { "data_link", "data link feature" },
	[0x26] = { "phy16", "physical layer 16 GT/s" },
	[0x27] = { "margining", "lane margining" },
	[0x2a] = { "phy32", "physical layer 32 GT/s" },
	[0x2e] = { "doe", "data object exchange" },
	[0x30] = { "ide", "integrity and data encryption" },
};

static const struct title *title_of(const struct pci_capability *capability)
{
	const struct title *table = capability->extended ? extended : standard;
	size_t count = capability->extended ? array_size(extended) : array_size(standard);

	return capability->id < count ? &table[capability->id] : NULL;
}

const char *pci_capability_name(const struct pci_capability *capability)
{
	const struct title *title = title_of(capability);

	return title ? title->name : NULL;
}

const char *pci_capability_title(const struct pci_capability *capability)
{
	const struct title *title = title_of(capability);

	return title ? title->title : NULL;
}

static const char *const acs_bits[] = { "source_validation", "translation_blocking", "request_redirect",
	"completion_redirect", "upstream_forwarding", "egress_control", "direct_translated", "", NULL };
static const char *const rebar_bits[] = { "1M", "2M", "4M", "8M", "16M", "32M", "64M", "128M", "256M", "512M", "1G",
	"2G", "4G", "8G", "16G", "32G", "64G", "128G", "256G", "512G", "1T", "2T", "4T", "8T", "16T", "32T", "64T",
	"128T", NULL };
static const char *const pasid_bits[] = { "execute", "privileged", NULL };
static const char *const page_bits[] = { "4K", "8K", "16K", "32K", "64K", "128K", "256K", "512K", "1M", "2M", "4M",
	"8M", "16M", NULL };
static const char *const pme_bits[] = { "d0", "d1", "d2", "d3hot", "d3cold", NULL };

static const struct pci_field fields[] = {
	{ false, 0x01, 2, 2, 0x0007, "version", PCI_FIELD_NUMBER, 0, NULL },
	{ false, 0x01, 2, 2, 0xf800, "pme", PCI_FIELD_BITS, 0, pme_bits },
	{ false, 0x01, 4, 2, 0x0003, "state_d", PCI_FIELD_NUMBER, 0, NULL },
	{ false, 0x01, 4, 2, 0x0008, "no_soft_reset", PCI_FIELD_FLAG, 0, NULL },

	{ false, 0x05, 2, 2, 0x0001, "enabled", PCI_FIELD_FLAG, 0, NULL },
	{ false, 0x05, 2, 2, 0x000e, "vectors_log2", PCI_FIELD_NUMBER, 0, NULL },
	{ false, 0x05, 2, 2, 0x0080, "address64", PCI_FIELD_FLAG, 0, NULL },
	{ false, 0x05, 2, 2, 0x0100, "maskable", PCI_FIELD_FLAG, 0, NULL },

	{ false, 0x10, 2, 2, 0x000f, "version", PCI_FIELD_NUMBER, 0, NULL },
	{ false, 0x10, 2, 2, 0x00f0, "type", PCI_FIELD_TYPE, 0, NULL },
	{ false, 0x10, 4, 4, 1u << 28, "flr", PCI_FIELD_FLAG, 0, NULL },
	{ false, 0x10, 0x24, 4, 1u << 5, "ari_forwarding", PCI_FIELD_FLAG, 0, NULL },
	{ false, 0x10, 0x28, 2, 1u << 5, "ari_forwarding_enabled", PCI_FIELD_FLAG, 0, NULL },

	{ false, 0x11, 2, 2, 0x07ff, "vectors", PCI_FIELD_NUMBER, 1, NULL },
	{ false, 0x11, 2, 2, 0x8000, "enabled", PCI_FIELD_FLAG, 0, NULL },
	{ false, 0x11, 2, 2, 0x4000, "masked", PCI_FIELD_FLAG, 0, NULL },
	{ false, 0x11, 4, 4, 0x00000007, "table_bar", PCI_FIELD_NUMBER, 0, NULL },
	{ false, 0x11, 4, 4, 0xfffffff8, "table_offset", PCI_FIELD_OFFSET, 0, NULL },
	{ false, 0x11, 8, 4, 0x00000007, "pba_bar", PCI_FIELD_NUMBER, 0, NULL },
	{ false, 0x11, 8, 4, 0xfffffff8, "pba_offset", PCI_FIELD_OFFSET, 0, NULL },

	{ false, 0x13, 3, 1, 0x02, "flr", PCI_FIELD_FLAG, 0, NULL },

	{ true, 0x0d, 4, 2, 0x007f, "supported", PCI_FIELD_BITS, 0, acs_bits },
	{ true, 0x0d, 6, 2, 0x007f, "enabled", PCI_FIELD_BITS, 0, acs_bits },

	{ true, 0x0e, 4, 2, 0xff00, "next_function", PCI_FIELD_NUMBER, 0, NULL },

	{ true, 0x0f, 4, 2, 0x001f, "queue_depth", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x0f, 6, 2, 0x8000, "enabled", PCI_FIELD_FLAG, 0, NULL },

	{ true, 0x10, 8, 2, 0x0001, "vf_enabled", PCI_FIELD_FLAG, 0, NULL },
	{ true, 0x10, 8, 2, 0x0008, "vf_memory_enabled", PCI_FIELD_FLAG, 0, NULL },
	{ true, 0x10, 8, 2, 0x0010, "ari_hierarchy", PCI_FIELD_FLAG, 0, NULL },
	{ true, 0x10, 0x0c, 2, 0xffff, "initial_vfs", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x10, 0x0e, 2, 0xffff, "total_vfs", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x10, 0x10, 2, 0xffff, "num_vfs", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x10, 0x12, 1, 0xff, "function_link", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x10, 0x14, 2, 0xffff, "first_vf_offset", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x10, 0x16, 2, 0xffff, "vf_stride", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x10, 0x1a, 2, 0xffff, "vf_device_id", PCI_FIELD_HEX, 0, NULL },
	{ true, 0x10, 0x1c, 4, 0x1fff, "page_sizes", PCI_FIELD_BITS, 0, page_bits },
	{ true, 0x10, 0x20, 4, 0x1fff, "page_size", PCI_FIELD_BITS, 0, page_bits },
	{ true, 0x10, 0x24, 4, 0xffffffff, "vf_bar0", PCI_FIELD_HEX, 0, NULL },
	{ true, 0x10, 0x28, 4, 0xffffffff, "vf_bar1", PCI_FIELD_HEX, 0, NULL },
	{ true, 0x10, 0x2c, 4, 0xffffffff, "vf_bar2", PCI_FIELD_HEX, 0, NULL },
	{ true, 0x10, 0x30, 4, 0xffffffff, "vf_bar3", PCI_FIELD_HEX, 0, NULL },
	{ true, 0x10, 0x34, 4, 0xffffffff, "vf_bar4", PCI_FIELD_HEX, 0, NULL },
	{ true, 0x10, 0x38, 4, 0xffffffff, "vf_bar5", PCI_FIELD_HEX, 0, NULL },

	{ true, 0x13, 4, 2, 0x0001, "enabled", PCI_FIELD_FLAG, 0, NULL },
	{ true, 0x13, 8, 4, 0xffffffff, "capacity", PCI_FIELD_NUMBER, 0, NULL },

	{ true, 0x15, 4, 4, 0xfffffff0, "sizes", PCI_FIELD_BITS, 0, rebar_bits },
	{ true, 0x15, 8, 4, 0x00000007, "bar", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x15, 8, 4, 0x00003f00, "size_log2_mib", PCI_FIELD_NUMBER, 0, NULL },

	{ true, 0x1b, 4, 2, 0x0006, "supported", PCI_FIELD_BITS, 0, pasid_bits },
	{ true, 0x1b, 4, 2, 0x1f00, "width_bits", PCI_FIELD_NUMBER, 0, NULL },
	{ true, 0x1b, 6, 2, 0x0001, "enabled", PCI_FIELD_FLAG, 0, NULL },
};

const struct pci_field *pci_field_next(const struct pci_capability *capability, const struct pci_field *previous)
{
	const struct pci_field *field = previous ? previous + 1 : fields;

	for (; field < fields + array_size(fields); field++)
		if (field->extended == capability->extended && field->id == capability->id)
			return field;
	return NULL;
}

bool pci_field_value(const struct pci_config *config, const struct pci_capability *capability,
	const struct pci_field *field, uint32_t *ret_value)
{
	unsigned int at = capability->offset + field->offset;

	/* A capability does not leave the space that its list is in. */
	if (at + field->bytes > config->size || (!field->extended && at + field->bytes > PCI_CONFIG_CONVENTIONAL))
		return false;
	*ret_value = pci_config_value(config, at, field->bytes) & field->mask;
	if (field->kind != PCI_FIELD_OFFSET)
		*ret_value = *ret_value / (field->mask & -field->mask) + field->add;
	return true;
}
