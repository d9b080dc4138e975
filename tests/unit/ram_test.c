// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/ram.c: what KVM's slots and the devices' DMA rest on. A file cannot change its size, private memory asks for
 * large pages and stays where it is over a fork, nothing is mapped beside either, and an address of the guest leads
 * into its own memory or nowhere.
 */
#include "vmm-core/ram.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#define LOW_BYTES (4 * MIB)
#define HIGH_BYTES (2 * MIB)

struct bed {
	struct layout layout;
	struct guest_ram ram;
};

/* Two regions with a hole between them, as a guest with more than 3 GiB has, but small. */
static int start(void **state, enum ram_kind kind)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	bed->layout.ram[0] = (struct ram_region){ .at = { 0, LOW_BYTES } };
	bed->layout.ram[1] = (struct ram_region){ .at = { 4 * GIB, 4 * GIB + HIGH_BYTES }, .file_offset = LOW_BYTES };
	bed->layout.ram_count = 2;
	assert_int_equal(guest_ram_init(&bed->ram, kind, LOW_BYTES + HIGH_BYTES, 4 * KIB, NULL), 0);
	/* not where a part would lie behind its end */
	bed->layout.ram[1].at.end += MIB;
	assert_int_equal(guest_ram_place(&bed->ram, &bed->layout, NULL), -EINVAL);
	bed->layout.ram[1].at.end -= MIB;
	assert_int_equal(guest_ram_place(&bed->ram, &bed->layout, NULL), 0);
	*state = bed;
	return 0;
}

static int start_file(void **state)
{
	return start(state, RAM_FILE);
}

static int start_private(void **state)
{
	return start(state, RAM_PRIVATE);
}

static int stop(void **state)
{
	struct bed *bed = *state;

	guest_ram_done(&bed->ram);
	free(bed);
	return 0;
}

static void its_size_is_sealed(void **state)
{
	struct bed *bed = *state;
	int fd = bed->ram.memfd;

	assert_int_equal(lseek(fd, 0, SEEK_END), LOW_BYTES + HIGH_BYTES);
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	assert_int_not_equal(ftruncate(fd, LOW_BYTES), 0);
	assert_int_not_equal(ftruncate(fd, 2 * (LOW_BYTES + HIGH_BYTES)), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), LOW_BYTES + HIGH_BYTES);
}

/* What a device writes into the file is what the guest reads, and the other way round. */
static void the_mapping_is_the_file(void **state)
{
	struct bed *bed = *state;
	uint32_t word = 0x600d600d, read_back = 0;

	assert_int_equal(guest_ram_populate(&bed->ram, NULL), 0);
	assert_int_equal(pwrite(bed->ram.memfd, &word, sizeof(word), LOW_BYTES + 8), sizeof(word));
	assert_int_equal(*(uint32_t *)guest_ptr(&bed->ram, gpa(4 * GIB + 8), 4), word);
	*(uint32_t *)guest_ptr(&bed->ram, gpa(16), 4) = word + 1;
	assert_int_equal(pread(bed->ram.memfd, &read_back, sizeof(read_back), 16), sizeof(read_back));
	assert_int_equal(read_back, word + 1);
	assert_int_equal((uintptr_t)bed->ram.host % GIB, 0);
}

/* The flags that /proc/self/smaps has for the mapping that begins at `host`; its size in *ret_bytes. */
static void read_mapping(const void *host, uint64_t *ret_bytes, char *flags, size_t size)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[512];
	bool found = false;

	assert_non_null(file);
	*ret_bytes = 0;
	flags[0] = '\0';
	while (fgets(line, sizeof(line), file) && !flags[0]) {
		uint64_t from, to;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
			found = from == (uintptr_t)host;
			*ret_bytes = found ? to - from : *ret_bytes;
		} else if (found && !strncmp(line, "VmFlags:", 8)) {
			text_copy(flags, size, line + 8);
		}
	}
	fclose(file);
}

