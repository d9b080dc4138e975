/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of one function as `show` has them in JSON. All return new references; null for what could not be read. */
#ifndef VIEW_DETAIL_JSON_H
#define VIEW_DETAIL_JSON_H

#include <jansson.h>

#include "pci/capability.h"
#include "pci/detail.h"

/* Configuration space with its lists; config NULL where it could not be read. */
json_t *detail_capabilities(const struct pci_config *config, const struct pci_capabilities *list);
/* How it is reset between two guests: "flr", "none for it alone: ..."; given alone. */
json_t *detail_reset(
	const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device);
json_t *detail_msix_vectors(const struct sysroot *root, struct pci_addr addr);
json_t *detail_bars(const struct sysroot *root, struct pci_addr addr, bool of_vfs);
json_t *detail_link(const struct sysroot *root, struct pci_addr addr);
json_t *detail_identity(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *device, const struct pci_config *config, const struct pci_capabilities *list);

#endif
