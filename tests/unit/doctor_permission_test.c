// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor/permission.c: a node that opens, is refused, is absent, and that of a host which is not here. */
#include "doctor/checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

static const struct {
	enum code code;
	const char *node, *refused;
	enum check_state refusal;
	const char *fix;
} cases[] = {
	{ CODE_KVM_PERM, "dev/kvm", "cannot open /dev/kvm: Is a directory", CHECK_FAIL, "usermod -aG kvm" },
	{ CODE_VFIO_PERM, "dev/vfio/vfio", "cannot open /dev/vfio/vfio: Is a directory", CHECK_WARN,
		"chmod 0666 /dev/vfio/vfio" },
};

static void expect(const struct temp_tree *tree, size_t i, enum check_state state, const char *says, const char *fix)
{
	struct host host = { .root = tree->root };
	const struct facts facts = { .host = &host };
	cleanup(findings_done) struct findings findings = { 0 };
	const struct check *check = permission_checks;
	const struct finding *found;
	struct error err;

	while (check->code != cases[i].code)
		check++;
	findings_begin(&findings, &(struct finding){ .code = check->code }, NULL);
	check->run(&facts, NULL, &findings);
	assert_int_equal(findings_end(&findings, &err), 0);
	assert_int_equal(findings.count, 1);
	found = &findings.item[0];
	assert_int_equal(found->state, state);
	assert_non_null(strstr(found->summary, says));
	assert_non_null(strstr(found->fix, fix));
	assert_true(state != CHECK_UNMEASURED || !found->fix[0]);
}

static void tells_them_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct temp_tree tree;

		temp_tree_init(&tree);
		expect(&tree, i, CHECK_UNMEASURED, cases[i].node, "");
		/* Root may open every file, but nobody may write to a directory. */
		temp_tree_dir(&tree, cases[i].node);
		expect(&tree, i, cases[i].refusal, cases[i].refused, cases[i].fix);
		tree.root.captured = true;
		expect(&tree, i, CHECK_UNMEASURED, "captured host", "");
		temp_tree_done(&tree);
		temp_tree_init(&tree);
		temp_tree_file(&tree, cases[i].node, "");
		expect(&tree, i, CHECK_OK, "this user may", "");
		temp_tree_done(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_them_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
