// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kind of interrupt is in force; see vfio_interrupts.h. */
#include "passthrough/vfio_interrupts.h"

#include <linux/pci_regs.h>

#include "base/cleanup.h"

int vfio_interrupts_init(struct vfio_interrupts *interrupts, struct vfio_device *device,
	const struct vfio_capabilities *caps, void (*failed)(void *opaque, const struct error *why), void *opaque,
	struct error *err)
{
	int ret;

	*interrupts = (struct vfio_interrupts){ .caps = caps, .failed = failed, .failed_opaque = opaque };
	vfio_intx_init(&interrupts->intx, device);
	ret = vfio_msi_init(&interrupts->msi, device, caps, err);
	if (!ret)
		ret = vfio_msix_init(&interrupts->msix, device, caps, err);
	if (ret)
		return ret;
	interrupts->msi.vectors.failed = interrupts->msix.vectors.failed = failed;
	interrupts->msi.vectors.failed_opaque = interrupts->msix.vectors.failed_opaque = opaque;
	return 0;
}

void vfio_interrupts_done(struct vfio_interrupts *interrupts)
{
	if (interrupts->intx.device)
		vfio_intx_reset(&interrupts->intx, NULL, 0);
	vfio_msi_done(&interrupts->msi);
	vfio_msix_done(&interrupts->msix);
	*interrupts = (struct vfio_interrupts){ 0 };
}

void vfio_interrupts_reset(struct vfio_interrupts *interrupts, struct irq_table *irqs, uint32_t gsi)
{
	vfio_msix_reset(&interrupts->msix, irqs);
	vfio_msi_reset(&interrupts->msi, irqs);
	vfio_intx_reset(&interrupts->intx, irqs, gsi);
	interrupts->kind = VFIO_INTERRUPT_NONE;
}

int vfio_interrupts_begin(struct vfio_interrupts *interrupts, struct pci_config *config, struct error *err)
{
	struct vfio_intx *intx = &interrupts->intx;
	int ret = vfio_intx_follow(intx, false, err);

	if (ret && !interrupts->caps->msi && !interrupts->caps->msix)
		return ret;
	intx->there = intx->enabled;
	if (!intx->there)
		return 0;
	interrupts->kind = VFIO_INTERRUPT_INTX;
	pci_config_put(config, PCI_INTERRUPT_PIN, 1, interrupts->caps->pin);
	pci_config_put(config, PCI_INTERRUPT_LINE, 1, irq_pci_line(intx->gsi));
	return 0;
}

static bool touches(unsigned int offset, unsigned int size, unsigned int reg, unsigned int reg_size)
{
	return offset < reg + reg_size && reg < offset + size;
}

static bool touches_any(const struct vfio_capabilities *caps, unsigned int offset, unsigned int size)
{
	return touches(offset, size, PCI_COMMAND, 2) ||
	       (caps->msi && touches(offset, size, caps->msi, caps->msi_size)) ||
	       (caps->msix && touches(offset, size, caps->msix + PCI_MSIX_FLAGS, 2));
}

static enum vfio_interrupt_kind kind_of(uint32_t msix_control, uint32_t msi_flags, bool intx)
{
	if (msix_control & PCI_MSIX_FLAGS_ENABLE)
		return VFIO_INTERRUPT_MSIX;
	if (msi_flags & PCI_MSI_FLAGS_ENABLE)
		return VFIO_INTERRUPT_MSI;
	return intx ? VFIO_INTERRUPT_INTX : VFIO_INTERRUPT_NONE;
}

void vfio_interrupts_written(
	struct vfio_interrupts *interrupts, const struct pci_config *config, unsigned int offset, unsigned int size)
{
	const struct vfio_capabilities *caps = interrupts->caps;
	uint32_t control = caps->msix ? pci_config_get(config, caps->msix + PCI_MSIX_FLAGS, 2) : 0;
	uint32_t flags = caps->msi ? pci_config_get(config, caps->msi + PCI_MSI_FLAGS, 2) : 0;
	bool held = pci_config_get(config, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;
	struct error err;
	int ret = 0;

	if (!interrupts->intx.irqs || !touches_any(caps, offset, size))
		return;
	interrupts->kind = kind_of(control, flags, interrupts->intx.there);
	if (interrupts->kind != VFIO_INTERRUPT_MSIX)
		vfio_msix_control(&interrupts->msix, 0);
	if (interrupts->kind != VFIO_INTERRUPT_MSI)
		vfio_msi_disable(&interrupts->msi);
	if (interrupts->kind != VFIO_INTERRUPT_INTX)
		ret = vfio_intx_disable(&interrupts->intx, &err);
	if (interrupts->kind == VFIO_INTERRUPT_MSIX)
		vfio_msix_control(&interrupts->msix, (uint16_t)control);
	else if (interrupts->kind == VFIO_INTERRUPT_MSI)
		vfio_msi_follow(&interrupts->msi, config);
	else
		ret = vfio_intx_follow(&interrupts->intx, held, &err);
	if (ret && interrupts->failed)
		interrupts->failed(interrupts->failed_opaque, &err);
}

uint32_t vfio_interrupts_read(
	const struct vfio_interrupts *interrupts, unsigned int offset, unsigned int size, uint32_t hardware)
{
	unsigned int at = interrupts->caps->msi_pending;
	uint32_t pending;

	if (!at || !touches(offset, size, at, 4))
		return hardware;
	pending = vfio_msi_pending(&interrupts->msi);
	for (unsigned int i = 0; i < size; i++) {
		if (offset + i < at || offset + i >= at + 4)
			continue;
		hardware &= ~(0xffu << (8 * i));
		hardware |= (pending >> (8 * (offset + i - at)) & 0xff) << (8 * i);
	}
	return hardware;
}

static const struct vfio_vectors *vectors_of(const struct vfio_interrupts *interrupts)
{
	if (interrupts->kind == VFIO_INTERRUPT_MSIX)
		return &interrupts->msix.vectors;
	return interrupts->kind == VFIO_INTERRUPT_MSI ? &interrupts->msi.vectors : NULL;
}

const char *vfio_interrupts_name(const struct vfio_interrupts *interrupts)
{
	static const char *const names[] = {
		[VFIO_INTERRUPT_NONE] = "none",
		[VFIO_INTERRUPT_INTX] = "intx",
		[VFIO_INTERRUPT_MSI] = "msi",
		[VFIO_INTERRUPT_MSIX] = "msi-x",
	};

	return names[interrupts->kind];
}

uint32_t vfio_interrupts_count(const struct vfio_interrupts *interrupts)
{
	const struct vfio_vectors *vectors = vectors_of(interrupts);

	return vectors ? vectors->count : interrupts->kind == VFIO_INTERRUPT_INTX;
}

uint32_t vfio_interrupts_live_count(const struct vfio_interrupts *interrupts)
{
	const struct vfio_vectors *vectors = vectors_of(interrupts);

	return vectors ? vfio_vectors_live_count(vectors) : interrupts->intx.enabled && !interrupts->intx.held;
}
