// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans on a kernel that is not there: what is done, in which order, read back, undone; what is left when undoing
 * fails; nothing is written the second time; a plan killed at any write to the kernel is taken back by recover;
 * wishes A, then B, then A again, at random, end where they began.
 */
#include "plan/apply.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/kind.h"

#define PF "0000:01:00.0"
#define CARD "0000:02:00.0"
#define SIBLING "0000:02:00.1"
#define PAGES "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

enum {
	WRITES_MAX = 60,
	PAIRS = 60, /* or as many as the command line says */
	STATE_SIZE = 8192,
};

static struct fake_sysfs *make_host(void)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device devices[] = {
		{ PF, 0x8086, 0x10c9, 0x118000, "igb", 6, 7 },
		{ CARD, 0x8086, 1, 0x118000, "other", 8, 0 },
		{ SIBLING, 0x8086, 1, 0x118000, "other", 9, 0 },
	};

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	fake_driver(fake, "vfio-pci");
	fake_driver(fake, "third");
	fake_dir(fake, "run");
	fake_dir(fake, "var/log");
	fake_file(fake, "0\n", "sys/" PAGES);
	fake_file(fake, "uuid-of-an-attempt\n", "proc/sys/kernel/random/uuid");
	fake_file(fake, "boot\n", "proc/sys/kernel/random/boot_id");
	fake_file(fake, "quiet\n", "proc/cmdline");
	fake_file(fake, "", "usr/sbin/update-grub");
	fake->native_driver = "other";
	return fake;
}

/* Wishes, one after the other: kind, target, state; ended by NULL. */
static void wish(struct step_list *list, ...)
{
	va_list args;
	const struct kind *kind;

	va_start(args, list);
	while ((kind = va_arg(args, const struct kind *))) {
		const char *target = va_arg(args, const char *);
		const char *state = va_arg(args, const char *);

		assert_int_equal(step_list_add(list, kind, target, "", state, "sluice.yaml:1:1", NULL), 0);
	}
	va_end(args);
}

static int make_plan(struct change *change, const struct step_list *wishes, struct plan *ret_plan, struct error *err)
{
	struct step_list found = { 0 };
	struct look look;
	int ret = journal_found(change_host(change) ? &change_host(change)->root : NULL, &found, err);

	if (ret < 0)
		return ret;
	look_begin(&look, change_host(change));
	ret = plan_make(&look, wishes, &found, ret_plan, err);
	look_end(&look);
	step_list_done(&found);
	return ret;
}

/* As `sluice apply` does it. Returns the number of steps, or -errno. */
static int apply(struct fake_sysfs *fake, const struct step_list *wishes, struct error *err)
{
	cleanup_change struct change *change = NULL;
	cleanup(plan_done) struct plan plan = { 0 };
	const struct apply_how how = { .command = "apply", .user = "tester" };
	struct apply_done done = { 0 };
	int ret = change_begin(&fake->root, &change, err);

	fake->log_count = 0;
	if (!ret)
		ret = make_plan(change, wishes, &plan, err);
	if (!ret)
		ret = apply_plan(change, &plan, &how, &done, err);
	return ret < 0 ? ret : (int)done.steps;
}

static int undo(struct fake_sysfs *fake, struct error *err)
{
	cleanup_change struct change *change = NULL;
	const struct apply_how how = { .command = "undo", .user = "tester" };
	struct apply_done done = { 0 };
	int ret = change_begin(&fake->root, &change, err);

	fake->log_count = 0;
	return ret < 0 ? ret : apply_undo(change, &how, &done, err);
}

static int recover(struct fake_sysfs *fake, enum apply_recovered *ret_recovered, struct error *err)
{
	cleanup_change struct change *change = NULL;
	const struct apply_how how = { .command = "recover", .user = "tester" };
	int ret = change_begin(&fake->root, &change, err);

	fake->log_count = 0;
	return ret < 0 ? ret : apply_recover(change, &how, false, ret_recovered, err);
}

