/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that isolate without ACS, or use another's requester ID, against what they say: the kernel's list of them.
 */
#ifndef IOMMU_QUIRK_H
#define IOMMU_QUIRK_H

#include "iommu/topology.h"

struct acs_quirk;

/* The row of the table that settles whether the function isolates, or NULL: its capabilities settle it. */
const struct acs_quirk *acs_quirk_find(const struct topology *topology, const struct topology_function *function);
bool acs_quirk_isolates(const struct acs_quirk *quirk, const struct topology_function *function);

/* "Intel 82576: functions do not talk to each other"; where it is from: "drivers/pci/quirks.c, ...". */
const char *acs_quirk_reason(const struct acs_quirk *quirk);

/* Root ports whose ACS control register is 32 bits wide, at offset 8 of the capability (Intel 100 and 200 series). */
bool acs_quirk_has_wide_control(uint16_t vendor_id, uint16_t device_id, uint8_t express_type);

/* ACS bits that it says it has and that are not asked of it, because they do harm. */
unsigned int acs_quirk_broken(uint16_t vendor_id, uint16_t device_id);

/* A bridge to a conventional bus by its type alone: it leaves requester IDs as they are. */
bool bridge_quirk_keeps_ids(const struct topology_function *bridge);

/* Intel PCH root ports with an isolation of their own instead of ACS. */
bool acs_quirk_is_pch(uint16_t vendor_id, uint16_t device_id, uint8_t express_type);

/* Does the function issue requests with the requester ID of devfn (device << 3 | function) on its own bus? */
bool dma_alias_quirk(const struct topology_function *function, uint8_t devfn);

#endif
