/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recipes: the made-up host that is in order (doctor_host.h) with one thing spoiled, and what the doctor must say then:
 * the code, the culprit, the file that shows it and a remedy for this distribution.
 */
#ifndef DOCTOR_RECIPE_H
#define DOCTOR_RECIPE_H

#include "tests/unit/doctor_host.h"

enum {
	SPOILS_MAX = 10,
};

#define VF_ZERO "0000:01:10.0"
/* A VF with a driver, beside VF(index). */
#define VF_FILES(index, driver)                                                                                        \
	DEV("0000:01:10." #index, "uevent|DRIVER=" driver "\nPCI_CLASS=20000\nPCI_ID=8086:10CA\n"),                    \
		"@" DEV("0000:01:10." #index, "driver|/x/drivers/" driver),                                            \
		"@" DEV("0000:01:10." #index, "physfn|../" PF)

struct recipe {
	enum code code;
	const char *device;     /* named; NULL: the host */
	enum check_state state; /* CHECK_SKIPPED: nothing is said of that code */
	const char *says, *evidence, *fix;
	const char *spoil[SPOILS_MAX]; /* doctor_host_change() */
};

/* Is this what the recipe wants? */
bool recipe_fits(const struct recipe *recipe, const struct finding *result);

/* Each of them, on a host of its own; fails when one does not yield what it wants. */
void recipes_follow(const struct recipe *recipes, size_t count);

/* How many codes have a recipe with trouble to tell. */
size_t recipes_codes(const struct recipe *recipes, size_t count);

#endif
