// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing the unpacking of captured hosts, coverage-guided: tests/fuzz/run builds and starts it with clang's libFuzzer,
 * ASan and UBSan. Whatever the bytes are, unpacking ends, makes files, directories and links only, within the limits,
 * and nothing outside its directory: a second one beside it, where links lead to, stays empty.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/bundle.h"

enum {
	BLOCK = 512, /* of a tar archive */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* nftw(3) gives its callback no context. */
static uint64_t unpacked;

static int check_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)type;
	if (!S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode) && !S_ISLNK(info->st_mode))
		abort();
	if (S_ISREG(info->st_mode) &&
		((info->st_mode & 07777) != 0600 || info->st_size > (off_t)BUNDLE_MEMBER_SIZE_MAX))
		abort();
	unpacked += S_ISREG(info->st_mode) ? (uint64_t)info->st_size : 0;
	if (walk->level && remove(path))
		abort();
	return 0;
}

static const char *make_base(void)
{
	static char base[PATH_MAX];
	char outside[PATH_MAX + 16];

	if (base[0])
		return base;
	snprintf(base, sizeof(base), "/dev/shm/sluice-fuzz-XXXXXX");
	if (!mkdtemp(base))
		abort();
	snprintf(outside, sizeof(outside), "%s/outside", base);
	mkdir(outside, 0700);
	snprintf(outside, sizeof(outside), "%s/in", base);
	mkdir(outside, 0700);
	return base;
}

/* A header with a wrong sum is refused at once: make it right, so that what it says is tried. */
static uint8_t *with_sums(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		unsigned int sum = 0;

		if (memcmp(copy + at + 257, "ustar", 5) != 0)
			continue;
		memset(copy + at + 148, ' ', 8);
		for (size_t i = 0; i < BLOCK; i++)
			sum += copy[at + i];
		snprintf((char *)copy + at + 148, 8, "%06o", sum);
	}
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = with_sums(bytes, size);
	char path[PATH_MAX + 16], file[64];
	int fd = memfd_create("bundle", MFD_CLOEXEC);
	int dir;

	snprintf(path, sizeof(path), "%s/in", make_base());
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	if (fd < 0 || dir < 0 || write(fd, copy, size) != (ssize_t)size)
		abort();
	bundle_extract(file, dir, NULL);
	close(dir);
	close(fd);
	free(copy);
	unpacked = 0;
	if (nftw(path, check_one, 128, FTW_DEPTH | FTW_PHYS) || unpacked > BUNDLE_TOTAL_SIZE_MAX)
		abort();
	snprintf(path, sizeof(path), "%s/outside", make_base());
	if (rmdir(path) || mkdir(path, 0700))
		abort();
	return 0;
}
