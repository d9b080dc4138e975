// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Captured hosts: a made-up machine with something secret in every place that is read, none of which may be in the
 * bundle; what has to be in it; a capture of the capture; bounds; and the file, which is whole or not there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "capture/capture.h"
#include "capture/reduce.h"
#include "capture/walk.h"
#include "os/bundle.h"
#include "sriov/vf_text.h"
#include "tests/unit/secret_tree.h"

#include <cmocka.h>

/* A bundle of the host at path, in memory; and unpacked. */
static int capture_into(const char *path, bool redact, struct capture_report *report)
{
	const struct capture_options options = { .redact = redact, .version = "test" };
	int fd = memfd_create("bundle", 0);
	struct error err = { 0 };
	struct host host;

	assert_int_equal(host_open(&host, path, 0, &err), 0);
	if (capture_write(&host, fd, &options, report, &err) < 0) {
		print_error("%s\n", err.msg);
		assert_true(false);
	}
	host_close(&host);
	return fd;
}

static void unpack(int fd, const struct temp_tree *tree)
{
	int dir = open(tree->path, O_RDONLY | O_DIRECTORY);
	struct error err = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (bundle_extract(path, dir, &err) < 0) {
		print_error("%s\n", err.msg);
		assert_true(false);
	}
	close(dir);
}

/* The whole of a bundle as one text: names, targets, contents; lower case. nftw(3) has no context. */
static FILE *told;

static int tell(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	char buf[65536];
	ssize_t size = 0;

	(void)walk;
	fprintf(told, "\n%s\n", path);
	if (S_ISLNK(info->st_mode))
		size = readlink(path, buf, sizeof(buf));
	else if (type == FTW_F) {
		int fd = open(path, O_RDONLY);

		while ((size = read(fd, buf, sizeof(buf))) > 0)
			fwrite(buf, 1, (size_t)size, told);
		close(fd);
	}
	if (size > 0)
		fwrite(buf, 1, (size_t)size, told);
	return 0;
}

static char *tell_all(const struct temp_tree *tree, size_t *ret_size)
{
	char *text = NULL;

	told = open_memstream(&text, ret_size);
	assert_non_null(told);
	assert_int_equal(nftw(tree->path, tell, 16, FTW_PHYS), 0);
	fclose(told);
	for (size_t i = 0; i < *ret_size; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] | 0x20);
	return text;
}

static size_t count_secrets(const struct temp_tree *tree, bool wanted)
{
	cleanup_free char *text = NULL;
	size_t size, found = 0;

	text = tell_all(tree, &size);
	for (size_t i = 0; i < secret_count; i++) {
		const char *at = memmem(text, size, secret_texts[i], strlen(secret_texts[i]));

		found += at != NULL;
		if (at && !wanted)
			print_error("\"%s\" is in the bundle: ...%.60s...\n", secret_texts[i],
				at > text + 30 ? at - 30 : text);
	}
	return found;
}

struct machines {
	struct temp_tree host, unpacked, again;
};

static int set_up(void **state)
{
	struct machines *machines = calloc(1, sizeof(*machines));

	temp_tree_init(&machines->host);
	temp_tree_init(&machines->unpacked);
	temp_tree_init(&machines->again);
	machines->host.root.captured = machines->unpacked.root.captured = true;
	secret_tree_put(&machines->host);
	*state = machines;
	return 0;
}

static int tear_down(void **state)
{
	struct machines *machines = *state;

	temp_tree_done(&machines->host);
	temp_tree_done(&machines->unpacked);
	temp_tree_done(&machines->again);
	free(machines);
	return 0;
}

static void secrets_are_not_in_it(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;
	int fd = capture_into(machines->host.path, true, &report);

	unpack(fd, &machines->unpacked);
	close(fd);
	assert_true(report.redacted);
	assert_int_equal(count_secrets(&machines->unpacked, false), 0);
}

/* The test above could not fail if the secrets were not where they are read from. */
static void secrets_were_there(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;
	int fd = capture_into(machines->host.path, false, &report);
	cleanup_free char *text = NULL;
	size_t size;

	unpack(fd, &machines->unpacked);
	close(fd);
	assert_int_equal(count_secrets(&machines->host, true), secret_count);
	assert_true(count_secrets(&machines->unpacked, true) > secret_count * 2 / 3);
	/* And of passwords not one line is taken either way. */
	text = tell_all(&machines->unpacked, &size);
	assert_null(memmem(text, size, "wlanpass", 8));
	assert_null(memmem(text, size, "notes", 5));
	assert_null(memmem(text, size, "etc/shadow", 10));
	assert_null(memmem(text, size, "token=", 6));
}

