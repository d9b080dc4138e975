// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configuration space of a made-up function (PCI 3.0, 6.1; PCI Express 6.0, 7.5 and 7.7): the header, and the
 * capabilities that decide about groups, interrupts, splitting and identity.
 */
#include <string.h>

#include "tests/unit/machine_tree.h"

enum {
	CONFIG_CONVENTIONAL = 256,
	AT_EXPRESS = 0x40,
	AT_MSIX = 0x90,
	AT_FIRST_EXTENDED = 0x100,
	CLASS_BRIDGE = 0x060400,
	EXPRESS_ROOT_PORT = 0x4,
	EXPRESS_DOWNSTREAM = 0x6,
	ID_ACS = 0x0d,
	ID_ARI = 0x0e,
	ID_SRIOV = 0x10,
	ID_SERIAL = 0x03,
	ARI_FORWARDING = 0x20, /* of device capabilities 2 and device control 2 */
	BAR_FLAGS_64 = 0x0c,
};

static void put_number(uint8_t *config, unsigned int offset, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		config[offset + i] = (uint8_t)(value >> (8 * i));
}

/* Appends an extended capability: the one before points to it. Returns its offset. */
static unsigned int add_extended(uint8_t *config, unsigned int *at, uint16_t id, unsigned int size)
{
	unsigned int offset = *at ? *at : AT_FIRST_EXTENDED;

	if (offset > AT_FIRST_EXTENDED)
		for (unsigned int last = AT_FIRST_EXTENDED; last;) {
			unsigned int next = (unsigned int)(config[last + 2] >> 4 | config[last + 3] << 4);

			if (!next)
				put_number(config, last + 2, 1 | offset << 4, 2);
			last = next;
		}
	put_number(config, offset, id | 1u << 16, 4);
	*at = offset + size;
	return offset;
}

static void fill_extended(const struct machine_function *function, uint8_t *config)
{
	unsigned int at = 0, offset;

	if (function->has_acs) {
		offset = add_extended(config, &at, ID_ACS, function->acs_wide ? 0x0c : 0x08);
		put_number(config, offset + 4, function->acs_supported, 2);
		put_number(config, offset + (function->acs_wide ? 8 : 6), function->acs_enabled, 2);
	}
	if (function->serial) {
		offset = add_extended(config, &at, ID_SERIAL, 0x0c);
		put_number(config, offset + 4, (uint32_t)function->serial, 4);
		put_number(config, offset + 8, (uint32_t)(function->serial >> 32), 4);
	}
	if (function->total_vfs) {
		add_extended(config, &at, ID_ARI, 0x08);
		offset = add_extended(config, &at, ID_SRIOV, 0x40);
		put_number(config, offset + 0x0e, function->total_vfs, 2);
	}
}

static bool has_slot(const struct machine_function *function)
{
	return (function->express == EXPRESS_ROOT_PORT || function->express == EXPRESS_DOWNSTREAM) &&
	       !function->no_slot;
}

static void fill_capabilities(const struct machine_function *function, uint8_t *config)
{
	bool msix = function->class != CLASS_BRIDGE && !function->no_msix;

	put_number(config, 0x06, 0x10, 2);
	config[0x34] = AT_EXPRESS;
	config[AT_EXPRESS] = 0x10;
	config[AT_EXPRESS + 1] = msix ? AT_MSIX : 0;
	put_number(config, AT_EXPRESS + 2, (uint32_t)(2 | function->express << 4 | has_slot(function) << 8), 2);
	put_number(config, AT_EXPRESS + 0x24, function->ari_can ? ARI_FORWARDING : 0, 4);
	put_number(config, AT_EXPRESS + 0x28, function->ari_on ? ARI_FORWARDING : 0, 2);
	if (msix) {
		config[AT_MSIX] = 0x11;
		put_number(config, AT_MSIX + 2, function->vectors ? function->vectors - 1 : 3, 2);
	}
	fill_extended(function, config);
}

static void fill_bars(const struct machine_function *function, uint8_t *config)
{
	for (unsigned int i = 0; i < (function->class == CLASS_BRIDGE ? 2 : MACHINE_BARS); i++) {
		const struct machine_bar *bar = &function->bar[i];

		if (!bar->size)
			continue;
		put_number(config, 0x10 + 4 * i, (uint32_t)bar->start | (bar->prefetchable ? BAR_FLAGS_64 : 0), 4);
		if (bar->prefetchable && i + 1 < MACHINE_BARS)
			put_number(config, 0x14 + 4 * i, (uint32_t)(bar->start >> 32), 4);
	}
}

size_t machine_function_config(const struct machine_function *function, uint8_t config[static MACHINE_CONFIG_SIZE])
{
	bool express = function->express != MACHINE_NO_EXPRESS;

	memset(config, 0, MACHINE_CONFIG_SIZE);
	/* A VF's own ids are all ones (SR-IOV 1.1, 3.4.1.1). */
	put_number(config, 0x00, function->pf ? 0xffff : function->vendor_id, 2);
	put_number(config, 0x02, function->pf ? 0xffff : function->device_id, 2);
	put_number(config, 0x04, 0x06, 2);
	config[0x08] = function->revision;
	put_number(config, 0x09, function->class, 3);
	config[0x0e] = (uint8_t)((function->class == CLASS_BRIDGE) | function->multifunction << 7);
	if (!function->pf)
		fill_bars(function, config);
	if (function->class == CLASS_BRIDGE) {
		config[0x18] = function->bus;
		config[0x19] = function->secondary;
		config[0x1a] = function->subordinate;
	} else {
		put_number(config, 0x2c, function->subsystem ? function->subsystem >> 16 : 0x1af4, 2);
		put_number(config, 0x2e, function->subsystem ? function->subsystem & 0xffff : 0x1100, 2);
	}
	if (function->word_at && function->word_at <= CONFIG_CONVENTIONAL - 4)
		put_number(config, function->word_at, function->word, 4);
	if (express)
		fill_capabilities(function, config);
	return express ? MACHINE_CONFIG_SIZE : CONFIG_CONVENTIONAL;
}
