// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the files of tests/data/groups, see machine_facts.h. What is above a function follows from the bridges' buses.
 */
#include "tests/unit/machine_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIELDS = 7
};

static const struct {
	const char *word;
	uint8_t express;
} types[] = {
	{ "pci", MACHINE_NO_EXPRESS },
	{ "endpoint", 0x0 },
	{ "legacy", 0x1 },
	{ "root", 0x4 },
	{ "upstream", 0x5 },
	{ "downstream", 0x6 },
	{ "to-pci", 0x7 },
	{ "to-express", 0x8 },
	{ "integrated", 0x9 },
	{ "collector", 0xa },
};

static bool parse_address(const char *text, struct machine_function *function)
{
	unsigned int domain, bus, device, number;
	int end = 0;

	if (sscanf(text, "%x:%2x:%2x.%1u%n", &domain, &bus, &device, &number, &end) != 4 || text[end] ||
		domain > 0xfffff || device > 31 || number > 7)
		return false;
	function->domain = domain;
	function->bus = (uint8_t)bus;
	function->device = (uint8_t)device;
	function->function = (uint8_t)number;
	return true;
}

static bool parse_type(const char *text, struct machine_function *function)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(text, types[i].word)) {
			function->express = types[i].express;
			return true;
		}
	return false;
}

/* "8086:1521", "0604", "03-05" or "-", "1f/1d" or "-", "14" or "-". */
static bool parse_numbers(char *const *field, struct machine_function *function)
{
	unsigned int vendor, device, class, secondary = 0, subordinate = 0, supported = 0, enabled = 0;

	if (sscanf(field[1], "%4x:%4x", &vendor, &device) != 2 || sscanf(field[2], "%4x", &class) != 1)
		return false;
	if (strcmp(field[4], "-") && sscanf(field[4], "%2x-%2x", &secondary, &subordinate) != 2)
		return false;
	function->has_acs = strcmp(field[5], "-");
	if (function->has_acs && sscanf(field[5], "%2x/%2x", &supported, &enabled) != 2)
		return false;
	function->vendor_id = (uint16_t)vendor;
	function->device_id = (uint16_t)device;
	function->class = class << 8;
	function->secondary = (uint8_t)secondary;
	function->subordinate = (uint8_t)subordinate;
	function->acs_supported = (uint16_t)supported;
	function->acs_enabled = (uint16_t)enabled;
	function->group = strcmp(field[6], "-") ? atoi(field[6]) : -1;
	function->node = -1;
	return true;
}

static struct machine_function *find(struct machine_facts *facts, const char *address)
{
	struct machine_function wanted = { 0 };

	if (!parse_address(address, &wanted))
		return NULL;
	for (size_t i = 0; i < facts->count; i++) {
		struct machine_function *at = &facts->function[i];

		if (at->domain == wanted.domain && at->bus == wanted.bus && at->device == wanted.device &&
			at->function == wanted.function)
			return at;
	}
	return NULL;
}

/* What stands behind the fields: where the control register of its ACS is, a port without a slot, who does its DMA. */
static bool parse_flag(struct machine_facts *facts, const char *word, struct machine_function *function)
{
	if (!strcmp(word, "wide"))
		function->acs_wide = true;
	else if (!strcmp(word, "no-slot"))
		function->no_slot = true;
	else if (!strncmp(word, "vmd=", 4))
		function->parent = find(facts, word + 4);
	else
		return false;
	return strncmp(word, "vmd=", 4) || function->parent;
}

static bool parse_line(struct machine_facts *facts, char *line)
{
	struct machine_function function = { 0 };
	char *field[FIELDS];
	char *rest = line;
	char *word;

	for (size_t i = 0; i < FIELDS; i++)
		if (!(field[i] = strsep(&rest, " ")))
			return false;
	if (facts->count == MACHINE_FACTS_MAX || !parse_address(field[0], &function) ||
		!parse_type(field[3], &function) || !parse_numbers(field, &function))
		return false;
	while ((word = strsep(&rest, " ")))
		if (!parse_flag(facts, word, &function))
			return false;
	facts->function[facts->count++] = function;
	return true;
}

/* The deepest bridge whose buses hold this one. */
static struct machine_function *bridge_above(struct machine_facts *facts, const struct machine_function *own)
{
	struct machine_function *best = NULL;

	for (size_t i = 0; i < facts->count; i++) {
		struct machine_function *at = &facts->function[i];

		if (at->domain == own->domain && at->secondary && at->secondary <= own->bus &&
			own->bus <= at->subordinate && at != own && (!best || at->secondary >= best->secondary))
			best = at;
	}
	return best;
}

static bool is_multifunction(const struct machine_facts *facts, const struct machine_function *function)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct machine_function *at = &facts->function[i];

		if (at != function && at->domain == function->domain && at->bus == function->bus &&
			at->device == function->device)
			return true;
	}
	return function->function > 0;
}

static void settle(struct machine_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		struct machine_function *function = &facts->function[i];
		struct machine_function *above = bridge_above(facts, function);

		if (above)
			function->parent = above;
		else
			snprintf(facts->root_bus[i], sizeof(facts->root_bus[i]), "pci%04x:%02x", function->domain,
				function->bus);
		function->root_bus = above ? NULL : facts->root_bus[i];
		function->multifunction = is_multifunction(facts, function);
		facts->amd |= function->class >> 8 == 0x0806 && function->vendor_id == 0x1022;
	}
}

int machine_facts_read(const char *path, struct machine_facts *facts)
{
	FILE *file = fopen(path, "re");
	char line[256];
	unsigned int number = 0;
	bool ok = file;

	memset(facts, 0, sizeof(*facts));
	while (ok && fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		ok = line[0] == '#' || parse_line(facts, line);
	}
	if (file)
		fclose(file);
	snprintf(facts->why, sizeof(facts->why), "%.60s: %s, line %u", path,
		file ? "not understood" : "cannot be opened", number);
	settle(facts);
	return ok ? 0 : -1;
}

void machine_facts_write(struct machine_facts *facts, struct machine_tree *tree)
{
	size_t left = facts->count;

	/* By rounds, for a bridge may have a higher address than what is behind it. */
	for (size_t round = 0; left && round < facts->count; round++)
		for (size_t i = 0; i < facts->count; i++) {
			struct machine_function *function = &facts->function[i];

			if (function->path[0] || (function->parent && !function->parent->path[0]))
				continue;
			machine_tree_add(tree, function);
			left--;
		}
	if (facts->amd)
		machine_tree_file(tree, "", "sys/firmware/acpi/tables/IVRS");
}