/* What a person would find on the host: all that plans change. */
static const char *state_of(const struct fake_sysfs *fake, char *buf)
{
	static const char *const files[] = { "sys/" PAGES, "etc/modprobe.d/sluice.conf",
		"etc/modules-load.d/sluice.conf", "etc/modprobe.d/sluice-blacklist.conf",
		"etc/default/grub.d/sluice.cfg", "etc/tmpfiles.d/sluice.conf",
		"sys/bus/pci/devices/" PF "/sriov_numvfs", "sys/bus/pci/devices/" PF "/sriov_drivers_autoprobe" };
	struct pci_inventory pci = fake_inventory(fake);
	size_t used = 0;
	char text[2048], name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < array_size(files); i++) {
		if (sysroot_read_text(&fake->root, text, sizeof(text), "%s", files[i]) < 0)
			snprintf(text, sizeof(text), "-");
		used += (size_t)snprintf(buf + used, STATE_SIZE - used, "%s=%s\n", files[i], text);
	}
	for (size_t i = 0; i < pci.count; i++) {
		sysroot_read_text(&fake->root, text, sizeof(text), "sys/bus/pci/devices/%s/driver_override",
			pci_addr_text(pci.devices[i].addr, name));
		used += (size_t)snprintf(buf + used, STATE_SIZE - used, "%s driver=%s override=%s lease=%d\n", name,
			pci.devices[i].driver, text, sysroot_exists(&fake->root, "run/sluice/devices/%s", name));
	}
	pci_inventory_done(&pci);
	return buf;
}

static void expect_state(const struct fake_sysfs *fake, const char *wanted)
{
	char now[STATE_SIZE];

	assert_string_equal(state_of(fake, now), wanted);
}

static void wish_all(struct step_list *wishes)
{
	wish(wishes, &kind_module_options, "kvm_intel", "nested=1", &kind_module_blacklist, "nouveau", "yes",
		&kind_modules_load, "vfio_pci", "yes", &kind_kernel_arguments, "command-line",
		"intel_iommu=on iommu=pt", &kind_hugepages, PAGES, "64", &kind_hugepages_at_boot, PAGES, "64",
		&kind_vfs, PF, "2", &kind_driver, PF "/1", "vfio", &kind_driver, CARD, "vfio-pci", &kind_driver,
		SIBLING, "vfio-pci", NULL);
}

static void expect_text(const struct fake_sysfs *fake, const char *path, const char *wanted)
{
	char text[4096];

	assert_true(sysroot_read_text(&fake->root, text, sizeof(text), "%s", path) > 0);
	if (!strstr(text, wanted))
		fail_msg("%s: '%s' lacks '%s'", path, text, wanted);
}

static void all_is_done_and_undone(void **state)
{
	struct fake_sysfs *fake = make_host();
	cleanup(step_list_done) struct step_list wishes = { 0 };
	char before[STATE_SIZE], after[STATE_SIZE], driver[64];
	struct error err = { 0 };

	(void)state;
	state_of(fake, before);
	wish_all(&wishes);
	if (apply(fake, &wishes, &err) != 10)
		fail_msg("%s", err.msg);
	expect_text(fake, "etc/modprobe.d/sluice.conf", "\noptions kvm_intel nested=1");
	expect_text(fake, "etc/modprobe.d/sluice-blacklist.conf", "\nblacklist nouveau");
	expect_text(fake, "etc/modules-load.d/sluice.conf", "\nvfio_pci");
	expect_text(fake, "etc/tmpfiles.d/sluice.conf", "\nw /sys/" PAGES " - - - - 64");
	expect_text(fake, "etc/default/grub.d/sluice.cfg",
		"\nGRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT intel_iommu=on iommu=pt\"");
	assert_string_equal(fake_driver_of(fake, "0000:01:10.1", driver), "vfio-pci");
	assert_string_equal(fake_driver_of(fake, "0000:01:10.0", driver), "");
	assert_string_equal(fake_driver_of(fake, SIBLING, driver), "vfio-pci");
	expect_text(fake, "var/log/sluice.log", "user=tester command=\"apply\" done vfs " PF " from=\"0\" to=\"2\"");
	state_of(fake, after);
	assert_int_equal(apply(fake, &wishes, &err), 0);
	assert_int_equal(fake->log_count, 0);
	assert_false(sysroot_exists(&fake->root, "var/lib/sluice/journal/000002.json"));
	expect_state(fake, after);
	assert_int_equal(undo(fake, &err), 0);
	expect_state(fake, before);
	assert_int_equal(undo(fake, &err), -ENOENT);
	assert_int_equal(err.code, CODE_NOTHING_TO_UNDO);
	fake_sysfs_free(fake);
}

/* What is not wished any more goes back to how it was found, and the rest stays. */
static void what_leaves_the_file_goes_back(void **state)
{
	struct fake_sysfs *fake = make_host();
	cleanup(step_list_done) struct step_list first = { 0 }, second = { 0 }, nothing = { 0 };
	char before[STATE_SIZE], driver[64];
	struct error err = { 0 };

	(void)state;
	state_of(fake, before);
	wish(&first, &kind_hugepages, PAGES, "8", &kind_driver, CARD, "vfio-pci", NULL);
	wish(&second, &kind_hugepages, PAGES, "16", NULL);
	assert_int_equal(apply(fake, &first, &err), 2);
	assert_int_equal(apply(fake, &second, &err), 2);
	assert_string_equal(fake_driver_of(fake, CARD, driver), "other");
	expect_text(fake, "sys/" PAGES, "16");
	assert_int_equal(undo(fake, &err), 0);
	assert_string_equal(fake_driver_of(fake, CARD, driver), "vfio-pci");
	expect_text(fake, "sys/" PAGES, "8");
	assert_int_equal(apply(fake, &nothing, &err), 2);
	expect_state(fake, before);
	fake_sysfs_free(fake);
}

