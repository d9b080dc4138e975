// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of drivers for their eswitches: a user's over ours, mistakes with their place; names of ports and devices. */
#include "sriov/eswitch_rule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/eswitch_plan.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#define PF "0000:01:00.0"

/* A firmware that decides is not asked; a rule of the user's says otherwise. */
static void a_fixed_mode_is_refused(void **state)
{
	struct eswitch now = { .handle = { "pci", PF }, .driver = "nfp", .tc_offload = -1 };
	const struct devlink_eswitch wish = { ESWITCH_SWITCHDEV, DEVLINK_UNKNOWN, DEVLINK_UNKNOWN };
	struct eswitch_rule rule = eswitch_rule_for(NULL, &now);
	struct eswitch_rules rules;
	struct eswitch_plan plan;
	struct error err = { 0 };
	char text[] = "nfp mode=settable";

	(void)state;
	assert_int_equal(eswitch_plan_make(&now, &rule, &wish, 0, &plan, &err), -EOPNOTSUPP);
	assert_int_equal(err.code, CODE_ESWITCH_REFUSED);
	assert_non_null(strstr(err.hint, "nfp mode=settable"));
	assert_int_equal(eswitch_rules_parse(text, "rules", &rules, NULL), 0);
	rule = eswitch_rule_for(&rules, &now);
	assert_int_equal(eswitch_plan_make(&now, &rule, &wish, 0, &plan, NULL), 0);
	assert_int_equal(plan.count, 1);
	eswitch_rules_done(&rules);
}

static void mistakes_in_rules_are_placed(void **state)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{ "mlx5_core", "rules:1:1:" },
		{ "\n  ice vfs=never", "rules:2:11:" },
		{ "ice vfs=keep speed=1", "rules:1:14:" },
		{ "ice vfs=keep vfs=after", "rules:1:14:" },
		{ "ice 15b3 vfs=keep", "rules:1:5:" },
		{ "ice 15b3:101 vfs=keep", "rules:1:5:" },
		{ "ice wait=3601", "rules:1:10:" },
		{ "ice param=name", "rules:1:11:" },
		{ "ice param=:x", "rules:1:11:" },
		{ "ice vfs", "rules:1:5:" },
		{ "vfs=keep", "rules:1:1:" },
		{ "ice 15b3:* vfs=keep 15b3:*", "rules:1:21:" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct eswitch_rules rules = { 0 };
		struct error err = { 0 };
		char text[64];

		strcpy(text, cases[i].text);
		assert_int_equal(eswitch_rules_parse(text, "rules", &rules, &err), -EINVAL);
		assert_int_equal(err.code, CODE_USAGE);
		assert_memory_equal(err.msg, cases[i].where, strlen(cases[i].where));
		assert_null(rules.list);
	}
}

static void port_names_are_parsed(void **state)
{
	static const struct {
		const char *name;
		bool is;
		struct representor_port port;
	} cases[] = {
		{ "pf0vf3", true, { -1, -1, 0, 3, -1 } },
		{ "c1pf2vf10", true, { 1, -1, 2, 10, -1 } },
		{ "pf1sf88", true, { -1, -1, 1, -1, 88 } },
		{ "p1", true, { -1, 1, -1, -1, -1 } },
		{ "p0s1", true, { -1, 0, -1, -1, -1 } },
		{ "pf0", true, { -1, -1, 0, -1, -1 } },
		{ "", false, { 0 } },
		{ "eth0", false, { 0 } },
		{ "pf", false, { 0 } },
		{ "pf0vf", false, { 0 } },
		{ "pf0vf3x", false, { 0 } },
		{ "pf0vf99999999999999999999", false, { 0 } },
		{ "pf-1", false, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct representor_port port;

		assert_int_equal(representor_port_parse(cases[i].name, &port), cases[i].is);
		if (cases[i].is)
			assert_memory_equal(&port, &cases[i].port, sizeof(port));
	}
}

static void handles_stay_in_their_directory(void **state)
{
	static const char *const bad[] = { "", "pci", "pci/", "/x", "../x", "pci/..", "pci/a/b", "p ci/x", "pci/.x" };
	struct devlink_handle handle;

	(void)state;
	assert_true(eswitch_handle_parse("netdevsim/netdevsim1", &handle));
	assert_string_equal(handle.bus, "netdevsim");
	assert_true(eswitch_handle_parse("pci/" PF, &handle));
	for (size_t i = 0; i < array_size(bad); i++)
		assert_false(eswitch_handle_parse(bad[i], &handle));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fixed_mode_is_refused),
		cmocka_unit_test(mistakes_in_rules_are_placed),
		cmocka_unit_test(port_names_are_parsed),
		cmocka_unit_test(handles_stay_in_their_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
