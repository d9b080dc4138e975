// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Roots and PCI functions of a described host.
 *
 *	fn ADDRESS KIND id=V:D class=CCCCCC [sub=V:D] [rev=XX] [driver=NAME]
 *		KIND	root-port, up, down, to-pci, from-pci, endpoint, integrated, collector, conventional, bridge
 *		to=A[-B]		bridges: secondary and last bus below
 *		acs=SUPPORTED/ENABLED	hexadecimal; not given: no such capability
 *		ari			the port forwards ARI; else one with ACS could and does not, one without cannot
 *		link=SPEEDxWIDTH[/SPEEDxWIDTH]	now and at best: 8.0x4/16.0x4
 *		reset="flr bus"		vectors=N	no-msix		serial=HEX	boot	vga
 *		bar=START+SIZE[p],...	hexadecimal; p: prefetchable and 64 bits, which takes two BARs
 *		vfs=TOTAL offset=N stride=N [vfbar=START+SIZE[p],...]
 *		reserved="START END TYPE"	of its group, beside the MSI window
 *		lost=POWER-STATE	does not answer any more: registers of ones, and that power state (D3cold)
 *		unit=NAME	no-group	vouched		word=OFFSET:VALUE	of configuration space
 *	vfs ADDRESS count=N id=V:D [driver=NAME] [unbound=N]	the last N have no driver
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/compose.h"

static const struct {
	const char *name;
	uint8_t express;
} kinds[] = {
	{ "endpoint", 0x0 },
	{ "legacy-endpoint", 0x1 },
	{ "root-port", 0x4 },
	{ "up", 0x5 },
	{ "down", 0x6 },
	{ "to-pci", 0x7 },
	{ "from-pci", 0x8 },
	{ "integrated", 0x9 },
	{ "collector", 0xa },
	{ "conventional", MACHINE_NO_EXPRESS },
	{ "bridge", MACHINE_NO_EXPRESS },
};

static unsigned long number(const struct compose *compose, const char *key, unsigned long fallback, int base)
{
	const char *value = compose_value(compose, key);
	char *end;
	unsigned long result;

	if (!value)
		return fallback;
	result = strtoul(value, &end, base);
	if (end == value || *end)
		compose_stop(compose, "%s=%s is no number", key, value);
	return result;
}

void compose_root(struct compose *compose)
{
	struct compose_root *root = &compose->root[compose->root_count];
	const char *behind;

	if (compose->building)
		return;
	behind = compose_value(compose, "behind");
	if (compose->root_count == COMPOSE_ROOTS || compose->word_count < 2 ||
		sscanf(compose->word[1], "%x:%x", &root->domain, &root->bus) != 2)
		compose_stop(compose, "a root is DOMAIN:BUS");
	snprintf(root->name, sizeof(root->name), "pci%04x:%02x", root->domain, root->bus);
	root->node = (int)number(compose, "node", (unsigned long)-1, 10);
	if (behind) {
		root->behind = compose_find(compose, behind);
		if (!root->behind)
			compose_stop(compose, "there is no function %s before it", behind);
	}
	compose->root_count++;
}

struct compose_function *compose_find(const struct compose *compose, const char *name)
{
	for (size_t i = 0; i < compose->function_count; i++)
		if (!strcmp(compose->function[i].name, name))
			return &compose->function[i];
	return NULL;
}

static void parse_ids(const struct compose *compose, const char *key, uint32_t *ret_ids)
{
	const char *value = compose_value(compose, key);
	unsigned int vendor, device;

	if (!value)
		return;
	if (sscanf(value, "%x:%x", &vendor, &device) != 2)
		compose_stop(compose, "%s=%s is not VENDOR:DEVICE", key, value);
	*ret_ids = vendor << 16 | device;
}

static void parse_bars(const struct compose *compose, const char *key, struct machine_bar bars[static MACHINE_BARS])
{
	const char *value = compose_value(compose, key);

	for (unsigned int i = 0; value && *value; i++) {
		unsigned long long start, size;
		int length = 0;

		if (i >= MACHINE_BARS || sscanf(value, "%llx+%llx%n", &start, &size, &length) != 2)
			compose_stop(compose, "%s=%s is not START+SIZE", key, value);
		value += length;
		bars[i] = (struct machine_bar){ .start = start, .size = size, .prefetchable = *value == 'p' };
		i += *value == 'p';
		value += *value == 'p';
		value += *value == ',';
	}
}

/* "16.0x4/32.0x16": tenths of GT/s are MT/s by 100. */
static void parse_link(const struct compose *compose, struct machine_function *made)
{
	const char *value = compose_value(compose, "link");
	double now, best;

	if (!value)
		return;
	if (sscanf(value, "%lfx%u/%lfx%u", &now, &made->width, &best, &made->max_width) != 4) {
		if (sscanf(value, "%lfx%u", &now, &made->width) != 2)
			compose_stop(compose, "link=%s is not SPEEDxWIDTH", value);
		best = now;
		made->max_width = made->width;
	}
	made->speed = (unsigned int)(now * 1000 + 0.5);
	made->max_speed = (unsigned int)(best * 1000 + 0.5);
}

