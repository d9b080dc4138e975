// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a guest's start (wire/start_step.h) by name and for people; see guest.h. */
#include "guest/guest.h"

static const struct {
	const char *name, *text;
} steps[STEP_COUNT] = {
	[STEP_TAKE] = { "take", "taking its devices" },
	[STEP_OPEN] = { "open", "opening its devices, which resets them" },
	[STEP_ATTACH] = { "attach", "attaching its devices to the IOMMU" },
	[STEP_POPULATE] = { "populate", "making its memory present" },
	[STEP_MAP] = { "map", "pinning its memory and mapping it for DMA" },
	[STEP_POWER_ON] = { "power-on", "building the machine" },
};

const char *guest_step_name(enum start_step step)
{
	return step < STEP_COUNT ? steps[step].name : NULL;
}

const char *guest_step_text(enum start_step step)
{
	return step < STEP_COUNT ? steps[step].text : NULL;
}
