// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * base/bundle: what is written is what is unpacked, byte for byte the same each time; and whatever a hostile archive
 * has in it, nothing is written outside, through a link or beyond the limits. The archives are made here, header by
 * header (POSIX pax, ustar).
 */
#include "os/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

enum {
	BLOCK = 512,
	ARCHIVE_MAX = 64 * BLOCK,
};

struct bed {
	struct temp_tree tree; /* "host.tar" and the directory "out" */
	char file[128];
	int out;
	char *archive;
	size_t size;
};

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	bed->archive = calloc(1, ARCHIVE_MAX);
	temp_tree_init(&bed->tree);
	temp_tree_dir(&bed->tree, "out");
	snprintf(bed->file, sizeof(bed->file), "%s/host.tar", bed->tree.path);
	bed->out = openat(bed->tree.root.fd, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	close(bed->out);
	temp_tree_done(&bed->tree);
	free(bed->archive);
	free(bed);
	return 0;
}

static void start_again(struct bed *bed)
{
	memset(bed->archive, 0, ARCHIVE_MAX);
	bed->size = 0;
}

static void add_sum(char *header)
{
	unsigned int sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
}

/*
 * A ustar header; size in octal, or in base 256 where that is too short. Returns it, for what a test wants otherwise.
 */
static char *add_header(struct bed *bed, const char *name, char type, const char *link, uint64_t size)
{
	char *header = bed->archive + bed->size;

	assert_true(bed->size + BLOCK <= ARCHIVE_MAX);
	snprintf(header, 100, "%s", name);
	memcpy(header + 100,
		"0004777\0"
		"0000000\0"
		"0000000\0",
		24);
	if (size <= 077777777777) {
		snprintf(header + 124, 12, "%011lo", (unsigned long)size);
	} else {
		header[124] = (char)0x80;
		for (int i = 0; i < 8; i++)
			header[135 - i] = (char)(size >> (8 * i));
	}
	memcpy(header + 136, "00000000000", 12);
	header[156] = type;
	snprintf(header + 157, 100, "%s", link ? link : "");
	memcpy(header + 257,
		"ustar\0"
		"00",
		8);
	add_sum(header);
	bed->size += BLOCK;
	return header;
}

static void add_data(struct bed *bed, const char *text)
{
	assert_true(bed->size + BLOCK <= ARCHIVE_MAX && strlen(text) < BLOCK);
	strcpy(bed->archive + bed->size, text);
	bed->size += BLOCK;
}

static void put_archive(const struct bed *bed, size_t size)
{
	int fd = open(bed->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bed->archive, size), (ssize_t)size);
	close(fd);
}

/* Ends the archive, unpacks it, and wants it refused with those words. */
static void expect_refused(struct bed *bed, const char *words)
{
	struct error err = { 0 };

	put_archive(bed, bed->size + 2 * BLOCK);
	if (bundle_extract(bed->file, bed->out, &err) >= 0)
		fail_msg("taken, where this was to be said: %s", words);
	if (!strstr(err.msg, words) || !strstr(err.msg, bed->file))
		fail_msg("\"%s\" does not say \"%s\" of %s", err.msg, words, bed->file);
	assert_int_equal(err.code, CODE_BAD_BUNDLE);
}

