// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan/guest_flow.c with work that only writes down that it began and ended: which guests are chosen, in which order,
 * which at the same time, and what becomes of the others when one fails or its process dies.
 */
#include "plan/guest_flow.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/config.h"

enum {
	GUEST_MAX = 64,
	PATIENCE_MS = 60000,
};

/* What all processes see. */
struct board {
	atomic_int now; /* counts beginnings and ends */
	atomic_int began[GUEST_MAX], ended[GUEST_MAX];
	atomic_int at_once, most_at_once;
};

struct bed {
	struct desired *desired;
	struct guest_result *result;
	struct board *board;
	const char *fails, *dies; /* names */
	int together;             /* work does not end before so many have begun */
	size_t told;
};

static void load(struct bed *bed, const char *guests)
{
	struct config_findings findings = { 0 };
	char path[] = "/tmp/guest-flow.XXXXXX";
	const char *const file = path;
	struct sysroot root;
	struct error err;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "version: 1\nguests:\n%s", guests) > 0);
	close(fd);
	assert_int_equal(sysroot_open(&root, NULL, &err), 0);
	if (config_load(&root, &file, 1, &bed->desired, &findings, &err) < 0)
		fail_msg("%s", err.msg);
	config_findings_done(&findings);
	sysroot_close(&root);
	unlink(path);
	bed->result = calloc(bed->desired->guest_count + 1, sizeof(*bed->result));
	bed->board = mmap(NULL, sizeof(*bed->board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(bed->board != MAP_FAILED);
}

static void done(struct bed *bed)
{
	munmap(bed->board, sizeof(*bed->board));
	free(bed->result);
	desired_free(bed->desired);
}

static size_t number_of(const struct bed *bed, const char *name)
{
	const struct desired_guest *guest = desired_guest(bed->desired, name);

	assert_non_null(guest);
	return (size_t)(guest - bed->desired->guest);
}

static void wait_for_others(struct bed *bed)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	for (int i = 0; i < PATIENCE_MS && bed->board->at_once < bed->together && !bed->board->most_at_once; i++)
		nanosleep(&step, NULL);
}

static void work(void *context, const struct desired_guest *guest, struct guest_result *ret_result)
{
	struct bed *bed = context;
	struct board *board = bed->board;
	size_t i = number_of(bed, guest->name);

	board->began[i] = ++board->now;
	board->at_once++;
	wait_for_others(bed);
	if (board->at_once >= bed->together)
		board->most_at_once = board->at_once;
	if (bed->dies && !strcmp(bed->dies, guest->name))
		_exit(3);
	board->ended[i] = ++board->now;
	ret_result->did = GUEST_DID_IT;
	if (bed->fails && !strcmp(bed->fails, guest->name)) {
		ret_result->did = GUEST_DID_FAIL;
		fail_code(&ret_result->error, CODE_BAD_IMAGE, EINVAL, "no kernel");
	}
	board->at_once--;
}

static void tell(void *context, const struct desired_guest *guest, const struct guest_result *result)
{
	(void)guest;
	(void)result;
	((struct bed *)context)->told++;
}

static void run(struct bed *bed, enum guest_direction direction, const char *name)
{
	struct guest_flow flow = { bed->desired, direction, work, tell, bed };
	char *names[] = { (char *)name };
	struct error err = { 0 };

	assert_int_equal(guest_flow_choose(bed->desired, direction, names, name ? 1 : 0, bed->result, &err), 0);
	assert_int_equal(guest_flow_run(&flow, bed->result, &err), 0);
}

static void expect_before(const struct bed *bed, const char *first, const char *second)
{
	int ended = bed->board->ended[number_of(bed, first)], began = bed->board->began[number_of(bed, second)];

	assert_true(ended > 0 && began > 0);
	assert_true(ended < began);
}

static void expect_did(const struct bed *bed, const char *name, enum guest_did did)
{
	assert_true(bed->result[number_of(bed, name)].chosen);
	assert_int_equal(bed->result[number_of(bed, name)].did, did);
}

static void expect_left(const struct bed *bed, const char *name)
{
	assert_false(bed->result[number_of(bed, name)].chosen);
	assert_int_equal(bed->board->began[number_of(bed, name)], 0);
}

#define CHAIN                                                                                                          \
	"  web: {kernel: /k, requires: [db]}\n"                                                                        \
	"  db: {kernel: /k, after: [net]}\n"                                                                           \
	"  net: {kernel: /k}\n"                                                                                        \
	"  other: {kernel: /k, autostart: off}\n"

static void along_the_order(void **state)
{
	struct bed bed = { 0 };

	(void)state;
	load(&bed, CHAIN);
	run(&bed, GUEST_FLOW_UP, NULL);
	expect_before(&bed, "net", "db");
	expect_before(&bed, "db", "web");
	expect_left(&bed, "other");
	assert_int_equal(bed.told, 3);
	done(&bed);
}

