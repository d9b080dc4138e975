// SPDX-License-Identifier: GPL-2.0-or-later
/* Which configuration files are read, and what is no file: each refusal to the letter, and none of them waits. */
#include "plan/config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "wire/limits.h"

/* A root with /etc/sluice/conf.d, which is the working directory too. */
struct bed {
	struct sysroot root;
	char path[64];
};

static int make_bed(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct error err;

	assert_non_null(bed);
	strcpy(bed->path, "/tmp/config-source-XXXXXX");
	assert_non_null(mkdtemp(bed->path));
	assert_int_equal(chdir(bed->path), 0);
	assert_int_equal(mkdir("etc", 0755) | mkdir("etc/sluice", 0755) | mkdir("etc/sluice/conf.d", 0755), 0);
	assert_int_equal(sysroot_open(&bed->root, bed->path, &err), 0);
	*state = bed;
	return 0;
}

static int end_bed(void **state)
{
	struct bed *bed = *state;
	char command[128];

	sysroot_close(&bed->root);
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", bed->path);
	assert_int_equal(system(command), 0);
	free(bed);
	return 0;
}

static void put(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static int read_files(const struct bed *bed, const char *name, struct source_list **ret_list, struct error *err)
{
	struct source_list *list = calloc(1, sizeof(*list));
	int ret = config_sources_read(&bed->root, name ? &name : NULL, name ? 1 : 0, list, err);

	if (ret_list && ret == 0)
		*ret_list = list;
	else
		source_list_free(list);
	return ret;
}

/* sluice.yaml, then conf.d by name: what ends in .yaml and does not begin with a dot. */
static void test_which(void **state)
{
	static const char *const names[] = { "etc/sluice/sluice.yaml", "etc/sluice/conf.d/20-b.yaml",
		"etc/sluice/conf.d/10-a.yaml", "etc/sluice/conf.d/.hidden.yaml", "etc/sluice/conf.d/30-c.yaml~",
		"etc/sluice/conf.d/.yaml", "etc/sluice/schema.json" };
	static const char *const expected[] = { "sluice.yaml", "conf.d/10-a.yaml", "conf.d/20-b.yaml" };
	const struct bed *bed = *state;
	struct source_list *list = NULL;
	struct error err;

	for (size_t i = 0; i < array_size(names); i++)
		put(names[i], "version: 1\n", 11);
	assert_int_equal(read_files(bed, NULL, &list, &err), 0);
	assert_int_equal(list->count, array_size(expected));
	for (size_t i = 0; i < array_size(expected); i++) {
		char name[200];

		snprintf(name, sizeof(name), "%s/etc/sluice/%s", bed->path, expected[i]);
		assert_string_equal(list->source[i].name, name);
	}
	source_list_free(list);
}

/* conf.d alone is a configuration; nothing at all is none. */
static void test_none(void **state)
{
	const struct bed *bed = *state;
	struct source_list *list = NULL;
	struct error err;
	char expected[300];

	snprintf(expected, sizeof(expected),
		"there is no configuration: neither %s/etc/sluice/sluice.yaml nor a file in %s/etc/sluice/conf.d",
		bed->path, bed->path);
	assert_int_equal(read_files(bed, NULL, NULL, &err), -ENOENT);
	assert_int_equal(err.code, CODE_CONFIG);
	assert_string_equal(err.msg, expected);
	put("etc/sluice/conf.d/one.yaml", "version: 1\n", 11);
	assert_int_equal(read_files(bed, NULL, &list, &err), 0);
	assert_int_equal(list->count, 1);
	source_list_free(list);
}

static void make_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* What is no file, or cannot be opened. */
static void test_no_file(void **state)
{
	static const struct {
		const char *name, *message;
		enum code code;
	} cases[] = {
		{ "missing", "missing: No such file or directory", CODE_FAILED },
		{ "directory", "directory: is a directory, and no file", CODE_CONFIG },
		{ "fifo", "fifo: is a FIFO, and no file", CODE_CONFIG },
		{ "socket", "socket: No such device or address", CODE_FAILED },
		{ "/dev/zero", "/dev/zero: is a device, and no file", CODE_CONFIG },
		{ "loop", "loop: Too many levels of symbolic links", CODE_FAILED },
		{ "large", "large: larger than 1024 KiB", CODE_CONFIG },
		{ "file/below", "file/below: Not a directory", CODE_FAILED },
	};
	cleanup_free char *large = calloc(1, LIMIT_CONFIG_BYTES + 1);
	const struct bed *bed = *state;

	assert_non_null(large);
	assert_int_equal(mkdir("directory", 0755) | mkfifo("fifo", 0644) | symlink("loop", "loop"), 0);
	make_socket("socket");
	put("large", large, LIMIT_CONFIG_BYTES + 1);
	put("file", "", 0);
	for (size_t i = 0; i < array_size(cases); i++) {
		struct error err;

		assert_true(read_files(bed, cases[i].name, NULL, &err) < 0);
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.code, cases[i].code);
	}
}

/* Without permission: root may read everything, so that another user tries. */
static void test_no_permission(void **state)
{
	const struct bed *bed = *state;
	struct error err;

	if (geteuid())
		skip();
	put("private", "version: 1\n", 11);
	assert_int_equal(chmod("private", 0600) | chmod(bed->path, 0755) | seteuid(65534), 0);
	assert_int_equal(read_files(bed, "private", NULL, &err), -EACCES);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(err.msg, "private: Permission denied");
}

/* As large as allowed; with a byte order mark, which is taken off; empty. */
static void test_sizes(void **state)
{
	cleanup_free char *large = calloc(1, LIMIT_CONFIG_BYTES);
	const struct bed *bed = *state;
	struct source_list *list = NULL;
	struct error err;

	assert_non_null(large);
	memset(large, '#', LIMIT_CONFIG_BYTES);
	put("large", large, LIMIT_CONFIG_BYTES);
	assert_int_equal(read_files(bed, "large", &list, &err), 0);
	assert_int_equal(list->source[0].size, LIMIT_CONFIG_BYTES);
	source_list_free(list);
	put("bom", "\xef\xbb\xbfversion: 1\n", 14);
	assert_int_equal(read_files(bed, "bom", &list, &err), 0);
	assert_string_equal(list->source[0].text, "version: 1\n");
	source_list_free(list);
	put("empty", "", 0);
	assert_int_equal(read_files(bed, "empty", &list, &err), 0);
	assert_int_equal(list->source[0].size, 0);
	source_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_which, make_bed, end_bed),
		cmocka_unit_test_setup_teardown(test_none, make_bed, end_bed),
		cmocka_unit_test_setup_teardown(test_no_file, make_bed, end_bed),
		cmocka_unit_test_setup_teardown(test_no_permission, make_bed, end_bed),
		cmocka_unit_test_setup_teardown(test_sizes, make_bed, end_bed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