static void expect_text(const struct bed *bed, const char *path, const char *text)
{
	char buf[64] = "";
	struct stat info;
	int fd = openat(bed->out, path, O_RDONLY | O_NOFOLLOW);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), (ssize_t)strlen(text));
	assert_string_equal(buf, text);
	assert_int_equal(fstat(fd, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	assert_int_equal(info.st_uid, geteuid());
	close(fd);
}

static void write_bundle(const struct bed *bed)
{
	int fd = open(bed->file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char name[200] = "sys/";
	struct bundle_writer *writer;

	memset(name + 4, 'n', 150);
	assert_int_equal(bundle_writer_open(&writer, fd, NULL), 0);
	assert_int_equal(bundle_writer_dir(writer, "sys", NULL), 0);
	assert_int_equal(bundle_writer_file(writer, "sys/one", "1\n", 2, NULL), 0);
	assert_int_equal(bundle_writer_file(writer, "sys/empty", NULL, 0, NULL), 0);
	assert_int_equal(bundle_writer_link(writer, "sys/link", "/etc/../one", NULL), 0);
	assert_int_equal(bundle_writer_file(writer, name, "long", 4, NULL), 0);
	assert_int_equal(bundle_writer_file(writer, "B\303\274ro", "one", 3, NULL), 0);
	assert_int_equal(bundle_writer_file(writer, "proc/deep/er", "made", 4, NULL), 0);
	assert_int_equal(bundle_writer_finish(writer, NULL), 0);
	bundle_writer_free(writer);
	close(fd);
}

static size_t read_all(const struct bed *bed, char *buf, size_t size)
{
	int fd = open(bed->file, O_RDONLY);
	ssize_t got = read(fd, buf, size);

	close(fd);
	assert_true(got > 0 && (size_t)got < size);
	return (size_t)got;
}

static void what_is_written_is_unpacked(void **state)
{
	struct bed *bed = *state;
	char target[64] = "";

	write_bundle(bed);
	assert_int_equal(bundle_extract(bed->file, bed->out, NULL), 0);
	expect_text(bed, "sys/one", "1\n");
	expect_text(bed, "sys/empty", "");
	expect_text(bed, "proc/deep/er", "made");
	expect_text(bed, "B\303\274ro", "one");
	assert_int_equal(readlinkat(bed->out, "sys/link", target, sizeof(target) - 1), 11);
	assert_string_equal(target, "/etc/../one");
}

static void equal_contents_give_equal_bytes(void **state)
{
	struct bed *bed = *state;
	char first[8192], second[8192];
	size_t size;

	write_bundle(bed);
	size = read_all(bed, first, sizeof(first));
	sleep(1);
	unlink(bed->file);
	write_bundle(bed);
	assert_int_equal(read_all(bed, second, sizeof(second)), size);
	assert_memory_equal(first, second, size);
}

/* Wherever a bundle ends too early, that is noticed. */
static void a_cut_bundle_is_refused(void **state)
{
	struct bed *bed = *state;
	char whole[8192];
	size_t size;

	write_bundle(bed);
	size = read_all(bed, whole, sizeof(whole));
	memcpy(bed->archive, whole, size);
	for (size_t cut = 0; cut < size; cut++) {
		struct error err = { 0 };
		char out[32];
		int fd;

		put_archive(bed, cut);
		snprintf(out, sizeof(out), "out-%zu", cut);
		temp_tree_dir(&bed->tree, out);
		fd = openat(bed->tree.root.fd, out, O_RDONLY | O_DIRECTORY);
		if (bundle_extract(bed->file, fd, &err) >= 0)
			fail_msg("cut at %zu of %zu bytes, and taken for whole", cut, size);
		assert_int_equal(err.code, CODE_BAD_BUNDLE);
		close(fd);
	}
}

/* A plain archive that is cut between two members is whole to libarchive. */
static void a_plain_archive_without_end_is_refused(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };

	add_header(bed, "one", '0', NULL, 3);
	add_data(bed, "two");
	put_archive(bed, bed->size);
	assert_true(bundle_extract(bed->file, bed->out, &err) < 0);
	assert_non_null(strstr(err.msg, "the end of the archive is missing"));
}

/* The locale is C here: neither a name that is not of it, nor pax's UTF-8 of one, is a reason to refuse a host. */
static void names_of_other_locales_are_taken(void **state)
{
	static const char pax[] = "14 path=B\303\274ro\n";
	struct bed *bed = *state;

	add_header(bed, "pax", 'x', NULL, sizeof(pax) - 1);
	add_data(bed, pax);
	add_header(bed, "Buero", '0', NULL, 3);
	add_data(bed, "one");
	add_header(bed, "M\374ll", '0', NULL, 3);
	add_data(bed, "two");
	put_archive(bed, bed->size + 2 * BLOCK);
	assert_int_equal(bundle_extract(bed->file, bed->out, NULL), 0);
	expect_text(bed, "B\303\274ro", "one");
	expect_text(bed, "M\374ll", "two");
}

/* As `tar -C DIR .` names them. */
static void a_leading_dot_is_nothing(void **state)
{
	struct bed *bed = *state;

	add_header(bed, "./", '5', NULL, 0);
	add_header(bed, "./sys/", '5', NULL, 0);
	add_header(bed, "./sys/", '5', NULL, 0);
	add_header(bed, "./sys/one", '0', NULL, 3);
	add_data(bed, "two");
	put_archive(bed, bed->size + 2 * BLOCK);
	assert_int_equal(bundle_extract(bed->file, bed->out, NULL), 0);
	expect_text(bed, "sys/one", "two");
}

static void hostile_members_are_refused(void **state)
{
	static const struct {
		const char *name;
		char type;
		const char *link;
		uint64_t size;
		const char *words;
	} rows[] = {
		{ "/etc/x", '0', NULL, 0, "'/etc/x' has an absolute name" },
		{ "//etc/x", '0', NULL, 0, "has an absolute name" },
		{ ".//etc/x", '0', NULL, 0, NULL },
		{ "../x", '0', NULL, 0, "'../x' has '.' or '..' in its path" },
		{ "a/../../x", '0', NULL, 0, "has '.' or '..' in its path" },
		{ "a/..", '5', NULL, 0, "has '.' or '..' in its path" },
		{ "a/./b", '0', NULL, 0, "has '.' or '..' in its path" },
		{ "a//b", '0', NULL, 0, "has an empty name in its path" },
		{ "1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9",
			'0', NULL, 0, "lies too deep" },
		{ "dev/null", '3', NULL, 0, "'dev/null' is a character device" },
		{ "dev/sda", '4', NULL, 0, "'dev/sda' is a block device" },
		{ "run/pipe", '6', NULL, 0, "'run/pipe' is a FIFO" },
		{ "hard", '1', "/etc/passwd", 0, "'hard' is a hard link" },
		{ "link", '2', "", 0, "is a link to nothing" },
		{ "\033[31mred", '6', NULL, 0, "'?[31mred' is a FIFO" },
		{ "huge", '0', NULL, UINT64_C(1) << 40, "'huge' is larger than" },
		{ "large", '0', NULL, BUNDLE_MEMBER_SIZE_MAX + 1, "'large' is larger than" },
		{ "short", '0', NULL, 4096, "damaged or cut off" },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(rows); i++) {
		start_again(bed);
		add_header(bed, rows[i].name, rows[i].type, rows[i].link, rows[i].size);
		if (rows[i].words)
			expect_refused(bed, rows[i].words);
	}
	assert_int_equal(faccessat(bed->out, "huge", F_OK, 0), -1);
	assert_int_equal(faccessat(bed->out, "large", F_OK, 0), -1);
}

/*
 * GNU's sparse member with a real size of a terabyte, and pax's two forms of it (GNU.sparse 0.1 and 1.0): none is
 * padded.
 */
static void a_sparse_member_is_refused(void **state)
{
	static const char inside[] = "33 GNU.sparse.size=1099511627776\n26 GNU.sparse.numblocks=1\n"
				     "34 GNU.sparse.map=1099511627000,1\n";
	static const char before[] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
				     "37 GNU.sparse.realsize=1099511627776\n";
	struct bed *bed = *state;
	char *header;

	header = add_header(bed, "gnu", 'S', NULL, 1);
	memcpy(header + 257, "ustar  ", 8);
	memcpy(header + 386,
		"17777777000\0"
		"00000000001",
		24);
	memcpy(header + 483, "17777777001", 12);
	add_sum(header);
	add_data(bed, "x");
	expect_refused(bed, "'gnu'");
	start_again(bed);
	add_header(bed, "pax", 'x', NULL, sizeof(inside) - 1);
	add_data(bed, inside);
	add_header(bed, "sparse", '0', NULL, 1);
	add_data(bed, "x");
	expect_refused(bed, "'sparse'");
	start_again(bed);
	add_header(bed, "pax", 'x', NULL, sizeof(before) - 1);
	add_data(bed, before);
	add_header(bed, "sparser", '0', NULL, BLOCK + 1);
	add_data(bed, "1\n1099511627000\n1\n");
	add_data(bed, "x");
	expect_refused(bed, "'sparser'");
}

static void nothing_is_written_through_a_link(void **state)
{
	struct bed *bed = *state;
	char outside[128];

	temp_tree_dir(&bed->tree, "outside");
	snprintf(outside, sizeof(outside), "%s/outside", bed->tree.path);
	add_header(bed, "sys", '2', outside, 0);
	add_header(bed, "sys/x", '0', NULL, 0);
	expect_refused(bed, "'sys/x' lies below what is no directory");
	assert_int_equal(faccessat(bed->tree.root.fd, "outside/x", F_OK, 0), -1);
	start_again(bed);
	add_header(bed, "to", '2', "../outside", 0);
	add_header(bed, "to/deeper/", '5', NULL, 0);
	expect_refused(bed, "'to/deeper/' lies below what is no directory");
	assert_int_equal(faccessat(bed->tree.root.fd, "outside/deeper", F_OK, 0), -1);
}

static void a_name_is_there_once(void **state)
{
	static const struct {
		char first, second;
	} rows[] = { { '0', '0' }, { '0', '2' }, { '2', '0' }, { '5', '0' }, { '5', '2' }, { '0', '5' }, { '2', '5' } };
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(rows); i++) {
		char name[16];

		start_again(bed);
		snprintf(name, sizeof(name), "name-%zu", i);
		add_header(bed, name, rows[i].first, "/tmp", 0);
		add_header(bed, name, rows[i].second, "/tmp", 0);
		expect_refused(bed, rows[i].second == '5' ? "lies below what is no directory" : "is there twice");
	}
}