static void read_one(const struct machines *machines, char *buf, size_t size, const char *path)
{
	if (sysroot_read_text(&machines->unpacked.root, buf, size, "%s", path) < 0) {
		print_error("%s is not in the bundle\n", path);
		assert_true(false);
	}
}

static void expect_text(const struct machines *machines, const char *path, const char *wanted)
{
	char text[4096];

	read_one(machines, text, sizeof(text), path);
	if (!strstr(text, wanted)) {
		print_error("%s has no \"%s\":\n%s\n", path, wanted, text);
		assert_true(false);
	}
}

/* What readers go by, redacted or not: lines stay where they were. */
static void what_is_read_is_in_it(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;

	unpack(capture_into(machines->host.path, true, &report), &machines->unpacked);
	expect_text(machines, "proc/cmdline", "intel_iommu=on");
	expect_text(machines, "proc/cmdline", "vfio-pci.ids=8086:10c9");
	expect_text(machines, "etc/modprobe.d/vfio.conf",
		"\noptions vfio-pci ids=8086:10c9 disable_vga=1\noptions cifs password=");
	expect_text(machines, "etc/modprobe.d/vfio.conf", "\ninstall nouveau\nblacklist nouveau");
	expect_text(machines, "etc/rc.local", "\necho 4 > /sys/class/net/eth0/device/sriov_numvfs");
	expect_text(machines, "etc/systemd/system/vf.service",
		"\n\necho 2 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs");
	expect_text(machines, "etc/udev/rules.d/10-x.rules", "KERNEL==\"0000:01:00.0\", ATTR{sriov_numvfs}=\"4\"");
	expect_text(machines, "etc/netplan/01.yaml", "      match:\n        macaddress: \"00:1b:21:");
	expect_text(machines, "etc/netplan/01.yaml", "      virtual-function-count: \"4\"");
	expect_text(machines, "etc/pve/qemu-server/100.conf", "\nhostpci0: 0000:01:00.0");
	expect_text(machines, "etc/systemd/network/10.link", "SR-IOVVirtualFunctions=2");
	expect_text(machines, "etc/fstab", "/boot/efi vfat");
	expect_text(machines, "proc/stat", "\nbtime 1700000000");
	expect_text(machines, "sys/module/igb/parameters/max_vfs", "2");
	expect_text(machines, "proc/sys/user/max_pid_namespaces", "96364");
	expect_text(machines, "boot/config-6.12.0-test", "\nCONFIG_INTEL_IOMMU=y\nCONFIG_VFIO=m");
	expect_text(machines, "lib/modules/6.12.0-test/modules.dep", "/vfio-pci.ko");
	expect_text(machines, "lib/modules/6.12.0-test/modules.alias", "igb");
	expect_text(machines, "dev/kmsg", "6,7,100,-;\n6,8,200,-;igb 0000:01:00.0: (PCIe:2.5Gb/s) 00:1b:21:");
	expect_text(machines, "capture/previous_kernel_logs", "-2\t5");
	expect_text(machines, "proc/71/fdinfo/4", "flags:\t0100002");
	assert_int_equal(sysroot_read_text(&machines->unpacked.root, (char[8]){ 0 }, 8, "proc/90/fd"), -EACCES);
	assert_true(sysroot_exists(&machines->unpacked.root, "etc/modprobe.d/masked.conf"));
	assert_false(sysroot_exists(&machines->unpacked.root, "proc/80"));
	assert_false(sysroot_exists(&machines->unpacked.root, "home"));
}

/* What sluice wrote down about devices is read of a captured host as of the host itself. */
static void notes_are_understood(void **state)
{
	struct machines *machines = *state;
	const struct sysroot *root = &machines->unpacked.root;
	const struct pci_addr addr = { 0, 1, 0, 0 };
	struct capture_report report;
	struct vf_settings settings;
	struct lease lease;
	char line[80];

	unpack(capture_into(machines->host.path, true, &report), &machines->unpacked);
	assert_true(sysroot_exists(root, "run/sluice/autoprobe/0000:01:00.0"));
	assert_int_equal(lease_read(root, addr, &lease, NULL), 1);
	assert_true(lease.has_user);
	assert_int_equal(lease.user, 1000);
	assert_int_equal(lease.generation, 12345);
	assert_int_equal(lease.node_count, 1);
	assert_string_equal(lease.node[0].name, "vfio/18");
	assert_int_equal(vf_settings_from_text(lease.vf_before, &settings), 0);
	assert_int_equal(settings.vlan, 7);
	assert_true(settings.has_mac);
	/* The guest has one made-up name in both, and the card its place. */
	snprintf(line, sizeof(line), "sluice-unclean 1\nguest=%s\nwhy=its reset", lease.guest);
	expect_text(machines, "run/sluice/unclean/0000:01:00.0", line);
	expect_text(machines, "run/sluice/unclean/0000:01:00.0",
		"failed: Connection timed out\nidentity=path=0000:00/1c.0/00.0 ids=8086:10c9:8086:a03c function=0 "
		"serial=");
}