/* The bridge whose secondary bus it is on, or the root. */
static void place(const struct compose *compose, struct machine_function *made)
{
	made->node = -1;
	for (size_t i = 0; i < compose->root_count; i++)
		if (compose->root[i].domain == made->domain && compose->root[i].bus == made->bus) {
			made->root_bus = compose->root[i].name;
			made->node = compose->root[i].node;
			made->parent = compose->root[i].behind ? &compose->root[i].behind->made : NULL;
			return;
		}
	for (size_t i = 0; i < compose->function_count; i++) {
		const struct machine_function *above = &compose->function[i].made;

		if (above->class == 0x060400 && above->domain == made->domain && above->secondary == made->bus) {
			made->parent = above;
			made->node = above->node;
			return;
		}
	}
	compose_stop(compose, "no bridge and no root leads to bus %02x", made->bus);
}

static void parse_bridge(const struct compose *compose, struct machine_function *made)
{
	const char *acs = compose_value(compose, "acs"), *to = compose_value(compose, "to");
	unsigned int supported, enabled, first, last;
	int buses = to ? sscanf(to, "%x-%x", &first, &last) : 0;

	if (acs) {
		if (sscanf(acs, "%x/%x", &supported, &enabled) != 2)
			compose_stop(compose, "acs=%s is not SUPPORTED/ENABLED", acs);
		made->has_acs = true;
		made->acs_supported = (uint16_t)supported;
		made->acs_enabled = (uint16_t)enabled;
	}
	made->ari_on = compose_has(compose, "ari");
	made->ari_can = acs || made->ari_on;
	if (!buses)
		return;
	made->secondary = (uint8_t)first;
	made->subordinate = (uint8_t)(buses == 2 ? last : first);
	if (!compose_value(compose, "class"))
		made->class = 0x060400;
}

static void parse_word(const struct compose *compose, struct machine_function *made)
{
	const char *value = compose_value(compose, "word");
	unsigned int offset, word;

	if (!value)
		return;
	if (sscanf(value, "%x:%x", &offset, &word) != 2)
		compose_stop(compose, "word=%s is not OFFSET:VALUE", value);
	made->word_at = (uint16_t)offset;
	made->word = word;
}

static void keep(const struct compose *compose, const char *key, char *buf, size_t size, const char **ret_text)
{
	const char *value = compose_value(compose, key);

	snprintf(buf, size, "%s", value ? value : "");
	if (ret_text)
		*ret_text = value ? buf : NULL;
}

static struct compose_function *add_function(struct compose *compose, const char *address)
{
	struct compose_function *function = &compose->function[compose->function_count];
	struct machine_function *made = &function->made;
	unsigned int domain, bus, device, number_;

	if (compose->function_count == COMPOSE_FUNCTIONS)
		compose_stop(compose, "too many functions");
	if (sscanf(address, "%x:%x:%x.%x", &domain, &bus, &device, &number_) != 4)
		compose_stop(compose, "'%s' is no address", address);
	*made = (struct machine_function){
		.domain = domain, .bus = (uint8_t)bus, .device = (uint8_t)device, .function = (uint8_t)number_
	};
	machine_function_name(made, function->name, sizeof(function->name));
	if (compose_find(compose, function->name))
		compose_stop(compose, "%s is there already", function->name);
	return function;
}

static uint8_t kind_of(const struct compose *compose)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, compose->word[2]))
			return kinds[i].express;
	compose_stop(compose, "there is no kind '%s'", compose->word[2]);
}

static void parse_identity(const struct compose *compose, struct compose_function *function)
{
	struct machine_function *made = &function->made;
	uint32_t ids = 0;

	parse_ids(compose, "id", &ids);
	parse_ids(compose, "sub", &made->subsystem);
	made->vendor_id = (uint16_t)(ids >> 16);
	made->device_id = (uint16_t)ids;
	made->class = (uint32_t)number(compose, "class", 0, 16);
	made->revision = (uint8_t)number(compose, "rev", 0, 16);
	made->boot_display = compose_has(compose, "boot");
	if (compose_value(compose, "serial"))
		made->serial = strtoull(compose_value(compose, "serial"), NULL, 16);
	keep(compose, "driver", function->driver, sizeof(function->driver), &made->driver);
	keep(compose, "unit", function->unit, sizeof(function->unit), NULL);
	keep(compose, "reserved", function->reserved, sizeof(function->reserved), NULL);
	function->no_group = compose_has(compose, "no-group");
	function->vouched = compose_has(compose, "vouched");
}

static void parse_abilities(const struct compose *compose, struct compose_function *function)
{
	struct machine_function *made = &function->made;

	made->vectors = (unsigned int)number(compose, "vectors", 0, 10);
	made->no_msix = compose_has(compose, "no-msix");
	keep(compose, "lost", function->lost, sizeof(function->lost), NULL);
	made->lost = function->lost[0];
	made->total_vfs = (unsigned int)number(compose, "vfs", 0, 10);
	keep(compose, "reset", function->resets, sizeof(function->resets), &made->resets);
	parse_bars(compose, "bar", made->bar);
	parse_bars(compose, "vfbar", made->vf_bar);
	parse_link(compose, made);
	parse_word(compose, made);
}

