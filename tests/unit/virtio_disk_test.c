// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/virtio/disk*.c: both ways to serve a disk do the same to a file: reads and writes over many buffers,
 * flushes, holes, zeroes; what lies behind the end of a file that was cut off is an error and no more. Where this
 * kernel gives no io_uring, the one without is tested alone. Also guest/disk.c: what is no raw image, and locks.
 */
#include "vmm-core/virtio/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/disk.h"

enum {
	DEPTH = 16,
	BYTES = 1 << 20,
	PART = 1000, /* odd on purpose */
	PARTS = 8,
};

struct backend {
	const char *name;
	int (*open)(struct disk **ret_disk, const struct disk_file *file, struct error *err);
};

static const struct backend backends[] = {
	{ "io_uring", disk_uring_open },
	{ "thread", disk_plain_open },
};

struct bench {
	struct disk *disk;
	struct disk_file file;
	_Atomic uint64_t kicks;
};

static bool begin(struct bench *bench, const struct backend *backend)
{
	bench->kicks = 0;
	bench->file = (struct disk_file){
		.fd = memfd_create("disk", MFD_CLOEXEC),
		.kick = eventfd(0, EFD_CLOEXEC),
		.wake = eventfd(0, EFD_CLOEXEC),
		.depth = DEPTH,
		.kicks = &bench->kicks,
	};
	assert_int_equal(ftruncate(bench->file.fd, BYTES), 0);
	if (backend->open(&bench->disk, &bench->file, NULL) < 0) {
		print_message("no %s here\n", backend->name);
		return false;
	}
	assert_string_equal(bench->disk->ops->name, backend->name);
	return true;
}

static void end(struct bench *bench)
{
	disk_free(bench->disk);
	close(bench->file.fd);
	close(bench->file.kick);
	close(bench->file.wake);
}

static int result_of(struct bench *bench, struct disk_request *request)
{
	disk_submit(bench->disk, request);
	disk_wait_done(bench->disk);
	assert_ptr_equal(disk_done(bench->disk), request);
	assert_null(disk_done(bench->disk));
	return request->result;
}

static int move(struct bench *bench, enum disk_op op, uint64_t offset, uint8_t *bytes)
{
	struct iovec iov[PARTS];
	struct disk_request request = { .op = op, .offset = offset, .iov = iov, .iov_count = PARTS, .durable = true };

	for (unsigned int i = 0; i < PARTS; i++) {
		iov[i] = (struct iovec){ bytes + request.bytes, i == 2 ? 0 : PART };
		request.bytes += iov[i].iov_len;
	}
	return result_of(bench, &request);
}

static void works(struct bench *bench)
{
	static uint8_t out[PARTS * PART], in[PARTS * PART];
	struct disk_request flush = { .op = DISK_FLUSH };
	struct disk_request hole = { .op = DISK_DISCARD, .offset = 4096, .bytes = 4096 };
	struct disk_request zero = { .op = DISK_ZERO, .unmap = true, .offset = 0, .bytes = 512 };

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + 1);
	assert_int_equal(move(bench, DISK_WRITE, 512, out), 0);
	assert_int_equal(result_of(bench, &flush), 0);
	assert_int_equal(move(bench, DISK_READ, 512, in), 0);
	assert_memory_equal(in, out, (PARTS - 1) * PART);
	assert_int_equal(result_of(bench, &hole), 0);
	assert_int_equal(result_of(bench, &zero), 0);
	assert_int_equal(move(bench, DISK_READ, 512, in), 0);
	for (size_t i = 0; i < (PARTS - 1) * PART; i++) {
		bool gone = i + 512 >= 4096 && i + 512 < 8192;

		assert_int_equal(in[i], gone ? 0 : out[i]);
	}
	/* The file shrinks under us: half a read is none. */
	assert_int_equal(ftruncate(bench->file.fd, 2000), 0);
	assert_int_equal(move(bench, DISK_READ, 512, in), -EIO);
	assert_int_equal(move(bench, DISK_READ, 1 << 19, in), -EIO);
}

static void both_do_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(backends); i++) {
		struct bench bench;

		if (begin(&bench, &backends[i]))
			works(&bench);
		end(&bench);
	}
}

static void many_are_under_way_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(backends); i++) {
		struct disk_request request[DEPTH];
		struct iovec iov[DEPTH];
		uint64_t value[DEPTH];
		struct bench bench;
		unsigned int done = 0;

		if (!begin(&bench, &backends[i]))
			continue;
		for (unsigned int k = 0; k < DEPTH; k++) {
			value[k] = k;
			iov[k] = (struct iovec){ &value[k], sizeof(value[k]) };
			request[k] = (struct disk_request){
				.op = DISK_WRITE, .offset = 4096u * k, .bytes = 8, .iov = &iov[k], .iov_count = 1
			};
			disk_submit(bench.disk, &request[k]);
		}
		while (disk_wait_done(bench.disk), disk_done(bench.disk))
			done++;
		assert_int_equal(done, DEPTH);
		for (uint64_t k = 0; k < DEPTH; k++) {
			uint64_t found;

			assert_int_equal(pread(bench.file.fd, &found, 8, (off_t)(4096 * k)), 8);
			assert_int_equal(found, k);
		}
		end(&bench);
	}
}

