// SPDX-License-Identifier: GPL-2.0-or-later
/* os/kmsg.c and lines.c: whose words count, what has gone, records at the edges of the buffer, and what is no log. */
#include "os/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/temp_tree.h"

static int set_up(void **state)
{
	struct temp_tree *tree = calloc(1, sizeof(*tree));

	temp_tree_init(tree);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_done(*state);
	free(*state);
	return 0;
}

static void append(const struct temp_tree *tree, const char *text)
{
	cleanup_close int fd = openat(tree->root.fd, "dev/kmsg", O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void expect_next(struct kmsg *kmsg, uint64_t microseconds, const char *text)
{
	struct kmsg_record record;

	assert_true(kmsg_next(kmsg, &record));
	assert_int_equal(record.microseconds, microseconds);
	assert_string_equal(record.text, text);
}

/* Facility 1 is what the kernel gives to what user space writes, whatever it asks for. */
static void only_the_kernels_own_words(void **state)
{
	const struct temp_tree *tree = *state;
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	struct kmsg_record record;

	temp_tree_file(tree, "dev/kmsg",
		"12,7,1,-;user space says so\n6,8,2500000,-;one; two\n SUBSYSTEM=pci\n DEVICE=+pci:0000:01:00.0\n"
		"30,9,3,-;a daemon\nnonsense\n;\n7,x,y,-;no\n\n4,10,4,c,more;the last, without an end");
	assert_int_equal(kmsg_open(&kmsg, &tree->root, false), 0);
	expect_next(&kmsg, 2500000, "one; two");
	expect_next(&kmsg, 4, "the last, without an end");
	assert_false(kmsg_next(&kmsg, &record));
	/* Numbers count everybody's records. */
	assert_int_equal(kmsg.earlier, 7);
}

static void from_now_on(void **state)
{
	const struct temp_tree *tree = *state;
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	struct kmsg_record record;

	temp_tree_file(tree, "dev/kmsg", "6,1,1,-;old news\n");
	assert_int_equal(kmsg_open(&kmsg, &tree->root, true), 0);
	assert_false(kmsg_next(&kmsg, &record));
	append(tree, "3,2,2,-;something new\n");
	expect_next(&kmsg, 2, "something new");
	assert_false(kmsg_next(&kmsg, &record));
}

static void finds_what_is_about_a_device(void **state)
{
	const struct temp_tree *tree = *state;
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	char text[64];

	assert_int_equal(kmsg_open(&kmsg, &tree->root, true), -ENOENT);
	assert_string_equal(kmsg_about(&kmsg, "0000:01:00.0", text, sizeof(text)), "");
	temp_tree_file(tree, "dev/kmsg", "6,1,1,-;igb 0000:01:00.0: old news\n");
	assert_int_equal(kmsg_open(&kmsg, &tree->root, true), 0);
	append(tree, "3,2,2,-;igb 0000:01:00.0: not enough\n3,3,3,-;igb 0000:02:00.0: of another\n"
		     "12,4,4,-;igb 0000:01:00.0: forged\n3,5,5,-;igb 0000:01:00.0: not enough\n"
		     "3,6,6,-;0000:01:00.0: more than the buffer has room for\n3,7,7,-;0000:01:00.0: short\n");
	assert_string_equal(kmsg_about(&kmsg, "0000:01:00.0", text, sizeof(text)),
		"igb 0000:01:00.0: not enough; 0000:01:00.0: short");
	assert_string_equal(kmsg_about(&kmsg, "0000:01:00.0", text, sizeof(text)), "");
}

/* What a hint says: the kernel's words, that it said none, or how to see them. */
static void tells_where_the_reason_is(void **state)
{
	const struct temp_tree *tree = *state;
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	char text[128];

	assert_string_equal(kmsg_tell(&kmsg, "0000:01:00.0", text, sizeof(text)),
		"`dmesg | grep 0000:01:00.0` shows what the kernel said of it");
	temp_tree_file(tree, "dev/kmsg", "");
	assert_int_equal(kmsg_open(&kmsg, &tree->root, true), 0);
	assert_string_equal(kmsg_tell(&kmsg, "0000:01:00.0", text, sizeof(text)),
		"the kernel logged nothing about 0000:01:00.0 meanwhile");
	append(tree, "3,2,2,-;igb 0000:01:00.0: not enough\n");
	assert_string_equal(
		kmsg_tell(&kmsg, "0000:01:00.0", text, sizeof(text)), "the kernel says: igb 0000:01:00.0: not enough");
}

/* Records are cut by reads at any byte; one that no kernel writes is passed over, and the next one is read. */
static void refills_its_buffer(void **state)
{
	enum {
		LONG = 3 * LINES_BUFFER + 7,
		RECORDS = 3000,
	};
	const struct temp_tree *tree = *state;
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	cleanup_free char *log = calloc(1, LONG + RECORDS * 40);
	struct kmsg_record record;
	size_t used = LONG;

	memset(log, 'x', LONG);
	for (int i = 0; i < RECORDS; i++)
		used += (size_t)sprintf(log + used, "\n3,%d,%d,-;record %d", i, i, i);
	temp_tree_file(tree, "dev/kmsg", log);
	assert_int_equal(kmsg_open(&kmsg, &tree->root, false), 0);
	for (int i = 0; i < RECORDS; i++) {
		char text[40];

		snprintf(text, sizeof(text), "record %d", i);
		expect_next(&kmsg, (uint64_t)i, text);
	}
	assert_false(kmsg_next(&kmsg, &record));
}

/* A device in a captured host would be this host's log, and a pipe would be waited for. */
static void takes_no_other_file(void **state)
{
	struct temp_tree *tree = *state;
	struct kmsg kmsg = KMSG_CLOSED;
	struct kmsg_record record;

	temp_tree_dir(tree, "dev");
	assert_int_equal(mkfifoat(tree->root.fd, "dev/kmsg", 0600), 0);
	assert_int_equal(kmsg_open(&kmsg, &tree->root, false), -ENOENT);
	assert_false(kmsg_next(&kmsg, &record));
	assert_int_equal(unlinkat(tree->root.fd, "dev/kmsg", 0), 0);
	/* 1:3 is /dev/null. */
	if (mknodat(tree->root.fd, "dev/kmsg", S_IFCHR | 0600, makedev(1, 3))) {
		print_message("not root: captured devices not tried\n");
		return;
	}
	assert_int_equal(kmsg_open(&kmsg, &tree->root, false), 0);
	kmsg_close(&kmsg);
	tree->root.captured = true;
	assert_int_equal(kmsg_open(&kmsg, &tree->root, false), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_the_kernels_own_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(from_now_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_what_is_about_a_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_where_the_reason_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refills_its_buffer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_no_other_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
