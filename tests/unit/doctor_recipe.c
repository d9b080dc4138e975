// SPDX-License-Identifier: GPL-2.0-or-later
/* Recipes followed, one host each; see doctor_recipe.h. */
#include "tests/unit/doctor_recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

bool recipe_fits(const struct recipe *recipe, const struct finding *result)
{
	return result->code == recipe->code && result->state == recipe->state &&
	       strstr(result->summary, recipe->says) && strstr(result->evidence, recipe->evidence) &&
	       strstr(result->fix, recipe->fix);
}

static bool follow(const struct recipe *recipe, size_t number)
{
	struct doctor_host f;
	bool found = recipe->state == CHECK_SKIPPED;

	doctor_host_make(&f);
	for (size_t i = 0; i < SPOILS_MAX && recipe->spoil[i]; i++)
		doctor_host_change(&f, recipe->spoil[i]);
	if (recipe->code == CODE_IOMMU_OFF) {
		char command[128];

		snprintf(command, sizeof(command), "rm -r %s/sys/kernel/iommu_groups", f.tree.path);
		assert_int_equal(system(command), 0);
	}
	doctor_host_examine(&f, recipe->device);
	for (size_t i = 0; i < f.report.findings.count; i++)
		if (recipe->state == CHECK_SKIPPED)
			found &= f.report.findings.item[i].code != recipe->code;
		else
			found |= recipe_fits(recipe, &f.report.findings.item[i]);
	if (!found)
		print_message("recipe %zu, %s: not found \"%s\" with \"%s\", \"%s\"\n", number,
			code_info(recipe->code)->name, recipe->says, recipe->evidence, recipe->fix);
	for (size_t i = 0; !found && i < f.report.findings.count; i++)
		if (f.report.findings.item[i].code == recipe->code)
			print_message("  %d \"%s\"\n    \"%s\"\n    \"%s\"\n", f.report.findings.item[i].state,
				f.report.findings.item[i].summary, f.report.findings.item[i].evidence,
				f.report.findings.item[i].fix);
	doctor_host_drop(&f);
	return found;
}

void recipes_follow(const struct recipe *recipes, size_t count)
{
	size_t failures = 0;

	for (size_t i = 0; i < count; i++)
		failures += !follow(&recipes[i], i);
	assert_int_equal(failures, 0);
}

size_t recipes_codes(const struct recipe *recipes, size_t count)
{
	bool seen[CODE_COUNT] = { false };
	size_t codes = 0;

	for (size_t i = 0; i < count; i++)
		if (recipes[i].state == CHECK_WARN || recipes[i].state == CHECK_FAIL)
			seen[recipes[i].code] = true;
	for (int code = 0; code < CODE_COUNT; code++)
		codes += seen[code];
	return codes;
}