/* More VFs than before: those that there were are made again by the way back, with their drivers. */
static void vfs_are_made_anew(void **state)
{
	struct fake_sysfs *fake = make_host();
	cleanup(step_list_done) struct step_list first = { 0 }, second = { 0 };
	char before[STATE_SIZE], driver[64];
	struct error err = { 0 };

	(void)state;
	wish(&first, &kind_vfs, PF, "2", &kind_driver, PF "/0", "vfio-pci", NULL);
	wish(&second, &kind_vfs, PF, "4", &kind_driver, PF "/3", "vfio-pci", NULL);
	assert_int_equal(apply(fake, &first, &err), 2);
	state_of(fake, before);
	if (apply(fake, &second, &err) != 4)
		fail_msg("%s", err.msg);
	assert_string_equal(fake_driver_of(fake, "0000:01:10.3", driver), "vfio-pci");
	assert_string_equal(fake_driver_of(fake, "0000:01:10.0", driver), "");
	if (undo(fake, &err))
		fail_msg("%s", err.msg);
	expect_state(fake, before);
	fake_sysfs_free(fake);
}

/* A step that fails: those before it are undone, and the exit status is 7. */
static void a_failed_step_takes_all_back(void **state)
{
	struct fake_sysfs *fake = make_host();
	cleanup(step_list_done) struct step_list wishes = { 0 };
	char before[STATE_SIZE];
	struct error err = { 0 };

	(void)state;
	state_of(fake, before);
	wish_all(&wishes);
	fake->refused_driver = "vfio-pci";
	assert_true(apply(fake, &wishes, &err) < 0);
	assert_int_equal(code_info(err.code)->status, STATUS_ROLLED_BACK);
	expect_state(fake, before);
	assert_false(journal_is_pending(&fake->root));
	fake->refused_driver = NULL;
	fake->numvfs_errno = ENOMEM;
	assert_true(apply(fake, &wishes, &err) < 0);
	assert_int_equal(err.code, CODE_ROLLED_BACK);
	expect_state(fake, before);
	fake->numvfs_errno = 0;
	assert_int_equal(apply(fake, &wishes, &err), 10);
	fake_sysfs_free(fake);
}