void compose_function(struct compose *compose)
{
	struct compose_function *function;

	if (compose->building)
		return;
	if (compose->word_count < 4)
		compose_stop(compose, "a function is ADDRESS KIND id=V:D");
	function = add_function(compose, compose->word[1]);
	function->made.express = kind_of(compose);
	parse_identity(compose, function);
	parse_abilities(compose, function);
	parse_bridge(compose, &function->made);
	place(compose, &function->made);
	function->offset = (unsigned int)number(compose, "offset", 1, 10);
	function->stride = (unsigned int)number(compose, "stride", 1, 10);
	compose->function_count++;
}

static void add_vf(
	struct compose *compose, const struct compose_function *pf, unsigned int index, uint32_t ids, bool bound)
{
	unsigned int first = (unsigned int)pf->made.bus << 8 | (unsigned int)pf->made.device << 3 | pf->made.function;
	unsigned int at = first + pf->offset + index * pf->stride;
	struct compose_function *vf;
	char address[24];

	snprintf(
		address, sizeof(address), "%04x:%02x:%02x.%x", pf->made.domain, at >> 8 & 0xff, at >> 3 & 0x1f, at & 7);
	vf = add_function(compose, address);
	vf->made.parent = pf->made.parent;
	vf->made.root_bus = pf->made.root_bus;
	vf->made.vendor_id = (uint16_t)(ids >> 16);
	vf->made.device_id = (uint16_t)ids;
	vf->made.subsystem = pf->made.subsystem;
	vf->made.class = pf->made.class;
	vf->made.node = pf->made.node;
	vf->made.pf = &pf->made;
	vf->made.vf_index = index;
	vf->made.resets = "flr";
	vf->made.vectors = (unsigned int)number(compose, "vectors", 5, 10);
	snprintf(vf->unit, sizeof(vf->unit), "%s", pf->unit);
	if (bound)
		keep(compose, "driver", vf->driver, sizeof(vf->driver), &vf->made.driver);
	compose->function_count++;
}

void compose_vfs(struct compose *compose)
{
	const struct compose_function *pf;
	unsigned long count, unbound;
	uint32_t ids = 0;

	if (compose->building)
		return;
	pf = compose->word_count > 2 ? compose_find(compose, compose->word[1]) : NULL;
	if (!pf || !pf->made.total_vfs)
		compose_stop(compose, "vfs needs a function that can be split");
	count = number(compose, "count", 0, 10);
	unbound = number(compose, "unbound", 0, 10);
	parse_ids(compose, "id", &ids);
	for (unsigned int i = 0; i < count; i++)
		add_vf(compose, pf, i, ids, i < count - unbound);
}

static void put_attributes(struct compose *compose, const struct compose_function *function)
{
	static const struct {
		const char *name, *text;
	} same[] = {
		{ "power_state", "D0\n" },
		{ "power/runtime_status", "active\n" },
		{ "power/control", "on\n" },
		{ "d3cold_allowed", "1\n" },
		{ "enable", "1\n" },
		{ "msi_bus", "1\n" },
		{ "broken_parity_status", "0\n" },
	};
	static const char *const kinds_of_errors[] = { "correctable", "fatal", "nonfatal" };
	static const char *const totals[] = { "COR", "FATAL", "NONFATAL" };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		machine_tree_file(&compose->tree, same[i].text, "%s/%s", function->made.path, same[i].name);
	if (function->lost[0])
		machine_tree_file(&compose->tree, function->lost, "%s/power_state", function->made.path);
	machine_tree_file(&compose->tree, function->made.parent && function->made.parent->ari_on ? "1\n" : "0\n",
		"%s/ari_enabled", function->made.path);
	for (size_t i = 0; i < 3 && function->made.express < 0x7 && !function->made.pf; i++) {
		char text[64];

		snprintf(text, sizeof(text), "Undefined 0\nTOTAL_ERR_%s 0\n", totals[i]);
		machine_tree_file(&compose->tree, text, "%s/aer_dev_%s", function->made.path, kinds_of_errors[i]);
	}
	if (!function->made.total_vfs)
		return;
	machine_tree_file(&compose->tree, "", "%s/sriov_offset", function->made.path);
	for (size_t i = 0; i < 2; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u\n", i ? function->stride : function->offset);
		machine_tree_file(&compose->tree, text, "%s/sriov_%s", function->made.path, i ? "stride" : "offset");
	}
}

void compose_build(struct compose *compose)
{
	/* Several functions of one device, whichever comes first. */
	for (size_t i = 0; i < compose->function_count; i++)
		machine_tree_add(&compose->tree, &compose->function[i].made);
	for (size_t i = 0; i < compose->function_count; i++) {
		put_attributes(compose, &compose->function[i]);
		compose_confine(compose, &compose->function[i]);
	}
}