static void against_the_order(void **state)
{
	struct bed bed = { 0 };

	(void)state;
	load(&bed, CHAIN);
	run(&bed, GUEST_FLOW_DOWN, NULL);
	expect_before(&bed, "web", "db");
	expect_before(&bed, "db", "net");
	expect_did(&bed, "other", GUEST_DID_IT);
	done(&bed);
}

static void names_bring_what_they_require(void **state)
{
	struct bed bed = { 0 };

	(void)state;
	load(&bed, CHAIN);
	run(&bed, GUEST_FLOW_UP, "web");
	expect_before(&bed, "db", "web");
	expect_left(&bed, "net");
	done(&bed);

	bed = (struct bed){ 0 };
	load(&bed, CHAIN);
	run(&bed, GUEST_FLOW_DOWN, "db");
	expect_before(&bed, "web", "db");
	expect_left(&bed, "net");
	done(&bed);
}

static void a_name_that_there_is_not(void **state)
{
	struct bed bed = { 0 };
	char *names[] = { (char *)"wbe" };
	struct error err;

	(void)state;
	load(&bed, CHAIN);
	assert_int_equal(guest_flow_choose(bed.desired, GUEST_FLOW_UP, names, 1, bed.result, &err), -ENOENT);
	assert_int_equal(err.code, CODE_NO_SUCH_GUEST);
	assert_non_null(strstr(err.hint, "web, db, net, other"));
	done(&bed);
}

/* Each waits for the others to have begun, too: one after the other they would wait for ever. */
static void at_the_same_time(void **state)
{
	struct bed bed = { .together = 3 };

	(void)state;
	load(&bed, "  a: {kernel: /k}\n  b: {kernel: /k}\n  c: {kernel: /k}\n");
	run(&bed, GUEST_FLOW_UP, NULL);
	assert_int_equal(bed.board->most_at_once, 3);
	done(&bed);
}

/* More than are seen to at once: all are done, and never too many beside each other. */
static void many(void **state)
{
	struct bed bed = { .together = LIMIT_GUESTS_AT_ONCE };
	char text[GUEST_MAX * 32], *at = text;

	(void)state;
	for (int i = 0; i < 40; i++)
		at += sprintf(at, "  g%d: {kernel: /k}\n", i);
	load(&bed, text);
	run(&bed, GUEST_FLOW_UP, NULL);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(bed.result[i].did, GUEST_DID_IT);
	assert_int_equal(bed.board->most_at_once, LIMIT_GUESTS_AT_ONCE);
	done(&bed);
}

#define FORK                                                                                                           \
	"  db: {kernel: /k}\n"                                                                                         \
	"  web: {kernel: /k, requires: [db]}\n"                                                                        \
	"  front: {kernel: /k, requires: [web]}\n"                                                                     \
	"  log: {kernel: /k, after: [db]}\n"                                                                           \
	"  alone: {kernel: /k}\n"

static void a_failure_leaves_the_others(void **state)
{
	struct bed bed = { .fails = "db" };

	(void)state;
	load(&bed, FORK);
	run(&bed, GUEST_FLOW_UP, NULL);
	expect_did(&bed, "db", GUEST_DID_FAIL);
	assert_int_equal(bed.result[0].error.code, CODE_BAD_IMAGE);
	expect_did(&bed, "web", GUEST_DID_SKIP);
	assert_non_null(strstr(bed.result[1].error.msg, "'web' was not started: it requires 'db'"));
	expect_did(&bed, "front", GUEST_DID_SKIP);
	assert_int_equal(bed.board->began[1] + bed.board->began[2], 0);
	expect_did(&bed, "log", GUEST_DID_IT);
	expect_did(&bed, "alone", GUEST_DID_IT);
	done(&bed);
}

static void nobody_is_stopped_under_who_requires_it(void **state)
{
	struct bed bed = { .fails = "web" };

	(void)state;
	load(&bed, FORK);
	run(&bed, GUEST_FLOW_DOWN, NULL);
	expect_did(&bed, "front", GUEST_DID_IT);
	expect_did(&bed, "web", GUEST_DID_FAIL);
	expect_did(&bed, "db", GUEST_DID_SKIP);
	assert_non_null(strstr(bed.result[0].error.msg, "'db' was left running"));
	assert_int_equal(bed.board->began[0], 0);
	done(&bed);
}

static void a_process_that_dies(void **state)
{
	struct bed bed = { .dies = "db" };

	(void)state;
	load(&bed, FORK);
	run(&bed, GUEST_FLOW_UP, NULL);
	expect_did(&bed, "db", GUEST_DID_FAIL);
	assert_non_null(strstr(bed.result[0].error.msg, "died"));
	expect_did(&bed, "alone", GUEST_DID_IT);
	done(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(along_the_order),
		cmocka_unit_test(against_the_order),
		cmocka_unit_test(names_bring_what_they_require),
		cmocka_unit_test(a_name_that_there_is_not),
		cmocka_unit_test(at_the_same_time),
		cmocka_unit_test(many),
		cmocka_unit_test(a_failure_leaves_the_others),
		cmocka_unit_test(nobody_is_stopped_under_who_requires_it),
		cmocka_unit_test(a_process_that_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
