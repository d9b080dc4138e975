// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guest RAM; see ram.h. Speaks memfd_create(2) with sealing and hugetlb, madvise(2) with MADV_HUGEPAGE and
 * MADV_POPULATE_WRITE (Linux 5.14; an older kernel gets each page touched). The mapping is aligned to 1 GiB so that a
 * guest-physical, a host-virtual and a file address agree for every page size.
 *
 * Private memory is copied on write after a fork(), away from what the devices reach. This process forks nowhere;
 * MADV_DONTFORK holds even if a library did.
 */
#include "vmm-core/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	WORKER_MAX = 16,
	WORKER_STACK = 64 * 1024,
	HUGE_2M_SHIFT = 21,
	HUGE_1G_SHIFT = 30,
};
#define POPULATE_CHUNK (64 * MIB)

/* Pages of this size that nobody has taken, or -1 where the host does not say. */
static long long free_huge_pages(uint64_t page_bytes)
{
	char path[96], text[32] = "";
	cleanup_close int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/free_hugepages",
		page_bytes / (uint64_t)KIB);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	return got <= 0 ? -1 : strtoll(text, NULL, 10);
}

static int short_of_memory(const struct guest_ram *ram, int errnum, struct error *err)
{
	uint64_t wanted = ram->bytes / ram->page_bytes;
	char page[32], all[32];

	size_to_text(ram->page_bytes, page, sizeof(page));
	size_to_text(ram->bytes, all, sizeof(all));
	if (ram->page_bytes == 4 * KIB) {
		fail(err, errnum, "make %s of guest memory present", all);
		return fail_hint(err, "free some memory on the host, or give the guest less");
	}
	fail_code(err, CODE_HUGEPAGES_SHORT, errnum,
		"the guest wants %" PRIu64 " huge pages of %s, the host has %lld free", wanted, page,
		free_huge_pages(ram->page_bytes));
	return fail_hint(err,
		"write %" PRIu64 " or more to /sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages", wanted,
		ram->page_bytes / (uint64_t)KIB);
}

