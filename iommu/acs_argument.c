// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Grammar, from __pci_config_acs() and pci_dev_str_match() in drivers/pci/pci.c (6.12.41, 7.3): BITS are read from the
 * right, where bit 0 stands: SV TB RR CR UF EC DT, so "DT EC UF CR RR TB SV" in the order of writing; 1 sets, 0 clears,
 * and x leaves the bit as the firmware had it: not as the kernel would set it, so what is to be on is written as 1 even
 * where it is on. An ADDRESS ends at ";" alone: "," ends the whole of pci=, and of two arguments the last counts.
 * Functions without the capability, and Intel ports whose ACS is a quirk (pci_dev_specific_disable_acs_redir()), are
 * passed over silently.
 *
 * Since 6.11 (commit 47c8846a49ba). Lists of more than one device failed ("PCI: Can't parse ACS command line
 * parameter") until commit 9cf8a952d57b, in 6.15 and in 6.14.2, 6.13.11 and 6.12.23.
 */
#include "iommu/acs_argument.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "iommu/quirk.h"

enum {
	ACS_BITS = 7,
};

/* A release that has a change, and the first of each stable series that got it. */
struct since {
	unsigned int major, minor, patch;
};

static const struct since argument_since[] = { { 6, 11, 0 } };
static const struct since lists_since[] = { { 6, 15, 0 }, { 6, 14, 2 }, { 6, 13, 11 }, { 6, 12, 23 } };

/* The first row is where the change came; the others are series before it. */
static bool is_since(const char *release, const struct since *since, size_t count)
{
	unsigned int major = 0, minor = 0, patch = 0;

	if (sscanf(release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return false;
	if (major > since->major || (major == since->major && minor >= since->minor))
		return true;
	for (size_t i = 1; i < count; i++)
		if (major == since[i].major && minor == since[i].minor)
			return patch >= since[i].patch;
	return false;
}

/* Is the function looked at when the group of index is made: on its way up, or beside it or one of those. */
static bool is_concerned(const struct topology *topology, int index, const struct topology_function *function)
{
	size_t depth = 0;

	for (int at = index; at >= 0 && depth++ < topology->count; at = topology->function[at].parent)
		if (topology_same_slot(&topology->function[at], function))
			return true;
	return false;
}

/* What the kernel does by a quirk it does not do by this argument. */
static bool is_passed_over(const struct topology *topology, const struct topology_function *function)
{
	return acs_quirk_find(topology, function) ||
	       acs_quirk_has_wide_control(function->vendor_id, function->device_id, function->express_type);
}

static void write_bits(const struct topology_function *function, char bits[static ACS_BITS + 1])
{
	unsigned int on = function->acs_enabled | (function->acs_supported & ACS_REQUIRED);

	for (int bit = 0; bit < ACS_BITS; bit++)
		bits[ACS_BITS - 1 - bit] = on >> bit & 1 ? '1' : 'x';
	bits[ACS_BITS] = '\0';
}

static size_t group_size(const int *group, size_t count, int index)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += group[i] == group[index];
	return size;
}

/* Would the group of index have fewer members with these functions' bits on. */
static bool would_help(const struct topology *topology, int index, const bool *set)
{
	struct topology then = *topology;
	cleanup_free struct topology_function *copy = calloc(topology->count + 1, sizeof(*copy));
	cleanup_free int *before = calloc(topology->count + 1, sizeof(*before));
	cleanup_free int *after = calloc(topology->count + 1, sizeof(*after));

	if (!copy || !before || !after)
		return false;
	memcpy(copy, topology->function, topology->count * sizeof(*copy));
	for (size_t i = 0; i < topology->count; i++)
		if (set[i])
			copy[i].acs_enabled |= copy[i].acs_supported & ACS_REQUIRED;
	then.function = copy;
	if (topology_group(topology, before) < 0 || topology_group(&then, after) < 0 || before[index] < 0)
		return false;
	return group_size(after, topology->count, index) < group_size(before, topology->count, index);
}

bool acs_argument_find(const struct topology *topology, int index, struct acs_argument *ret_argument)
{
	struct acs_argument argument = { .known = is_since(
						 topology->release, argument_since, array_size(argument_since)),
		.lists_work = is_since(topology->release, lists_since, array_size(lists_since)) };
	cleanup_free bool *set = calloc(topology->count + 1, sizeof(*set));
	int used = snprintf(argument.text, sizeof(argument.text), "pci=config_acs=");

	for (size_t i = 0; set && i < topology->count && argument.ports < ACS_ARGUMENT_PORTS; i++) {
		const struct topology_function *function = &topology->function[i];
		char bits[ACS_BITS + 1], name[PCI_ADDR_TEXT_SIZE];

		if (!function->has_acs || !topology_acs_missing(topology, function) ||
			is_passed_over(topology, function) || !is_concerned(topology, index, function))
			continue;
		write_bits(function, bits);
		used += snprintf(argument.text + used, sizeof(argument.text) - (size_t)used, "%s%s@%s",
			argument.ports ? ";" : "", bits, pci_addr_text(function->addr, name));
		set[i] = true;
		argument.ports++;
	}
	if (!set || !argument.ports || !would_help(topology, index, set))
		return false;
	*ret_argument = argument;
	return true;
}