/* Nothing of what was reserved for the alignment is left, and a core dump has no guest memory ("dd"). */
static void nothing_is_mapped_beside_it(void **state)
{
	struct bed *bed = *state;
	unsigned char present[1];
	const uint64_t bytes = LOW_BYTES + HIGH_BYTES;
	uint64_t mapped;
	char flags[256];

	read_mapping(bed->ram.host, &mapped, flags, sizeof(flags));
	assert_int_equal(mapped, bytes);
	assert_non_null(strstr(flags, " dd"));
	assert_int_equal(mincore(bed->ram.host + bytes - 4096, 4096, present), 0);
	assert_int_not_equal(mincore(bed->ram.host + bytes, 4096, present), 0);
	assert_int_not_equal(mincore(bed->ram.host - 4096, 4096, present), 0);
}

/* Asked for large pages ("hg"), and no child gets a copy ("dc"), which the devices would not reach. */
static void private_memory_is_large_and_alone(void **state)
{
	struct bed *bed = *state;
	uint64_t mapped;
	char flags[256];

	assert_int_equal(bed->ram.memfd, -1);
	read_mapping(bed->ram.host, &mapped, flags, sizeof(flags));
	assert_non_null(strstr(flags, " dc"));
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0)
		assert_non_null(strstr(flags, " hg"));
	assert_null(strstr(flags, " sh"));
	assert_int_equal((uintptr_t)bed->ram.host % GIB, 0);
	assert_int_equal(guest_ram_populate(&bed->ram, NULL), 0);
	*(uint32_t *)guest_ptr(&bed->ram, gpa(4 * GIB + 8), 4) = 0x600d600d;
	assert_int_equal(*(uint32_t *)(bed->ram.host + LOW_BYTES + 8), 0x600d600d);
}

static void an_address_leads_into_memory_or_nowhere(void **state)
{
	const struct bed *bed = *state;
	const struct guest_ram *ram = &bed->ram;
	static const struct {
		uint64_t address, size;
		bool inside;
	} cases[] = {
		{ 0, LOW_BYTES, true },
		{ 0, LOW_BYTES + 1, false },
		{ LOW_BYTES - 1, 1, true },
		{ LOW_BYTES - 1, 2, false },
		{ LOW_BYTES, 1, false },
		{ LOW_BYTES - 4096, UINT64_MAX - 4096, false },
		{ 4, UINT64_MAX, false },
		{ 4 * GIB - 1, 1, false },
		{ 4 * GIB - 1, 2, false },
		{ 4 * GIB, HIGH_BYTES, true },
		{ 4 * GIB + HIGH_BYTES - 8, 8, true },
		{ 4 * GIB + HIGH_BYTES - 8, 9, false },
		{ 4 * GIB + HIGH_BYTES - 8, UINT64_MAX - 4, false },
		{ UINT64_MAX, 1, false },
	};

	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(guest_ptr(ram, gpa(cases[i].address), cases[i].size) != NULL, cases[i].inside);
	assert_ptr_equal(guest_ptr(ram, gpa(LOW_BYTES - 1), 1), ram->host + LOW_BYTES - 1);
	assert_ptr_equal(guest_ptr(ram, gpa(4 * GIB), 1), ram->host + LOW_BYTES);
	assert_ptr_equal(guest_ram_region(ram, 1), ram->host + LOW_BYTES);
}

static void done_twice_and_zeroed(void **state)
{
	struct bed *bed = *state;
	struct guest_ram zeroed = { 0 };
	int fd = bed->ram.memfd;

	guest_ram_done(&bed->ram);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	guest_ram_done(&bed->ram);
	/* does not close descriptor 0 */
	guest_ram_done(&zeroed);
	assert_int_not_equal(fcntl(0, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(its_size_is_sealed, start_file, stop),
		cmocka_unit_test_setup_teardown(the_mapping_is_the_file, start_file, stop),
		cmocka_unit_test_setup_teardown(nothing_is_mapped_beside_it, start_file, stop),
		cmocka_unit_test_setup_teardown(nothing_is_mapped_beside_it, start_private, stop),
		cmocka_unit_test_setup_teardown(private_memory_is_large_and_alone, start_private, stop),
		cmocka_unit_test_setup_teardown(an_address_leads_into_memory_or_nowhere, start_private, stop),
		cmocka_unit_test_setup_teardown(done_twice_and_zeroed, start_file, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
