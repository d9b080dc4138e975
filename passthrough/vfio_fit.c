// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of a device's capabilities has to look otherwise in a guest than copied bits say: its link, for the place behind
 * a root port; its resets, for what VFIO can do; its resizable BARs, for the one size that they have. See vfio_face.h.
 */
#include <linux/pci_regs.h>

#include "base/cleanup.h"
#include "passthrough/vfio_face.h"

enum {
	LINK_X1 = 1 << PCI_EXP_LNKSTA_NLW_SHIFT,
	REBAR_ENTRY = 8,     /* a register of sizes and one of control, for each BAR */
	REBAR_SIZE_MAX = 27, /* the exponent, of MiB, that the register of sizes has bits for */
	REBAR_SIZES_SHIFT = 4,
};

/* Version 0 is from before the final specification. */
void face_fit_express(struct face *face)
{
	unsigned int flags = face->caps->express + PCI_EXP_FLAGS, lnkcap = face->caps->express + PCI_EXP_LNKCAP;
	unsigned int lnksta = face->caps->express + PCI_EXP_LNKSTA;

	if (!face->caps->express)
		return;
	if (!(pci_config_get(face->config, flags, 2) & PCI_EXP_FLAGS_VERS))
		pci_config_put(face->config, flags, 2, pci_config_get(face->config, flags, 2) | 1);
	if (pci_config_get(face->config, lnkcap, 4) & PCI_EXP_LNKCAP_SLS)
		return;
	/* Integrated endpoints and some VFs say nothing of a link: the slowest, so that nobody counts on more. */
	pci_config_put(face->config, lnkcap, 4, PCI_EXP_LNKCAP_SLS_2_5GB | LINK_X1);
	pci_config_put(face->config, lnksta, 2, PCI_EXP_LNKSTA_CLS_2_5GB | LINK_X1);
}

/* A guest may ask for a function level reset where both the device and VFIO can do one. */
void face_fit_reset(struct face *face)
{
	const struct {
		unsigned int cap, abilities, can, control, ask;
	} ways[] = {
		{ face->caps->express, PCI_EXP_DEVCAP + 3, PCI_EXP_DEVCAP_FLR >> 24, PCI_EXP_DEVCTL + 1,
			PCI_EXP_DEVCTL_BCR_FLR >> 8 },
		{ face->caps->af, PCI_AF_CAP, PCI_AF_CAP_FLR, PCI_AF_CTRL, PCI_AF_CTRL_FLR },
	};

	for (size_t i = 0; i < array_size(ways); i++) {
		unsigned int abilities = ways[i].cap + ways[i].abilities, control = ways[i].cap + ways[i].control;
		uint32_t can = ways[i].cap ? pci_config_get(face->config, abilities, 1) : 0;

		if (!(can & ways[i].can))
			continue;
		if (face->found.device->can_reset)
			face->config->writable[control] |= (uint8_t)ways[i].ask;
		else
			pci_config_put(face->config, abilities, 1, can & ~ways[i].can);
	}
}

/* The exponent, of MiB, of a BAR's size; -1 where a resizable BAR cannot have it. */
static int rebar_size(const struct pci_bar *bar)
{
	int exponent = 0;

	if (bar->kind == PCI_BAR_NONE || bar->kind == PCI_BAR_IO || bar->size < MIB)
		return -1;
	while (MIB << exponent < bar->size)
		exponent++;
	return exponent <= REBAR_SIZE_MAX ? exponent : -1;
}

bool face_fit_rebar(struct face *face, unsigned int at)
{
	uint32_t control = at + REBAR_ENTRY + 4 <= PCI_CONFIG_SIZE ? face_read(face, at + PCI_REBAR_CTRL, 4) : 0;
	unsigned int count = (control & PCI_REBAR_CTRL_NBAR_MASK) >> PCI_REBAR_CTRL_NBAR_SHIFT;
	uint32_t controls[PCI_BAR_COUNT], sizes[PCI_BAR_COUNT];

	if (count == 0 || count > PCI_BAR_COUNT || at + 4 + count * REBAR_ENTRY > PCI_CONFIG_SIZE)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		uint32_t index = face_read(face, at + i * REBAR_ENTRY + PCI_REBAR_CTRL, 4) & PCI_REBAR_CTRL_BAR_IDX;
		int size = index < PCI_BAR_COUNT ? rebar_size(&face->bar[index]) : -1;

		if (size < 0)
			return false;
		sizes[i] = 1u << (size + REBAR_SIZES_SHIFT);
		controls[i] = index | count << PCI_REBAR_CTRL_NBAR_SHIFT | (uint32_t)size << PCI_REBAR_CTRL_BAR_SHIFT;
	}
	for (unsigned int i = 0; i < count; i++) {
		unsigned int entry = at + i * REBAR_ENTRY;

		pci_config_set(face->config, entry + PCI_REBAR_CAP, 4, sizes[i], 0);
		pci_config_set(face->config, entry + PCI_REBAR_CTRL, 4, controls[i], 0);
		face_note(face, entry + PCI_REBAR_CAP, 4, "possible BAR sizes", "the one that the host gave it");
		face_note(face, entry + PCI_REBAR_CTRL, 4, "BAR size", "as it is: a guest cannot change it");
	}
	return true;
}
