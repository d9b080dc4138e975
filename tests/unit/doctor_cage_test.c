// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor/cage.c: each setting that takes a wall away is told, with what is seen then and what mends it. */
#include "doctor/checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

enum {
	NOBODY = 65534,
};

static const struct {
	const char *path, *good, *bad, *says;
	bool users;
} cases[] = {
	{ "proc/sys/user/max_pid_namespaces", "100", "0", "processes", false },
	{ "proc/sys/user/max_net_namespaces", "100", "0", "network", false },
	{ "proc/sys/user/max_mnt_namespaces", "100", "0", "file systems", false },
	{ "proc/sys/user/max_ipc_namespaces", "100", "0", "IPC", false },
	{ "proc/sys/user/max_uts_namespaces", "100", "0", "name", false },
	{ "proc/sys/user/max_cgroup_namespaces", "100", "0", "control groups", false },
	{ "proc/sys/user/max_user_namespaces", "100", "0", "guests of users", true },
	{ "proc/sys/kernel/unprivileged_userns_clone", "1", "0", "guests of users", true },
	{ "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0", "1", "guests of users", true },
};

/* Of a captured host what this machine has is no matter. */
static void look(struct temp_tree *tree, bool captured, struct findings *findings)
{
	struct host host = { .root = tree->root };
	const struct facts facts = { .host = &host };
	struct error err;

	host.root.captured = captured;
	findings_begin(findings, &(struct finding){ .code = CODE_CAGE_WEAK }, NULL);
	cage_checks[0].run(&facts, NULL, findings);
	assert_int_equal(findings_end(findings, &err), 0);
}

static void fill(struct temp_tree *tree)
{
	temp_tree_init(tree);
	for (size_t i = 0; i < array_size(cases); i++)
		temp_tree_file(tree, cases[i].path, cases[i].good);
}

static void nothing_is_known(void **state)
{
	struct temp_tree tree;
	cleanup(findings_done) struct findings findings = { 0 };

	(void)state;
	temp_tree_init(&tree);
	look(&tree, true, &findings);
	assert_int_equal(findings.count, 0);
	temp_tree_done(&tree);
}

static void all_is_well(void **state)
{
	struct temp_tree tree;
	cleanup(findings_done) struct findings findings = { 0 };

	(void)state;
	fill(&tree);
	look(&tree, true, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.item[0].state, CHECK_OK);
	temp_tree_done(&tree);
}

static void expect_case(struct temp_tree *tree, size_t i, bool captured, bool told)
{
	cleanup(findings_done) struct findings findings = { 0 };
	bool found = false;

	temp_tree_file(tree, cases[i].path, cases[i].bad);
	look(tree, captured, &findings);
	for (size_t at = 0; at < findings.count; at++)
		found = found ||
			(findings.item[at].state == CHECK_WARN && strstr(findings.item[at].summary, cases[i].says) &&
				strstr(findings.item[at].evidence, cases[i].path) &&
				strstr(findings.item[at].fix, cases[i].good[0] == '1' ? "echo" : "echo 0"));
	assert_int_equal(found, told);
	temp_tree_file(tree, cases[i].path, cases[i].good);
}

static void each_is_told(void **state)
{
	struct temp_tree tree;

	(void)state;
	fill(&tree);
	for (size_t i = 0; i < array_size(cases); i++)
		expect_case(&tree, i, true, !cases[i].users);
	temp_tree_done(&tree);
}

/* A captured host has its kernel's answer as one of its files. */
static void landlock_is_of_the_captured_host(void **state)
{
	static const struct {
		const char *answer;
		enum check_state state;
		const char *says;
	} answers[] = {
		{ "landlock 0\n", CHECK_WARN, "Landlock does not confine guests" },
		{ "landlock 4\n", CHECK_OK, "and by Landlock" },
	};
	struct temp_tree tree;

	(void)state;
	fill(&tree);
	for (size_t i = 0; i < array_size(answers); i++) {
		cleanup(findings_done) struct findings findings = { 0 };

		temp_tree_file(&tree, "capture/limits", answers[i].answer);
		look(&tree, true, &findings);
		assert_int_equal(findings.count, 1);
		assert_int_equal(findings.item[0].state, answers[i].state);
		assert_non_null(strstr(findings.item[0].summary, answers[i].says));
	}
	temp_tree_done(&tree);
}

/* So it has who looked: what concerns users alone is told to a user. */
static void captured_by_a_user(void **state)
{
	struct temp_tree tree;

	(void)state;
	fill(&tree);
	temp_tree_file(&tree, "capture/limits", "memlock 8388608 user\n");
	for (size_t i = 0; i < array_size(cases); i++)
		expect_case(&tree, i, true, true);
	temp_tree_done(&tree);
}

/* Who is not root is told of both kinds. The tree is his to read. */
static void each_is_told_to_a_user(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		struct temp_tree tree;

		if (!geteuid() && setresuid(NOBODY, NOBODY, NOBODY))
			_exit(1);
		fill(&tree);
		for (size_t i = 0; i < array_size(cases); i++)
			expect_case(&tree, i, false, true);
		temp_tree_done(&tree);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known),
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(each_is_told),
		cmocka_unit_test(each_is_told_to_a_user),
		cmocka_unit_test(landlock_is_of_the_captured_host),
		cmocka_unit_test(captured_by_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
