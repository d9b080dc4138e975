// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IOMMU groups that a described machine has. The kernel walks up from each function (drivers/iommu/iommu.c,
 * pci_device_group()), and so does sluice; this does not walk, so that it cannot have their faults: it asks of each
 * pair of functions whether anything lets the one's DMA reach or pass for the other's, and closes that over all pairs.
 */
#include <stdlib.h>

#include "tests/tools/compose.h"

enum {
	ROOT_PORT = 0x4,
	UPSTREAM = 0x5,
	DOWNSTREAM = 0x6,
	TO_PCI = 0x7,
	FROM_PCI = 0x8,
	INTEGRATED = 0x9,
	COLLECTOR = 0xa,
	ACS_ISOLATES = 0x1d, /* source validation, request and completion redirect, upstream forwarding */
};

static bool is_port(const struct machine_function *f)
{
	return f->express == ROOT_PORT || f->express == DOWNSTREAM;
}

static bool is_conventional(const struct machine_function *f)
{
	return f->express == MACHINE_NO_EXPRESS || f->express == TO_PCI || f->express == FROM_PCI;
}

/* Does DMA get past this function without the IOMMU? PCI Express 6.0, 6.12: what is supported and not enabled leaks. */
static bool leaks(const struct machine_function *f)
{
	if (((const struct compose_function *)f)->vouched || (f->vendor_id == 0x8086 && f->express == INTEGRATED))
		return false;
	if (is_conventional(f) || f->express == COLLECTOR)
		return true;
	if (!is_port(f) && !f->multifunction)
		return false;
	return !f->has_acs || (f->acs_supported & ACS_ISOLATES & ~f->acs_enabled);
}

/* A function that makes a bus of its own (VMD): all DMA from there is the function's. */
static bool makes_bus(const struct compose *compose, const struct machine_function *f)
{
	for (size_t i = 0; i < compose->root_count; i++)
		if (compose->root[i].behind && &compose->root[i].behind->made == f)
			return true;
	return false;
}

static bool is_at_or_above(const struct machine_function *upper, const struct machine_function *lower)
{
	for (; lower; lower = lower->parent)
		if (lower == upper)
			return true;
	return false;
}

static bool are_together(
	const struct compose *compose, const struct machine_function *a, const struct machine_function *b)
{
	for (size_t i = 0; i < compose->function_count; i++) {
		const struct machine_function *top = &compose->function[i].made;

		if (!is_at_or_above(top, a) || !is_at_or_above(top, b))
			continue;
		/* The bridge passes it on, or writes its own number over theirs. */
		if (leaks(top) || is_conventional(top) || makes_bus(compose, top))
			return true;
	}
	return a->domain == b->domain && a->bus == b->bus && a->device == b->device && !a->pf && !b->pf && leaks(a) &&
	       leaks(b);
}

static void join(struct compose *compose, int from, int to)
{
	for (size_t i = 0; i < compose->function_count; i++)
		if (compose->function[i].made.group == from)
			compose->function[i].made.group = to;
}

/* A device of several functions says so in all of them; VFs count for none. */
static void mark_multifunction(struct compose *compose)
{
	for (size_t i = 0; i < compose->function_count; i++)
		for (size_t j = 0; j < compose->function_count; j++) {
			struct machine_function *one = &compose->function[i].made, *other = &compose->function[j].made;

			one->multifunction |= i != j && one->domain == other->domain && one->bus == other->bus &&
					      one->device == other->device && !one->pf && !other->pf;
		}
}

void compose_group(struct compose *compose)
{
	int next = 0;

	mark_multifunction(compose);
	for (size_t i = 0; i < compose->function_count; i++)
		compose->function[i].made.group = (int)i;
	for (size_t i = 0; i < compose->function_count; i++)
		for (size_t j = 0; j < i; j++)
			if (compose->function[i].made.group != compose->function[j].made.group &&
				are_together(compose, &compose->function[i].made, &compose->function[j].made))
				join(compose, compose->function[i].made.group, compose->function[j].made.group);
	/* Numbered from 0 in the order in which they are met, above all numbers that are not final. */
	for (size_t i = 0; i < compose->function_count; i++)
		if (compose->function[i].made.group < COMPOSE_FUNCTIONS)
			join(compose, compose->function[i].made.group, COMPOSE_FUNCTIONS + next++);
	for (size_t i = 0; i < compose->function_count; i++) {
		struct compose_function *function = &compose->function[i];

		function->made.group -= COMPOSE_FUNCTIONS;
		if (!compose->unit_count || function->no_group)
			function->made.group = -1;
	}
}