static bool same(int a, int b)
{
	struct stat info_a, info_b;
	void *map_a, *map_b;

	assert_int_equal(fstat(a, &info_a) | fstat(b, &info_b), 0);
	if (info_a.st_size != info_b.st_size)
		return false;
	map_a = mmap(NULL, (size_t)info_a.st_size, PROT_READ, MAP_SHARED, a, 0);
	map_b = mmap(NULL, (size_t)info_b.st_size, PROT_READ, MAP_SHARED, b, 0);
	return !memcmp(map_a, map_b, (size_t)info_a.st_size);
}

static void copy_of_the_copy(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;

	for (int redact = 0; redact < 2; redact++) {
		struct temp_tree *tree = redact ? &machines->unpacked : &machines->again;
		int first = capture_into(machines->host.path, redact, &report), second;

		unpack(first, tree);
		second = capture_into(tree->path, redact, &report);
		assert_int_equal(report.redacted, redact);
		assert_true(same(first, second));
		close(first);
		close(second);
	}
}

/* Names of a bundle that has them are replaced when it is captured with redaction. */
static void plain_copy_can_be_redacted(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;

	unpack(capture_into(machines->host.path, false, &report), &machines->again);
	unpack(capture_into(machines->again.path, true, &report), &machines->unpacked);
	assert_int_equal(count_secrets(&machines->unpacked, false), 0);
	expect_text(machines, "capture/about.json", "\"redacted\": true");
}

static void twins_stay_twins(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;
	char one[64], other[64];

	for (int i = 0; i < 3; i++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/class/iscsi_session/session%d/targetname", 10 + i);
		temp_tree_file(&machines->host, path, i == 2 ? "iqn.b:two\n" : "iqn.a:zwilling\n");
	}
	unpack(capture_into(machines->host.path, true, &report), &machines->unpacked);
	read_one(machines, one, sizeof(one), "sys/class/iscsi_session/session10/targetname");
	read_one(machines, other, sizeof(other), "sys/class/iscsi_session/session11/targetname");
	assert_string_equal(one, other);
	read_one(machines, other, sizeof(other), "sys/class/iscsi_session/session12/targetname");
	assert_string_not_equal(one, other);
}

static void bounds_are_named(void **state)
{
	struct machines *machines = *state;
	struct capture_report report;
	cleanup_free char *large = malloc((1 << 20) + 4096);
	bool named = false;

	for (size_t i = 0; i < (1 << 20) + 4000; i++)
		large[i] = i % 64 == 63 ? '\n' : 'x';
	large[(1 << 20) + 4000] = '\0';
	temp_tree_file(&machines->host, "proc/iomem", large);
	unpack(capture_into(machines->host.path, true, &report), &machines->unpacked);
	for (size_t i = 0; i < report.left_out.count; i++)
		named |= !strcmp(report.left_out.note[i].what, "proc/iomem");
	assert_true(named);
	expect_text(machines, "capture/about.json", "\"what\": \"proc/iomem\"");
}

/* What people are shown of the table: all of it, in words, and each path once. */
static void table_is_told(void **state)
{
	struct capture_row_text one, other;
	size_t count = 0;

	(void)state;
	for (; capture_row(count, &one); count++) {
		assert_true(one.path && one.path[0] && one.path[0] != '/');
		assert_true(one.how && one.how[0] && one.replaced && one.replaced[0]);
		for (size_t i = 0; i < count; i++) {
			capture_row(i, &other);
			assert_string_not_equal(one.path, other.path);
		}
	}
	assert_true(count > 150);
	assert_false(capture_row(count + 1000, &one));
}

/*
 * The file
 * --------------------------------------------------------------------------------------------------------------
 */

static int to_file(const struct machines *machines, const char *name, bool force, struct error *err)
{
	const struct capture_options options = { .redact = true, .force = force, .version = "test" };
	struct capture_report report;
	char path[256];
	uint64_t size;
	struct host host;
	int ret;

	assert_int_equal(host_open(&host, machines->host.path, 0, err), 0);
	snprintf(path, sizeof(path), "%s/%s", machines->again.path, name);
	ret = capture_to_file(&host, path, &options, &report, &size, err);
	host_close(&host);
	return ret;
}

