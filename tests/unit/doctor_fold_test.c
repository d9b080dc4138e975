// SPDX-License-Identifier: GPL-2.0-or-later
/* Causes and folds: what is a consequence of what, which findings are alike, and what is left to do. */
#include "doctor/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "doctor/cause.h"

/* function < 0: of the host. */
static void add(struct findings *findings, enum code code, enum check_state state, int function, const char *summary,
	const char *fix)
{
	const struct finding about = {
		.code = code, .title = code_info(code)->name, .why = "", .section = SECTION_DEVICE
	};
	const struct pci_device device = { .addr = { 0, 1, 16, (uint8_t)(function < 0 ? 0 : function) },
		.iommu_group = -1 };
	struct error err;

	findings_begin(findings, &about, function < 0 ? NULL : &device);
	finding_say(findings, state, "%s", summary);
	finding_fix(findings, "%s", fix);
	assert_int_equal(findings_end(findings, &err), 0);
}

/* Without KVM's processor there is no /dev/kvm, and who may open it is no question: one cause, at the root of all. */
static void the_root_of_a_chain(void **state)
{
	cleanup(findings_done) struct findings findings = { 0 };
	struct error err;

	(void)state;
	add(&findings, CODE_KVM_PERM, CHECK_UNMEASURED, -1, "there is no /dev/kvm", "");
	add(&findings, CODE_KVM_NO_DEV, CHECK_FAIL, -1, "there is no /dev/kvm", "modprobe kvm_intel");
	add(&findings, CODE_CPU_NO_VIRT, CHECK_FAIL, -1, "the processor shows none", "switch it on");
	add(&findings, CODE_MAP_COUNT_LOW, CHECK_WARN, -1, "10 for each process", "sysctl -w vm.max_map_count=65530");
	assert_int_equal(causes_find(&findings, &err), 0);
	assert_int_equal(findings.item[0].cause, CODE_CPU_NO_VIRT);
	assert_int_equal(findings.item[1].cause, CODE_CPU_NO_VIRT);
	assert_int_equal(findings.item[1].cause_index, 2);
	assert_int_equal(findings.item[2].cause, CODE_NONE);
	assert_int_equal(findings.item[3].cause, CODE_NONE);
}

/* A device's cause explains nothing of another device, and what is in order explains nothing at all. */
static void causes_of_one_device(void **state)
{
	cleanup(findings_done) struct findings findings = { 0 };
	struct error err;

	(void)state;
	add(&findings, CODE_DEV_LOST, CHECK_FAIL, 0, "reads as ones", "rescan");
	add(&findings, CODE_NO_RESET, CHECK_FAIL, 0, "no way", "choose another");
	add(&findings, CODE_NO_RESET, CHECK_FAIL, 1, "no way", "choose another");
	add(&findings, CODE_IOMMU_OFF, CHECK_OK, -1, "on", "");
	add(&findings, CODE_NO_GROUP, CHECK_FAIL, 1, "in no group", "update the firmware");
	assert_int_equal(causes_find(&findings, &err), 0);
	assert_int_equal(findings.item[1].cause, CODE_DEV_LOST);
	assert_int_equal(findings.item[2].cause, CODE_NONE);
	assert_int_equal(findings.item[4].cause, CODE_NONE);
}

/*
 * Many VFs alike are one finding with one loop; another state is another finding; a repeated remedy is one thing to do.
 */
static void alike_is_one(void **state)
{
	cleanup(findings_done) struct findings findings = { 0 };
	cleanup(folds_done) struct folds folds = { 0 };
	char buf[256], summary[64], fix[64];
	struct error err;

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(summary, sizeof(summary), "VF %d of eth0 has none", i);
		snprintf(fix, sizeof(fix), "sluice release 0000:01:10.%d", i);
		add(&findings, CODE_LEASE_STALE, CHECK_WARN, i, summary, fix);
	}
	add(&findings, CODE_LEASE_STALE, CHECK_OK, 5, "VF 5 of eth0 has none", "");
	add(&findings, CODE_PF_DOWN, CHECK_WARN, 6, "eth0 is off", "ip link set eth0 up");
	add(&findings, CODE_PF_RULE, CHECK_FAIL, 6, "eth0 must be up", "ip link set eth0 up");
	add(&findings, CODE_NO_GROUP, CHECK_FAIL, 7, "in no group", "update the firmware");
	assert_int_equal(causes_find(&findings, &err), 0);
	assert_int_equal(folds_make(&findings, &folds, &err), 0);
	assert_int_equal(folds.count, 5);
	assert_int_equal(folds.item[0].count, 5);
	assert_string_equal(
		fold_subjects(&folds, &folds.item[0], buf, sizeof(buf)), "0000:01:10.0 to 0000:01:10.4 (5)");
	assert_string_equal(fold_fix(&folds, &folds.item[0], buf, sizeof(buf)),
		"for d in 0000:01:10.0 0000:01:10.1 0000:01:10.2 0000:01:10.3 0000:01:10.4; do sluice release $d; "
		"done");
	assert_int_equal(folds.thing_count, 3);
	assert_int_equal(folds.thing[0]->first->code, CODE_PF_RULE);
	assert_int_equal(folds.thing[1]->first->code, CODE_NO_GROUP);
	assert_int_equal(folds.thing[2]->first->code, CODE_LEASE_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_root_of_a_chain),
		cmocka_unit_test(causes_of_one_device),
		cmocka_unit_test(alike_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