/* What cannot be undone is told, by name, and recover does it when the cause is gone. */
static void what_is_left_is_told(void **state)
{
	struct fake_sysfs *fake = make_host();
	cleanup(step_list_done) struct step_list wishes = { 0 };
	char before[STATE_SIZE];
	enum apply_recovered recovered;
	struct error err = { 0 };

	(void)state;
	state_of(fake, before);
	wish(&wishes, &kind_vfs, PF, "2", &kind_driver, CARD, "vfio-pci", &kind_driver, PF "/0", "vfio-pci", NULL);
	fake->refusal[0].address = "0000:01:10.0";
	fake->refusal[0].driver = "vfio-pci";
	fake->keeps_vfs = true;
	assert_true(apply(fake, &wishes, &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.msg, "VFs of " PF ": '2', was '0'"));
	assert_true(journal_is_pending(&fake->root));
	assert_true(apply(fake, &wishes, &err) < 0);
	assert_int_equal(err.code, CODE_APPLY_PENDING);
	assert_true(recover(fake, &recovered, &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	fake->keeps_vfs = false;
	assert_int_equal(recover(fake, &recovered, &err), 0);
	assert_int_equal(recovered, RECOVER_UNDONE);
	expect_state(fake, before);
	assert_int_equal(recover(fake, &recovered, &err), 0);
	assert_int_equal(recovered, RECOVER_NOTHING);
	fake_sysfs_free(fake);
}

/* Was it killed, or had it come to its end? */
static bool is_killed(struct fake_sysfs *fake, const struct step_list *wishes, unsigned int at, bool before)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct error err = { 0 };

		fake->killed_at = at;
		fake->killed_before = before;
		_exit((wishes ? apply(fake, wishes, &err) : undo(fake, &err)) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* The host is as before or as after when recover has run, whenever the kill came. */
static void kill_everywhere(const struct step_list *first, const struct step_list *second)
{
	bool killed = true;

	for (unsigned int at = 2; killed; at++) {
		struct fake_sysfs *fake = make_host();
		char before[STATE_SIZE], now[STATE_SIZE];
		enum apply_recovered recovered;
		struct error err = { 0 };

		if (first)
			assert_true(apply(fake, first, &err) > 0);
		state_of(fake, before);
		killed = is_killed(fake, second, at / 2, at % 2);
		fake->log_count = 0;
		if (recover(fake, &recovered, &err) < 0)
			fail_msg("killed at write %u: %s", at / 2, err.msg);
		if (killed && strcmp(state_of(fake, now), before) != 0)
			fail_msg("killed at write %u: before:\n%snow:\n%s", at / 2, before, now);
		assert_false(journal_is_pending(&fake->root));
		assert_true(at / 2 < WRITES_MAX);
		fake_sysfs_free(fake);
	}
}

static void killed_at_every_write(void **state)
{
	cleanup(step_list_done) struct step_list all = { 0 }, other = { 0 };

	(void)state;
	if (geteuid())
		skip();
	wish_all(&all);
	wish(&other, &kind_vfs, PF, "3", &kind_driver, PF "/0", "vfio-pci", &kind_hugepages, PAGES, "5", NULL);
	kill_everywhere(NULL, &all);
	kill_everywhere(&all, &other);
	kill_everywhere(&all, NULL);
}

/* A wish about each thing, or none, by the bits of a number. */
static void wish_at_random(struct step_list *wishes)
{
	static const char *const drivers[] = { "vfio-pci", "third", "other", "vfio" };
	static const char *const counts[] = { "0", "1", "2", "5" };
	const char *count = counts[random() % 4];

	if (random() % 2)
		wish(wishes, &kind_hugepages, PAGES, counts[random() % 4], NULL);
	if (random() % 2)
		wish(wishes, &kind_hugepages_at_boot, PAGES, counts[1 + random() % 3], NULL);
	if (random() % 2)
		wish(wishes, &kind_module_options, "kvm", random() % 2 ? "a=1" : "a=2 b=1", NULL);
	if (random() % 2)
		wish(wishes, &kind_kernel_arguments, "command-line", random() % 2 ? "iommu=pt" : "quiet a=b", NULL);
	if (random() % 2)
		wish(wishes, &kind_driver, CARD, drivers[random() % 4], NULL);
	if (random() % 2)
		wish(wishes, &kind_driver, SIBLING, drivers[random() % 4], NULL);
	if (random() % 3 == 0)
		return;
	wish(wishes, &kind_vfs, PF, count, NULL);
	for (int i = 0; i < atoi(count); i++) {
		char vf[32];

		snprintf(vf, sizeof(vf), PF "/%d", i);
		if (random() % 2)
			wish(wishes, &kind_driver, vf, random() % 2 ? "vfio" : "vfio-pci", NULL);
	}
}

static void apply_or_fail(struct fake_sysfs *fake, const struct step_list *wishes, int pair)
{
	struct error err = { 0 };

	if (apply(fake, wishes, &err) < 0)
		fail_msg("pair %d: %s", pair, err.msg);
	if (apply(fake, wishes, &err) || fake->log_count)
		fail_msg("pair %d: something is written the second time: %s", pair, err.msg);
}

static void random_pairs_end_where_they_began(void **state)
{
	struct fake_sysfs *fake = make_host();
	char began[STATE_SIZE], first[STATE_SIZE];
	int pairs = *(int *)*state;

	srandom(1);
	state_of(fake, began);
	for (int pair = 0; pair < pairs; pair++) {
		cleanup(step_list_done) struct step_list a = { 0 }, b = { 0 }, none = { 0 };

		wish_at_random(&a);
		wish_at_random(&b);
		apply_or_fail(fake, &a, pair);
		state_of(fake, first);
		apply_or_fail(fake, &b, pair);
		apply_or_fail(fake, &a, pair);
		expect_state(fake, first);
		if (pair % 10)
			continue;
		apply_or_fail(fake, &none, pair);
		expect_state(fake, began);
	}
	fake_sysfs_free(fake);
}

int main(int argc, char **argv)
{
	int pairs = argc > 1 ? atoi(argv[1]) : PAIRS;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_done_and_undone),
		cmocka_unit_test(what_leaves_the_file_goes_back),
		cmocka_unit_test(vfs_are_made_anew),
		cmocka_unit_test(a_failed_step_takes_all_back),
		cmocka_unit_test(what_is_left_is_told),
		cmocka_unit_test(killed_at_every_write),
		cmocka_unit_test_prestate(random_pairs_end_where_they_began, &pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