static int entries(const struct machines *machines)
{
	DIR *dir = opendir(machines->again.path);
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static void file_is_whole_or_not_there(void **state)
{
	struct machines *machines = *state;
	struct rlimit limit, small = { .rlim_cur = 4096 };
	struct error err = { 0 };
	struct stat info;

	assert_int_equal(to_file(machines, "none/host", false, &err), -ENOENT);
	assert_true(err.hint[0]);
	assert_int_equal(to_file(machines, ".", false, &err), -EISDIR);
	assert_int_equal(err.code, CODE_USAGE);

	getrlimit(RLIMIT_FSIZE, &limit);
	small.rlim_max = limit.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(to_file(machines, "host", false, &err), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(entries(machines), 0);

	assert_int_equal(to_file(machines, "host", false, &err), 0);
	assert_int_equal(fstatat(AT_FDCWD, machines->again.path, &info, 0), 0);
	assert_int_equal(entries(machines), 1);
	assert_int_equal(to_file(machines, "host", false, &err), -EEXIST);
	assert_int_equal(err.code, CODE_USAGE);
	assert_int_equal(to_file(machines, "host", true, &err), 0);
	assert_int_equal(entries(machines), 1);
	temp_tree_link(&machines->again, "link", "host");
	assert_int_equal(to_file(machines, "link", true, &err), -EEXIST);
	temp_tree_dir(&machines->again, "dir");
	assert_int_equal(to_file(machines, "dir", true, &err), -EEXIST);
	assert_int_equal(entries(machines), 3);
}

static void killed_leaves_nothing(void **state)
{
	struct machines *machines = *state;

	for (unsigned int delay = 0; delay < 60000; delay += 1500) {
		struct error err = { 0 };
		pid_t pid = fork();

		if (!pid)
			_exit(to_file(machines, "host", false, &err) < 0);
		usleep(delay);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (entries(machines)) {
			struct temp_tree tree;
			char path[256];
			int fd;

			assert_int_equal(entries(machines), 1);
			snprintf(path, sizeof(path), "%s/host", machines->again.path);
			fd = open(path, O_RDONLY);
			assert_true(fd >= 0);
			temp_tree_init(&tree);
			unpack(fd, &tree);
			temp_tree_done(&tree);
			close(fd);
			unlink(path);
		}
	}
}

/*
 * Of an environment the word of container managers stays, and nothing else, wherever it is; a strange one is nothing.
 */
static void keeps_container_only(void **state)
{
	static const struct {
		const char text[48];
		size_t size;
		const char *kept; /* NULL: nothing is taken */
	} cases[] = {
		{ "container=lxc", sizeof("container=lxc"), "container=lxc" },
		{ "TOKEN=hushhush\0container=podman\0PATH=/bin", 42, "container=podman" },
		{ "TOKEN=container=podman\0HOME=/root", 34, NULL },
		{ "container=/home/alice", sizeof("container=/home/alice"), NULL },
		{ "", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		char text[49] = "", *kept = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&kept, &size);
		bool taken;

		memcpy(text, cases[i].text, sizeof(cases[i].text));
		taken = reduce_container(NULL, text, cases[i].size, out);
		fclose(out);
		assert_int_equal(taken, cases[i].kept != NULL);
		assert_int_equal(size, cases[i].kept ? strlen(cases[i].kept) + 1 : 0);
		if (cases[i].kept)
			assert_string_equal(kept, cases[i].kept);
		free(kept);
	}
}

/* walk() takes {one,or,another} for whole components, once in a path; anywhere else no file would match it. */
static void rows_are_patterns_that_walk_knows(void **state)
{
	(void)state;
	for (size_t i = 0; i < capture_path_count; i++) {
		const char *path = capture_paths[i].path;
		const char *open = strchr(path, '{');

		if (!open)
			continue;
		assert_true(open > path && open[-1] == '/');
		assert_non_null(strchr(path, '}'));
		assert_true(strchr("/", strchr(path, '}')[1]));
		assert_null(strchr(open + 1, '{'));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(secrets_are_not_in_it),
		TEST(secrets_were_there),
		TEST(what_is_read_is_in_it),
		TEST(notes_are_understood),
		TEST(copy_of_the_copy),
		TEST(plain_copy_can_be_redacted),
		TEST(twins_stay_twins),
		TEST(bounds_are_named),
		cmocka_unit_test(table_is_told),
		cmocka_unit_test(keeps_container_only),
		cmocka_unit_test(rows_are_patterns_that_walk_knows),
		TEST(file_is_whole_or_not_there),
		TEST(killed_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