static int create_file(const struct guest_ram *ram, struct error *err)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	cleanup_close int fd = -1;

	if (ram->page_bytes != 4 * KIB)
		flags |= MFD_HUGETLB | (ram->page_bytes == GIB ? HUGE_1G_SHIFT : HUGE_2M_SHIFT) << MFD_HUGE_SHIFT;
	fd = memfd_create("guest-ram", flags);
	if (fd < 0 && ram->page_bytes != 4 * KIB)
		return short_of_memory(ram, errno, err);
	if (fd < 0 || ftruncate(fd, (off_t)ram->bytes) < 0)
		return fail(err, errno, "create %" PRIu64 " bytes of guest memory", ram->bytes);
	/* Its size is what KVM's slots and the DMA maps rest on. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return fail(err, errno, "seal the guest memory");
	return take_fd(&fd);
}

/* Over what is reserved there. */
static void *map_at(const struct guest_ram *ram, uint8_t *host)
{
	int protection = PROT_READ | PROT_WRITE;

	if (ram->memfd < 0)
		return mmap(host, ram->bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return mmap(host, ram->bytes, protection, MAP_SHARED | MAP_FIXED, ram->memfd, 0);
}

/* What of it is only wished for: a host without transparent huge pages runs the guest on small ones. */
static void advise(const struct guest_ram *ram)
{
	if (ram->page_bytes == 4 * KIB)
		madvise(ram->host, ram->bytes, MADV_HUGEPAGE);
	madvise(ram->host, ram->bytes, MADV_DONTFORK);
	madvise(ram->host, ram->bytes, MADV_DONTDUMP);
}

/* Maps it at a 1 GiB boundary: reserve too much, map over the aligned part, give the ends back. */
static int map_aligned(struct guest_ram *ram, struct error *err)
{
	uint64_t reserved = ram->bytes + GIB;
	uint8_t *area = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *host;

	if (area == MAP_FAILED)
		return fail(err, errno, "reserve addresses for %" PRIu64 " bytes of guest memory", ram->bytes);
	host = (uint8_t *)(((uintptr_t)area + GIB - 1) & ~(uintptr_t)(GIB - 1));
	if (map_at(ram, host) == MAP_FAILED) {
		int saved = errno;

		munmap(area, reserved);
		return short_of_memory(ram, saved, err);
	}
	if (host > area)
		munmap(area, (size_t)(host - area));
	if (host + ram->bytes < area + reserved)
		munmap(host + ram->bytes, (size_t)(area + reserved - (host + ram->bytes)));
	ram->host = host;
	advise(ram);
	return 0;
}

int guest_ram_init(struct guest_ram *ram, enum ram_kind kind, uint64_t bytes, uint64_t page_bytes, struct error *err)
{
	int ret = 0;

	*ram = (struct guest_ram){ .memfd = -1, .bytes = bytes, .page_bytes = page_bytes };
	if (kind == RAM_FILE) {
		ret = create_file(ram, err);
		if (ret < 0)
			return ret;
		ram->memfd = ret;
	}
	ret = map_aligned(ram, err);
	if (ret < 0)
		guest_ram_done(ram);
	return ret;
}

int guest_ram_place(struct guest_ram *ram, const struct layout *layout, struct error *err)
{
	const struct ram_region *last = &layout->ram[layout->ram_count - 1];

	if (last->file_offset + range_size(last->at) != ram->bytes)
		return fail_code(err, CODE_LAYOUT, EINVAL,
			"guest memory is laid out in %" PRIu64 " bytes, not %" PRIu64,
			last->file_offset + range_size(last->at), ram->bytes);
	ram->layout = layout;
	return 0;
}

void guest_ram_done(struct guest_ram *ram)
{
	if (ram->host) {
		munmap(ram->host, ram->bytes);
		close_fd(&ram->memfd);
	} else if (ram->memfd > 0) {
		close_fd(&ram->memfd);
	}
	*ram = (struct guest_ram){ .memfd = -1 };
}

struct populate {
	const struct guest_ram *ram;
	_Atomic uint64_t next; /* file offset of the next chunk that nobody has taken */
	_Atomic int errnum;
};

static int populate_chunk(uint8_t *host, uint64_t bytes, uint64_t page_bytes)
{
	if (madvise(host, bytes, MADV_POPULATE_WRITE) == 0)
		return 0;
	if (errno != EINVAL)
		return errno;
	/* Linux before 5.14. Writing back what is there is right for a page that is in use, too. */
	for (uint64_t at = 0; at < bytes; at += page_bytes) {
		volatile uint8_t *byte = host + at;

		*byte = *byte;
	}
	return 0;
}

static void *populate_worker(void *opaque)
{
	struct populate *job = opaque;
	const struct guest_ram *ram = job->ram;
	uint64_t chunk = ram->page_bytes > POPULATE_CHUNK ? ram->page_bytes : POPULATE_CHUNK;

	while (!job->errnum) {
		uint64_t at = atomic_fetch_add(&job->next, chunk);
		int errnum;

		if (at >= ram->bytes)
			break;
		errnum = populate_chunk(
			ram->host + at, ram->bytes - at < chunk ? ram->bytes - at : chunk, ram->page_bytes);
		if (errnum)
			job->errnum = errnum;
	}
	return NULL;
}

static unsigned int worker_count(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return (unsigned int)(count > WORKER_MAX ? WORKER_MAX : count);
}

int guest_ram_populate(struct guest_ram *ram, struct error *err)
{
	struct populate job = { .ram = ram };
	pthread_t thread[WORKER_MAX];
	unsigned int wanted = worker_count(), started = 0;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WORKER_STACK);
	/* The caller is the first worker, so that a thread that cannot be created costs time only. */
	while (started + 1 < wanted && pthread_create(&thread[started], &attr, populate_worker, &job) == 0)
		started++;
	pthread_attr_destroy(&attr);
	populate_worker(&job);
	while (started > 0)
		pthread_join(thread[--started], NULL);
	if (job.errnum)
		return short_of_memory(ram, job.errnum, err);
	return 0;
}

void *guest_ram_region(const struct guest_ram *ram, size_t index)
{
	return ram->host + ram->layout->ram[index].file_offset;
}

void *guest_ptr(const struct guest_ram *ram, gpa_t address, uint64_t size)
{
	for (size_t i = 0; i < ram->layout->ram_count; i++) {
		struct range at = ram->layout->ram[i].at;

		if (address.value >= at.start && address.value < at.end && size <= at.end - address.value)
			return (uint8_t *)guest_ram_region(ram, i) + (address.value - at.start);
	}
	return NULL;
}