static void notifications_end_the_wait_and_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(backends); i++) {
		struct bench bench;

		if (!begin(&bench, &backends[i]))
			continue;
		eventfd_write(bench.file.kick, 3);
		while (!bench.kicks)
			disk_wait(bench.disk);
		assert_int_equal(bench.kicks, 3);
		eventfd_write(bench.file.wake, 1);
		disk_wait(bench.disk);
		eventfd_write(bench.file.kick, 1);
		while (bench.kicks < 4)
			disk_wait(bench.disk);
		end(&bench);
	}
}

static void a_disk_is_what_was_said(void **state)
{
	static const char *const wrong[] = { "", ",ro", "/a,rw", "/a,serial=", "/a,serial=123456789012345678901",
		"/a,serial=a b", "/a,,ro" };
	struct guest_disk disk;

	(void)state;
	assert_int_equal(guest_disk_parse("/a b,serial=x-1,ro", &disk, NULL), 0);
	assert_string_equal(disk.path, "/a b");
	assert_string_equal(disk.serial, "x-1");
	assert_true(disk.read_only);
	assert_false(disk.raw);
	assert_int_equal(guest_disk_parse("/a,raw", &disk, NULL), 0);
	assert_true(disk.raw && !disk.read_only);
	for (size_t i = 0; i < array_size(wrong); i++)
		assert_true(guest_disk_parse(wrong[i], &disk, NULL) < 0);
}

/* The guest wrote it: its owner says that the disk is raw all the same. */
static void a_raw_disk_may_begin_with_anything(void **state)
{
	struct guest_disk disk = { .raw = true };
	int made, fd = -1;
	uint64_t bytes;

	(void)state;
	text_copy(disk.path, sizeof(disk.path), "/tmp/virtio-disk-XXXXXX");
	made = mkstemp(disk.path);
	assert_true(made >= 0);
	assert_int_equal(pwrite(made, "QFI\xfb", 4, 0), 4);
	assert_int_equal(ftruncate(made, 1024), 0);
	assert_int_equal(guest_disk_open(&disk, &fd, &bytes, NULL), 0);
	assert_int_equal(bytes, 1024);
	close(fd);
	close(made);
	unlink(disk.path);
}

static void what_is_no_raw_image_is_refused(void **state)
{
	static const char *const heads[] = { "QFI\xfb", "KDMV", "vhdxfile", "\x1f\x8b\x08", "" };
	char path[] = "/tmp/virtio-disk-XXXXXX";
	int made = mkstemp(path), fd = -1, other = -1;
	struct guest_disk disk = { .read_only = false };
	struct error err;
	uint64_t bytes;

	(void)state;
	assert_true(made >= 0);
	memcpy(disk.path, path, sizeof(path));
	for (size_t i = 0; i < array_size(heads); i++) {
		assert_int_equal(pwrite(made, heads[i], strlen(heads[i]), 0), strlen(heads[i]));
		assert_true(guest_disk_open(&disk, &fd, &bytes, &err) < 0);
		assert_int_equal(err.code, CODE_BAD_DISK);
		assert_int_equal(ftruncate(made, 0), 0);
	}
	assert_int_equal(ftruncate(made, 3 * 512 + 1), 0);
	assert_int_equal(guest_disk_open(&disk, &fd, &bytes, &err), 0);
	assert_int_equal(bytes, 3 * 512);
	/* Also by the same process: the lock is the descriptor's. */
	assert_true(guest_disk_open(&disk, &other, &bytes, &err) < 0);
	assert_int_equal(err.code, CODE_DISK_IN_USE);
	disk.read_only = true;
	assert_true(guest_disk_open(&disk, &other, &bytes, &err) < 0);
	close(fd);
	assert_int_equal(guest_disk_open(&disk, &fd, &bytes, &err), 0);
	assert_int_equal(guest_disk_open(&disk, &other, &bytes, &err), 0);
	close(fd);
	close(other);
	close(made);
	unlink(path);
	memcpy(disk.path, "/dev/null", sizeof("/dev/null"));
	assert_true(guest_disk_open(&disk, &fd, &bytes, &err) < 0);
	assert_int_equal(err.code, CODE_BAD_DISK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_do_the_same),
		cmocka_unit_test(many_are_under_way_at_once),
		cmocka_unit_test(notifications_end_the_wait_and_are_counted),
		cmocka_unit_test(a_disk_is_what_was_said),
		cmocka_unit_test(what_is_no_raw_image_is_refused),
		cmocka_unit_test(a_raw_disk_may_begin_with_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
