// SPDX-License-Identifier: GPL-2.0-or-later
/* Machine addresses of a process's memory; see frames.h. */
#include "guest/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/smaps.h"

#define PAGE 4096ull
#define PRESENT (1ull << 63)
#define SWAPPED (1ull << 62)
#define FRAME_BITS ((1ull << 55) - 1)

/* Bits of /proc/kpageflags. */
#define COMPOUND_HEAD (1ull << 15)
#define COMPOUND_TAIL (1ull << 16)
#define HUGETLB (1ull << 17)

enum {
	BATCH = 8192, /* entries read at once: 32 MiB of memory */
	PAGES_2M = 512,
};

static int add_page(uint64_t entry, uint64_t from, struct extent_list *list)
{
	if (!(entry & PRESENT))
		return 0;
	/* 0 is what the kernel tells who may not know. */
	if (!(entry & FRAME_BITS))
		return -EPERM;
	return extent_list_add(list,
		&(struct extent){ .from = from, .to = (entry & FRAME_BITS) * PAGE, .bytes = PAGE, .writable = true });
}

/* At most count entries from page on; how many there are. */
static ssize_t read_entries(int fd, uint64_t page, uint64_t *entry, size_t count)
{
	ssize_t got = pread(fd, entry, count * sizeof(*entry), (off_t)(page * sizeof(*entry)));

	return got < 0 ? -errno : got / (ssize_t)sizeof(*entry);
}

int frames_add(
	const struct sysroot *root, pid_t pid, uint64_t hva, uint64_t bytes, uint64_t from, struct extent_list *list)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/%d/pagemap", (int)pid);
	cleanup_free uint64_t *entry = malloc(BATCH * sizeof(*entry));
	uint64_t pages = bytes / PAGE, done = 0;

	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	if (!entry)
		return -ENOMEM;
	while (done < pages) {
		ssize_t got = read_entries(fd, hva / PAGE + done, entry, pages - done < BATCH ? pages - done : BATCH);

		if (got <= 0)
			return got < 0 ? (int)got : -ESRCH;
		for (ssize_t i = 0; i < got; i++, done++) {
			int ret = add_page(entry[i], from + done * PAGE, list);

			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

/* Of the compound page that a frame belongs to: its first page is the head, all others are tails. */
static uint64_t compound_bytes(const uint64_t *flags, size_t count, size_t at)
{
	size_t head = at, end = at + 1;

	if (!(flags[at] & (COMPOUND_HEAD | COMPOUND_TAIL)))
		return PAGE;
	while (head > 0 && flags[head] & COMPOUND_TAIL)
		head--;
	/* It begins before what was read: larger than 2 MiB, as pages of hugetlbfs are. */
	if (flags[head] & COMPOUND_TAIL)
		return flags[at] & HUGETLB ? 1ull << 30 : 0;
	while (end < count && flags[end] & COMPOUND_TAIL)
		end++;
	return (end - head) * PAGE;
}

static uint64_t page_size(const struct sysroot *root, uint64_t machine)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/kpageflags");
	uint64_t frame = machine / PAGE, first = frame & ~(PAGES_2M - 1ull), flags[PAGES_2M + 1];
	ssize_t got = fd < 0 ? -1 : read_entries(fd, first, flags, PAGES_2M + 1);
	uint64_t bytes;

	if (got <= (ssize_t)(frame - first))
		return 0;
	bytes = compound_bytes(flags, (size_t)got, frame - first);
	/* One that goes on behind 2 MiB began there. */
	return bytes > PAGES_2M * PAGE && bytes < 1ull << 30 ? 1ull << 30 : bytes;
}

/* The whole of a mapping is mapped by large pieces, none of it is, or some: then it is not known of this one. */
static uint64_t piece_of(const struct smaps_mapping *mapping)
{
	if (mapping->page > PAGE || !mapping->transparent)
		return mapping->page;
	return mapping->transparent == mapping->resident ? PAGES_2M * PAGE : 0;
}

struct wanted_mapping {
	uint64_t hva;
	struct frame *frame;
};

static bool take_mapping(const struct smaps_mapping *mapping, void *context)
{
	const struct wanted_mapping *wanted = context;

	if (wanted->hva < mapping->from || wanted->hva >= mapping->to)
		return true;
	text_copy(wanted->frame->permissions, sizeof(wanted->frame->permissions), mapping->permissions);
	wanted->frame->mapped_bytes = piece_of(mapping);
	return false;
}

int frame_find(const struct sysroot *root, pid_t pid, uint64_t hva, struct frame *ret_frame)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/%d/pagemap", (int)pid);
	struct frame frame = { .state = FRAME_ABSENT };
	uint64_t entry = 0;
	ssize_t got;

	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	got = read_entries(fd, hva / PAGE, &entry, 1);
	if (got < 1)
		return got < 0 ? (int)got : -ESRCH;
	if (entry & SWAPPED)
		frame.state = FRAME_SWAPPED;
	else if (entry & PRESENT)
		frame.state = entry & FRAME_BITS ? FRAME_PRESENT : FRAME_HIDDEN;
	if (frame.state == FRAME_PRESENT) {
		frame.machine = (entry & FRAME_BITS) * PAGE + hva % PAGE;
		frame.page_bytes = page_size(root, frame.machine);
	}
	(void)smaps_each(root, pid, take_mapping, &(struct wanted_mapping){ hva, &frame });
	*ret_frame = frame;
	return 0;
}