static void what_is_no_archive_is_refused(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };

	memset(bed->archive, 'x', BLOCK);
	bed->size = BLOCK;
	expect_refused(bed, "it is no captured host");
	put_archive(bed, 0);
	assert_true(bundle_extract(bed->file, bed->out, &err) < 0);
	assert_non_null(strstr(err.msg, "the file is empty"));
	unlink(bed->file);
	assert_int_equal(bundle_extract(bed->file, bed->out, &err), -ENOENT);
	assert_non_null(strstr(err.msg, bed->file));
	assert_int_equal(mkfifo(bed->file, 0600), 0);
	assert_true(bundle_extract(bed->file, bed->out, &err) < 0);
	assert_non_null(strstr(err.msg, "neither a file nor a directory"));
}

static void the_writer_refuses_what_the_reader_would(void **state)
{
	struct bed *bed = *state;
	char name[BUNDLE_PATH_MAX + 1];
	struct bundle_writer *writer;
	int fd = open(bed->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	memset(name, 'n', BUNDLE_PATH_MAX);
	name[BUNDLE_PATH_MAX] = '\0';
	assert_int_equal(bundle_writer_open(&writer, fd, NULL), 0);
	assert_true(bundle_writer_file(writer, "/sys", "", 0, NULL) < 0);
	assert_true(bundle_writer_dir(writer, "sys/", NULL) < 0);
	assert_true(bundle_writer_link(writer, "sys/..", "x", NULL) < 0);
	assert_true(bundle_writer_link(writer, "sys", "", NULL) < 0);
	assert_true(bundle_writer_link(writer, "sys", name, NULL) < 0);
	assert_true(bundle_writer_dir(writer, name, NULL) < 0);
	assert_true(bundle_writer_file(writer, "big", "", BUNDLE_MEMBER_SIZE_MAX + 1, NULL) < 0);
	bundle_writer_free(writer);
	close(fd);
}

static size_t entries_in(const struct bed *bed, const char *name)
{
	DIR *dir = fdopendir(openat(bed->tree.root.fd, name, O_RDONLY | O_DIRECTORY));
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* As --sysroot FILE has it: read as a captured host is, and gone when it is closed. */
static void a_sysroot_can_be_a_bundle(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };
	struct sysroot root;
	char text[16], out[128];

	snprintf(out, sizeof(out), "%s/out", bed->tree.path);
	setenv("TMPDIR", out, 1);
	write_bundle(bed);
	assert_int_equal(sysroot_open(&root, bed->file, &err), 0);
	assert_true(root.captured);
	assert_string_equal(root.path, bed->file);
	assert_int_equal(sysroot_read_text(&root, text, sizeof(text), "sys/one"), 1);
	assert_int_equal(sysroot_read_text(&root, text, sizeof(text), "proc/deep/er"), 4);
	assert_int_equal(sysroot_write_text(&root, "2", "sys/one"), -EROFS);
	assert_int_equal(entries_in(bed, "out"), 1);
	sysroot_close(&root);
	assert_int_equal(entries_in(bed, "out"), 0);
	unsetenv("TMPDIR");
}

static void a_bundle_of_something_else_is_no_host(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };
	struct sysroot root;

	add_header(bed, "home/", '5', NULL, 0);
	put_archive(bed, bed->size + 2 * BLOCK);
	assert_true(sysroot_open(&root, bed->file, &err) < 0);
	assert_int_equal(err.code, CODE_BAD_BUNDLE);
	assert_non_null(strstr(err.msg, "neither sys nor proc"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_unpacked),
		TEST(equal_contents_give_equal_bytes),
		TEST(a_cut_bundle_is_refused),
		TEST(a_plain_archive_without_end_is_refused),
		TEST(names_of_other_locales_are_taken),
		TEST(a_leading_dot_is_nothing),
		TEST(hostile_members_are_refused),
		TEST(a_sparse_member_is_refused),
		TEST(nothing_is_written_through_a_link),
		TEST(a_name_is_there_once),
		TEST(what_is_no_archive_is_refused),
		TEST(the_writer_refuses_what_the_reader_would),
		TEST(a_sysroot_can_be_a_bundle),
		TEST(a_bundle_of_something_else_is_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
